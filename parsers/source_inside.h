/*
 * source_inside.h - what a definition is compiled into. For parsers/source*.c only.
 *
 * Everything lies in the arena of its struct sources and is read-only after loading.
 */
#ifndef PARSERS_SOURCE_INSIDE_H
#define PARSERS_SOURCE_INSIDE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "parsers/domain.h"
#include "parsers/source.h"

#define SOURCES_MAX     1024u
#define SOURCE_KEYS_MAX 32768u /* names that all definitions together mention */
#define SOURCE_PAIRS    2048u  /* values of one message; beyond: flagged json_keys */
#define SOURCE_PATTERNS 512u   /* of one definition */
#define SOURCE_GROUPS   64u    /* of one pattern */

/* The value of a key; key 0 is no key. Keys that begin with '@' are the envelope's: @program,
 * @host, @message. */
enum special_key { KEY_NONE, KEY_PROGRAM, KEY_HOST, KEY_MESSAGE, KEY_FIRST };

enum test_kind { TEST_EQUALS, TEST_STARTS, TEST_ENDS, TEST_CONTAINS, TEST_EXISTS, TEST_RE };

struct test {
	uint16_t key;
	uint8_t kind;
	bool not ;
	struct str *values; /* any of them */
	size_t nvalues;
	pcre2_code *re;
};

struct condition {
	struct test *tests; /* all of them */
	size_t n;
};

/* A field of ecs.def or, field == FIELD_NAMED, a name. */
struct target {
	uint16_t field;
	struct str name;
	struct str domain; /* of an address: where a name goes instead; empty: nowhere */
	uint16_t domain_field;
};

struct setting {
	struct target to;
	struct str value;
};

struct settings_list {
	struct setting *set;
	size_t n;
};

enum as {
	AS_FIELD, /* what the field asks for */
	AS_TEXT,
	AS_LOWER,
	AS_URL,
	AS_AUTHORITY, /* host:port of a CONNECT */
	AS_FILE,
	AS_ACCOUNT,
	AS_HOST,
	AS_PEER, /* address or name, with or without a port: to, and its port */
	AS_PORT,
	AS_MAC,
	AS_HASH,   /* md5, sha1 or sha256 by its length, below the target */
	AS_HASHES, /* "SHA1=..,MD5=.." */
	AS_MAIL,
	AS_PROTOCOL,
	AS_OUTCOME,
	AS_SECONDS,
	AS_MILLISECONDS,
	AS_MICROSECONDS,
	AS_BASENAME,
	AS_PERCENT, /* %41 is A */
	AS_UNITS,   /* 12KB: bytes */
	AS_LABELS,  /* (3)www(7)example(3)com(0) is www.example.com */
	AS_PLUS,    /* blanks are plus signs, or %20 */
	AS_COUNT
};

struct value_row {
	struct str from, to;
};

/* key -> fields */
struct op {
	uint16_t key;
	struct condition cond; /* none: always */
	uint8_t as;
	char split; /* 0: one value */
	bool over;  /* replaces what stands there */
	struct target *to;
	size_t nto;
	struct value_row *values;
	size_t nvalues;
	bool has_other; /* "*" */
	struct str other;
	pcre2_code *re; /* group 1, or all, is the value */
};

struct when {
	struct condition cond;
	struct settings_list set;
	bool stop;
};

struct pattern {
	pcre2_code *re;
	struct str has; /* a literal that must stand in the text; may be empty */
	uint16_t *keys; /* by group number, 1 .. n */
	uint32_t groups;
	struct settings_list set;
};

struct patterns {
	struct pattern *v;
	size_t n;
};

struct layout {
	struct condition cond; /* keys are "#1", "#2" ... */
	uint64_t least, most;
	uint16_t *keys;
	size_t n;
};

struct kv_style {
	char pair, gap; /* gap 0: blanks, commas, control characters */
	bool open;      /* values may hold the gap: they end where the next key begins */
};

/* Pull more named values out of one. */
struct extract {
	uint16_t from;
	struct str prefix; /* of the names of kv and json */
	struct patterns patterns;
	enum source_shape shape; /* SHAPE_TEXT: patterns; SHAPE_KV, SHAPE_JSON */
	struct kv_style kv;
	bool all; /* every pattern that matches, not only the first */
};

/* [{Name: a, Value: b}, ...] under `at`: pairs at.a = b. */
struct pair_list {
	struct str at, name, value;
};

struct time_spec {
	uint16_t keys[4]; /* joined by a blank */
	size_t nkeys;
	const char *format; /* NULL: any of the common forms */
	uint16_t zone;      /* key; 0: the input's zone */
	struct str offset;  /* "+00:00"; empty: none given */
};

struct recognise {
	struct str *programs, *starts, *contains;
	size_t nprograms, nstarts, ncontains; /* any, any, all */
	struct condition cond;
};

struct source {
	struct str name, title, kind, prefix, words;
	unsigned line;
	unsigned number; /* place in sources.v */
	const char *path;
	enum source_shape shape;
	uint16_t logsource; /* LOGSOURCE_LABEL: the three below */
	struct str product, category, service;
	enum log_family family; /* of its kind, else of its category */
	struct recognise *recognise;
	size_t nrecognise;
	bool headless; /* what looks like a syslog header is the message's own */
	bool whole;    /* reads the frame's text, not what follows the syslog header */
	bool accept;   /* no pattern matched: it is this product's all the same */
	bool last;     /* asked after all others */
	bool keep_all, keep_none, generic;
	bool ecs; /* the product writes ECS itself */
	struct kv_style kv;
	char separator;
	bool quotes; /* columns may be quoted */
	struct layout *layouts;
	size_t nlayouts;
	struct patterns patterns;
	struct extract *extracts;
	size_t nextracts;
	struct time_spec *times;
	size_t ntimes;
	struct time_spec *created; /* when the product made the record */
	size_t ncreated;
	struct str *nothing; /* words that mean "no value" */
	size_t nnothing;
	struct settings_list set;
	struct when *whens;
	size_t nwhens;
	struct op *ops;
	size_t nops;
};

struct sources {
	struct arena arena;
	struct source **v;
	size_t n, cap;
	struct str *keys; /* by number */
	size_t nkeys, cap_keys;
	uint32_t *slots;
	size_t nslots;
	struct pair_list *lists;
	size_t nlists, cap_lists;
	pcre2_code **codes; /* to free */
	size_t ncodes, cap_codes;
	pcre2_compile_context *compile;
	struct source_index *index;
	struct buf folder; /* the operator's files as they were read */
};

/* 0 if no definition mentions it. */
uint16_t source_key(const struct sources *s, struct str name);

struct pair {
	struct str name, value;
	uint16_t key;
	uint16_t next; /* pair + 1 of the same key */
	uint8_t kind, flags;
	bool used;
	bool literal;
	bool made; /* from a list of names and values: stands under its own names, too */
};

struct seen {
	uint64_t round;       /* never comes again */
	uint16_t first, last; /* pair + 1 */
};

struct pairs {
	const struct sources *sources;
	struct pair v[SOURCE_PAIRS];
	size_t n;
	struct seen *seen; /* by key */
	uint64_t round;
	struct arena names;
	pcre2_match_data *found;
	pcre2_match_context *limits;
	bool limit_hit;
	struct hs_scratch *scratch;
	bool strict;            /* for the moment `accept` does not hold */
	bool ask_all;           /* pass the index by: what the tests compare with */
	struct domains domains; /* names that this worker has taken apart */
	/* of the message being read */
	struct str program, host, message;
};

/* The first pair of a key, or NULL; specials are made up in *room. */
struct pair *pairs_find(struct pairs *p, uint16_t key);
struct str pairs_text(struct pairs *p, uint16_t key, bool *has);
bool pairs_add_key(struct pairs *p, uint16_t key, struct str value);
bool pairs_match(struct pairs *p, const pcre2_code *re, struct str text, int *ngroups);
struct str pairs_group(const struct pairs *p, struct str text, int group);
bool pairs_hold(struct pairs *p, const struct condition *c);
/* The first pattern that matches: its groups become pairs. NULL: none. */
const struct pattern *pairs_pattern(
	struct pairs *p, const struct pattern *v, size_t n, struct str text);
void pairs_kv(struct pairs *p, struct recs *w, const struct kv_style *style, struct str prefix,
	struct str text);
/* Columns as pairs "#1" ... and, by the first layout that fits, by name. False: no layout fits. */
bool pairs_columns(struct pairs *p, struct recs *w, const struct source *s, struct str text);
enum reason pairs_json(
	struct pairs *p, struct recs *w, struct str prefix, struct str text, uint64_t *flags);

/* CEF, LEEF, XML into pairs. False: the text is none. */
bool source_container(
	enum source_shape shape, struct parse_ctx *ctx, struct recs *w, struct str text);

/* One op over all values of its key. */
void source_op(const struct source *s, struct recs *w, struct pairs *p, const struct op *op);
void source_set(struct recs *w, const struct settings_list *set);
bool source_has(const struct recs *w, const struct target *t);
/* Of the entries from `mark` on (a count) those of a field with one value that stands before. */
void source_drop_doubled(struct recs *w, uint32_t mark);
/* By one of the definition's time rows. */
/* event.start, end, created as the definition's rows have put them: instants, or nothing. */
void source_spans(struct parse_ctx *ctx, struct recs *w);
void source_time(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct pairs *p);
/* %Y %m %d %e %H %I %M %S %p %b %B %a %A %y %j %f %z %Z %s %% and blanks; the whole text, or what a
 * blank and a zone's name follow. */
bool source_strptime(struct str text, const char *format, const struct zone *zone, int64_t arrival,
	int64_t *ret);

/* YAML -> struct source; messages in why. NULL on errors. */
struct yaml_node;
struct source *source_build(
	struct sources *all, const struct yaml_node *doc, const char *path, struct diag *why);
uint16_t sources_intern(struct sources *s, struct str name);

#endif
