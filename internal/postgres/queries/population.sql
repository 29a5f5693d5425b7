-- The indices of a force's entries by which personal data were processed, in order.
SELECT idx
FROM register.entry_projection
WHERE force = $1 AND idx >= $2 AND idx < $3 AND operation NOT IN ('', 'NONE')
ORDER BY idx
