/*
 * cliinput.h - the files of `normalize` and `replay` as one stream of frames, merged by event time.
 *
 * Uses the same line reader as the file inputs, so stream ids and offsets are those of the daemon.
 * Threads: one owner.
 */
#ifndef DAEMON_CLIINPUT_H
#define DAEMON_CLIINPUT_H

#include "daemon/brain.h"
#include "intake/files.h"

struct cliinput;

struct cliinput_options {
	char **paths; /* "-" = standard input; none = standard input */
	int npaths;
	int64_t clock; /* arrival of every line; 0 = event time of the line before, else the file's
			  mtime */
	uint64_t frame_max;
	bool history;
	enum file_form form; /* whether the first line may be a header of CSV */
};

/* NULL after telling why. m may be NULL: parse only. */
struct cliinput *cliinput_open(const struct cliinput_options *opt, const struct brain *b,
	struct matcher *m, struct diag *why);
/*
 * The next frame in merged order: a batch of one, thought through, lent until the next call. False
 * at the end. *number: the line's number, from 1 (of one file: within it, blank lines counted; of
 * several: in the order read).
 */
bool cliinput_next(struct cliinput *in, struct batch *batch, uint64_t *number);
/* A file could not be read to its end; it was told on standard error when it came to that. */
bool cliinput_damaged(const struct cliinput *in);
uint64_t cliinput_lines(const struct cliinput *in);
void cliinput_close(struct cliinput *in);

#endif
