-- +goose Up

-- The access log. Its rows are written once: the service may insert and read.
CREATE TABLE register.entry (
    idx       bigint      PRIMARY KEY CHECK (idx >= 0),
    time      timestamptz NOT NULL,
    versions  smallint    NOT NULL CHECK (versions >= 0),
    meta      bytea       NOT NULL,
    leaf_hash bytea       NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || meta)),
    body_hash bytea       CHECK (octet_length(body_hash) = 32)
);
COMMENT ON TABLE register.entry IS 'One row per call that read, changed or was refused, in commit order';
COMMENT ON COLUMN register.entry.meta IS 'JSON, exactly the bytes that the leaf hash covers';
COMMENT ON COLUMN register.entry.versions IS 'Number of version rows that commit with this entry';
COMMENT ON COLUMN register.entry.body_hash IS 'SHA-256 of the sealed body, as in meta; stays when the body is dropped';

CREATE TABLE register.entry_projection (
    idx            bigint PRIMARY KEY,
    force          text NOT NULL,
    actor          text NOT NULL,
    method         text NOT NULL,
    operation      text NOT NULL,
    outcome        text NOT NULL,
    reference_hmac text NOT NULL
);
COMMENT ON TABLE register.entry_projection IS 'What the log is filtered by; can be rebuilt from entry.meta';
CREATE INDEX entry_projection_force ON register.entry_projection (force, idx);
CREATE INDEX entry_projection_actor ON register.entry_projection (actor, idx);
CREATE INDEX entry_projection_reference ON register.entry_projection (reference_hmac, idx) WHERE reference_hmac <> '';
CREATE INDEX entry_projection_refused ON register.entry_projection (idx) WHERE outcome <> 'OK';

CREATE TABLE register.entry_body (
    idx       bigint PRIMARY KEY REFERENCES register.entry DEFERRABLE INITIALLY DEFERRED,
    search_id uuid   UNIQUE,
    wrapped   bytea  NOT NULL,
    sealed    bytea  NOT NULL
);
COMMENT ON TABLE register.entry_body IS 'Sealed criteria, justification and candidates; retention drops rows, and no leaf changes';

CREATE TABLE register.entry_record (
    record_id uuid    NOT NULL,
    idx       bigint  NOT NULL,
    force     text    NOT NULL,
    silent    boolean NOT NULL,
    PRIMARY KEY (record_id, idx)
);
COMMENT ON TABLE register.entry_record IS 'Which records an entry showed, changed or, silent, met and did not show; can be rebuilt from the sealed bodies';

CREATE TABLE register.tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    n     bigint   NOT NULL CHECK (n >= 0),
    root  bytea    NOT NULL CHECK (octet_length(root) = 32),
    data  bytea    NOT NULL CHECK (octet_length(data) = 8192),
    PRIMARY KEY (level, n)
);
ALTER TABLE register.tile ALTER COLUMN data SET STORAGE EXTERNAL; -- hashes do not compress
COMMENT ON TABLE register.tile IS 'Full tiles of height 8 as in C2SP tlog-tiles; root is the hash of the whole tile';

CREATE TABLE register.checkpoint (
    size bigint      PRIMARY KEY CHECK (size > 0),
    time timestamptz NOT NULL,
    root bytea       NOT NULL CHECK (octet_length(root) = 32),
    note text        NOT NULL
);
COMMENT ON TABLE register.checkpoint IS 'One signed state of the log per batch; time is that of its last entry';
CREATE INDEX checkpoint_time ON register.checkpoint (time);

-- The records: chains of sealed versions.
CREATE TABLE register.record (
    id                 uuid    PRIMARY KEY,
    kind               text    NOT NULL CHECK (kind IN ('nominal', 'course', 'force')),
    force              text    NOT NULL CHECK (force <> ''),
    source_hmac        bytea   NOT NULL UNIQUE,
    source_key_version integer NOT NULL
);
COMMENT ON COLUMN register.record.source_hmac IS 'Keyed hash of force, source system, reference and kind';
CREATE INDEX record_force ON register.record (force, kind, id);

CREATE TABLE register.record_key (
    record_id uuid  PRIMARY KEY REFERENCES register.record,
    wrapped   bytea NOT NULL
);
COMMENT ON TABLE register.record_key IS 'Wrapped data keys; erasing a record deletes its row';

CREATE TABLE register.version (
    record_id uuid    NOT NULL REFERENCES register.record,
    n         integer NOT NULL CHECK (n >= 1),
    log_index bigint  NOT NULL REFERENCES register.entry DEFERRABLE INITIALLY DEFERRED,
    revision  bigint  NOT NULL,
    erased    boolean NOT NULL,
    salt      bytea   NOT NULL CHECK (octet_length(salt) >= 16),
    sealed    bytea   NOT NULL,
    digest    bytea   NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (record_id, n)
);
COMMENT ON COLUMN register.version.digest IS 'As it stands in the entry; covers salt, identity, revision and sealed bytes';
CREATE INDEX version_log_index ON register.version (log_index);

-- An entry tells of so many versions: exactly so many must commit with it, and
-- none may be added to it later.
-- +goose StatementBegin
CREATE FUNCTION register.check_versions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told    bigint;
    written bigint;
BEGIN
    IF TG_TABLE_NAME = 'entry' THEN
        told := NEW.versions;
        SELECT count(*) INTO written FROM register.version v WHERE v.log_index = NEW.idx;
    ELSE
        SELECT e.versions INTO told FROM register.entry e WHERE e.idx = NEW.log_index;
        SELECT count(*) INTO written FROM register.version v WHERE v.log_index = NEW.log_index;
    END IF;
    IF told IS DISTINCT FROM written THEN
        RAISE EXCEPTION 'the entry tells of % versions, % are written', told, written
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_versions';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER entry_versions AFTER INSERT ON register.entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.versions > 0)
    EXECUTE FUNCTION register.check_versions();
CREATE CONSTRAINT TRIGGER version_entry AFTER INSERT ON register.version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION register.check_versions();

-- Least privilege: nothing of the log or of a version can be changed or taken away.
GRANT USAGE ON SCHEMA register TO register_service, register_retention;
GRANT SELECT, INSERT ON
    register.entry, register.entry_projection, register.entry_body, register.entry_record, register.tile,
    register.checkpoint, register.record, register.version, register.record_key
    TO register_service;
-- Rotation wraps keys afresh; the sealed content and its hash stay.
GRANT DELETE, UPDATE (wrapped) ON register.record_key TO register_service;
GRANT UPDATE (wrapped) ON register.entry_body TO register_service;
GRANT SELECT ON register.entry, register.entry_projection TO register_retention;
GRANT SELECT, DELETE ON register.entry_body TO register_retention;

-- +goose Down
DROP TABLE register.version, register.record_key, register.record, register.checkpoint,
    register.tile, register.entry_record, register.entry_body, register.entry_projection, register.entry;
DROP FUNCTION register.check_versions();
