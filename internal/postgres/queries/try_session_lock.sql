-- A lock that this session holds until it gives it up or ends; false if another has it.
SELECT pg_try_advisory_lock($1)
