/*
 * parser.h - what a row of the parser table promises, and what it may ask for. For parsers only.
 *
 * The frame of the house (parsers.c) decodes the text, reads the syslog header, opens the record,
 * puts host.name, process.*, log.syslog.* and @timestamp, and calls the row that fits. The row adds
 * fields to the open record. Adding a product = one file with one `const struct parser parser_X`,
 * one line P(X) in table.def, golden logs. Threads: a row is const, its functions are pure.
 */
#ifndef PARSERS_PARSER_H
#define PARSERS_PARSER_H

#include "base/frame.h"
#include "parsers/parsers.h"

enum parsed {
	PARSED_NOT, /* not mine: whatever was put is undone, the record is kept as unparsed */
	PARSED_OK
};

struct bound;
struct source;
struct pairs;

struct parse_ctx {
	const struct parsers *parsers;
	const struct input_context *in;
	const struct frame *frame;
	int64_t arrival;
	struct str text;    /* the whole frame, decoded to valid UTF-8 */
	struct str lead;    /* the header of the table that the frame is a row of; empty: none */
	struct str host;    /* from the header; empty if none */
	struct str program; /* the tag without its pid; empty if none. A Cisco tag ("%ASA-6-302013")
			       stands here and in the message, too */
	struct str pid;
	bool enveloped;    /* a syslog header was there */
	bool half;         /* a tag without time or priority, of a program that definitions name */
	bool stray;        /* a wrong octet count in front of a priority: the header is lost */
	bool timed;        /* w->cur->time holds an event time (the header's or parse_time's) */
	bool message_done; /* the row put FIELD_MESSAGE itself, or wants none */
	const struct parser *row;          /* who is reading now */
	const struct source *source;       /* the definition that read it, instead of a row */
	const struct source *fixed_source; /* that the configuration names */
	const struct bound *bound;         /* what else configuration decided; recognise.c's */
	unsigned depth;                    /* envelopes around this one */
	struct pairs *pairs;               /* of the run; never NULL in a row */

	/* parsers.c: what parse_next repeats for each further record */
	uint32_t envelope_from, envelope_n; /* entries */
	int64_t header_time;
	uint64_t header_reasons;
	uint16_t header_flags;
	bool header_timed;
	uint32_t original_off, original_len;
};

enum parser_flag {
	PARSER_FOLD = 2, /* names outside ecs.def may come twice: they become one array */
	PARSER_BARE = 1  /* the frame is the message: no syslog header is looked for, nothing is
			    put but what the row puts (no message, no module, no time rules) */
};

struct parser {
	const char *name;         /* noroshi.source; what `source:` in the configuration names */
	const char *words;        /* other words for it, separated by blanks; may be NULL */
	enum logsource logsource; /* the row may set w->cur->logsource itself */
	/* Put when the row said PARSED_OK; NULL: the row puts them itself or there are none. */
	const char *module, *dataset;
	/* Program names (syslog tag, case as it stands) that it answers to, separated by blanks;
	 * one that ends in '*' is a prefix: "postfix/" and "*" = all Postfix daemons. May be NULL.
	 */
	const char *programs;
	/* A cheap look at a message whose program says nothing; asked in order of table.def. Must
	 * be strict enough not to take other rows' messages. May be NULL. */
	bool (*sniff)(struct str message);
	/*
	 * Read `message` (what follows the header; the whole frame if there is none; valid UTF-8,
	 * may contain control characters) into w's open record. Linear time, no recursion. Slices
	 * of `message` lie in the batch: putting them copies nothing.
	 */
	enum parsed (*parse)(struct parse_ctx *ctx, struct str message, struct recs *w);
	unsigned flags; /* enum parser_flag */
};

/* The row that answers to a program name, or NULL. */
const struct parser *parser_for_program(const struct parsers *p, struct str program);

/* ---- for rows ---- */

/* The event time as the product itself states it; wins over the header's. */
void parse_time(struct parse_ctx *ctx, struct recs *w, int64_t ns);
/*
 * Finish the open record and open the frame's next one (arrays in one payload), with the same
 * header fields. False: the region is full; return PARSED_OK at once.
 */
bool parse_next(struct parse_ctx *ctx, struct recs *w);

/* Constant words of an event; NULL = leave out. Categories and types: separated by blanks. */
struct event_words {
	const char *category, *type, *action, *outcome;
};
void parse_event(struct recs *w, const struct event_words *e);

/* rec_put unless the value is empty or "-". */
void parse_put(struct recs *w, unsigned field, struct str value);
/* ip field if it is an address, else domain field (lower case as written). Either may be 0. */
void parse_put_host(struct recs *w, unsigned ip_field, unsigned domain_field, struct str value);
/* A decimal of 1..65535, else nothing. */
void parse_put_port(struct recs *w, unsigned field, struct str value);
/* ECS form AA-BB-CC-DD-EE-FF from 00:11:22:33:44:55, 0011.2233.4455, 00-11-...; false: not a MAC.
 */
bool parse_put_mac(struct recs *w, unsigned field, struct str value);

/* Rows of other files that one may pass a message on to. */
#define P(id) extern const struct parser parser_##id;
#include "parsers/table.def"
#undef P

#endif
