#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/journal_inside.h"

#define KEEP_FREE  4u /* released files kept for reuse; more are given back to the disk */
#define ZERO_PIECE ((size_t)1 << 20)

static void
new_generation(struct journal_file_head *h, uint64_t generation, uint64_t bytes, uint64_t durable)
{
	*h = (struct journal_file_head){
		.generation = generation, .file_bytes = bytes, .durable = durable};
	journal_new_salt(h);
}

/* Written, not only allocated: else each fdatasync would have to write block numbers too. */
static int
fill(int fd, uint64_t bytes)
{
	char *zero = mem_zero(1, ZERO_PIECE);
	int rc = 0;

	if (fallocate(fd, 0, 0, (off_t)bytes) < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		rc = ERR_IO;
	for (uint64_t at = 0; rc == 0 && at < bytes; at += ZERO_PIECE) {
		size_t n = bytes - at < ZERO_PIECE ? (size_t)(bytes - at) : ZERO_PIECE;

		rc = file_pwrite_all(fd, zero, n, (int64_t)at);
		/* In pieces, so that a commit beside it does not wait behind all of it. */
		if (rc == 0 && at % (8 * ZERO_PIECE) == 0 && fdatasync(fd) < 0)
			rc = ERR_IO;
	}
	mem_free(zero);
	return rc;
}

/* Under a name that recovery does not look at until it is whole. */
static int
create(struct journal *j, uint64_t generation, uint64_t durable, struct journal_file *ret)
{
	struct buf tmp = {0}, path = {0};
	int fd, rc, why;

	CRASH_POINT("journal.before-create");
	buf_printf(&path, "%s/%016llx.journal", j->dir, (unsigned long long)generation);
	buf_printf(&tmp, "%s/next.tmp", j->dir);
	fd = open(buf_z(&tmp), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	rc = fd < 0 ? ERR_IO : fill(fd, j->opt.file_bytes);
	*ret = (struct journal_file){.used = JOURNAL_HEAD};
	new_generation(&ret->head, generation, j->opt.file_bytes, durable);
	if (rc == 0)
		rc = journal_head_write(fd, &ret->head);
	if (rc == 0 && fsync(fd) < 0)
		rc = ERR_IO;
	if (rc == 0 && rename(tmp.p, buf_z(&path)) < 0)
		rc = ERR_IO;
	if (rc == 0)
		rc = file_sync_dir(j->dir);
	why = errno;
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		unlink(tmp.p);
	else
		ret->path = mem_copy_z(path.p, path.n);
	buf_done(&tmp);
	buf_done(&path);
	errno = why;
	return rc;
}

static int
recycle(struct journal_file *f, uint64_t generation, uint64_t durable)
{
	int fd = open(f->path, O_RDWR | O_CLOEXEC), rc, why;

	if (fd < 0)
		return ERR_IO;
	CRASH_POINT("journal.before-recycle");
	new_generation(&f->head, generation, f->head.file_bytes, durable);
	rc = journal_head_write(fd, &f->head);
	why = errno;
	CRASH_POINT("journal.after-recycle");
	close(fd);
	f->first = f->last = 0;
	f->used = JOURNAL_HEAD;
	errno = why;
	return rc;
}

/*
 * How many files at the front may be reused: released, and a later file holds a durable entry (so
 * that a restart always finds where the numbers stand). Lock held.
 */
static size_t
reusable(const struct journal *j)
{
	uint64_t durable = atomic_load(&j->durable);
	size_t n = 0;

	while (n < j->current && j->files.v[n].last <= j->released && j->files.v[n].last < durable)
		n++;
	return n;
}

/* The oldest file leaves the row. Lock held. */
static struct journal_file
take_first(struct journal *j)
{
	struct journal_file f = j->files.v[0];

	j->files.n--;
	memmove(j->files.v, j->files.v + 1, j->files.n * sizeof(f));
	j->current--;
	return f;
}

int
journal_prepare(struct journal *j)
{
	struct journal_file f = {0};
	uint64_t generation, durable;
	bool again;
	int rc;

	pthread_mutex_lock(&j->lock);
	durable = atomic_load(&j->durable);
	generation = j->files.n ? j->files.v[j->files.n - 1].head.generation + 1 : 1;
	/* A file of another size than is wanted now is left to be given back. */
	again = reusable(j) > 0 && j->files.v[0].head.file_bytes == j->opt.file_bytes;
	if (!again && j->files.n >= j->max_files) {
		pthread_mutex_unlock(&j->lock);
		return ERR_FULL;
	}
	if (again)
		f = take_first(j);
	pthread_mutex_unlock(&j->lock);
	rc = again ? recycle(&f, generation, durable) : create(j, generation, durable, &f);
	pthread_mutex_lock(&j->lock);
	if (rc == 0) {
		j->files.v = mem_grow(j->files.v, j->files.n, &j->files.cap, sizeof(f));
		j->files.v[j->files.n++] = f;
	} else if (again) {
		/* Its head may be half written: neither used nor read as old from here on. */
		journal_die(j, "recycling a journal file", errno);
		mem_free(f.path);
	}
	pthread_mutex_unlock(&j->lock);
	return rc;
}

/* Give files back that a storm left behind. Lock held; let go meanwhile. */
static void
trim(struct journal *j)
{
	while (!j->stop &&
		(reusable(j) > KEEP_FREE ||
			(reusable(j) && j->files.v[0].head.file_bytes != j->opt.file_bytes))) {
		struct journal_file f = take_first(j);

		pthread_mutex_unlock(&j->lock);
		/* One after the other on disk too: a hole in the generations would be damage. */
		unlink(f.path);
		file_sync_dir(j->dir);
		mem_free(f.path);
		pthread_mutex_lock(&j->lock);
	}
}

void *
journal_preparer(void *arg)
{
	struct journal *j = arg;

	pthread_mutex_lock(&j->lock);
	while (!j->stop && !atomic_load(&j->dead)) {
		struct timespec t;
		int rc, why;

		trim(j);
		if (j->stop)
			break;
		if (j->files.n > j->current + 1 || j->spare == SPARE_AT_LIMIT) {
			pthread_cond_wait(&j->to_prepare, &j->lock);
			if (j->spare == SPARE_AT_LIMIT && reusable(j))
				j->spare = SPARE_WORKING;
			continue;
		}
		pthread_mutex_unlock(&j->lock);
		rc = journal_prepare(j);
		why = errno;
		pthread_mutex_lock(&j->lock);
		j->spare = rc == 0          ? SPARE_WORKING
			   : rc == ERR_FULL ? SPARE_AT_LIMIT
					    : SPARE_NO_ROOM;
		j->spare_errno = why;
		pthread_cond_broadcast(&j->moved);
		if (j->spare == SPARE_NO_ROOM && !j->stop) {
			clock_gettime(CLOCK_MONOTONIC, &t);
			t.tv_sec++;
			pthread_cond_timedwait(&j->to_prepare, &j->lock, &t);
		}
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}
