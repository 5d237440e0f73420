#include "store/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/evidence_inside.h"
#include "store/segment.h"

/* ---- opening ---- */

static int
add_class(struct evidence *e, struct str name, struct diag *why, unsigned *ret)
{
	struct evidence_class *c = &e->cls[e->ncls];
	int rc;

	if (!class_name_valid(name)) {
		diag_set(why, e->dir, 0, "\"%.*s\" is no class name; use a-z, 0-9, _ and -",
			STR_ARG(name));
		return ERR_SYNTAX;
	}
	if (e->ncls == EVIDENCE_CLASSES) {
		diag_set(why, e->dir, 0, "more than %u retention classes", EVIDENCE_CLASSES);
		return ERR_LIMIT;
	}
	*c = (struct evidence_class){.fd = -1};
	memcpy(c->name, name.p, name.n);
	memcpy(c->hash, TRAILER_NO_PREV, sizeof(c->hash));
	rc = evidence_recover(e, c, why);
	if (rc < 0)
		return rc;
	atomic_store(&c->stored, c->seq);
	c->refused_upto = c->last_seq = c->seq;
	*ret = e->ncls;
	return 0;
}

static int
find_class(struct evidence *e, struct str name, struct diag *why, unsigned *ret)
{
	int rc;

	for (unsigned i = 0; i < e->ncls; i++)
		if (str_eq(name, str_of(e->cls[i].name))) {
			*ret = i;
			return 0;
		}
	rc = add_class(e, name, why, ret);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&e->lock);
	e->ncls++;
	pthread_mutex_unlock(&e->lock);
	return 0;
}

static int
open_classes(struct evidence *e, struct diag *why)
{
	char names[ARCHIVE_CLASSES][CLASS_MAX + 1];
	unsigned number;
	int rc = 0, n;

	for (const char *const *c = archive_built_in; rc == 0 && *c; c++)
		rc = find_class(e, str_of(*c), why, &number);
	n = archive_classes(e->dir, names);
	if (rc == 0 && n < 0) {
		diag_set(why, e->dir, 0, "cannot read the archive: %s", strerror(errno));
		return n;
	}
	for (int i = 0; rc == 0 && i < n; i++)
		rc = find_class(e, str_of(names[i]), why, &number);
	return rc;
}

int
evidence_open(const struct evidence_options *opt, struct diag *why, struct evidence **ret)
{
	struct evidence *e;
	pthread_condattr_t mono;
	int rc = file_make_dirs(opt->dir, 0750);

	if (rc < 0) {
		diag_set(why, opt->dir, 0, "cannot make the archive folder: %s", strerror(errno));
		return rc;
	}
	e = mem_zero(1, sizeof(*e));
	e->opt = *opt;
	if (!e->opt.sync)
		e->opt.sync = fdatasync;
	if (e->opt.frame_text == 0 || e->opt.frame_text > SEGMENT_TEXT_MAX / 4)
		e->opt.frame_text = (uint64_t)1 << 20;
	e->dir = mem_copy_z(opt->dir, strlen(opt->dir));
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&e->to_write, &mono);
	pthread_cond_init(&e->room, &mono);
	pthread_condattr_destroy(&mono);
	e->cctx = ZSTD_createCCtx();
	if (!e->cctx ||
		ZSTD_isError(ZSTD_CCtx_setParameter(
			e->cctx, ZSTD_c_compressionLevel, opt->zstd_level)) ||
		ZSTD_isError(ZSTD_CCtx_setParameter(e->cctx, ZSTD_c_checksumFlag, 1))) {
		diag_set(why, e->dir, 0, "cannot set up zstd at level %d", opt->zstd_level);
		rc = ERR_UNSUPPORTED;
	}
	if (rc == 0)
		rc = open_classes(e, why);
	if (rc == 0 && pthread_create(&e->writer, NULL, evidence_writer, e) != 0) {
		diag_set(why, e->dir, 0, "cannot start the writer thread");
		rc = ERR_IO;
	}
	e->started = rc == 0;
	if (rc < 0)
		evidence_close(e);
	else
		*ret = e;
	return rc;
}

int
evidence_class(struct evidence *e, struct str name, unsigned *ret)
{
	return find_class(e, name, NULL, ret);
}

uint64_t
evidence_stored(const struct evidence *e, unsigned cls)
{
	return cls < EVIDENCE_CLASSES ? atomic_load(&e->cls[cls].stored) : 0;
}

/* ---- adding ---- */

/* The class's text becomes a job; the class goes on with an empty one. */
static void
hand_over(struct evidence *e, unsigned cls, bool may_wait)
{
	struct evidence_class *c = &e->cls[cls];
	struct evidence_job *job;

	if (c->text.n == 0)
		return;
	pthread_mutex_lock(&e->lock);
	while (may_wait && e->njobs >= EVIDENCE_QUEUE && !atomic_load(&e->dead))
		pthread_cond_wait(&e->room, &e->lock);
	job = e->spare;
	if (job)
		e->spare = job->next;
	else
		job = mem_zero(1, sizeof(*job));
	{
		struct buf empty = job->text.lines;

		buf_clear(&empty);
		job->next = NULL;
		job->cls = cls;
		job->text = c->text;
		c->text = (struct evidence_text){.lines = empty};
	}
	if (e->last)
		e->last->next = job;
	else
		e->first = job;
	e->last = job;
	e->njobs++;
	if (c->unsynced == 0)
		c->unsynced = job->text.seq[0];
	pthread_cond_signal(&e->to_write);
	pthread_mutex_unlock(&e->lock);
}

static void
widen(int64_t range[2], int64_t v, bool first)
{
	if (first || v < range[0])
		range[0] = v;
	if (first || v > range[1])
		range[1] = v;
}

void
evidence_add(struct evidence *e, unsigned cls, uint64_t seq, int64_t time, int64_t arrival,
	struct str json)
{
	struct evidence_class *c;
	struct evidence_text *t;
	int64_t day = archive_day(arrival);

	if (cls >= e->ncls)
		cls = 0;
	c = &e->cls[cls];
	t = &c->text;
	if (seq > e->seen)
		e->seen = seq;
	if (seq <= c->refused_upto)
		return; /* in a segment since before the restart */
	if (seq < c->last_seq)
		seq = c->last_seq;
	c->last_seq = seq;
	/* One day a segment; and no frame larger than readers take, not even inside a record. */
	if (t->n && ((day != t->day && !c->open_record) ||
			    t->lines.n + json.n + 1 > SEGMENT_TEXT_MAX)) {
		hand_over(e, cls, true);
		t = &c->text;
	}
	if (t->n == 0) {
		t->seq[0] = seq;
		t->day = day;
	}
	t->seq[1] = seq;
	widen(t->time, time, t->n == 0);
	widen(t->arrival, arrival, t->n == 0);
	t->n++;
	buf_add_str(&t->lines, json);
	buf_add_char(&t->lines, '\n');
	c->open_record = true;
}

void
evidence_boundary(struct evidence *e, unsigned cls)
{
	struct evidence_class *c;

	if (cls >= e->ncls)
		cls = 0;
	c = &e->cls[cls];
	c->open_record = false;
	if (c->text.lines.n >= e->opt.frame_text || c->flush_wanted)
		hand_over(e, cls, true);
	if (c->flush_wanted) {
		c->flush_wanted = false;
		evidence_flush(e);
	}
}

void
evidence_flush(struct evidence *e)
{
	for (unsigned i = 0; i < e->ncls; i++) {
		if (e->cls[i].open_record)
			e->cls[i].flush_wanted = true;
		else
			hand_over(e, i, false);
	}
	pthread_mutex_lock(&e->lock);
	e->flush = true;
	pthread_cond_signal(&e->to_write);
	pthread_mutex_unlock(&e->lock);
}

/* ---- where it stands ---- */

uint64_t
evidence_durable(const struct evidence *ce)
{
	struct evidence *e = (struct evidence *)(uintptr_t)ce;
	uint64_t first = UINT64_MAX;

	pthread_mutex_lock(&e->lock);
	for (unsigned i = 0; i < e->ncls; i++) {
		const struct evidence_class *c = &e->cls[i];

		if (c->unsynced && c->unsynced < first)
			first = c->unsynced;
		if (c->text.n && c->text.seq[0] < first)
			first = c->text.seq[0];
	}
	pthread_mutex_unlock(&e->lock);
	return first == UINT64_MAX ? e->seen : first ? first - 1 : 0;
}

int
evidence_error(const struct evidence *ce, struct diag *why)
{
	struct evidence *e = (struct evidence *)(uintptr_t)ce;
	int rc = 0;

	pthread_mutex_lock(&e->lock);
	if (e->dead_errno) {
		rc = ERR_IO;
		diag_set(why, e->dir, 0, "%s failed: %s; nothing more is archived until a restart",
			e->trouble_in, strerror(e->dead_errno));
	} else if (e->full_errno) {
		rc = ERR_FULL;
		diag_set(why, e->dir, 0, "%s: %s; tried again each second, nothing is lost",
			e->trouble_in, strerror(e->full_errno));
	}
	pthread_mutex_unlock(&e->lock);
	return rc;
}

uint64_t
evidence_bytes(const struct evidence *e)
{
	return atomic_load(&e->bytes);
}

static void
free_jobs(struct evidence_job *job)
{
	while (job) {
		struct evidence_job *next = job->next;

		buf_done(&job->text.lines);
		mem_free(job);
		job = next;
	}
}

void
evidence_close(struct evidence *e)
{
	if (!e)
		return;
	if (e->started) {
		for (unsigned i = 0; i < e->ncls; i++)
			hand_over(e, i, false);
		pthread_mutex_lock(&e->lock);
		e->stop = true;
		pthread_cond_signal(&e->to_write);
		pthread_mutex_unlock(&e->lock);
		pthread_join(e->writer, NULL);
	}
	for (unsigned i = 0; i < EVIDENCE_CLASSES; i++) {
		if (i < e->ncls && e->cls[i].fd >= 0)
			close(e->cls[i].fd);
		buf_done(&e->cls[i].text.lines);
	}
	free_jobs(e->first);
	free_jobs(e->spare);
	ZSTD_freeCCtx(e->cctx);
	buf_done(&e->out);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->to_write);
	pthread_cond_destroy(&e->room);
	mem_free(e->dir);
	mem_free(e);
}
