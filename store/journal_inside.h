/*
 * journal_inside.h - what the journal's three threads share: the writer, the committer, the
 * preparer of files.
 *
 * Everything below `lock` is guarded by it unless it says otherwise.
 */
#ifndef STORE_JOURNAL_INSIDE_H
#define STORE_JOURNAL_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/journal_file.h"

enum journal_spare { SPARE_WORKING, SPARE_AT_LIMIT, SPARE_NO_ROOM };

struct journal {
	struct journal_options opt; /* constant */
	char *dir;
	int lock_fd;
	size_t max_files;

	/* the writer's own */
	int fd; /* the current file; the committer reads it under the lock */
	struct journal_file_head head;
	uint64_t at;

	_Atomic uint64_t durable;
	_Atomic bool dead;

	pthread_mutex_t lock;
	pthread_cond_t to_commit, to_prepare, moved;
	struct journal_files files;
	size_t current;    /* index of the file written to; those behind it are prepared */
	uint64_t appended; /* last entry's number */
	uint64_t waiting;  /* bytes appended and not in a commit */
	uint64_t released;
	uint64_t urgent; /* somebody waits for this number */
	int *left;       /* fds of files that were filled and are not yet synced */
	size_t nleft, capleft;
	enum journal_spare spare;
	int dead_errno, spare_errno;
	const char *dead_in;
	bool stop;
	pthread_t committer, preparer;
	bool started;
};

void *journal_committer(void *j);
void *journal_preparer(void *j);
/* Make or recycle one file. Called by the preparer, and by open before the threads start. Lock not
 * held. ERR_FULL: at max_bytes; ERR_IO: errno. */
int journal_prepare(struct journal *j);
/* Lock held. */
void journal_die(struct journal *j, const char *in, int why);

#endif
