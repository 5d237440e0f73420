/*
 * records.h - records of the archive by their sequence numbers. Threads: none of its own.
 */
#ifndef DAEMON_RECORDS_H
#define DAEMON_RECORDS_H

#include "base/diag.h"

/*
 * Lines of class default whose event.sequence is one of seqs (ascending) and whose event time may
 * lie in [since, until]. ctx: the archive's folder, NUL-terminated. Fits struct respond_options.
 */
int records_read(void *ctx, const uint64_t *seqs, size_t n, int64_t since, int64_t until,
	bool (*line)(void *arg, struct str json), void *arg);
/* One record as a person reads it: time in JST, log, person, machine, what; no newline. */
void record_line(struct str json, struct buf *out);

#endif
