#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/digest.h"
#include "store/evidence_inside.h"
#include "store/segment.h"

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static bool
is_full(int why)
{
	return why == ENOSPC || why == EDQUOT || why == EFBIG;
}

/*
 * Something failed. A full disk: wait a second (or for close) and let the caller try again: true.
 * Anything else, and a full disk while closing, ends the writing: the journal still has it all.
 */
static bool
trouble(struct evidence *e, const char *in)
{
	int why = errno;
	struct timespec t;
	bool again;

	pthread_mutex_lock(&e->lock);
	e->trouble_in = in;
	again = is_full(why) && !e->stop;
	if (again) {
		e->full_errno = why;
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec++;
		while (!e->stop && pthread_cond_timedwait(&e->to_write, &e->lock, &t) == 0)
			;
	} else {
		e->dead_errno = why ? why : EIO;
		atomic_store(&e->dead, true);
		pthread_cond_broadcast(&e->room);
	}
	pthread_mutex_unlock(&e->lock);
	return again;
}

static void
well_again(struct evidence *e)
{
	pthread_mutex_lock(&e->lock);
	e->full_errno = 0;
	pthread_mutex_unlock(&e->lock);
}

int
evidence_write_head(struct evidence *e, struct evidence_class *c)
{
	struct head h = {.offset = c->offset, .seq = c->seq, .n = c->lines};
	struct buf path = {0}, text = {0};
	int rc, why;

	memcpy(h.cls, c->name, sizeof(h.cls));
	memcpy(h.segment, c->segment, sizeof(h.segment));
	memcpy(h.hash, c->hash, sizeof(h.hash));
	head_encode(&h, &text);
	CRASH_POINT("evidence.before-head");
	rc = file_replace(archive_path(&path, e->dir, c->name, "HEAD"), buf_str(&text), 0640);
	why = errno;
	CRASH_POINT("evidence.after-head");
	buf_done(&path);
	buf_done(&text);
	errno = why;
	return rc;
}

/* fdatasync and HEAD; then what was written counts. An fsync is never tried twice. */
static bool
sync_class(struct evidence *e, struct evidence_class *c)
{
	if (!c->dirty)
		return true;
	if (e->opt.sync(c->fd) < 0) {
		if (is_full(errno))
			errno = EIO;
		trouble(e, "syncing a segment");
		return false;
	}
	CRASH_POINT("evidence.after-sync");
	while (evidence_write_head(e, c) < 0)
		if (!trouble(e, "writing HEAD"))
			return false;
	c->dirty = false;
	pthread_mutex_lock(&e->lock);
	atomic_store(&c->stored, c->seq);
	c->unsynced = 0;
	for (struct evidence_job *job = e->first; job; job = job->next)
		if (&e->cls[job->cls] == c) {
			c->unsynced = job->text.seq[0];
			break;
		}
	pthread_mutex_unlock(&e->lock);
	return true;
}

/* Folder by folder from the class down: each new name is synced in its parent. */
static int
make_day(struct evidence *e, const struct evidence_class *c)
{
	struct buf path = {0};
	int rc;

	rc = file_make_dirs(archive_path(&path, e->dir, c->name, ""), 0750);
	if (rc == 0)
		rc = file_sync_dir(e->dir);
	for (const char *at = c->segment; rc == 0 && (at = strchr(at, '/')); at++) {
		char part[64];
		size_t n = (size_t)(at - c->segment);

		memcpy(part, c->segment, n);
		part[n] = 0;
		rc = file_make_dirs(archive_path(&path, e->dir, c->name, part), 0750);
		part[n > 5 ? n - 3 : 0] = 0; /* the parent: YYYY/MM, YYYY or the class */
		if (rc == 0)
			rc = file_sync_dir(archive_path(&path, e->dir, c->name, part));
	}
	buf_done(&path);
	return rc;
}

static int
open_segment(struct evidence *e, struct evidence_class *c, const struct evidence_text *t)
{
	struct buf path = {0};
	int rc;

	archive_name(t->seq[0], t->arrival[0], c->segment);
	rc = make_day(e, c);
	if (rc == 0) {
		c->fd = open(archive_path(&path, e->dir, c->name, c->segment),
			O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (c->fd < 0)
			rc = ERR_IO;
	}
	if (rc == 0) {
		ptrdiff_t slash = str_rchr(buf_str(&path), '/');

		path.p[slash] = 0;
		rc = file_sync_dir(path.p);
		path.p[slash] = '/';
		if (rc < 0) {
			int why = errno;

			close(c->fd);
			c->fd = -1;
			unlink(path.p);
			errno = why;
		}
	}
	buf_done(&path);
	if (rc == 0) {
		c->offset = 0;
		c->day = t->day;
		c->first = t->seq[0];
		c->opened = t->arrival[0];
	}
	return rc;
}

/* The right segment for this text is open afterwards; false: dead. */
static bool
right_segment(struct evidence *e, struct evidence_class *c, const struct evidence_text *t)
{
	if (c->fd >= 0 && (c->offset >= e->opt.segment_bytes || c->day != t->day ||
				  t->arrival[0] - c->opened >= e->opt.segment_age_ns)) {
		CRASH_POINT("evidence.rotate");
		if (!sync_class(e, c))
			return false;
		close(c->fd);
		c->fd = -1;
	}
	while (c->fd < 0 && open_segment(e, c, t) < 0)
		if (!trouble(e, "opening a segment"))
			return false;
	return true;
}

/* Frame and trailer into e->out; *frame gets the frame's size. */
static int
build(struct evidence *e, const struct evidence_class *c, const struct evidence_text *t,
	struct trailer *tr, size_t *frame)
{
	size_t bound = ZSTD_compressBound(t->lines.n), n, hash_at;

	buf_clear(&e->out);
	n = ZSTD_compress2(e->cctx, buf_room(&e->out, bound), bound, t->lines.p, t->lines.n);
	if (ZSTD_isError(n))
		return ERR_IO;
	e->out.n = *frame = n;
	*tr = (struct trailer){.seq = {t->seq[0], t->seq[1]},
		.n = t->n,
		.time = {t->time[0], t->time[1]},
		.arrival = {t->arrival[0], t->arrival[1]},
		.text = t->lines.n,
		.zst = n};
	memcpy(tr->cls, c->name, sizeof(tr->cls));
	memcpy(tr->prev, c->hash, sizeof(tr->prev));
	memcpy(tr->hash, TRAILER_NO_PREV, sizeof(tr->hash));
	trailer_encode(tr, &e->out, &hash_at);
	digest_hex((struct str){e->out.p, hash_at}, tr->hash);
	memcpy(e->out.p + hash_at, tr->hash, HASH_HEX);
	return 0;
}

/* What was half written is taken back, so that a full disk leaves whole frames only. */
static int
put(struct evidence_class *c, const struct buf *out, size_t frame)
{
	int why;

	if (file_pwrite_all(c->fd, out->p, frame, (int64_t)c->offset) == 0) {
		CRASH_POINT("evidence.after-frame");
		if (file_pwrite_all(c->fd, out->p + frame, out->n - frame,
			    (int64_t)(c->offset + frame)) == 0) {
			CRASH_POINT("evidence.after-trailer");
			return 0;
		}
	}
	why = errno;
	if (ftruncate(c->fd, (off_t)c->offset) == 0)
		errno = why;
	return ERR_IO;
}

static void
write_text(struct evidence *e, struct evidence_class *c, const struct evidence_text *t)
{
	struct trailer tr;
	size_t frame;

	if (atomic_load(&e->dead) || !right_segment(e, c, t))
		return;
	if (build(e, c, t, &tr, &frame) < 0) {
		errno = ENOMEM;
		trouble(e, "compressing");
		return;
	}
	while (put(c, &e->out, frame) < 0)
		if (!trouble(e, "writing a segment"))
			return;
	c->offset += e->out.n;
	c->seq = t->seq[1];
	c->lines += t->n;
	c->dirty = true;
	memcpy(c->hash, tr.hash, sizeof(c->hash));
	atomic_fetch_add(&e->bytes, e->out.n);
	if (e->full_errno)
		well_again(e);
}

static void
sync_all(struct evidence *e)
{
	unsigned n;

	pthread_mutex_lock(&e->lock);
	n = e->ncls;
	pthread_mutex_unlock(&e->lock);
	for (unsigned i = 0; i < n && !atomic_load(&e->dead); i++)
		if (e->cls[i].dirty)
			sync_class(e, &e->cls[i]);
	if (e->full_errno)
		well_again(e);
}

/* The next job; NULL with *sync: time to sync. Lock held. */
static struct evidence_job *
next_job(struct evidence *e, int64_t *due, bool *sync)
{
	struct evidence_job *job;

	for (;;) {
		struct timespec t = {*due / NS_PER_S, *due % NS_PER_S};

		*sync = *due != INT64_MAX && now() >= *due;
		if (!*sync && e->first)
			break;
		if (!*sync && (e->flush || e->stop))
			*sync = true;
		if (*sync) {
			e->flush = false;
			return NULL;
		}
		if (*due == INT64_MAX)
			pthread_cond_wait(&e->to_write, &e->lock);
		else
			pthread_cond_timedwait(&e->to_write, &e->lock, &t);
	}
	job = e->first;
	e->first = job->next;
	if (!e->first)
		e->last = NULL;
	return job;
}

void *
evidence_writer(void *arg)
{
	struct evidence *e = arg;
	int64_t due = INT64_MAX; /* of the next sync; never while nothing is dirty */
	bool done = false;

	pthread_mutex_lock(&e->lock);
	while (!done) {
		bool sync;
		struct evidence_job *job = next_job(e, &due, &sync);

		pthread_mutex_unlock(&e->lock);
		if (job) {
			write_text(e, &e->cls[job->cls], &job->text);
			if (due == INT64_MAX)
				due = now() + NS_PER_S;
		} else {
			sync_all(e);
			due = INT64_MAX;
		}
		pthread_mutex_lock(&e->lock);
		if (job) {
			job->next = e->spare;
			e->spare = job;
			e->njobs--;
			pthread_cond_signal(&e->room);
		}
		done = e->stop && !e->first && !job;
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}
