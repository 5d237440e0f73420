/*
 * alert.h - an alert as it travels: from correlation through the alert log to people. One JSON
 * object a line.
 */
#ifndef BASE_ALERT_H
#define BASE_ALERT_H

#include "base/buf.h"
#include "base/hash.h"

#define ALERT_RECORDS 100u /* contributing records named in one alert; more are counted */
#define ALERT_GROUP   8u

struct alert_record {
	struct hash128 id;
	uint64_t seq;
	int64_t time;
};

/* What a rule says about itself; borrowed from the rule set. Empty slices where it says nothing. */
struct alert_rule {
	struct str id, title, title_ja, level, author, description;
	struct str sentence_en, sentence_ja; /* with %field% placeholders for the group's values */
	struct str first_action_en, first_action_ja;
	const struct str *tags;
	size_t ntags;
};

struct alert {
	struct hash128 id;
	const struct alert_rule *rule;
	int64_t time; /* event time of the last contributing record (or the timer's due time) */
	int64_t first_time;  /* of the first in the window */
	int64_t window_ns;   /* the correlation's timespan; 0 for single-event rules */
	uint64_t count;      /* contributing entries, or the compared number, rounded down */
	double number;       /* the compared number as it is (an average, a sum, a share) */
	uint64_t suppressed; /* matches of the same rule and key kept silent before this one */
	struct {
		struct str name, value;
	} group[ALERT_GROUP];
	size_t ngroup;
	struct alert_record records[ALERT_RECORDS]; /* oldest first */
	size_t nrecords, nrecords_all;
	struct str last_record; /* the deciding record as JSON, or empty */
	bool history;           /* noroshi.origin: history */
	bool correlation;
};

/* hash(rule id, group key, first and last contributing event.id). */
struct hash128 alert_id(
	struct str rule_id, struct str group_key, struct hash128 first, struct hash128 last);
/* Append one JSON object (no newline); see docs/alert-format.md for the members. */
void alert_json(const struct alert *a, struct buf *out);
/* The compared number as JSON writes it: the shortest text that reads back the same. */
void alert_number(double v, struct buf *out);
/* Fill %field% from the group: unknown names stay as they stand. */
void alert_sentence(const struct alert *a, struct str pattern, struct buf *out);

#endif
