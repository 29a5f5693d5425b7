-- +goose Up

-- Counts of the accounts that have much in a block of 65,536 entries, as the system of a
-- force has: to count its hundreds of thousands of entries one by one took seconds. What has
-- no row here is counted entry by entry, so that nothing is wrong while blocks are behind.
CREATE TABLE register.account_summary (
    actor     text        NOT NULL,
    dimension text        NOT NULL,
    block     bigint      NOT NULL,
    force     text        NOT NULL,
    time      timestamptz NOT NULL,
    key       text        NOT NULL,
    entries   bigint      NOT NULL,
    refused   bigint      NOT NULL,
    records   bigint      NOT NULL,
    PRIMARY KEY (actor, dimension, block, force, time, key)
);
COMMENT ON TABLE register.account_summary IS 'Entries of busy accounts, counted as in entry_summary; without an actor, that a block was looked through; can be rebuilt from entry_projection';
GRANT SELECT, INSERT ON register.account_summary TO register_service;

-- +goose Down
DROP TABLE register.account_summary;
