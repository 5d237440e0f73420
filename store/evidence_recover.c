#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "store/evidence_inside.h"
#include "store/segment.h"

/* Where the walk over a class's segments stands. */
struct walk {
	struct evidence *e;
	struct evidence_class *c;
	struct archive_list list;
	struct diag *why;
	bool know_prev; /* c->hash is the chain's end so far */
	bool promised;  /* HEAD was found: what lies before it is safe, what lies behind is not */
	bool damaged;   /* the segment walked last has damage before readable parts */
};

static int
cannot(struct walk *w, const char *path, const char *what)
{
	diag_set(w->why, path, 0, "cannot %s: %s", what, strerror(errno));
	return ERR_IO;
}

/*
 * HEAD names something that is not there: evidence was lost or rolled back. Archiving goes on, but
 * the old HEAD stays as a witness that `verify` will always name.
 */
static int
keep_witness(struct walk *w, const struct head *h)
{
	struct buf from = {0}, to = {0};
	char name[64];
	int rc = 0;

	snprintf(name, sizeof(name), "HEAD.lost.%020llu", (unsigned long long)h->seq);
	archive_path(&from, w->e->dir, w->c->name, "HEAD");
	archive_path(&to, w->e->dir, w->c->name, name);
	diag_add(w->why, DIAG_WARNING, from.p, 0, 0,
		"the archive ended once with sequence %llu in %s at byte %llu, and that is not "
		"there now; kept as %s",
		(unsigned long long)h->seq, h->segment, (unsigned long long)h->offset, name);
	if (rename(from.p, to.p) < 0)
		rc = cannot(w, from.p, "rename");
	buf_done(&from);
	buf_done(&to);
	return rc;
}

/* Take over what a whole part says. */
static void
take_part(struct walk *w, const struct segment_part *p)
{
	memcpy(w->c->hash, p->t.hash, sizeof(w->c->hash));
	w->c->seq = p->t.seq[1];
	w->c->lines += p->t.n;
	w->c->offset = p->end;
	w->know_prev = true;
}

static bool
part_fits(const struct walk *w, const struct segment_part *p)
{
	return segment_hash_fits(p) && strcmp(p->t.cls, w->c->name) == 0 &&
	       (!w->know_prev || strcmp(p->t.prev, w->c->hash) == 0);
}

/*
 * The parts of one segment from `at` on; c->offset ends behind the last whole, fitting one. Behind
 * HEAD nothing was promised, so the walk ends where a part does not fit. Without HEAD nobody can
 * tell: then damage is passed over, and the file must not be cut.
 */
static int
walk_segment(struct walk *w, const char *path, uint64_t at)
{
	struct segment_reader r;
	struct segment_part p;
	int rc = segment_open(&r, path, at);

	w->c->offset = at;
	w->damaged = false;
	while (rc == 0) {
		rc = segment_next(&r, &p);
		if (rc == 0 && part_fits(w, &p)) {
			take_part(w, &p);
			continue;
		}
		if (w->promised || (rc != 0 && rc != ERR_CORRUPT) || !p.has_trailer)
			break;
		w->damaged = true;
		take_part(w, &p);
		rc = 0;
	}
	if (rc == ERR_IO)
		cannot(w, path, "read the segment");
	segment_close(&r);
	return rc == ERR_IO ? rc : 0;
}

/* Arrival of a segment's first record: its first trailer says it. */
static int
first_arrival(const char *path, int64_t *ret)
{
	struct segment_reader r;
	struct segment_part p;
	int rc = segment_open(&r, path, 0);

	if (rc == 0)
		rc = segment_next(&r, &p);
	if (rc == 0)
		*ret = p.t.arrival[0];
	segment_close(&r);
	return rc;
}

/* The newest segment is the one to go on with: cut what is torn behind the last whole part. */
static int
reopen(struct walk *w, const struct archive_segment *s)
{
	struct evidence_class *c = w->c;
	struct buf path = {0};
	int64_t arrival = 0;
	int rc = 0;

	archive_path(&path, w->e->dir, c->name, s->name);
	memcpy(c->segment, s->name, sizeof(c->segment));
	c->fd = open(path.p, O_RDWR | O_CLOEXEC);
	if (c->fd < 0)
		rc = cannot(w, path.p, "open the segment");
	if (rc == 0 && s->bytes > c->offset) {
		diag_add(w->why, DIAG_NOTE, path.p, 0, 0,
			"cut an unfinished tail of %llu bytes; the journal has what was in it",
			(unsigned long long)(s->bytes - c->offset));
		if (ftruncate(c->fd, (off_t)c->offset) < 0)
			rc = cannot(w, path.p, "cut the unfinished tail");
		CRASH_POINT("evidence.after-cut");
	}
	/* What a killed process left in the page cache counts as stored from here on. */
	if (rc == 0 && w->e->opt.sync(c->fd) < 0)
		rc = cannot(w, path.p, "sync the segment");
	if (rc == 0 && first_arrival(path.p, &arrival) < 0)
		rc = cannot(w, path.p, "read the segment");
	c->opened = arrival;
	c->day = archive_day(arrival);
	c->first = s->first;
	buf_done(&path);
	return rc;
}

/* Index of the segment that HEAD names; -1: not there, or shorter than HEAD says. */
static ptrdiff_t
find_head(const struct walk *w, const struct head *h)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (strcmp(w->list.v[i].name, h->segment) == 0)
			return w->list.v[i].bytes >= h->offset ? (ptrdiff_t)i : -1;
	return -1;
}

/* Does the part that ends at HEAD's offset carry HEAD's hash? Only its trailer has to be read. */
static bool
head_fits(const char *path, const struct head *h)
{
	char tail[TRAILER_MAX];
	size_t n = h->offset < sizeof(tail) ? (size_t)h->offset : sizeof(tail);
	struct str s = {tail, n}, key = STR(TRAILER_START);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, tail, n, (off_t)(h->offset - n));
	struct trailer t;

	if (fd >= 0)
		close(fd);
	if (got != (ssize_t)n)
		return false;
	for (; s.n > key.n; str_skip(&s, 1))
		if (str_starts(s, key) && trailer_parse(s, &t) == 0)
			return strcmp(t.hash, h->hash) == 0 && t.seq[1] == h->seq;
	return false;
}

/* Remove a newest segment without one whole part: a crash while it was begun. */
static int
drop_empty(struct walk *w)
{
	struct buf path = {0};
	int rc = 0;

	archive_path(&path, w->e->dir, w->c->name, w->list.v[w->list.n - 1].name);
	diag_add(w->why, DIAG_NOTE, path.p, 0, 0,
		"removed a segment without one whole frame; the journal has what was in it");
	if (unlink(path.p) < 0)
		rc = cannot(w, path.p, "remove the empty segment");
	else
		w->list.n--;
	buf_done(&path);
	return rc;
}

static void
warn_damaged(struct walk *w, const char *path)
{
	diag_add(w->why, DIAG_WARNING, path, 0, 0,
		"damaged behind byte %llu; left as it is, run noroshi verify",
		(unsigned long long)w->c->offset);
}

/* From HEAD on (or, without a usable one, from the very beginning) to the newest whole part. */
static int
walk_chain(struct walk *w, size_t from, uint64_t at)
{
	struct evidence_class *c = w->c;
	struct buf path = {0};
	uint64_t offset = at;
	size_t whole = at ? from + 1 : from; /* the last segment with a whole part, + 1 */
	bool damaged = false;
	int rc = 0;

	for (size_t i = from; rc == 0 && i < w->list.n; i++) {
		archive_path(&path, w->e->dir, c->name, w->list.v[i].name);
		rc = walk_segment(w, path.p, i == from ? at : 0);
		if (c->offset > 0) {
			whole = i + 1;
			offset = c->offset;
			damaged = w->damaged;
		}
		if (w->damaged || (c->offset < w->list.v[i].bytes && i + 1 < w->list.n)) {
			warn_damaged(w, path.p);
			w->know_prev = false;
		}
	}
	while (rc == 0 && w->list.n > whole && w->list.n > from)
		rc = drop_empty(w);
	c->offset = offset;
	/* A damaged one is never written to again: the next text begins a segment of its own. */
	if (rc == 0 && w->list.n && !damaged)
		rc = reopen(w, &w->list.v[w->list.n - 1]);
	else if (rc == 0 && w->list.n)
		memcpy(c->segment, w->list.v[w->list.n - 1].name, sizeof(c->segment));
	buf_done(&path);
	return rc;
}

int
evidence_recover(struct evidence *e, struct evidence_class *c, struct diag *why)
{
	struct walk w = {.e = e, .c = c, .why = why};
	struct buf path = {0};
	struct head h;
	ptrdiff_t at = -1;
	int rc, head;

	if (archive_list(e->dir, c->name, &w.list) < 0 && errno != ENOENT)
		return cannot(&w, archive_path(&path, e->dir, c->name, ""), "read the archive");
	for (size_t i = 0; i < w.list.n; i++)
		atomic_fetch_add(&e->bytes, w.list.v[i].bytes);
	head = archive_head(e->dir, c->name, &h);
	if (head == 0) {
		at = find_head(&w, &h);
		if (at >= 0 && !head_fits(archive_path(&path, e->dir, c->name, h.segment), &h))
			at = -1;
	}
	rc = 0;
	if (head == 0 && at < 0)
		rc = keep_witness(&w, &h);
	if (at >= 0) {
		memcpy(c->hash, h.hash, sizeof(c->hash));
		c->seq = h.seq;
		c->lines = h.n;
		w.know_prev = w.promised = true;
	}
	if (rc == 0)
		rc = walk_chain(&w, at >= 0 ? (size_t)at : 0, at >= 0 ? h.offset : 0);
	if (rc == 0 && w.list.n && evidence_write_head(e, c) < 0)
		rc = cannot(&w, archive_path(&path, e->dir, c->name, "HEAD"), "write");
	archive_list_done(&w.list);
	buf_done(&path);
	return rc;
}
