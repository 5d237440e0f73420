/* Fuzz target: any bytes as a segment file, through the reader, the scan's and verify's eyes. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/err.h"
#include "base/file.h"
#include "store/segment.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
read_all(const char *path, size_t size)
{
	struct segment_reader r;
	struct segment_part part;
	struct buf text = {0};
	ZSTD_DCtx *dctx = NULL;
	const char *damage;
	uint64_t last = 0;
	int rc = segment_open(&r, path, 0);

	while (rc == 0 || rc == ERR_CORRUPT) {
		rc = segment_next(&r, &part);
		if (rc == ERR_IO || rc == ERR_NOT_FOUND || rc == ERR_AGAIN)
			break;
		if (part.at != last || part.end <= part.at || part.end > size)
			__builtin_trap(); /* each byte belongs to one part, and it goes forward */
		last = part.end;
		if (rc < 0)
			continue;
		segment_hash_fits(&part);
		if (part.t.text <= (8u << 20) &&
			segment_unpack(&part, &dctx, &text, &damage) == 0 && text.n != part.t.text)
			__builtin_trap();
	}
	ZSTD_freeDCtx(dctx);
	buf_done(&text);
	segment_close(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char path[64];
	const char *one[1] = {path};
	struct verify_report rep;
	struct diag why = {0};
	struct trailer t;
	struct head h;
	int fd = memfd_create("segment", MFD_CLOEXEC);

	if (fd < 0 || file_write_all(fd, p, n) < 0)
		__builtin_trap();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path, n);
	if (verify_archive(".", one, 1, NULL, &rep, &why) != 0 || rep.findings != why.errors)
		__builtin_trap();
	trailer_parse((struct str){(const char *)p, n}, &t);
	head_parse((struct str){(const char *)p, n}, &h);
	diag_done(&why);
	close(fd);
	return 0;
}
