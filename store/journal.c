#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/journal_inside.h"

#define PARTS_MAX 5

void
journal_die(struct journal *j, const char *in, int why)
{
	if (!atomic_load(&j->dead)) {
		j->dead_in = in;
		j->dead_errno = why;
		atomic_store(&j->dead, true);
	}
	pthread_cond_broadcast(&j->moved);
	pthread_cond_broadcast(&j->to_commit);
}

/* ---- opening ---- */

static int
take_lock(struct journal *j, struct diag *why)
{
	struct buf path = {0};
	int rc = 0;

	buf_printf(&path, "%s/lock", j->dir);
	j->lock_fd = open(buf_z(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (j->lock_fd < 0) {
		diag_set(why, path.p, 0, "cannot open: %s", strerror(errno));
		rc = ERR_IO;
	} else if (flock(j->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		diag_set(why, j->dir, 0,
			"the journal is in use by another process; stop that first");
		rc = ERR_STATE;
	}
	buf_done(&path);
	return rc;
}

/* Zero what is not zero from `at` to the end: nothing there was promised to anybody. */
static int
blank(int fd, uint64_t at, uint64_t end)
{
	size_t piece = (size_t)1 << 20;
	char *zero = mem_zero(1, piece), *there = mem_alloc(piece);
	int rc = 0;

	while (rc == 0 && at < end) {
		size_t n = end - at < piece ? (size_t)(end - at) : piece;
		ssize_t got = pread(fd, there, n, (off_t)at);

		if (got <= 0) {
			rc = got < 0 && errno == EINTR ? 0 : ERR_IO;
			continue;
		}
		if (memcmp(there, zero, (size_t)got) != 0)
			rc = file_pwrite_all(fd, zero, (size_t)got, (int64_t)at);
		at += (uint64_t)got;
	}
	mem_free(zero);
	mem_free(there);
	return rc;
}

/* Make the found end the place to go on: sync what is whole, blank what is not. */
static int
clean_end(struct journal *j, const struct journal_end *end)
{
	for (size_t i = 0; i < j->files.n; i++) {
		struct journal_file *f = &j->files.v[i];
		int fd = open(f->path, O_RDWR | O_CLOEXEC);
		int rc = 0;

		if (fd < 0)
			return ERR_IO;
		if (i == end->file)
			rc = blank(fd, f->used, f->head.file_bytes);
		if (rc == 0 && j->opt.sync(fd) < 0)
			rc = ERR_IO;
		/* Behind the end: a new salt makes all entries there foreign. */
		if (rc == 0 && i > end->file) {
			journal_new_salt(&f->head);
			f->head.durable = end->last;
			rc = journal_head_write(fd, &f->head);
		}
		if (rc == 0 && i == end->file) {
			j->fd = fd;
			j->head = f->head;
			j->at = f->used;
			continue;
		}
		close(fd);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
find_end(struct journal *j, struct diag *why)
{
	struct journal_end end = {0};
	int rc = journal_files_list(j->dir, &j->files, why);

	if (rc == 0)
		rc = journal_recover(&j->files, &end, why);
	if (rc < 0)
		return rc;
	j->appended = end.last;
	atomic_store(&j->durable, end.last);
	j->current = end.file;
	if (j->files.n == 0)
		rc = journal_prepare(j);
	if (rc == 0)
		rc = clean_end(j, &end);
	CRASH_POINT("journal.recovered");
	/* A full disk shows now and not in an hour: the file after this one must be there. */
	if (rc == 0 && j->files.n == j->current + 1)
		rc = journal_prepare(j);
	if (rc == ERR_FULL && j->current + 1 >= j->max_files) {
		j->spare = SPARE_AT_LIMIT;
		rc = 0;
	}
	if (rc < 0)
		diag_set(why, j->dir, 0,
			"cannot prepare a journal file of %llu MiB: %s; make room or choose "
			"another data folder",
			(unsigned long long)(j->opt.file_bytes >> 20), strerror(errno));
	return rc;
}

static int
start_threads(struct journal *j, struct diag *why)
{
	int rc = pthread_create(&j->committer, NULL, journal_committer, j);

	if (rc == 0) {
		rc = pthread_create(&j->preparer, NULL, journal_preparer, j);
		if (rc != 0) {
			pthread_mutex_lock(&j->lock);
			j->stop = true;
			pthread_cond_broadcast(&j->to_commit);
			pthread_mutex_unlock(&j->lock);
			pthread_join(j->committer, NULL);
		}
	}
	if (rc != 0) {
		diag_set(why, j->dir, 0, "cannot start the journal's threads: %s", strerror(rc));
		return ERR_IO;
	}
	j->started = true;
	return 0;
}

int
journal_open(const struct journal_options *opt, struct diag *why, struct journal **ret)
{
	struct journal *j;
	pthread_condattr_t mono;
	int rc = file_make_dirs(opt->dir, 0750);

	if (rc < 0) {
		diag_set(why, opt->dir, 0, "cannot make the journal folder: %s", strerror(errno));
		return rc;
	}
	j = mem_zero(1, sizeof(*j));
	j->opt = *opt;
	if (!j->opt.sync)
		j->opt.sync = fdatasync;
	j->opt.file_bytes = (opt->file_bytes + 4095) & ~(uint64_t)4095;
	if (j->opt.file_bytes < JOURNAL_FILE_MIN)
		j->opt.file_bytes = JOURNAL_FILE_MIN;
	if (j->opt.file_bytes > JOURNAL_FILE_MAX)
		j->opt.file_bytes = JOURNAL_FILE_MAX;
	j->max_files = (size_t)(opt->max_bytes / j->opt.file_bytes);
	if (j->max_files < 2)
		j->max_files = 2;
	j->dir = mem_copy_z(opt->dir, strlen(opt->dir));
	j->fd = j->lock_fd = -1;
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&j->to_commit, &mono);
	pthread_cond_init(&j->to_prepare, &mono);
	pthread_cond_init(&j->moved, &mono);
	pthread_condattr_destroy(&mono);
	rc = take_lock(j, why);
	if (rc == 0)
		rc = find_end(j, why);
	if (rc == 0)
		rc = start_threads(j, why);
	if (rc < 0) {
		journal_close(j);
		return rc;
	}
	*ret = j;
	return 0;
}

/* ---- writing ---- */

/* The current file is full: go on in the next, when there is one. */
static int
switch_file(struct journal *j)
{
	int fd = -1, rc = 0;

	pthread_mutex_lock(&j->lock);
	while (j->files.n == j->current + 1 && j->spare == SPARE_WORKING && !j->dead)
		pthread_cond_wait(&j->moved, &j->lock);
	if (j->dead)
		rc = ERR_IO;
	else if (j->files.n == j->current + 1)
		rc = ERR_FULL;
	if (rc == 0) {
		fd = open(j->files.v[j->current + 1].path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			journal_die(j, "opening the next journal file", errno);
			rc = ERR_IO;
		}
	}
	if (rc == 0) {
		j->left = mem_grow(j->left, j->nleft, &j->capleft, sizeof(*j->left));
		j->left[j->nleft++] = j->fd;
		j->fd = fd;
		j->current++;
		j->head = j->files.v[j->current].head;
		j->at = JOURNAL_HEAD;
		pthread_cond_signal(&j->to_prepare);
	}
	pthread_mutex_unlock(&j->lock);
	if (rc == 0)
		CRASH_POINT("journal.after-switch");
	return rc;
}

static int
write_parts(int fd, struct iovec *v, int n, uint64_t at)
{
	while (n > 0) {
		ssize_t put = pwritev(fd, v, n, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ERR_IO;
		at += (uint64_t)put;
		while (n > 0 && (size_t)put >= v->iov_len) {
			put -= (ssize_t)v->iov_len;
			v++;
			n--;
		}
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + put;
			v->iov_len -= (size_t)put;
		}
	}
	return 0;
}

static void
publish_append(struct journal *j, uint64_t number, uint64_t bytes)
{
	struct journal_file *f;

	pthread_mutex_lock(&j->lock);
	f = &j->files.v[j->current];
	if (f->first == 0)
		f->first = number;
	f->last = number;
	f->used = j->at + bytes;
	j->appended = number;
	j->waiting += bytes;
	pthread_cond_signal(&j->to_commit);
	pthread_mutex_unlock(&j->lock);
	j->at += bytes;
}

static int
append(struct journal *j, enum journal_type type, const struct str *part, size_t n, jpos *ret)
{
	static const char pad[JOURNAL_ALIGN];
	struct journal_entry_head h = {.number = j->appended + 1, .type = (uint8_t)type};
	struct iovec v[PARTS_MAX] = {{&h, sizeof(h)}};
	uint64_t payload = 0, bytes;
	int rc;

	for (size_t i = 0; i < n; i++)
		payload += part[i].n;
	bytes = journal_entry_bytes(payload);
	if (payload > j->opt.file_bytes || bytes > j->opt.file_bytes - JOURNAL_HEAD)
		return ERR_LIMIT;
	if (atomic_load(&j->dead))
		return ERR_IO;
	while (bytes > j->head.file_bytes - j->at) {
		rc = switch_file(j);
		if (rc < 0)
			return rc;
	}
	h.length = (uint32_t)payload;
	h.durable = atomic_load(&j->durable);
	h.key = j->head.key;
	h.crc = journal_entry_crc(&h, j->head.salt);
	for (size_t i = 0; i < n; i++) {
		h.crc = crc32c(h.crc, part[i].p, part[i].n);
		v[i + 1] = (struct iovec){(char *)(uintptr_t)part[i].p, part[i].n};
	}
	v[n + 1] = (struct iovec){(char *)(uintptr_t)pad, (size_t)(bytes - sizeof(h) - payload)};
	CRASH_POINT("journal.before-write");
	if (write_parts(j->fd, v, (int)n + 2, j->at) < 0) {
		pthread_mutex_lock(&j->lock);
		journal_die(j, "writing the journal", errno);
		pthread_mutex_unlock(&j->lock);
		return ERR_IO;
	}
	CRASH_POINT("journal.after-write");
	publish_append(j, h.number, bytes);
	*ret = h.number;
	return 0;
}

int
journal_append(struct journal *j, enum journal_type type, struct str payload, jpos *ret)
{
	return append(j, type, &payload, 1, ret);
}

int
journal_append_batch(struct journal *j, struct batch b, jpos *ret)
{
	char head[BATCH_PACK_HEAD];
	struct str part[3] = {{head, sizeof(head)}};

	batch_pack_parts(b, head, part + 1);
	return append(j, JOURNAL_FRAMES, part, 3, ret);
}

jpos
journal_last(const struct journal *j)
{
	return j->appended; /* written by the calling thread only */
}

jpos
journal_durable(const struct journal *j)
{
	return atomic_load(&j->durable);
}

int
journal_sync(struct journal *j, jpos pos)
{
	int rc = 0;

	pthread_mutex_lock(&j->lock);
	if (pos > j->appended)
		pos = j->appended;
	if (pos > j->urgent)
		j->urgent = pos;
	pthread_cond_signal(&j->to_commit);
	while (!atomic_load(&j->dead) && atomic_load(&j->durable) < pos)
		pthread_cond_wait(&j->moved, &j->lock);
	if (atomic_load(&j->durable) < pos)
		rc = ERR_IO;
	pthread_mutex_unlock(&j->lock);
	return rc;
}

void
journal_release(struct journal *j, jpos pos)
{
	pthread_mutex_lock(&j->lock);
	if (pos > j->released) {
		j->released = pos;
		if (j->spare == SPARE_AT_LIMIT)
			j->spare = SPARE_WORKING;
		pthread_cond_signal(&j->to_prepare);
	}
	pthread_mutex_unlock(&j->lock);
}

uint64_t
journal_bytes(const struct journal *cj)
{
	struct journal *j = (struct journal *)(uintptr_t)cj;
	uint64_t sum = 0;

	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->files.n && i <= j->current; i++)
		if (j->files.v[i].last > j->released)
			sum += j->files.v[i].used;
	pthread_mutex_unlock(&j->lock);
	return sum;
}

int
journal_error(const struct journal *cj, struct diag *why)
{
	struct journal *j = (struct journal *)(uintptr_t)cj;
	int rc = 0;

	pthread_mutex_lock(&j->lock);
	if (j->dead) {
		rc = ERR_IO;
		diag_set(why, j->dir, 0,
			"%s failed: %s; nothing more is acknowledged until a restart", j->dead_in,
			strerror(j->dead_errno));
	} else if (j->files.n == j->current + 1 && j->spare == SPARE_NO_ROOM) {
		rc = ERR_FULL;
		diag_set(why, j->dir, 0, "no room for the next journal file: %s",
			strerror(j->spare_errno));
	} else if (j->files.n == j->current + 1 && j->spare == SPARE_AT_LIMIT) {
		rc = ERR_FULL;
		diag_set(why, j->dir, 0, "the journal has reached journal.max");
	}
	pthread_mutex_unlock(&j->lock);
	return rc;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->started) {
		pthread_mutex_lock(&j->lock);
		j->stop = true;
		pthread_cond_broadcast(&j->to_commit);
		pthread_cond_broadcast(&j->to_prepare);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->committer, NULL);
		pthread_join(j->preparer, NULL);
	}
	if (j->fd >= 0)
		close(j->fd);
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	mem_free(j->left);
	journal_files_done(&j->files);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->to_commit);
	pthread_cond_destroy(&j->to_prepare);
	pthread_cond_destroy(&j->moved);
	mem_free(j->dir);
	mem_free(j);
}
