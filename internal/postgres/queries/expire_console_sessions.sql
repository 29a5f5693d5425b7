-- Sessions that were idle too long are forgotten.
DELETE FROM register.console_session
WHERE use_time < $1
