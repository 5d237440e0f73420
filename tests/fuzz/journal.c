/*
 * Fuzz target: bytes as steps that lay out journal files - whole entries, torn ones, holes, stale
 * ones, foreign ones - then recovery and the reader, which must agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/journal_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct layout {
	char *dir;
	char *bytes; /* of the file being laid out */
	struct journal_file_head head;
	uint64_t at, number, durable;
	unsigned files;
};

static void
write_file(struct layout *l)
{
	char path[512];
	struct journal_file_head h = l->head;
	FILE *f;

	h.magic = JOURNAL_MAGIC;
	h.version = 1;
	h.crc = 0;
	h.crc = crc32c(0, &h, sizeof(h));
	memcpy(l->bytes, &h, sizeof(h));
	memcpy(l->bytes + JOURNAL_HEAD_COPY, &h, sizeof(h));
	snprintf(path, sizeof(path), "%s/%u.journal", l->dir, l->files++);
	f = fopen(path, "wb");
	if (!f || fwrite(l->bytes, 1, JOURNAL_FILE_MIN, f) != JOURNAL_FILE_MIN)
		abort();
	fclose(f);
}

static void
new_file(struct layout *l)
{
	l->head = (struct journal_file_head){.generation = l->files + 1,
		.file_bytes = JOURNAL_FILE_MIN,
		.durable = l->durable,
		.key = 77 + l->files,
		.salt = 5};
	memset(l->bytes, 0, JOURNAL_FILE_MIN);
	l->at = JOURNAL_HEAD;
}

static void
entry(struct layout *l, unsigned what, unsigned size)
{
	struct journal_entry_head h = {.length = size * 7,
		.number = l->number + 1,
		.durable = l->durable,
		.key = l->head.key,
		.type = JOURNAL_COMMAND};
	uint64_t bytes = journal_entry_bytes(h.length);

	if (l->at + bytes > JOURNAL_FILE_MIN) {
		write_file(l);
		new_file(l);
		h.key = l->head.key;
	}
	memset(l->bytes + l->at + sizeof(h), (int)size, h.length);
	if (what == 1)
		h.key ^= 1; /* of another generation */
	if (what == 2)
		h.number += size % 3; /* out of the row */
	h.crc = crc32c(journal_entry_crc(&h, l->head.salt), l->bytes + l->at + sizeof(h), h.length);
	if (what == 3)
		h.crc ^= 4; /* torn */
	memcpy(l->bytes + l->at, &h, sizeof(h));
	l->at += bytes;
	l->number++;
}

/* Read from `from` to where the reader ends; *last = the last number. */
static int
read_from(const char *dir, uint64_t from, uint64_t *last)
{
	struct journal_reader *r = NULL;
	struct journal_entry e;
	struct diag why = {0};
	int rc = journal_reader_open(dir, from, &why, &r);

	*last = 0;
	while (rc == 0 && (rc = journal_reader_next(r, &e)) == 0) {
		if (*last && e.pos != *last + 1)
			abort();
		*last = e.pos;
	}
	journal_reader_close(r);
	diag_done(&why);
	return rc;
}

/*
 * What recovery keeps is what a reader sees. Recovery looks at the end only: damage in an older
 * file is for the reader to find, who must never take it for the end.
 */
static void
compare(const char *dir, const struct journal_files *fs, const struct journal_end *end)
{
	uint64_t first = fs->v[end->file].first, last;
	int rc = read_from(dir, 0, &last);

	if (rc == ERR_CORRUPT ? last + 1 >= first : rc != ERR_NOT_FOUND || last != end->last)
		abort();
	if (first && (read_from(dir, first, &last) != ERR_NOT_FOUND || last != end->last))
		abort();
}

static void
check(const char *dir)
{
	struct journal_files fs;
	struct journal_end end = {0};
	struct diag why = {0};
	uint64_t last;
	int rc = journal_files_list(dir, &fs, &why);

	if (rc < 0)
		abort(); /* the heads are whole */
	rc = journal_recover(&fs, &end, &why);
	if (rc != 0 && (rc != ERR_CORRUPT || why.errors == 0))
		abort();
	if (rc == 0)
		compare(dir, &fs, &end);
	else
		read_from(dir, 0, &last);
	journal_files_done(&fs);
	diag_done(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *base = getenv("TMPDIR");
	struct buf dir = {0}, path = {0};
	struct layout l = {0};

	buf_printf(&dir, "%s/noroshi-fuzz-%d", base ? base : P_tmpdir, (int)getpid());
	l.dir = (char *)(uintptr_t)buf_z(&dir);
	mkdir(l.dir, 0700);
	l.bytes = mem_alloc(JOURNAL_FILE_MIN);
	new_file(&l);
	for (size_t i = 0; i + 1 < n && i < 400 && l.files < 6; i += 2) {
		switch (p[i] % 8) {
		case 0:
		case 1:
		case 2:
		case 3:
			entry(&l, p[i] % 4, p[i + 1]);
			break;
		case 4:
			l.durable = l.number;
			break;
		case 5: /* raw bytes over what lies before the cursor */
			l.bytes[JOURNAL_HEAD +
				(p[i + 1] * 67u) % (JOURNAL_FILE_MIN - JOURNAL_HEAD)] ^= (char)p[i];
			break;
		case 6:
			write_file(&l);
			new_file(&l);
			break;
		case 7:
			entry(&l, 0, 255);
			break;
		}
	}
	write_file(&l);
	check(l.dir);
	for (unsigned i = 0; i < l.files; i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%u.journal", l.dir, i);
		unlink(buf_z(&path));
	}
	rmdir(l.dir);
	mem_free(l.bytes);
	buf_done(&dir);
	buf_done(&path);
	return 0;
}
