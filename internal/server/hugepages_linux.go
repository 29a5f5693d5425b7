package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page on the machines that the register runs on, in bytes.
const hugePage = 2 << 20

// useHugePages asks the kernel to keep the memory that the register was loaded into in huge
// pages: a search looks at places all over it, and finds them some 10 per cent cheaper. A
// machine whose administrator has set transparent huge pages to "never" is left alone.
// What cannot be had is done without.
func (s *Server) useHugePages(ctx context.Context) {
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil || strings.Contains(string(mode), "[never]") {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer func() { _ = maps.Close() }() // it was only read
	pages, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return
	}
	defer func() { _ = pages.Close() }() // likewise
	began, collapsed := time.Now(), 0
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		from, to := anonymous(lines.Text())
		for at := from; at < to; at += hugePage {
			if !inUse(pages, at) {
				continue
			}
			if _, _, failed := unix.Syscall(unix.SYS_MADVISE, at, hugePage, unix.MADV_COLLAPSE); failed == 0 {
				collapsed++
			}
		}
	}
	s.log.InfoContext(ctx, "memory is kept in huge pages", "mib", collapsed*hugePage>>20, "took", time.Since(began).String())
}

// inUse is true when memory stands behind nearly all of a huge page's place already: to take
// the rest as well costs little.
func inUse(pagemap io.ReaderAt, at uintptr) bool {
	const page, entry, present = 4096, 8, 1 << 63 // see pagemap in the kernel's documentation
	raw := make([]byte, hugePage/page*entry)
	if _, err := pagemap.ReadAt(raw, int64(at/page*entry)); err != nil { //nolint:gosec // an address has 47 bits
		return false
	}
	there := 0
	for i := 0; i < len(raw); i += entry {
		if binary.NativeEndian.Uint64(raw[i:])&present != 0 {
			there++
		}
	}
	return there*8 >= hugePage/page*7
}

// anonymous is the part of a line of /proc/self/maps that whole huge pages can take, if it
// is of private memory that is no file's, as the heap is.
func anonymous(line string) (from, to uintptr) {
	fields := strings.Fields(line)
	if len(fields) < 5 || fields[1] != "rw-p" || fields[4] != "0" {
		return 0, 0
	}
	if len(fields) > 5 && !strings.HasPrefix(fields[5], "[anon:") { // how some kernels name it
		return 0, 0
	}
	low, high, _ := strings.Cut(fields[0], "-")
	a, errLow := strconv.ParseUint(low, 16, 64)
	b, errHigh := strconv.ParseUint(high, 16, 64)
	if errLow != nil || errHigh != nil {
		return 0, 0
	}
	return uintptr((a + hugePage - 1) / hugePage * hugePage), uintptr(b / hugePage * hugePage)
}
