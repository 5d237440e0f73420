/*
 * watch.h - what a rule asks of lists and sessions beyond its own record. Private to detect/.
 */
#ifndef DETECT_WATCH_H
#define DETECT_WATCH_H

#include "config/lists.h"
#include "detect/item.h"

#define WATCH_TESTS  8u
#define WATCH_WHERES 4u
#define WATCH_VALUES 16u

enum watch_person {
	PERSON_ANY,
	PERSON_KNOWN,
	PERSON_UNKNOWN,
	PERSON_SHARED,
	PERSON_SAME,
	PERSON_DIFFERS
};

struct watch_test {
	bool session, not_in, absent, optional, person, any_time, has_match, date_after,
		date_before;
	struct field_ref field, as;
	struct str list, column, date;
	enum list_match match;
	struct {
		struct str column, values[WATCH_VALUES];
		size_t n;
	} where[WATCH_WHERES];
	size_t nwhere;
	struct {
		struct str column;
		unsigned field;
	} add[WATCH_ADDS];
	size_t nadd;
	struct str via[4];
	size_t nvia;
	enum watch_person who;
	unsigned line;
};

struct watch {
	struct watch_test tests[WATCH_TESTS];
	size_t n;
};

/* NULL: the rule has none, or it is wrong (reported). */
struct watch *watch_compile(struct compile *c, const struct yaml_node *root);
/* Bits of log families that a rule declares (`noroshi: families`), else 0. */
uint32_t watch_families(struct compile *c, const struct yaml_node *root);

#endif
