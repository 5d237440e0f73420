/*
 * web.h - what access logs share: the combined format, outcome by status, quoted columns.
 *
 * Threads: pure functions.
 */
#ifndef PARSERS_WEB_H
#define PARSERS_WEB_H

#include "parsers/parser.h"

/* The next column: a word, or what stands in double quotes (backslash escapes the quote), or in
 * brackets. False at the end. */
bool web_column(struct str *s, struct str *ret);
/* Common or combined log line, with or without a virtual host in front. *tail: what is left behind
 * the known columns. False: it is none. */
bool web_read_combined(struct parse_ctx *ctx, struct recs *w, struct str line, struct str *tail);
bool web_looks_combined(struct str line);
/* "GET /path HTTP/1.1" */
void web_put_request(struct recs *w, struct str request);
/* X-Forwarded-For as it was received: each element of the list, in order. Kept, not believed: that
 * is weave's to decide, which knows the proxies. */
void web_put_forwarded(struct recs *w, struct str list);
/* event.category, type, outcome by status (0: none). */
void web_put_event(struct recs *w, const char *action, unsigned status, bool denied, bool failed);

/* Error logs of Apache and nginx. */
bool web_read_error(struct parse_ctx *ctx, struct recs *w, struct str line);
bool web_looks_error(struct str line);

#endif
