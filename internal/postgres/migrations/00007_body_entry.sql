-- +goose Up

-- That a body has its entry was asked row by row, by a foreign key that also locked
-- each entry just written. Indices have no gaps, so it is enough that no body stands
-- beyond the newest entry: asked once a statement.
-- +goose StatementBegin
CREATE FUNCTION register.check_bodies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(w.idx) FROM written w) > coalesce((SELECT max(e.idx) FROM register.entry e), -1)
        OR (SELECT min(w.idx) FROM written w) < 0 THEN
        RAISE EXCEPTION 'a body without its entry'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_body_entry';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER entry_body_entry AFTER INSERT ON register.entry_body
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT
    EXECUTE FUNCTION register.check_bodies();
ALTER TABLE register.entry_body DROP CONSTRAINT entry_body_idx_fkey;

-- +goose Down
ALTER TABLE register.entry_body ADD CONSTRAINT entry_body_idx_fkey
    FOREIGN KEY (idx) REFERENCES register.entry DEFERRABLE INITIALLY DEFERRED;
DROP TRIGGER entry_body_entry ON register.entry_body;
DROP FUNCTION register.check_bodies();
