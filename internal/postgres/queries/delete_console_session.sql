-- A browser signs out.
DELETE FROM register.console_session
WHERE id = $1
