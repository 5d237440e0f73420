#include "store/journal.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/journal_file.h"

struct journal_reader {
	char *dir;
	struct journal_files files;
	struct journal_cursor cursor;
	uint64_t from; /* entries before are passed over */
};

/* The file in which entry `from` begins, seen from the first entries. */
static int
place(struct journal_reader *r, struct diag *why)
{
	const struct journal_files *fs = &r->files;
	struct journal_entry e = {0};
	uint64_t want = 0, oldest = 0;
	size_t best = 0;
	int rc;

	for (size_t i = 0; i < fs->n; i++) {
		rc = journal_cursor_at(&r->cursor, fs, i);
		if (rc == 0)
			rc = journal_cursor_entry(&r->cursor, &e);
		if (rc == ERR_IO) {
			diag_set(why, fs->v[i].path, 0, "cannot read the journal: %s",
				strerror(errno));
			return rc;
		}
		if (rc < 0)
			continue;
		if (i == 0)
			oldest = e.pos;
		if (want == 0 || e.pos <= r->from) {
			best = i;
			want = e.pos;
		}
	}
	if (r->from > 1 && oldest > r->from) {
		diag_set(why, r->dir, 0,
			"journal entries %llu to %llu are not there any more; the checkpoint is "
			"older "
			"than the journal",
			(unsigned long long)r->from, (unsigned long long)(oldest - 1));
		return ERR_CORRUPT;
	}
	/* Without a whole first entry the walk begins at the oldest file: the end is judged there.
	 */
	r->cursor.want = oldest ? want : 1;
	rc = journal_cursor_at(&r->cursor, fs, oldest ? best : 0);
	if (rc < 0)
		diag_set(why, r->dir, 0, "cannot read the journal: %s", strerror(errno));
	return rc;
}

int
journal_reader_open(const char *dir, jpos from, struct diag *why, struct journal_reader **ret)
{
	struct journal_reader *r = mem_zero(1, sizeof(*r));
	int rc;

	r->dir = mem_copy_z(dir, strlen(dir));
	r->from = from;
	r->cursor.fd = -1;
	rc = journal_files_list(dir, &r->files, why);
	if (rc == 0 && r->files.n)
		rc = place(r, why);
	if (rc < 0) {
		journal_reader_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

/* A live journal may have gone on into a file that was not there before. True: the list changed. */
static bool
list_again(struct journal_reader *r)
{
	struct journal_files now;
	struct diag quiet = {0};
	uint64_t here = r->files.n ? r->files.v[r->cursor.file].head.generation : 1;
	uint64_t newest = r->files.n ? r->files.v[r->files.n - 1].head.generation : 0;
	uint64_t at = r->cursor.at;
	bool grown = false;

	if (journal_files_list(r->dir, &now, &quiet) < 0) {
		diag_done(&quiet);
		return false;
	}
	for (size_t i = 0; i < now.n && now.v[now.n - 1].head.generation > newest; i++) {
		if (now.v[i].head.generation != here)
			continue;
		journal_files_done(&r->files);
		r->files = now;
		grown = journal_cursor_at(&r->cursor, &r->files, i) == 0;
		if (at)
			r->cursor.at = at;
		if (r->cursor.want == 0)
			r->cursor.want = 1;
		return grown;
	}
	journal_files_done(&now);
	return false;
}

int
journal_reader_next(struct journal_reader *r, struct journal_entry *ret)
{
	bool looked_again = false;
	uint64_t claim;
	int rc;

	for (;;) {
		rc = r->files.n ? journal_cursor_next(&r->cursor, ret) : ERR_NOT_FOUND;
		/* What was read ahead of a live journal's end is old now; the cursor dropped it. */
		if (rc == ERR_NOT_FOUND && (list_again(r) || !looked_again)) {
			looked_again = true;
			continue;
		}
		if (rc < 0 || ret->pos >= r->from)
			break;
	}
	if (rc != ERR_NOT_FOUND || r->files.n == 0)
		return rc;
	rc = journal_cursor_claim(&r->cursor, &claim);
	if (rc < 0)
		return rc;
	return claim >= r->cursor.want ? ERR_CORRUPT : ERR_NOT_FOUND;
}

void
journal_reader_close(struct journal_reader *r)
{
	if (!r)
		return;
	journal_cursor_done(&r->cursor);
	journal_files_done(&r->files);
	mem_free(r->dir);
	mem_free(r);
}
