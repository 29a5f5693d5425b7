-- Under the lock: which of these source HMACs belong to a record already.
SELECT source_hmac FROM register.record WHERE source_hmac = ANY($1::bytea[])
