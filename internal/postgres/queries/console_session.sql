-- One session of the console.
SELECT create_time, use_time, revision, sealed
FROM register.console_session
WHERE id = $1
