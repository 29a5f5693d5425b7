package logexport

import (
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// fullTiles writes the tiles that the bundle n has made full.
func (e *exporter) fullTiles(n int64) error {
	for level := 0; ; level++ {
		end := (n + 1) * tlogfile.TileWidth // entries up to here are written
		span := int64(tlogfile.TileWidth) << (tlogfile.TileHeight * level)
		if end%span != 0 || end > e.m.Size {
			return nil
		}
		if err := e.tile(level, end/span-1, tlogfile.TileWidth); err != nil {
			return err
		}
	}
}

// earlierTiles writes, for the export of a part, the full tiles above level 0
// that belong to what lies before it: by them the part is proved.
func (e *exporter) earlierTiles() error {
	if e.m.Next != e.m.From {
		return nil // they have been written
	}
	for level := 1; e.m.From>>(tlogfile.TileHeight*(level+1)) > 0; level++ {
		for n := range e.m.From >> (tlogfile.TileHeight * (level + 1)) {
			if err := e.tile(level, n, tlogfile.TileWidth); err != nil {
				return err
			}
		}
	}
	return nil
}

// tile writes a tile as the database has it; one that is missing there, or is
// not as wide as it should be, is left out.
func (e *exporter) tile(level int, n int64, width int) error {
	if err := e.out.removeAll(tlogfile.TilePath(level, n, 1)); err != nil {
		return err
	}
	var data []byte
	if width == tlogfile.TileWidth {
		stored, err := e.db.Tiles(e.ctx, []postgres.TileID{{Level: level, N: n}})
		if err != nil || len(stored) == 0 {
			return err
		}
		data = stored[0].Data
	} else {
		hashes, err := e.db.EdgeHashes(e.ctx, level, n*tlogfile.TileWidth, width)
		if err != nil || len(hashes) != width {
			return err
		}
		for _, h := range hashes {
			data = append(data, h...)
		}
	}
	return e.out.write(tlogfile.TilePath(level, n, width), data)
}
