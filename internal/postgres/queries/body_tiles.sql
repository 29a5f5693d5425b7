-- Tiles whose entries have sealed bodies, with how many and how large.
SELECT b.idx / 256, count(*), sum(octet_length(b.sealed) + octet_length(b.wrapped))::bigint
FROM register.entry_body b
WHERE b.idx >= $1 AND b.idx < $2
GROUP BY 1
ORDER BY 1
