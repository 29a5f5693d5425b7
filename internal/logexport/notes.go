package logexport

// signed writes the checkpoints up to a size, those that witnesses have co-signed
// among them.
func (e *exporter) signed(until int64) error {
	cosigned, err := e.db.WitnessedBetween(e.ctx, e.m.Next, until)
	if err != nil {
		return err
	}
	// cosignedUpTo writes the co-signed ones up to a size.
	cosignedUpTo := func(size int64) error {
		for len(cosigned) > 0 && cosigned[0].Size <= size {
			if err := e.checkpoints.note(cosigned[0].Note); err != nil {
				return err
			}
			cosigned = cosigned[1:]
		}
		return nil
	}
	for {
		page, err := e.db.Checkpoints(e.ctx, e.lastSize, 1000)
		if err != nil {
			return err
		}
		for _, c := range page {
			if c.Size > until {
				return cosignedUpTo(until)
			}
			due := c.Size/e.m.CheckpointStep > e.lastSize/e.m.CheckpointStep
			e.lastSize = c.Size
			if !due {
				continue
			}
			if err := cosignedUpTo(c.Size - 1); err != nil {
				return err
			}
			e.lastWritten = c.Size
			if err := e.checkpoints.note(c.Note); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			return cosignedUpTo(until)
		}
	}
}
