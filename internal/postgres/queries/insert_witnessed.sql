-- A checkpoint that a quorum of witnesses has co-signed.
INSERT INTO register.witnessed_checkpoint (size, time, witnesses, note) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
