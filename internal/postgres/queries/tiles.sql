-- Full tiles by level and number.
SELECT t.level, t.n, t.root, t.data
FROM unnest($1::smallint[], $2::bigint[]) AS asked(level, n)
JOIN register.tile t USING (level, n)
