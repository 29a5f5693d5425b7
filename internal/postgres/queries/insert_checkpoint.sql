-- The signed state of the log after a batch.
INSERT INTO register.checkpoint (size, time, root, note) VALUES ($1, $2, $3, $4)
