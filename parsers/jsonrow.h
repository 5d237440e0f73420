/*
 * jsonrow.h - what rows that read JSON share: limits, room for unescaped text, one value into the
 * open record, the elements of an array.
 *
 * Threads: pure functions on the caller's struct recs.
 */
#ifndef PARSERS_JSONROW_H
#define PARSERS_JSONROW_H

#include "base/json.h"
#include "parsers/parser.h"

extern const struct json_limits json_row_limits;

/* For json_sink.room; ctx points to something whose first member is a struct recs *. */
char *json_row_room(void *ctx, size_t n);

/* Does ECS have a field of that name? */
bool json_row_is_ecs(const struct recs *w, struct str name);
/* Put one value by its name: fields of ecs.def checked for their kind, those that are ours moved
 * aside under json.*, all others as they are. Objects put nothing. */
void json_row_put(struct recs *w, const struct json_value *v);
/* Put it under prefix + name, whatever the name is. */
void json_row_aside(struct recs *w, struct str prefix, const struct json_value *v);

/* A timestamp in any form that JSON senders use. */
bool json_row_stamp(
	const struct json_value *v, const struct zone *zone, int64_t arrival, int64_t *ret);

/*
 * Take the next element of an array whose opening bracket is already gone. False at its end. Only
 * finds the end of the element: whether it is valid shows when it is read. *ok = false: the array
 * is broken.
 */
bool json_row_element(struct str *rest, struct str *ret, bool *ok);
/* If `text` is an array, or an object with a list "records", "Records" (Event Hubs, CloudTrail) or
 * "logEvents" (CloudWatch) among its first members, move *text behind the opening bracket. */
bool json_row_open_array(struct str *text);

/* Windows events, wherever JSON carries them (windows.c). */
bool windows_sniff(struct str message);
enum reason windows_read(struct parse_ctx *ctx, struct str text, struct recs *w);

#endif
