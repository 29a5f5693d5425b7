package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// report writes Markdown as the figures come.
type report struct {
	w   io.Writer
	err error
}

func (r *report) write(s string) {
	if _, err := io.WriteString(r.w, s); err != nil && r.err == nil {
		r.err = err
	}
}

func (r *report) heading(text string) { r.write("\n## " + text + "\n\n") }

func (r *report) paragraph(format string, args ...any) {
	r.write(fmt.Sprintf(format, args...) + "\n\n")
}

func (r *report) table(header []string, rows [][]string) {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	b.WriteString("|" + strings.Repeat(" --- |", len(header)) + "\n")
	for _, row := range rows {
		line(row)
	}
	b.WriteString("\n")
	r.write(b.String())
}

// machine begins the report: where, with what and how large.
func (r *run) machine(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, r.site.postgres.URL("postgres"))
	if err != nil {
		return err
	}
	var version, buffers, fsync string
	err = conn.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('shared_buffers'), current_setting('fsync')").Scan(&version, &buffers, &fsync)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	r.out.write("# Benchmark of " + time.Now().UTC().Format("2006-01-02 15:04") + " UTC\n\n")
	r.out.table([]string{"", ""}, [][]string{
		{"machine", fmt.Sprintf("%d cores, %s memory, %s; database, server and load generator share it", runtime.NumCPU(), memory(), runtime.GOOS+"/"+runtime.GOARCH)},
		{"load average before", loadAverage()},
		{"software", fmt.Sprintf("%s, PostgreSQL %s (fsync %s, shared_buffers %s)", runtime.Version(), version, fsync, buffers)},
		{"register", fmt.Sprintf("%d invented nominals, seed %d, no conduct", r.Nominals, r.Seed)},
		{"method", fmt.Sprintf("closed loop, %d × %s each after a warm-up, compared variants in turn; server and database give way to the load generator (nice %d); rates as minimum / **median** / maximum of the repeats, latencies over all of them", r.Repeats, r.Time, behindUs)},
	})
	return nil
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}

func memory() string {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "unknown"
	}
	var kb float64
	if _, err := fmt.Sscanf(string(raw), "MemTotal: %f kB", &kb); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f GiB", kb/(1<<20))
}

// Forms of figures.

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

func count(f float64) string {
	s := fmt.Sprintf("%.0f", f)
	if f < 100 {
		return fmt.Sprintf("%.1f", f)
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func ratio(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f ×", a/b)
}

func percent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
