/*
 * report_inside.h - a report as items and lines, before it becomes text, HTML or JSON. Private to
 * respond/report*.c.
 */
#ifndef RESPOND_REPORT_INSIDE_H
#define RESPOND_REPORT_INSIDE_H

#include "base/arena.h"
#include "respond/notice.h"
#include "respond/report.h"

#define REPORT_ITEMS 14u

struct report_line {
	struct str label, value; /* label empty: a line of text */
};

struct report_row {         /* of the timeline */
	int64_t time, last; /* last: of those folded into it */
	size_t count;       /* records that say the same of the same, 1 = it alone */
	struct str family, who, where, what, reference;
	struct str key; /* rows with the same one are folded: files of one folder have one */
	int lane;
};

struct report_item {
	const char *title;
	struct report_line *lines;
	size_t n, cap;
};

struct report {
	struct arena arena;
	bool ja, drill;
	struct str heading, subheading;
	struct report_item items[REPORT_ITEMS];
	struct report_row *rows;
	size_t nrows, rows_cap;
	size_t told, rows_left; /* records in the rows; records that are in none */
	int64_t first, last;
};

/* Everything shown safely: control characters as \xNN, bounded. */
struct str report_shown(struct report *r, struct str s, size_t max);
void report_add(struct report *r, unsigned item, const char *label, struct str value);
struct str report_time(struct report *r, int64_t ns);

/* report_records.c: the timeline's rows from the records. */
void report_rows(struct report *r, const struct report_input *in);
const char *report_family(struct str family, bool ja);

/* Text into HTML, between tags or quotes. */
void report_escape(struct buf *out, struct str s);

int report_build(struct report *r, const struct report_input *in, bool ja);
void report_done(struct report *r);

#endif
