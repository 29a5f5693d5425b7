-- How many other sessions of this account may be writing to the log.
SELECT count(*)
FROM pg_stat_get_activity(NULL) a
WHERE a.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND a.usesysid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  AND a.application_name = $1
  AND a.pid <> pg_backend_pid()
