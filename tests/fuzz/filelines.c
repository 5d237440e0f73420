/*
 * A file of any bytes is read to its end: its lines follow each other without a gap, none is longer
 * than the limit, and whoever goes on behind any of them reads the same rest under the same header.
 *
 * The first byte chooses the form; the rest is the file.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "intake/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 64u

static int
file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size) ||
		lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

/* All lines from `offset` on; the n-th boundary into *cut. */
static void
read_from(const uint8_t *data, size_t size, enum file_form form, uint64_t offset, unsigned n,
	uint64_t *cut, struct buf *out)
{
	struct file_lines *l = file_lines_take(file_of(data, size), MAX);
	struct file_line line;
	uint64_t stream, at = offset;

	file_lines_form(l, form);
	if (file_lines_stream(l, true, &stream) == 0 && file_lines_seek(l, offset, true) == 0)
		for (unsigned i = 0; file_lines_step(l, true, &line) == FILE_STEP_LINE; i++) {
			if (line.bytes.n > MAX || line.offset != at || line.next <= at)
				abort();
			at = line.next;
			if (cut && i == n) {
				*cut = at;
				buf_clear(out);
				continue;
			}
			buf_printf(out, "%zu,%d:", line.bytes.n, line.truncated);
			buf_add_str(out, line.bytes);
			buf_add_str(out, line.lead);
		}
	file_lines_close(l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum file_form forms[] = {FILE_AUTO, FILE_CSV, FILE_COLUMNS, FILE_OTHER};
	struct buf whole = {0}, rest = {0};
	enum file_form form;
	uint64_t cut = 0;

	/* Packed files are read by another's code; a header out of sight is not looked for. */
	if (size < 2 || size > 4000 || data[1] == 0x1f)
		return 0;
	form = forms[data[0] & 3];
	read_from(data + 1, size - 1, form, 0, data[0] >> 2, &cut, &whole);
	/* Headers midway are found again where the file begins as such files do. */
	if (cut && data[1] == '#') {
		read_from(data + 1, size - 1, form, cut, 0, NULL, &rest);
		if (!str_eq(buf_str(&whole), buf_str(&rest)))
			abort();
	}
	buf_done(&whole);
	buf_done(&rest);
	return 0;
}
