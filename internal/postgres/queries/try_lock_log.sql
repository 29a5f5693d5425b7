-- Takes the lock that orders all writes, or fails at once when somebody else has it.
-- See guard_log.sql for the form of the failure.
SELECT CASE WHEN pg_try_advisory_xact_lock($1::bigint) THEN 0
    ELSE ('somebody else holds the lock ' || $1::bigint)::integer
END
