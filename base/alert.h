/*
 * alert.h - an alert as it travels: from correlation through the alert log to people. One JSON
 * object a line.
 */
#ifndef BASE_ALERT_H
#define BASE_ALERT_H

#include "base/buf.h"
#include "base/family.h"
#include "base/hash.h"

#define ALERT_RECORDS 100u /* contributing records named in one alert; more are counted */
#define ALERT_GROUP   8u

#define ALERT_ENTITIES 32u
#define ALERT_MISSING  8u
#define ALERT_VALUES   16u
#define ALERT_MERGED   16u

/* Where an attack stands, from the ATT&CK tactics of the rules; rising. */
enum attack_stage {
	STAGE_NONE,
	STAGE_RECONNAISSANCE, /* reconnaissance, resource development */
	STAGE_ENTRY,          /* initial access, credential access from outside */
	STAGE_FOOTHOLD,   /* execution, persistence, privilege escalation, stealth, credentials */
	STAGE_SPREAD,     /* discovery, lateral movement */
	STAGE_CONTROL,    /* command and control */
	STAGE_COLLECTION, /* collection, exfiltration */
	STAGE_IMPACT,
	STAGE_COUNT
};

struct str stage_name(enum attack_stage s);

/* What an alert is about; also what incidents fold by. */
enum entity_kind {
	ENTITY_PERSON, /* noroshi.identity.user, else an account */
	ENTITY_HOST,   /* noroshi.identity.host, else a host name: short, lower case */
	ENTITY_IP,
	ENTITY_HASH,
	ENTITY_DOMAIN,
	ENTITY_MAIL, /* an outside address */
	ENTITY_FILE,
	ENTITY_COUNT
};

struct str entity_name(enum entity_kind k);

struct alert_entity {
	enum entity_kind kind;
	struct str value;
	bool own;       /* of the company: an own network, person or host */
	bool important; /* assets.csv says so */
	bool hub;       /* shared by too many: folds nothing */
};

/* What folding says about the alert's incident as it stands with this alert. */
struct alert_incident {
	struct hash128 id;                   /* zero: none (below `least`, and none to join) */
	bool opened;                         /* by this alert */
	struct hash128 merged[ALERT_MERGED]; /* incidents that became part of this one by it */
	unsigned nmerged;
	enum attack_stage stage;         /* the furthest so far */
	unsigned level;                  /* 0 .. 4: L0 .. L4, proposed */
	struct str reason_en, reason_ja; /* why that level, for people */
	uint32_t families;               /* bits seen */
	struct {
		enum log_family family;
		int64_t last_heard; /* event time; INT64_MIN: never */
	} missing[ALERT_MISSING];   /* expected by wider rules, and not seen in this incident */
	unsigned nmissing;
	uint64_t alerts; /* folded so far, this one included */
	int64_t first;   /* event time of the first contributing record */
};

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
	uint32_t families;       /* bits: kinds of logs that its rules read */
	uint32_t wider_families; /* of all correlations that it is a part of, itself included */
};

struct alert_group {
	struct str name, value;
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
	struct alert_group group[ALERT_GROUP];
	size_t ngroup;
	/* What a value_count counted: the field's name and the newest different values. */
	struct str counted, values[ALERT_VALUES];
	size_t nvalues;
	struct alert_record records[ALERT_RECORDS]; /* oldest first */
	size_t nrecords, nrecords_all;
	struct str last_record; /* the deciding record as JSON, or empty */
	bool history;           /* noroshi.origin: history */
	bool correlation;
	bool drill;
	uint32_t families; /* bits: kinds of logs that contributed */
	struct alert_entity entities[ALERT_ENTITIES];
	size_t nentities;
	struct alert_incident incident;
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
