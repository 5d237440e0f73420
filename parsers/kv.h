/*
 * kv.h - key=value, key="value with blanks", separated by blanks, commas or control characters.
 *
 * Threads: pure.
 */
#ifndef PARSERS_KV_H
#define PARSERS_KV_H

#include "base/str.h"

struct kv {
	struct str key, value; /* value without its quotes, escapes as they stand */
	bool quoted;
	bool escaped; /* a backslash stands inside the quotes */
	bool odd;     /* no key, no value, or a quote that never closes */
};

/* The next pair; words without '=' are skipped and set *loose. False at the end. */
bool kv_next(struct str *s, struct kv *ret, bool *loose);
/* Unescape \" \' \\ into out (room for value.n bytes); returns the length. */
size_t kv_unescape(struct str value, char *out);

#endif
