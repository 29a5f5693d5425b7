-- +goose Up

-- Measures, breaches, assessments and safety plans are records like the others.
ALTER TABLE register.record DROP CONSTRAINT record_kind_check;
ALTER TABLE register.record ADD CONSTRAINT record_kind_check
    CHECK (kind IN ('nominal', 'course', 'force', 'link', 'alert', 'measure', 'breach', 'assessment', 'plan'));

-- +goose Down
ALTER TABLE register.record DROP CONSTRAINT record_kind_check;
ALTER TABLE register.record ADD CONSTRAINT record_kind_check
    CHECK (kind IN ('nominal', 'course', 'force', 'link', 'alert'));
