-- A browser signs in.
INSERT INTO register.console_session (id, create_time, use_time, revision, sealed)
VALUES ($1, $2, $2, 1, $3)
