/*
 * coverage.h - control 143: six kinds of log, the fields that each must have, and why one may be
 * empty all the same.
 *
 * A parser decides once for each record (parsers/finish.c); the archive's lines carry the verdict
 * (noroshi.log.kind, noroshi.log.excused), and reports count it. Threads: pure functions,
 * constants.
 */
#ifndef BASE_COVERAGE_H
#define BASE_COVERAGE_H

#include "base/family.h"

/* In the order of the page. */
enum log_kind {
	LOG_NONE, /* counts for none of them */
	LOG_MAIL,
	LOG_FIREWALL,
	LOG_PROXY,
	LOG_REMOTE,
	LOG_AUTH,
	LOG_ENDPOINT,
	LOG_KINDS
};

/* What the standard wants in a record, beside its time. Bits. */
enum log_need {
	NEED_SENDER,
	NEED_RECIPIENT,
	NEED_SOURCE_IP,
	NEED_DESTINATION_IP,
	NEED_URL,
	NEED_USER,
	NEED_OUTCOME,
	NEED_HOST,
	NEED_IP,
	NEED_OPERATION,
	NEED_COUNT
};

#define NEED(id) (1u << NEED_##id)

enum log_excuse {
#define X(id, word, needs, en, ja) EXCUSE_##id,
#include "base/coverage.def"
#undef X
	EXCUSE_COUNT
};

#define EXCUSE(id) (1u << EXCUSE_##id)

struct log_excuse_row {
	struct str word;
	unsigned needs; /* bits: the fields that it excuses */
	const char *en, *ja;
};

/* "mail", "firewall", "proxy", "remote", "auth", "endpoint", "none"; family names are the same. */
struct str log_kind_name(enum log_kind k);
/* False: no such kind. */
bool log_kind_find(struct str name, enum log_kind *ret);
/* Bits that each kind must have. */
unsigned log_needs(enum log_kind k);
const struct log_excuse_row *log_excuse(enum log_excuse e);
/* EXCUSE_COUNT: there is none of that word. */
enum log_excuse log_excuse_find(struct str word);
/* Of the declared excuses (bits) those that count: for a field that the kind must have and that is
 * not in `has` (bits). */
unsigned log_excused(enum log_kind k, unsigned has, unsigned declared);
/* The excuses that a row of logsource.def declares. Bits. */
unsigned log_excuses_of_logsource(unsigned logsource);

/* Kinds of events (event.category) that decide what a record counts for. Bits. */
enum log_event {
	EVENT_EMAIL = 1,
	EVENT_NETWORK = 2,
	EVENT_WEB = 4,
	EVENT_SESSION = 8,
	EVENT_AUTHENTICATION = 16,
	EVENT_PROCESS = 32, /* process, file, registry, driver, library, malware */
	EVENT_ATTACK = 64   /* intrusion_detection, threat */
};

unsigned log_event_of(struct str category);
/*
 * Which kind a record counts for: by the family of its source and the events that the record is of.
 * `proxy`: its label says proxy too (a firewall's web filter).
 */
enum log_kind log_kind_of(enum log_family f, unsigned events, bool proxy);

#endif
