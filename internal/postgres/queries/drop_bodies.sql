-- The sealed bodies of the entries of tiles, with their keys.
DELETE FROM register.entry_body b
USING unnest($1::bigint[]) AS t (n)
WHERE b.idx >= t.n * 256 AND b.idx < (t.n + 1) * 256
