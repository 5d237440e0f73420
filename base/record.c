#include "base/record.h"

#include <arpa/inet.h>

#include "base/err.h"
#include "base/recordkind.h"
#include "base/strscan.h"

/*
 * The fields that are asked of every record, most often in vain: each has a bit in record.marks.
 * The first ones name somebody: a record with one of these is of interest to weave, whatever its
 * parser says.
 */
#define MARKED_FIELDS(M)                                                                           \
	M(USER_NAME)                                                                               \
	M(USER_EMAIL)                                                                              \
	M(SOURCE_USER_NAME)                                                                        \
	M(SOURCE_IP)                                                                               \
	M(CLIENT_IP)                                                                               \
	M(EMAIL_FROM_ADDRESS)                                                                      \
	M(CLIENT_MAC)                                                                              \
	M(SOURCE_MAC)                                                                              \
	M(HOST_MAC)                                                                                \
	M(EMAIL_TO_ADDRESS)                                                                        \
	M(TIMESTAMP)                                                                               \
	M(HOST_NAME)                                                                               \
	M(HOST_ID)                                                                                 \
	M(EVENT_ACTION)                                                                            \
	M(EVENT_OUTCOME)                                                                           \
	M(EVENT_TYPE)                                                                              \
	M(SOURCE_PORT)                                                                             \
	M(SOURCE_DOMAIN)                                                                           \
	M(SOURCE_NAT_IP)                                                                           \
	M(SOURCE_NAT_PORT)                                                                         \
	M(CLIENT_DOMAIN)                                                                           \
	M(DESTINATION_IP)                                                                          \
	M(DESTINATION_DOMAIN)                                                                      \
	M(USER_ID)                                                                                 \
	M(RELATED_IP)                                                                              \
	M(RELATED_USER)                                                                            \
	M(RELATED_HOSTS)                                                                           \
	M(POSTFIX_QUEUE_ID)                                                                        \
	M(POSTFIX_STATUS)                                                                          \
	M(WINLOG_LOGON_TYPE)                                                                       \
	M(NOROSHI_IDENTITY_USER)                                                                   \
	M(NOROSHI_IDENTITY_HOST)

enum mark {
#define M(id) MARK_##id,
	MARKED_FIELDS(M)
#undef M
		MARKS
};

_Static_assert(MARKS <= 32, "a bit each");

#define SOMEBODY ((UINT32_C(2) << MARK_EMAIL_TO_ADDRESS) - 1)

static const uint32_t marks[FIELD_ECS_END] = {
#define M(id) [FIELD_##id] = UINT32_C(1) << MARK_##id,
	MARKED_FIELDS(M)
#undef M
};

static uint32_t
mark_of(unsigned field)
{
	return field < FIELD_ECS_END ? marks[field] : 0;
}

const struct entry *
record_find(struct batch b, const struct record *r, unsigned field)
{
	const struct entry *e = record_entries(b, r);
	uint32_t mark = mark_of(field);

	if (mark && !(r->marks & mark))
		return NULL;
	for (uint32_t i = 0; i < r->nentries; i++)
		if (e[i].field == field)
			return &e[i];
	return NULL;
}

struct str
record_text(struct batch b, const struct record *r, unsigned field)
{
	const struct entry *e = record_find(b, r, field);

	return e ? entry_text(b, e) : (struct str){b.base, 0};
}

bool
record_lists(struct batch b, const struct record *r, unsigned field, struct str value)
{
	const struct entry *e = record_entries(b, r);

	if (mark_of(field) && !(r->marks & mark_of(field)))
		return false;
	for (uint32_t i = 0; i < r->nentries; i++)
		if (e[i].field == field && str_eq(entry_text(b, &e[i]), value))
			return true;
	return false;
}

struct hash128
record_id(struct batch b, const struct record *r, struct str input_name)
{
	const struct frame *f = &batch_frames(b)[r->frame];
	uint64_t key[4];

	/* A position names the record for ever; without one the journal's own sequence does. */
	if (f->flags & FRAME_POSITION) {
		key[0] = f->stream;
		key[1] = f->offset;
	} else {
		key[0] = (uint64_t)f->arrival ^ hash_text(input_name);
		key[1] = batch_head(b)->first_seq + r->frame;
	}
	key[2] = r->nth;
	key[3] = f->flags & FRAME_POSITION;
	return hash_id(key, sizeof(key));
}

void
recs_begin(struct recs *w, struct batch b, const struct names *names, uint32_t from)
{
	struct batch_results *res = batch_results(b);

	*w = (struct recs){.b = b, .names = names, .frame = from};
	res->from = res->done = from;
	res->nrecords = res->nentries = res->ntext = res->nmatches = 0;
}

void
recs_frame(struct recs *w, uint32_t frame)
{
	w->frame = frame;
	w->nth = 0;
	w->overflow = false;
}

struct record *
recs_open(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);

	/* Where there is no room the last row serves as scratch; recs_close then refuses. */
	w->overflow = res->nrecords >= BATCH_RECORDS - 1;
	w->cur = &batch_records(w->b)[w->overflow ? BATCH_RECORDS - 1 : res->nrecords];
	*w->cur = (struct record){
		.frame = w->frame,
		.nth = w->nth,
		.first_entry = res->nentries,
		.first_match = res->nmatches,
		.original_off = res->ntext, /* until closed: where the record's text began */
	};
	w->limit = res->nentries < BATCH_ENTRIES - RECORD_ENTRIES_MAX
			   ? res->nentries + RECORD_ENTRIES_MAX
			   : BATCH_ENTRIES;
	if (w->overflow)
		w->limit = 0;
	return w->cur;
}

/*
 * What weave may add to a record is bounded by this room and by nothing else: so it does not
 * depend on how the frames were cut into batches.
 */
static bool
leave_room(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);

	if (!(w->cur->flags & RECORD_WOVEN))
		return true;
	if (RECORD_WOVEN_ENTRIES > BATCH_ENTRIES - res->nentries ||
		RECORD_WOVEN_TEXT > BATCH_TEXT_CAP - res->ntext)
		return false;
	w->cur->woven_text = BATCH_OFF_TEXT + res->ntext;
	res->ntext += RECORD_WOVEN_TEXT;
	res->nentries += RECORD_WOVEN_ENTRIES;
	return true;
}

int
recs_close(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);
	struct record *r = w->cur;

	if (!w->overflow)
		r->nentries = res->nentries - r->first_entry;
	if (!w->overflow)
		record_settle(w->b, r);
	if (w->overflow || !leave_room(w)) {
		recs_drop(w);
		return ERR_FULL;
	}
	if (!(r->flags & RECORD_RAW))
		r->original_off = 0;
	res->nrecords++;
	w->nth++;
	w->cur = NULL;
	w->limit = 0;
	return 0;
}

void
recs_drop(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);

	if (!w->cur)
		return;
	res->nentries = w->cur->first_entry;
	res->nmatches = w->cur->first_match;
	w->cur = NULL;
	w->limit = 0;
}

void
recs_undo_frame(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);

	recs_drop(w);
	while (res->nrecords > 0 && batch_records(w->b)[res->nrecords - 1].frame == w->frame) {
		const struct record *r = &batch_records(w->b)[--res->nrecords];

		res->nentries = r->first_entry;
		res->nmatches = r->first_match;
	}
	w->nth = 0;
}

void
recs_end(struct recs *w, uint32_t done)
{
	batch_results(w->b)->done = done;
}

static void
set_overflow(struct recs *w)
{
	w->overflow = true;
	w->limit = 0;
}

char *
rec_text_room(struct recs *w, size_t n)
{
	struct batch_results *res = batch_results(w->b);

	if (n > BATCH_TEXT_CAP - res->ntext) {
		set_overflow(w);
		return NULL;
	}
	return w->b.base + BATCH_OFF_TEXT + res->ntext;
}

struct str
rec_text_take(struct recs *w, const char *p, size_t n)
{
	batch_results(w->b)->ntext += (uint32_t)n;
	return (struct str){p, n};
}

/* Bytes inside the slot as an offset; others are copied into its text area. */
static inline bool
locate(struct recs *w, struct str s, uint32_t *off)
{
	uintptr_t at = (uintptr_t)s.p - (uintptr_t)w->b.base;
	char *room;

	if (s.n == 0) {
		*off = BATCH_OFF_TEXT;
		return true;
	}
	if (at < w->b.size) {
		*off = (uint32_t)at;
		return true;
	}
	room = rec_text_room(w, s.n);
	if (!room)
		return false;
	str_copy(room, s);
	*off = (uint32_t)(room - w->b.base);
	rec_text_take(w, room, s.n);
	return true;
}

/* Why there is no place for one more entry: none is open, the record has too many, the region is
 * full. */
static __attribute__((noinline)) void
no_entry(struct recs *w)
{
	if (!w->cur || w->overflow)
		return;
	if (batch_results(w->b)->nentries - w->cur->first_entry >= RECORD_ENTRIES_MAX)
		rec_flag(w, REASON_JSON_KEYS);
	else
		set_overflow(w);
}

static inline struct entry *
new_entry(struct recs *w)
{
	uint32_t n = batch_results(w->b)->nentries;

	if (n < w->limit)
		return &batch_entries(w->b)[n];
	no_entry(w);
	return NULL;
}

static inline __attribute__((always_inline)) void
put(struct recs *w, unsigned field, enum value_kind kind, struct str value, unsigned flags)
{
	struct entry *e = new_entry(w);
	uint32_t mark = mark_of(field), off;

	if (!e)
		return;
	if (value.n > RECORD_VALUE_MAX) {
		rec_flag(w, REASON_OVERSIZE);
		return;
	}
	if (locate(w, value, &off)) {
		*e = (struct entry){.field = (uint16_t)field,
			.kind = (uint8_t)kind,
			.flags = (uint8_t)flags,
			.off = off,
			.len = (uint32_t)value.n};
		batch_results(w->b)->nentries++;
	}
	if (!mark)
		return;
	w->cur->marks |= mark;
	if (mark & SOMEBODY)
		w->cur->flags |= RECORD_REFERS;
}

void
rec_put_kind(struct recs *w, unsigned field, enum value_kind kind, struct str value, unsigned flags)
{
	put(w, field, kind, value, flags);
}

/* The fields of ecs.def that are arrays: asked of each value. */
static const bool arrays[FIELD_ECS_END] = {
#define F(id, name, kind) [FIELD_##id] = FIELD_##kind == FIELD_A,
#include "base/ecs.def"
#undef F
};

void
rec_put(struct recs *w, unsigned field, struct str value)
{
	put(w, field, VALUE_STRING, value,
		field < FIELD_ECS_END && arrays[field] ? ENTRY_ARRAY : 0);
}

void
rec_put_u64(struct recs *w, unsigned field, uint64_t v)
{
	char digits[U64_DIGITS];

	rec_put_kind(w, field, VALUE_NUMBER, str_of_u64(v, digits), 0);
}

void
rec_put_number(struct recs *w, unsigned field, struct str text)
{
	rec_put_kind(w, field, str_is_number(text) ? VALUE_NUMBER : VALUE_STRING, text, 0);
}

bool
rec_weave(struct batch b, struct record *r, unsigned field, enum value_kind kind, struct str value,
	unsigned flags)
{
	uint32_t at = r->woven_text + r->woven_used;
	struct entry *e;

	/* A worker that lies about the room must not lead us into what it may not write. */
	if (r->woven_text < BATCH_OFF_TEXT || r->woven_entries >= RECORD_WOVEN_ENTRIES ||
		r->woven_used > RECORD_WOVEN_TEXT || value.n > RECORD_WOVEN_TEXT - r->woven_used ||
		at > b.size || value.n > b.size - at || r->first_entry > BATCH_ENTRIES ||
		r->nentries >= BATCH_ENTRIES - r->first_entry)
		return false;
	memcpy(b.base + at, value.p, value.n);
	e = &batch_entries(b)[r->first_entry + r->nentries];
	*e = (struct entry){.field = (uint16_t)field,
		.kind = (uint8_t)kind,
		.flags = (uint8_t)flags,
		.off = at,
		.len = (uint32_t)value.n};
	r->woven_used = (uint16_t)(r->woven_used + value.n);
	r->woven_entries++;
	r->nentries++;
	r->marks |= mark_of(field);
	return true;
}

/* Canonical dotted quad: four decimals without leading zeros. */
static bool
is_v4(struct str s)
{
	int part = 0, digits = 0, dots = 0;

	if (s.n < 7 || s.n > 15)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '.') {
			if (digits == 0 || ++dots > 3)
				return false;
			part = digits = 0;
		} else if (is_digit(c)) {
			if (digits > 0 && part == 0)
				return false;
			part = part * 10 + (c - '0');
			if (++digits > 3 || part > 255)
				return false;
		} else {
			return false;
		}
	}
	return dots == 3 && digits > 0;
}

bool
rec_put_ip(struct recs *w, unsigned field, struct str text)
{
	char z[INET6_ADDRSTRLEN + 1];
	struct in6_addr six;
	ptrdiff_t zone;
	unsigned flags = names_kind(w->names, field) == FIELD_A ? ENTRY_ARRAY : 0;

	if (is_v4(text)) {
		rec_put_kind(w, field, VALUE_STRING, text, flags);
		return true;
	}
	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = str_make(text.p + 1, text.n - 2);
	zone = str_chr(text, '%');
	if (zone > 0)
		text.n = (size_t)zone;
	if (text.n < 2 || text.n >= sizeof(z) || str_chr(text, ':') < 0)
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = 0;
	if (inet_pton(AF_INET6, z, &six) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six))
		inet_ntop(AF_INET, &six.s6_addr[12], z, sizeof(z));
	else
		inet_ntop(AF_INET6, &six, z, sizeof(z));
	rec_put_kind(w, field, VALUE_STRING, str_of(z), flags);
	return true;
}

/* By its text; it stands in no table. */
static void
put_carried(struct recs *w, struct str name, enum value_kind kind, struct str value, unsigned flags)
{
	struct entry *e;
	uint32_t name_off;

	if (!new_entry(w) || !locate(w, name, &name_off))
		return;
	e = new_entry(w);
	if (!e)
		return;
	if (value.n > RECORD_VALUE_MAX) {
		rec_flag(w, REASON_OVERSIZE);
		return;
	}
	*e = (struct entry){.kind = (uint8_t)kind,
		.flags = (uint8_t)flags,
		.len = (uint32_t)value.n,
		.name_off = name_off,
		.name_len = (uint16_t)name.n};
	if (locate(w, value, &e->off))
		batch_results(w->b)->nentries++;
}

void
rec_put_looked(struct recs *w, unsigned field, struct str name, enum value_kind kind,
	struct str value, unsigned flags)
{
	if (name.n == 0 || name.n > RECORD_NAME_MAX)
		rec_flag(w, name.n ? REASON_JSON_KEYS : REASON_JSON_TYPE);
	else if (field != FIELD_NAMED)
		put(w, field, kind, value, flags);
	else
		put_carried(w, name, kind, value, flags);
}

void
rec_put_named(
	struct recs *w, struct str name, enum value_kind kind, struct str value, unsigned flags)
{
	rec_put_looked(w, names_find(w->names, name), name, kind, value, flags);
}

void
rec_put_prefixed(struct recs *w, struct str prefix, struct str name, struct str value)
{
	char joined[RECORD_NAME_MAX];

	if (prefix.n + name.n > sizeof(joined)) {
		rec_flag(w, REASON_JSON_KEYS);
		return;
	}
	str_copy(joined, prefix);
	str_copy(joined + prefix.n, name);
	rec_put_named(w, str_make(joined, prefix.n + name.n), VALUE_STRING, value, 0);
}

bool
rec_has(const struct recs *w, unsigned field)
{
	const struct entry *e = batch_entries(w->b);
	uint32_t n = batch_results(w->b)->nentries;

	if (!w->cur || (mark_of(field) && !(w->cur->marks & mark_of(field))))
		return false;
	for (uint32_t i = w->cur->first_entry; i < n; i++)
		if (e[i].field == field)
			return true;
	return false;
}
