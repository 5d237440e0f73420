#include "store/journal_file.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"

static int
cannot_read(const struct journal_files *fs, size_t i, struct diag *why)
{
	diag_set(why, fs->v[i].path, 0, "cannot read the journal: %s", strerror(errno));
	return ERR_IO;
}

static int
damaged(const struct journal_files *fs, size_t i, uint64_t at, uint64_t want, uint64_t claim,
	struct diag *why)
{
	diag_set(why, fs->v[i].path, 0,
		"journal entry %llu at byte %llu is damaged although entries up to %llu were "
		"safely "
		"stored; restore the file from a backup, or move the journal folder aside to go on "
		"without what was not yet archived",
		(unsigned long long)want, (unsigned long long)at, (unsigned long long)claim);
	return ERR_CORRUPT;
}

/*
 * First numbers of all files; *start = the file of the last entry that a later one calls durable:
 * from there on the end is looked for. What lies before is checked when it is read.
 */
static int
firsts(struct journal_files *fs, size_t *start, struct diag *why)
{
	struct journal_cursor c = {.fd = -1};
	uint64_t promised = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < fs->n; i++) {
		struct journal_entry e = {0};

		rc = journal_cursor_at(&c, fs, i);
		if (rc == 0)
			rc = journal_cursor_entry(&c, &e);
		if (rc == ERR_NOT_FOUND) {
			rc = 0;
			continue;
		}
		if (rc < 0)
			break;
		fs->v[i].first = e.pos;
		if (e.durable > promised)
			promised = e.durable;
	}
	*start = 0;
	for (size_t i = 1; i < fs->n; i++)
		if (fs->v[i].first && fs->v[i].first <= promised)
			*start = i;
	if (rc < 0)
		rc = cannot_read(fs, c.file, why);
	journal_cursor_done(&c);
	return rc;
}

static int
check_firsts(struct journal_files *fs, size_t start, struct diag *why)
{
	bool begins = fs->v[0].head.generation == 1;

	/* Only a journal that holds nothing durable yet may begin without an entry. */
	if (fs->v[0].first == 0 ? !begins || start > 0 : begins && fs->v[0].first != 1)
		return damaged(fs, 0, JOURNAL_HEAD, begins ? 1 : 0,
			start > 0 ? fs->v[start].first : fs->v[0].head.durable, why);
	for (size_t i = 1; i <= start; i++) {
		if (fs->v[i].first <= fs->v[i - 1].first)
			return damaged(fs, i, JOURNAL_HEAD, fs->v[i - 1].first + 1,
				fs->v[start].first - 1, why);
		fs->v[i - 1].last = fs->v[i].first - 1;
		fs->v[i - 1].used = fs->v[i - 1].head.file_bytes;
	}
	return 0;
}

/* Walk from the first entry of file `start` to the end. */
static int
walk(struct journal_files *fs, size_t start, struct journal_cursor *c, struct journal_end *ret,
	struct diag *why)
{
	struct journal_entry e;
	int rc;

	rc = journal_cursor_at(c, fs, start);
	if (rc < 0)
		return cannot_read(fs, start, why);
	c->want = fs->v[start].first ? fs->v[start].first : 1;
	ret->last = c->want - 1;
	while ((rc = journal_cursor_next(c, &e)) == 0) {
		struct journal_file *f = &fs->v[c->file];

		f->last = e.pos;
		f->used = c->at;
		ret->last = e.pos;
	}
	ret->file = c->file;
	if (rc != ERR_NOT_FOUND)
		return cannot_read(fs, c->file, why);
	return 0;
}

int
journal_recover(struct journal_files *fs, struct journal_end *ret, struct diag *why)
{
	struct journal_cursor c = {.fd = -1};
	uint64_t claim = 0;
	size_t start;
	int rc;

	*ret = (struct journal_end){0};
	if (fs->n == 0)
		return 0;
	rc = firsts(fs, &start, why);
	if (rc == 0)
		rc = check_firsts(fs, start, why);
	if (rc == 0)
		rc = walk(fs, start, &c, ret, why);
	if (rc == 0 && journal_cursor_claim(&c, &claim) < 0)
		rc = cannot_read(fs, c.file, why);
	if (rc == 0 && claim >= c.want)
		rc = damaged(fs, c.file, c.at, c.want, claim, why);
	for (size_t i = ret->file + 1; rc == 0 && i < fs->n; i++)
		fs->v[i].first = 0;
	journal_cursor_done(&c);
	return rc;
}
