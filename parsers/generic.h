/*
 * generic.h - keys that many products share, and where their values belong.
 *
 * For formats that carry names but no product of ours: CEF, LEEF, key=value. Threads: pure.
 */
#ifndef PARSERS_GENERIC_H
#define PARSERS_GENERIC_H

#include "parsers/parser.h"

/* Put the value under the ECS field that the key means, else under prefix + key. */
void generic_put(struct recs *w, struct str prefix, struct str key, struct str value);

/* Beside a name that the record keeps: put the value under the ECS field that the path
 * ("a.b.src_ip") means, if it means one and nothing stands there yet. */
void generic_hint(struct recs *w, struct str path, struct str value);

/* Time as any of the common forms; the whole text or a text that only a zone's name follows. */
bool generic_time(struct parse_ctx *ctx, struct str text, int64_t *ret);
/* If the key says that its value is the event's time and it can be read, it becomes the record's.
 */
bool generic_take_time(struct parse_ctx *ctx, struct recs *w, const char *const *keys, size_t n,
	struct str key, struct str value);

/* event.start and the like: an instant. False: the value is none. */
bool generic_put_instant(struct parse_ctx *ctx, struct recs *w, unsigned field, struct str value);
/* When all pairs are put: who it was, where only the other end names a user. */
void generic_done(struct recs *w);

#endif
