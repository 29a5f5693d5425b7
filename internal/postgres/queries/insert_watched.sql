-- Notes how far the rules have read the log.
INSERT INTO register.watched (size, time, settings)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
