-- A session is in use.
UPDATE register.console_session
SET use_time = $2
WHERE id = $1 AND use_time < $2
