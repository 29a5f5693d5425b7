-- +goose Up

-- Sessions of the console. What a session holds is sealed under a key that is
-- made of the browser's cookie and kept nowhere else; the id is a hash of it.
CREATE TABLE register.console_session (
    id          bytea       PRIMARY KEY CHECK (octet_length(id) = 32),
    create_time timestamptz NOT NULL,
    use_time    timestamptz NOT NULL,
    revision    bigint      NOT NULL CHECK (revision >= 1),
    sealed      bytea       NOT NULL
);
COMMENT ON TABLE register.console_session IS 'Signed-in browsers; a row that is deleted is signed out on every replica';
COMMENT ON COLUMN register.console_session.use_time IS 'Last use, to the minute: the idle time counts from it';
CREATE INDEX console_session_use ON register.console_session (use_time);
GRANT SELECT, INSERT, DELETE, UPDATE (use_time, revision, sealed) ON register.console_session TO register_service;

-- +goose Down
DROP TABLE register.console_session;
