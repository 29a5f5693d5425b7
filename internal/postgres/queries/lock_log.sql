-- The one lock that orders all writes; held until the transaction ends.
SELECT pg_advisory_xact_lock($1)
