package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// askings is how often each question is asked; the first is reported apart.
const askings = 11

// yearOfEntries fills a log with a national year and measures what it takes on
// disk, how long the questions of professional standards take, and its export and
// verification.
func (r *run) yearOfEntries(ctx context.Context) error {
	owner, service, err := r.site.database(ctx, "entries")
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, owner); err != nil {
		return err
	}
	began := time.Now()
	v, err := r.fillLog(ctx, owner, r.Entries)
	if err != nil {
		return err
	}
	filled := time.Since(began)
	db, err := postgres.Open(ctx, postgres.Options{URL: service, StatementTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer db.Close()
	began = time.Now()
	blocks, noRest := 0, func(context.Context, time.Duration) {}
	for more := true; more; blocks++ {
		if more, err = db.CountBlock(ctx, noRest); err != nil {
			return err
		}
	}
	r.out.heading(fmt.Sprintf("A log of %s entries", count(float64(r.Entries))))
	r.out.paragraph("%s users of %d forces in a year; written by COPY in %s, %d blocks counted in %s.",
		count(entryUsers), entryForces, filled.Round(time.Second), blocks-1, time.Since(began).Round(time.Second))
	if err := r.sizeOnDisk(ctx); err != nil {
		return err
	}
	if err := r.questions(ctx, db, v); err != nil {
		return err
	}
	return r.verified(ctx, db)
}

func (r *run) sizeOnDisk(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, r.site.postgres.URL("entries"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it only read
	rows, err := conn.Query(ctx, `SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
		WHERE relnamespace = 'register'::regnamespace AND relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 8`)
	if err != nil {
		return err
	}
	var table [][]string
	var name string
	var data, indexes, all int64
	if _, err := pgx.ForEachRow(rows, []any{&name, &data, &indexes}, func() error {
		all += data + indexes
		table = append(table, []string{name, megabytes(data), megabytes(indexes)})
		return nil
	}); err != nil {
		return err
	}
	table = append(table, []string{"together", megabytes(all), fmt.Sprintf("%d bytes an entry", all/int64(r.Entries))})
	r.out.table([]string{"table", "rows", "indexes"}, table)
	return nil
}

func megabytes(n int64) string { return count(float64(n)/(1<<20)) + " MB" }

func (r *run) questions(ctx context.Context, db *postgres.DB, v *invented) error {
	subject, force := userName(0) // the busiest
	other, _ := userName(6)       // with just not enough in a block for counts of its own
	record := v.records[0]
	list := func(f postgres.EntryFilter) func() (int, error) {
		f.NewestFirst, f.Limit = true, 500
		return func() (int, error) {
			all, err := db.ListEntries(ctx, f)
			return len(all), err
		}
	}
	counted := func(f postgres.SummaryFilter) func() (int, error) {
		f.Limit = 10_000
		return func() (int, error) {
			all, err := db.Summarise(ctx, f)
			return len(all), err
		}
	}
	month := time.Now().Truncate(24*time.Hour).AddDate(0, -6, 0)
	var rows [][]string
	for _, q := range []struct {
		name string
		ask  func() (int, error)
	}{
		{"what one user did, newest 500", list(postgres.EntryFilter{Actor: subject})},
		{"the same within his force, in a month half a year ago", list(postgres.EntryFilter{Force: force, Actor: subject, From: month, Until: month.AddDate(0, 1, 0)})},
		{"who saw one record, newest 500", list(postgres.EntryFilter{Record: record, RecordForce: fmt.Sprintf("%02d", int(record[0])%entryForces+1)})},
		{"all of one crime reference", list(postgres.EntryFilter{ReferenceHMACs: []string{referenceCode(1), "2:0000000000000000"}})},
		{"refusals in one force, newest 500", list(postgres.EntryFilter{Force: force, Refused: true})},
		{"refusals in all forces, newest 500", list(postgres.EntryFilter{Refused: true})},
		{"all forces by day", counted(postgres.SummaryFilter{By: postgres.ByDay})},
		{"all forces by hour", counted(postgres.SummaryFilter{By: postgres.ByHour})},
		{"all forces by force", counted(postgres.SummaryFilter{By: postgres.ByForce})},
		{"all forces by reason", counted(postgres.SummaryFilter{By: postgres.ByReason})},
		{"one force by hour, a month", counted(postgres.SummaryFilter{By: postgres.ByHour, Force: force, From: month, Until: month.AddDate(0, 1, 0)})},
		{"one force by reason", counted(postgres.SummaryFilter{By: postgres.ByReason, Force: force})},
		{"the busiest account by day", counted(postgres.SummaryFilter{By: postgres.ByDay, Actor: subject})},
		{"the busiest account by hour, since a month ago", counted(postgres.SummaryFilter{By: postgres.ByHour, Actor: subject, From: time.Now().AddDate(0, -1, 0)})},
		{"the seventh account by day, counted one by one", counted(postgres.SummaryFilter{By: postgres.ByDay, Actor: other})},
	} {
		var took []time.Duration
		found := 0
		for range askings {
			began := time.Now()
			n, err := q.ask()
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			took, found = append(took, time.Since(began)), n
		}
		first := took[0]
		slices.Sort(took)
		rows = append(rows, []string{q.name, fmt.Sprint(found), ms(first), ms(took[len(took)/2]), ms(took[len(took)-1])})
	}
	r.out.table([]string{"question", "rows", "first time", "median", "longest"}, rows)
	return nil
}

// verified exports the log and has verifylog prove it.
func (r *run) verified(ctx context.Context, db *postgres.DB) error {
	dir := filepath.Join(r.site.dir, "export")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // scratch
	began := time.Now()
	if _, err := logexport.Run(ctx, db, logexport.Options{Dir: dir}); err != nil {
		return err
	}
	exported := time.Since(began)
	keys, err := seal.Open(ctx, seal.DirProvider(r.site.keys))
	if err != nil {
		return err
	}
	program := filepath.Join(r.site.dir, "verifylog")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/verifylog").CombinedOutput(); err != nil { //nolint:gosec // its own
		return fmt.Errorf("%w: %s", err, out)
	}
	command := exec.CommandContext(ctx, program, dir, "--key", keys.LogVerifiers()[0]) //nolint:gosec // its own
	var told bytes.Buffer
	command.Stdout, command.Stderr = &told, &told
	began = time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	resident := watchMemory(command.Process.Pid)
	err = command.Wait()
	took, peak := time.Since(began), <-resident
	if err != nil {
		return fmt.Errorf("%w: %s", err, told.String())
	}
	size := int64(0)
	if err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	}); err != nil {
		return err
	}
	r.out.table([]string{"", ""}, [][]string{
		{"export", megabytes(size) + " in " + exported.Round(time.Second).String()},
		{"verifylog", strings.SplitN(told.String(), "\n", 2)[0]},
		{"it took", took.Round(100*time.Millisecond).String() + ", " + megabytes(peak) + " of memory"},
	})
	return nil
}

// watchMemory reads the most memory that a process has held, in bytes, until it is
// gone. What wait4 tells would count the memory of this process too, which has
// started it.
func watchMemory(pid int) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		most := int64(0)
		for {
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, found := strings.Cut(string(raw), "VmHWM:")
			if err != nil || !found {
				peak <- most
				return
			}
			var kb int64
			if _, err := fmt.Sscan(rest, &kb); err == nil {
				most = max(most, kb<<10)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return peak
}
