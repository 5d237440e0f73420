/*
 * json.h - JSON: a flat reader for the hot path, and the writer's escape.
 *
 * RFC 8259. Reader: jsonflat.c; writer: jsonout.c. The reader gives one callback per scalar with
 * its dotted path; it does not recurse, allocates nothing, and keeps number texts as they stand.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/reason.h"
#include "base/record.h"

struct json_limits {
	unsigned depth; /* nesting, e.g. 64 */
	unsigned keys;  /* scalars in all, e.g. 1,024 */
	size_t name;    /* bytes of a dotted path, e.g. 256 */
};

struct json_value {
	struct str name; /* dotted path; array indices leave no trace. Unescaped. */
	struct str text; /* strings: unescaped; numbers: literal */
	enum value_kind kind;
	bool in_array;      /* somewhere inside an array */
	bool literal;       /* the path is one top-level key (it may contain dots) */
	bool last_in_array; /* closes the innermost array (for empty: VALUE_EMPTY_ARRAY is given) */
	/* Keys in the path, and where each ends in `name`: tells a dot inside a key from one
	 * between keys. */
	unsigned parts;
	const uint16_t *ends; /* [parts] */
};

struct json_sink {
	/* Return false to stop (the reader then returns REASON_JSON_KEYS). */
	bool (*value)(void *ctx, const struct json_value *v);
	/* Room for n bytes of unescaped text that outlive the call; NULL = full. Used only when a
	 * string has escapes. */
	char *(*room)(void *ctx, size_t n);
	void *ctx;
};

/*
 * Read one JSON object that fills `text` (blanks around it allowed).
 * REASON_NONE: all well. JSON_SYNTAX, JSON_DEPTH, JSON_KEYS, JSON_TYPE (not an object at top, empty
 * key): values given so far may be kept, the record is flagged. *flags collects bits (1 << reason)
 * of what was taken but is remarkable: JSON_DUP, ENCODING (lone surrogate, made U+FFFD), JSON_TYPE
 * (empty key), JSON_KEYS (a path over the bound, left out); and JSON_NUMBER if the syntax error is
 * a number's.
 */
enum reason json_flatten(struct str text, const struct json_limits *lim,
	const struct json_sink *sink, uint64_t *flags);

/* Does a JSON object begin here and end at the text's end (cheap look, no validation)? */
bool json_looks_like(struct str text);

/* Append s as the inside of a JSON string: escapes, control characters, invalid UTF-8 as U+FFFD. No
 * quotes. */
void json_escape(struct buf *out, struct str s);
/* The same with quotes. */
void json_quote(struct buf *out, struct str s);

#endif
