/*
 * cef.h - ArcSight's Common Event Format taken apart: header, then one pair after the other.
 *
 * Source: Micro Focus, "ArcSight Common Event Format (CEF) Implementation Standard", version 25
 * (CEF:0 and CEF:1). Slices point into the text, escapes as they stand. Threads: pure.
 */
#ifndef PARSERS_CEF_H
#define PARSERS_CEF_H

#include "base/str.h"

struct cef_header {
	struct str version, vendor, product, release, id, name, severity;
	bool bare; /* the word "CEF:" is missing: a relay took it for a tag */
};

struct cef_pair {
	struct str key, value; /* the value without blanks around it */
};

struct cef_extension {
	struct str rest;
	bool odd; /* text in front of the first key, or none at all; a backslash at the end */
};

enum cef_found {
	CEF_NONE,
	CEF_CUT, /* begins as CEF, but has not all seven fields */
	CEF_READ
};

/* Does a header stand here, or behind a word or two that a relay left in front? Cheap. */
bool cef_begins(struct str s);
/* Take the header; *s becomes the extension. A header without the last pipe is complete, too. */
enum cef_found cef_take_header(struct str *s, struct cef_header *ret);

static inline struct cef_extension
cef_extension(struct str s)
{
	return (struct cef_extension){.rest = s};
}
/* The next pair; values may hold blanks. False at the end. Linear over the whole extension. */
bool cef_next(struct cef_extension *e, struct cef_pair *ret);

/* \\ \| \= \n \r into out (room for s.n bytes); returns the length. */
size_t cef_unescape(struct str s, char *out);
/* "cs1Label" names what "cs1" holds: *base is "cs1". */
bool cef_is_label(struct str key, struct str *base);
/* cs1, cn2, cfp1, c6a2, flexString1, deviceCustomDate1: means nothing without its label. */
bool cef_is_custom(struct str key);
/* 0 to 10 for a number or a word (Unknown, Low, Medium, High, Very-High); -1: neither. */
int cef_severity(struct str s);

#endif
