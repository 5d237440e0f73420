/*
 * winevent.h - one Windows event taken apart, and what its number means.
 *
 * Threads: a struct win lives on the parser's stack; tables are const.
 */
#ifndef PARSERS_WINEVENT_H
#define PARSERS_WINEVENT_H

#include "parsers/jsonrow.h"

/* Names in EventData. */
enum win_data {
	DATA_NONE,
#define G(n)
#define N(name)     DATA_##name,
#define B(id, name) DATA_##id,
#include "parsers/winname.def"
#undef B
#undef N
#undef G
	DATA_COUNT
};

/* What stands around the EventData. */
enum win_head {
	HEAD_CHANNEL,
	HEAD_PROVIDER,
	HEAD_EVENT_ID,
	HEAD_COMPUTER,
	HEAD_UTC, /* with a zone of its own, or UTC by definition */
	HEAD_LOCAL,
	HEAD_AT, /* @timestamp */
	HEAD_MESSAGE,
	HEAD_JSON_HOST,
	HEAD_ACTION, /* what the shipper calls event.action */
	HEAD_USER,
	HEAD_DOMAIN,
	HEAD_COUNT
};

enum win_source {
	WIN_OTHER,
	WIN_SYSMON,
	WIN_SECURITY,
	WIN_SYSTEM,
	WIN_APPLICATION,
	WIN_POWERSHELL,
	WIN_POWERSHELL_CLASSIC,
	WIN_DEFENDER,
	WIN_SESSIONS, /* Terminal Services: local sessions, remote connections, the RD gateway */
	WIN_TASKS,
	WIN_APPLOCKER,
	WIN_BACKUP /* Windows Server Backup */
};

enum win_flag {
	TARGET_IS_USER = 1,    /* who logs on is the target, not the subject */
	TARGET_IS_OBJECT = 2,  /* an account that something is done to */
	TARGET_IS_GROUP = 4,   /* TargetUserName is a group */
	OUTCOME_BY_STATUS = 8, /* Status 0x0 is success */
	FILE_HASH = 16,        /* Hashes are of the file, not of the process */
	ADDRESS_OF_USER = 32   /* says who has the address */
};

struct win_event {
	enum win_source source;
	unsigned id;
	const char *action, *category, *type;
	const char *outcome; /* NULL: by the audit keyword */
	enum logsource logsource;
	unsigned flags;
};

struct win {
	struct recs *w; /* first: json_row_room */
	struct parse_ctx *ctx;
	enum win_source source;
	const struct win_event *event; /* NULL: not in the table */
	bool success, failure;         /* by the audit keyword */
	bool nested;                   /* Winlogbeat's shape */
	bool around;                   /* an object around the event's XML */
	bool dotted;                   /* a key with dots in it: it may repeat a path */
	struct str pending;            /* "Name" of a Data element, before its text */
	struct str data[DATA_COUNT];
	struct str head[HEAD_COUNT];
	uint64_t seen[(FIELD_ECS_END + 63) / 64]; /* fields put so far */
};

/* DATA_NONE: not one of ours. */
enum win_data win_data_find(struct str name);
enum win_source win_source_of(struct str channel, struct str provider);
/* The log source of a channel that has no parser of its own; LOGSOURCE_WIN_OTHER if it is in no
 * row.
 */
enum logsource win_channel_logsource(struct str channel);
/* NULL if the table has no row. */
const struct win_event *win_event_find(enum win_source source, unsigned id);
/* One value of EventData that came as text. */
void win_take_text(struct win *e, struct str name, struct str value);
/* Windows events as text (wintext.c): Snare's columns and OSSEC's WinEvtLog, or the labels of a
 * rendered message alone. */
bool win_text_begins(struct str s);
bool win_text_read(struct win *e, struct str s);
void win_text_data(struct win *e, struct str message);
/* Of one kind of channel (winother.c). */
void win_map_powershell(struct win *e);
void win_map_defender(struct win *e);
void win_map_sessions(struct win *e);
void win_map_tasks(struct win *e);
void win_map_applocker(struct win *e);
void win_map_other(struct win *e);
void win_map_adfs(struct win *e);
/* An IIS access log that ETW carries (Microsoft-IIS-Logging/Logs, event 6200). */
void win_map_iis(struct win *e);
/* All that follows from the data of a known or unknown event. */
void win_map(struct win *e);

#endif
