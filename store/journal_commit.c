#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/mem.h"
#include "store/journal_inside.h"

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/*
 * Is there something to commit, and is it time? Idle means at once. Right behind another commit a
 * short pause lets more come together, unless much waits or somebody does. Lock held.
 */
static bool
wait_for_work(struct journal *j, int64_t last_begin)
{
	int64_t pause = j->opt.commit_ns / 10;

	for (;;) {
		uint64_t durable = atomic_load(&j->durable);
		int64_t until = last_begin + pause;
		struct timespec t = {until / NS_PER_S, until % NS_PER_S};

		if (atomic_load(&j->dead) || (j->stop && j->appended == durable))
			return false;
		if (j->appended == durable) {
			pthread_cond_wait(&j->to_commit, &j->lock);
			continue;
		}
		if (j->stop || j->urgent > durable || j->waiting >= j->opt.commit_bytes ||
			now() >= until)
			return true;
		pthread_cond_timedwait(&j->to_commit, &j->lock, &t);
	}
}

/* Files that were left are synced before the current one: durable has no holes. */
static int
sync_all(struct journal *j, const int *left, size_t nleft, int fd)
{
	for (size_t i = 0; i < nleft; i++)
		if (j->opt.sync(left[i]) < 0)
			return -errno;
	return j->opt.sync(fd) < 0 ? -errno : 0;
}

static void
wake(const struct journal *j)
{
	uint64_t one = 1;

	/* A full eventfd is awake already. */
	if (j->opt.wake_fd >= 0 && write(j->opt.wake_fd, &one, sizeof(one)) < 0)
		return;
}

void *
journal_committer(void *arg)
{
	struct journal *j = arg;
	int64_t begin = INT64_MIN / 2;

	pthread_mutex_lock(&j->lock);
	while (wait_for_work(j, begin)) {
		uint64_t upto = j->appended;
		size_t nleft = j->nleft;
		int *left = j->left, fd = j->fd, rc;

		j->left = NULL;
		j->nleft = j->capleft = 0;
		j->waiting = 0;
		pthread_mutex_unlock(&j->lock);
		begin = now();
		rc = sync_all(j, left, nleft, fd);
		for (size_t i = 0; i < nleft; i++)
			close(left[i]);
		mem_free(left);
		if (rc == 0)
			CRASH_POINT("journal.after-sync");
		pthread_mutex_lock(&j->lock);
		if (rc == 0) {
			atomic_store(&j->durable, upto);
			pthread_cond_broadcast(&j->moved);
			pthread_cond_signal(&j->to_prepare);
		} else {
			/* Never again on the same pages: the kernel may have dropped them. */
			journal_die(j, "syncing the journal", -rc);
		}
		wake(j);
	}
	for (size_t i = 0; i < j->nleft; i++)
		close(j->left[i]);
	j->nleft = 0;
	pthread_mutex_unlock(&j->lock);
	return NULL;
}
