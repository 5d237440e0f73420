/*
 * house.h - for tests: records by hand through a weave, and what became of them.
 */
#ifndef TESTS_WEAVE_HOUSE_H
#define TESTS_WEAVE_HOUSE_H

#include "base/buf.h"
#include "base/clock.h"
#include "weave/weave.h"

#define S NS_PER_S
#define H (3600 * S)

struct house {
	struct names *names;
	struct lists *lists;
	struct region *region;
	struct weave *w;
	struct batch b;
	struct buf line, derived; /* JSON of the last record; of all derived ones, a line each */
	uint64_t seq;
	uint64_t seed;
	int64_t time; /* stream time, of house_lines */
};

/* lists: name and text, ended by NULL; CSV unless the name has an ending. */
struct house house_open(const char *const *lists, size_t region);
/* "field=value field=value ..." with ECS names; ~ in a value is a blank. The JSON as weave leaves
 * it. */
const char *house_say(struct house *h, int64_t time, unsigned logsource, const char *text);
/* Lines of logs as they come, through the parsers, `per_batch` in a batch; one second apart from
 * `arrival` on. The JSON of all records as weave leaves them is appended to `all` (may be NULL). */
void house_lines(
	struct house *h, const char *lines, int64_t arrival, unsigned per_batch, struct buf *all);
/* Save the region, load it into a new one, go on there. */
void house_restart(struct house *h);
void house_close(struct house *h);

extern const char people[], networks[], assets[];

#endif
