/*
 * record.h - what a parser made of a frame: entries {field, kind, value} that point into the batch.
 *
 * Written by a worker through a struct recs, read by everybody through record_*. A frame gives 0..n
 * records. Threads: the batch's owner.
 */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include "base/batch.h"
#include "base/buf.h"
#include "base/coverage.h"
#include "base/field.h"
#include "base/hash.h"
#include "base/reason.h"

enum value_kind {
	VALUE_STRING,
	VALUE_NUMBER, /* the literal text of a JSON number */
	VALUE_TRUE,
	VALUE_FALSE,
	VALUE_NULL,
	VALUE_EMPTY_ARRAY,
	VALUE_OBJECT /* present, has no text: kept only so that `exists` and null tests are exact */
};

enum entry_flag {
	ENTRY_ARRAY = 1, /* element of an array (also of a one-element array) */
	ENTRY_LITERAL =
		2, /* the dotted name stood as one literal key: it wins over the nested path */
	ENTRY_HIDDEN = 4 /* for matching only, not written to the output (logsource.*) */
};

struct entry {
	uint16_t field;    /* FIELD_NAMED: the name is text */
	uint8_t kind;      /* enum value_kind */
	uint8_t flags;     /* enum entry_flag */
	uint32_t off, len; /* the value's text */
	uint32_t name_off; /* only if field == FIELD_NAMED */
	uint16_t name_len;
	uint16_t reserved;
};

enum record_flag {
	RECORD_UNPARSED = 1,     /* kept verbatim, no product understood it */
	RECORD_TIME_ARRIVAL = 2, /* no usable time in the text: time is the frame's arrival */
	RECORD_NO_TIME =
		4,        /* --source sigma: without a usable time, takes no part in correlations */
	RECORD_JOINS = 8, /* for weave: part of a multi-line event */
	RECORD_BINDS = 16,     /* for weave: says who has an address */
	RECORD_REFERS = 32,    /* for weave: names an address or account */
	RECORD_RAW = 64,       /* event.original is decoded text: write noroshi.raw too */
	RECORD_KIND = 7 << 10, /* three bits: enum log_kind; see record_kind */
	RECORD_FAMILY = 7 << 7 /* three bits: enum log_family; see record_family */
};

struct record {
	int64_t time;       /* event time, ns since 1970 */
	uint64_t reasons;   /* bit per enum reason: the flags */
	uint32_t frame;     /* index in the batch */
	uint16_t nth;       /* among the records of this frame, from 0 */
	uint16_t product;   /* row of the parser table, 0 = none */
	uint16_t logsource; /* row of logsource.def, 0 = none, LOGSOURCE_LABEL = see entries
			       logsource.* */
	uint16_t flags;     /* enum record_flag */
	uint32_t first_entry, nentries;
	uint32_t first_match, nmatches;      /* rule numbers that matched, ascending */
	uint32_t original_off, original_len; /* the decoded text if RECORD_RAW, else unused */
	/* Room that recs_close leaves behind a record for weave (flags JOINS, BINDS, REFERS): text
	 * at woven_text (0 = none), of which so much is used, and entries behind the last one. */
	uint32_t woven_text;
	uint16_t woven_used;
	uint8_t woven_entries;
	uint8_t excused; /* bit per enum log_excuse: why a field of record_kind is not there */
	uint32_t marks;  /* of the fields that are asked for most (record.c): a bit for each that is
			    there */
};

_Static_assert(sizeof(struct record) == 64, "records fill their place in the slot");

#define RECORD_FAMILY_SHIFT 7

_Static_assert(FAMILY_COUNT <= 8, "three bits");

/* Which kind of log it is of: as who parsed it says, else its row of logsource.def (recs_close). */
static inline enum log_family
record_family(const struct record *r)
{
	return (enum log_family)((r->flags & RECORD_FAMILY) >> RECORD_FAMILY_SHIFT);
}

static inline void
record_set_family(struct record *r, enum log_family f)
{
	r->flags = (uint16_t)((r->flags & ~(unsigned)RECORD_FAMILY) |
			      (unsigned)f << RECORD_FAMILY_SHIFT);
}

#define RECORD_KIND_SHIFT 10

_Static_assert(LOG_KINDS <= 8, "three bits");

/* For which kind of log of control 143 it counts (recs_close). */
static inline enum log_kind
record_kind(const struct record *r)
{
	return (enum log_kind)((r->flags & RECORD_KIND) >> RECORD_KIND_SHIFT);
}

#define RECORD_WOVEN         (RECORD_JOINS | RECORD_BINDS | RECORD_REFERS)
#define RECORD_WOVEN_ENTRIES 16u
#define RECORD_WOVEN_TEXT    512u

/* Bounds per record; beyond them the record is flagged (json_keys, oversize) and the raw bytes
 * stand. */
#define RECORD_ENTRIES_MAX 1024u
#define RECORD_NAME_MAX    256u
#define RECORD_VALUE_MAX   ((size_t)1 << 20)

/* ---- reading ---- */

static inline struct str
entry_text(struct batch b, const struct entry *e)
{
	return batch_bytes(b, e->off, e->len);
}

static inline struct str
entry_name(struct batch b, const struct names *n, const struct entry *e)
{
	return e->field ? names_text(n, e->field) : batch_bytes(b, e->name_off, e->name_len);
}

static inline const struct entry *
record_entries(struct batch b, const struct record *r)
{
	return batch_entries(b) + r->first_entry;
}

/* The first entry of an interned field, or NULL. Linear, but for marked fields that are not there;
 * matchers build their own index. */
const struct entry *record_find(struct batch b, const struct record *r, unsigned field);
/* Its text (numbers: literal; booleans: true/false), or an empty slice. */
struct str record_text(struct batch b, const struct record *r, unsigned field);
/* Is this one of the values of that field? */
bool record_lists(struct batch b, const struct record *r, unsigned field, struct str value);
/* 128-bit id of the record: a pure function of the frame (position, or arrival and sequence) and
 * nth. */
struct hash128 record_id(struct batch b, const struct record *r, struct str input_name);

/* The rules that matched, or none where the table's bounds are not kept. */
static inline const uint32_t *
record_matches(struct batch b, const struct record *r, uint32_t *n)
{
	*n = r->nmatches <= BATCH_MATCHES && r->first_match <= BATCH_MATCHES - r->nmatches
		     ? r->nmatches
		     : 0;
	return batch_matches(b) + (*n ? r->first_match : 0);
}

/* ---- writing (workers, command line) ---- */

struct recs {
	struct batch b;
	const struct names *names;
	struct record *cur; /* open record, or NULL */
	uint32_t frame;     /* of the frame being parsed */
	uint16_t nth;
	uint32_t limit; /* of nentries while the record is open and there is room; else 0 */
	bool overflow;  /* the region is full: the open record will be undone */
};

/* Begin results for frames from `from`. */
void recs_begin(struct recs *w, struct batch b, const struct names *names, uint32_t from);
/* Say which frame is parsed now. Remembers where its records begin. */
void recs_frame(struct recs *w, uint32_t frame);
/* Open the frame's next record; returns it for time, flags, logsource. Only one is open at a time.
 */
struct record *recs_open(struct recs *w);
/* Close the open record. ERR_FULL: the region was full, the record is undone; stop before this
 * frame. */
int recs_close(struct recs *w);
/* Throw the open record away. */
void recs_drop(struct recs *w);
/* Undo all records of the current frame (also closed ones). */
void recs_undo_frame(struct recs *w);
/* Frames [from, done) are complete. */
void recs_end(struct recs *w, uint32_t done);

/*
 * Add one value to the open record. Bytes inside the batch are pointed at, others are copied.
 * An empty name, a value over the bounds: flagged and left out. NULL-safe on w->overflow.
 */
void rec_put(struct recs *w, unsigned field, struct str value); /* string */
void rec_put_kind(
	struct recs *w, unsigned field, enum value_kind kind, struct str value, unsigned flags);
void rec_put_u64(struct recs *w, unsigned field, uint64_t v);
/* A JSON number's text if it is one, else a string. */
void rec_put_number(struct recs *w, unsigned field, struct str text);
/* A canonical IP address; not an address: false and nothing is put. Accepts v4, v6, [v6], v6%zone
 * (zone dropped). */
bool rec_put_ip(struct recs *w, unsigned field, struct str text);
/* By name: interned if the table knows it, else carried as text. */
void rec_put_named(
	struct recs *w, struct str name, enum value_kind kind, struct str value, unsigned flags);
/* The same for who has looked the name up already: `field` is what names_find gave. */
void rec_put_looked(struct recs *w, unsigned field, struct str name, enum value_kind kind,
	struct str value, unsigned flags);
/* prefix + name, joined into the batch's text area. */
void rec_put_prefixed(struct recs *w, struct str prefix, struct str name, struct str value);
/* One more element of an array field. */
static inline void
rec_put_in_array(struct recs *w, unsigned field, struct str value)
{
	rec_put_kind(w, field, VALUE_STRING, value, ENTRY_ARRAY);
}
/* Is this field already in the open record? */
bool rec_has(const struct recs *w, unsigned field);
/* Room for text of up to n bytes in the batch (unescaped JSON, decoded bytes); NULL if full. Commit
 * what was used. */
char *rec_text_room(struct recs *w, size_t n);
struct str rec_text_take(struct recs *w, const char *p, size_t n);
static inline void
rec_flag(struct recs *w, enum reason r)
{
	if (w->cur)
		w->cur->reasons |= UINT64_C(1) << r;
}

/*
 * Append to a closed record, in its room for weave; `r` may be a private copy of the record. The
 * value is copied. False: no room (or none was left), nothing is put. For the engine.
 */
bool rec_weave(struct batch b, struct record *r, unsigned field, enum value_kind kind,
	struct str value, unsigned flags);

/* ---- output ---- */

struct record_out {
	const struct names *names;
	struct str input_name;  /* noroshi.input; empty: left out */
	struct str source_name; /* noroshi.source: the product; empty: left out */
	bool facts; /* event.id, event.sequence, event.ingested, peer, flags, event.original: what
		       an archive needs */
};

/* One flat JSON object, no newline: @timestamp first, event.original last, order of ecs.def
 * between. */
void record_json(
	struct batch b, const struct record *r, const struct record_out *how, struct buf *out);

#endif
