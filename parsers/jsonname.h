/*
 * jsonname.h - names in JSON of no known product that many products share: "clientIp", "client_ip"
 * and "Client-IP" are one name, and it says where the value belongs.
 *
 * The values stay under their own names, too. What the object itself says in ECS stands before.
 * Threads: pure; a struct json_names lives on the parser's stack.
 */
#ifndef PARSERS_JSONNAME_H
#define PARSERS_JSONNAME_H

#include "parsers/jsonrow.h"

#define JSON_NAMES 16u /* fields that names can stand for; the first name for each counts */

struct json_names {
	struct {
		uint8_t known;    /* row of the table */
		struct str value; /* points where the JSON value does */
	} v[JSON_NAMES];
	size_t n;
};

/* Keep the value if its name is one of these and its form fits. */
void json_names_take(struct json_names *names, const struct json_value *v);
/* After the object's end: to the fields that are still empty. */
void json_names_put(const struct json_names *names, struct recs *w);

#endif
