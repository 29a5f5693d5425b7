-- +goose Up

-- Checkpoints that a quorum of witnesses has co-signed. Like the log itself:
-- the service may insert and read.
CREATE TABLE register.witnessed_checkpoint (
    size      bigint      NOT NULL REFERENCES register.checkpoint,
    time      timestamptz NOT NULL,
    witnesses text[]      NOT NULL CHECK (cardinality(witnesses) > 0),
    note      text        NOT NULL,
    PRIMARY KEY (size, time)
);
COMMENT ON TABLE register.witnessed_checkpoint IS 'Checkpoints with the cosignatures of a quorum of witnesses; one tree may be co-signed again later';
COMMENT ON COLUMN register.witnessed_checkpoint.time IS 'When the quorum was gathered';
COMMENT ON COLUMN register.witnessed_checkpoint.note IS 'The checkpoint with its signatures and cosignatures (C2SP tlog-cosignature)';
GRANT SELECT, INSERT ON register.witnessed_checkpoint TO register_service;

-- +goose Down
DROP TABLE register.witnessed_checkpoint;
