/*
 * store.h - reading the archive: scan segments, verify the chain.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/diag.h"

struct scan_options {
	const char *dir;      /* archive */
	struct str cls;       /* empty = all classes */
	int64_t since, until; /* event time, ns; INT64_MIN/MAX = open */
};

/* Called for each line; return false to stop. */
typedef bool scan_line(void *ctx, struct str json);

/* Streams all lines whose frame may lie in the time range, in order of class and sequence. Damage
 * is an error in *why, and passed over; an unfinished tail of a live archive is not damage.
 * ERR_IO: the archive cannot be read at all. */
int store_scan(const struct scan_options *opt, scan_line *line, void *ctx, struct diag *why);

struct query; /* a compiled filter expression; read-only once made, any number of threads */
/*
 * field:value (whole value, case ignored; running text such as message: contained), field:"a b",
 * field:ab*, field:*, field:10.0.0.0/8, field:(a or b), field >= 5, @timestamp < 2026-11-22,
 * and / or / not, parentheses; words side by side mean and; bare words stand in any value. The
 * empty expression takes all. Errors carry line 1 and a column.
 */
int query_parse(struct str text, struct diag *why, struct query **ret);
bool query_match(const struct query *q, struct str json);
/* Narrow [*since, *until] (ns) by what the expression asks of @timestamp, for struct scan_options.
 */
void query_range(const struct query *q, int64_t *since, int64_t *until);
void query_free(struct query *q);

struct verify_report {
	uint64_t segments, frames, records, bytes, findings;
};
/*
 * Check segments (paths; n == 0: the whole archive with HEADs): every byte, every link. Each
 * finding is one diag error with file, frame number, bytes, sequence and time range; ret->findings
 * counts them all. `anchors` (NULL = none): a file of lines "class seq hash" that must stand in the
 * chain. 0: checked, whatever was found; ERR_IO: the archive cannot be read at all.
 */
int verify_archive(const char *dir, const char *const *segments, size_t n, const char *anchors,
	struct verify_report *ret, struct diag *findings);

#endif
