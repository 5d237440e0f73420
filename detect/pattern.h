/*
 * pattern.h - a Sigma string: code points, wildcards and placeholders, and what modifiers make of
 * it.
 *
 * Threads: one owner; built with the rule set and gone with its scratch arena.
 */
#ifndef DETECT_PATTERN_H
#define DETECT_PATTERN_H

#include "base/arena.h"
#include "base/buf.h"

/* Elements above Unicode. */
#define PATTERN_STAR 0x110000u /* any run of characters */
#define PATTERN_ONE  0x110001u /* exactly one */
#define PATTERN_HOLE 0x110002u /* + index into names: a placeholder */

enum pattern_wide { WIDE_NONE, WIDE_LE, WIDE_BE, WIDE_BOM };

struct pattern {
	uint32_t *p;
	size_t n;
	enum pattern_wide wide; /* UTF-16 as text, or as bytes when base64 follows */
};

struct patterns {
	struct arena *arena;
	struct pattern *items;
	size_t n, cap;
	struct str *holes; /* names of placeholders */
	size_t nholes, cap_holes;
};

/* Expansions of one value beyond this are refused. */
#define PATTERN_VARIANTS 16384u

/* Lists of values for placeholders. */
struct placeholders;
/* NULL path: an empty set. */
struct diag;
int placeholders_load(const char *path, struct diag *why, struct placeholders **ret);
void placeholders_free(struct placeholders *p);

/* Read a rule's text; with `holes`, %name% is a placeholder and \% a percent sign. */
void pattern_read(struct patterns *ps, struct str text, bool holes);
/* A star around, behind, before; none where one stands. */
void pattern_star(struct patterns *ps, bool before, bool behind);
/* Each returns NULL, or why the value does not fit (a sentence's end for people). */
const char *pattern_windash(struct patterns *ps);
const char *pattern_widen(struct patterns *ps, enum pattern_wide wide);
const char *pattern_base64(struct patterns *ps, bool offset);
const char *pattern_expand(struct patterns *ps, const struct placeholders *lists, struct str *name);
/* Nothing is left to do: no placeholder, no wide text that is not ASCII. */
const char *pattern_finish(struct patterns *ps);
void patterns_done(struct patterns *ps);

/* Bytes of a finished pattern: UTF-8, with 0xff for a star and 0xfe for one character. */
#define GLOB_STAR '\xff'
#define GLOB_ONE  '\xfe'
void pattern_glob(const struct pattern *p, bool lower, struct buf *out);
/* Does the whole text match the glob? Both valid UTF-8 but for the two marks. */
bool glob_match(struct str glob, struct str text);

#endif
