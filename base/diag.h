/*
 * diag.h - messages for people about something that was read: file:line:column, what, what to do.
 *
 * A struct diag collects many, so that one run shows all mistakes. {0} is a valid empty one.
 * Threads: one owner at a time.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/arena.h"
#include "base/buf.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_item {
	enum diag_level level;
	const char *path;      /* NULL: not about a file */
	unsigned line, column; /* from 1; 0: unknown */
	const char *text;      /* one sentence; what to do stands behind a semicolon */
};

struct diag {
	struct arena arena;
	struct diag_item *items;
	size_t n, cap;
	size_t errors; /* how many items are DIAG_ERROR */
};

void diag_add(struct diag *d, enum diag_level level, const char *path, unsigned line,
	unsigned column, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The common case: an error about `path` (may be NULL) at `line` (may be 0). */
void diag_set(struct diag *d, const char *path, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "path:line:col: error: text\n" for each item; colour only if asked. */
void diag_print(const struct diag *d, struct buf *out, bool colour);
/* The first error's text, or "". */
const char *diag_first(const struct diag *d);
/* The candidate nearest to `word` by edit distance if near enough to be meant (<= 1/3 of its
 * length), else NULL. */
const char *diag_did_you_mean(struct str word, const char *const *candidates, size_t n);
void diag_done(struct diag *d);

#endif
