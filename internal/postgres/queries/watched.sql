-- How far the rules have read the log.
SELECT size, time, settings
FROM register.watched
ORDER BY size DESC
LIMIT 1
