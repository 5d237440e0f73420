/* recordout.c - a record as one line of JSON. The order of the fields is that of ecs.def. */
#include "base/clock.h"
#include "base/json.h"
#include "base/jsonput.h"
#include "base/record.h"
#include "base/stamp.h"
#include "base/utf8.h"

#define NUMBER_MAX 512u /* bytes; readers refuse longer ones */

/*
 * Who writes has a cursor, and sees to its room before each member (`room`); a function that takes
 * the cursor gives back where it stands then. SLACK bytes are left behind whatever a member needs:
 * for what closes it, and for stores of 16 bytes.
 */
#define SLACK 64u

struct writer {
	struct batch b;
	const struct record *r;
	const struct record_out *how;
	struct buf *out;
};

/*
 * The keys of ecs.def, ready to be copied: ,"name": . Each lies in KEY_ROOM bytes, so that it is
 * copied in whole steps of 16.
 */
#define KEY_ROOM 64u
#define KEY_MAX  48u /* bytes that are copied */

static const struct ready_key {
	char text[KEY_ROOM - 1];
	uint8_t n;
} ecs_keys[FIELD_ECS_END] = {
#define F(id, name, kind) [FIELD_##id] = {",\"" name "\":", sizeof(",\"" name "\":") - 1},
#include "base/ecs.def"
#undef F
};

#define F(id, name, kind) _Static_assert(sizeof(",\"" name "\":") - 1 <= KEY_MAX, "a longer key");
#include "base/ecs.def"
#undef F

/* What stands in each record anyway is written from the frame, never from an entry. */
static const bool facts[FIELD_ECS_END] = {
	[FIELD_EVENT_ID] = true,
	[FIELD_EVENT_SEQUENCE] = true,
	[FIELD_EVENT_INGESTED] = true,
	[FIELD_NOROSHI_SOURCE] = true,
	[FIELD_NOROSHI_INPUT] = true,
	[FIELD_NOROSHI_PEER] = true,
	[FIELD_NOROSHI_PEER_PID] = true,
	[FIELD_NOROSHI_UNPARSED] = true,
	[FIELD_NOROSHI_FLAGS] = true,
	[FIELD_NOROSHI_LOG_KIND] = true,
	[FIELD_NOROSHI_LOG_EXCUSED] = true,
	[FIELD_NOROSHI_WEAVE] = true,
	[FIELD_NOROSHI_RAW] = true,
	[FIELD_EVENT_ORIGINAL] = true,
	[FIELD_TIMESTAMP] = true,
};

static bool
is_fact(unsigned field)
{
	return field < FIELD_ECS_END && facts[field];
}

/* At least n bytes and SLACK at the cursor. */
static inline char *
room(struct writer *w, char *to, size_t n)
{
	w->out->n = (size_t)(to - w->out->p);
	return buf_room(w->out, n + SLACK);
}

/* Where a key was put: KEY_ROOM bytes of room. Returns what lies behind it. */
static inline char *
put_key(char *to, unsigned field)
{
	const struct ready_key *k = &ecs_keys[field];

	/* Always the same three steps, KEY_MAX bytes. */
	store16(to, load16(k->text));
	store16(to + 16, load16(k->text + 16));
	store16(to + 32, load16(k->text + 32));
	return to + k->n;
}

/* The key, and SLACK behind it. */
static char *
key(struct writer *w, char *to, unsigned field)
{
	return put_key(room(w, to, KEY_ROOM), field);
}

/* A few bytes of ours, no more than SLACK. */
#define PUT(to, lit) ((char *)memcpy((to), "" lit, sizeof(lit) - 1) + sizeof(lit) - 1)

/* Digits alone, up to 16 of them; NULL where it is anything else. Reads and writes 16 bytes. */
static inline char *
put_digits(char *to, struct str s)
{
	__m128i v, x;
	unsigned other;

	if (s.n == 0 || s.n > 16 || (s.p[0] == '0' && s.n > 1))
		return NULL;
	v = load16(s.p);
	x = _mm_sub_epi8(v, _mm_set1_epi8('0'));
	other = ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x));
	if (other & ((1u << s.n) - 1))
		return NULL;
	store16(to, v);
	return to + s.n;
}

/* May 16 bytes behind the text be read? They must still be the batch's. */
static inline bool
has_margin(struct batch b, struct str s)
{
	return (size_t)(s.p - b.base) + s.n + 16 <= b.size;
}

/* What json_put leaves: the slow way, in room of its own. */
static __attribute__((noinline)) char *
put_odd(struct writer *w, char *to, struct str s)
{
	w->out->n = (size_t)(to - w->out->p);
	json_escape(w->out, s);
	return buf_room(w->out, SLACK);
}

/* Text that is not the batch's, between quotes. */
static char *
put_foreign(struct writer *w, char *to, struct str s)
{
	w->out->n = (size_t)(to - w->out->p);
	json_quote(w->out, s);
	return buf_room(w->out, SLACK);
}

/* A word of our own, which needs no escape; no more than SLACK. */
static char *
put_word(char *to, struct str s)
{
	*to++ = '"';
	memcpy(to, s.p, s.n);
	to += s.n;
	*to++ = '"';
	return to;
}

/* Text between quotes. */
static inline __attribute__((always_inline)) char *
put_text(struct writer *w, struct batch b, char *to, struct str s)
{
	size_t done = 0;

	*to++ = '"';
	if (has_margin(b, s))
		to = json_put(to, s, &done);
	if (done < s.n)
		to = put_odd(w, to, str_make(s.p + done, s.n - done));
	*to++ = '"';
	return to;
}

#define TEXT_ROOM(n) (JSON_ROOM(n) + 2)

static char *
quoted(struct writer *w, char *to, struct str s)
{
	return put_text(w, w->b, room(w, to, TEXT_ROOM(s.n)), s);
}

static char *
key_of(struct writer *w, char *to, const struct entry *e)
{
	if (e->field != FIELD_NAMED && e->field < FIELD_ECS_END)
		return key(w, to, e->field);
	*to++ = ',';
	if (e->field == FIELD_NAMED)
		to = quoted(w, to, batch_bytes(w->b, e->name_off, e->name_len));
	else
		to = put_foreign(w, to, names_text(w->how->names, e->field));
	*to++ = ':';
	return to;
}

/* What is neither a string nor a short whole number. */
static __attribute__((noinline)) char *
put_other(struct writer *w, char *to, const struct entry *e, struct str text)
{
	switch ((enum value_kind)e->kind) {
	case VALUE_NUMBER:
		/* A taken-over worker may call anything a number. */
		if (text.n > NUMBER_MAX || !str_is_number(text))
			return quoted(w, to, text);
		memcpy(to, text.p, text.n);
		return to + text.n;
	case VALUE_TRUE:
		return PUT(to, "true");
	case VALUE_FALSE:
		return PUT(to, "false");
	case VALUE_NULL:
		return PUT(to, "null");
	case VALUE_EMPTY_ARRAY:
		return PUT(to, "[]");
	default:
		return quoted(w, to, text);
	}
}

/* Room for TEXT_ROOM of the text is there. */
static inline __attribute__((always_inline)) char *
put_scalar(struct writer *w, struct batch b, char *to, const struct entry *e, struct str text)
{
	char *end = NULL;

	if (e->kind == VALUE_STRING)
		return put_text(w, b, to, text);
	if (e->kind == VALUE_NUMBER && has_margin(b, text))
		end = put_digits(to, text);
	return end ? end : put_other(w, to, e, text);
}

static char *
scalar(struct writer *w, char *to, const struct entry *e)
{
	struct str text = entry_text(w->b, e);

	return put_scalar(w, w->b, room(w, to, TEXT_ROOM(text.n)), e, text);
}

static bool
same_name(struct writer *w, const struct entry *a, const struct entry *b)
{
	if (a->field != b->field)
		return false;
	return a->field != FIELD_NAMED ||
	       str_eq(entry_name(w->b, w->how->names, a), entry_name(w->b, w->how->names, b));
}

/* One member: entry i, and all later entries of that name if there are any (`many`). */
static char *
member(struct writer *w, char *to, const struct entry *e, uint32_t n, uint32_t i, bool many)
{
	bool first = true;

	to = key_of(w, to, &e[i]);
	if ((!(e[i].flags & ENTRY_ARRAY) && !many) || e[i].kind == VALUE_EMPTY_ARRAY)
		return scalar(w, to, &e[i]);
	*to++ = '[';
	for (uint32_t j = i; j < (many ? n : i + 1); j++) {
		if (j != i && !same_name(w, &e[i], &e[j]))
			continue;
		if (!first)
			*to++ = ',';
		first = false;
		to = scalar(w, to, &e[j]);
	}
	*to++ = ']';
	return to;
}

/* A member of ecs.def with one value: what most are. */
static inline __attribute__((always_inline)) char *
single(struct writer *w, struct batch b, char *to, const struct entry *e)
{
	struct str text = entry_text(b, e);
	bool array = (e->flags & ENTRY_ARRAY) && e->kind != VALUE_EMPTY_ARRAY;

	to = put_key(room(w, to, KEY_ROOM + TEXT_ROOM(text.n)), e->field);
	*to = '[';
	to = put_scalar(w, b, to + array, e, text);
	*to = ']';
	return to + array;
}

static char *
flags_member(struct writer *w, char *to)
{
	const uint64_t known = UINT64_MAX >> (64 - REASON_COUNT) & ~UINT64_C(1);
	bool first = true;

	if (!(w->r->reasons & known))
		return to;
	to = key(w, to, FIELD_NOROSHI_FLAGS);
	for (unsigned i = 1; i < REASON_COUNT; i++) {
		if (!(w->r->reasons >> i & 1))
			continue;
		*to++ = first ? '[' : ',';
		to = put_word(room(w, to, 0), str_of(reason_word((enum reason)i)));
		first = false;
	}
	*to++ = ']';
	return to;
}

static char *
kind_members(struct writer *w, char *to)
{
	enum log_kind kind = record_kind(w->r);
	bool first = true;

	if (kind == LOG_NONE || kind >= LOG_KINDS)
		return to;
	to = key(w, to, FIELD_NOROSHI_LOG_KIND);
	to = put_word(to, log_kind_name(kind));
	for (unsigned i = 0; i < EXCUSE_COUNT; i++) {
		if (!(w->r->excused >> i & 1))
			continue;
		if (first)
			to = key(w, to, FIELD_NOROSHI_LOG_EXCUSED);
		*to++ = first ? '[' : ',';
		to = put_word(room(w, to, 0), log_excuse((enum log_excuse)i)->word);
		first = false;
	}
	if (!first)
		*to++ = ']';
	return to;
}

static void
base64(struct buf *out, struct str s)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)s.p[i + 2];
		buf_add_char(out, alphabet[v >> 18]);
		buf_add_char(out, alphabet[v >> 12 & 63]);
		buf_add_char(out, left > 1 ? alphabet[v >> 6 & 63] : '=');
		buf_add_char(out, left > 2 ? alphabet[v & 63] : '=');
	}
}

static char *
put_stamp(char *to, int64_t ns)
{
	*to++ = '"';
	to += stamp_format(ns, to);
	*to++ = '"';
	return to;
}

static char *
put_u64(char *to, uint64_t v)
{
	char digits[U64_DIGITS];
	struct str s = str_of_u64(v, digits);

	memcpy(to, s.p, s.n);
	return to + s.n;
}

static char *
head_facts(struct writer *w, char *to)
{
	const struct frame *f = &batch_frames(w->b)[w->r->frame];

	to = key(w, to, FIELD_EVENT_ID);
	*to++ = '"';
	hash128_hex(record_id(w->b, w->r, w->how->input_name), to);
	to += 32;
	*to++ = '"';
	to = key(w, to, FIELD_EVENT_SEQUENCE);
	to = put_u64(to, batch_head(w->b)->first_seq + w->r->frame);
	to = key(w, to, FIELD_EVENT_INGESTED);
	return put_stamp(to, f->arrival);
}

/* The bytes that cannot stand as they came: base64, in room of their own. */
static char *
put_raw(struct writer *w, char *to, struct str raw)
{
	to = PUT(key(w, to, FIELD_NOROSHI_RAW), "\"");
	w->out->n = (size_t)(to - w->out->p);
	base64(w->out, raw);
	return PUT(buf_room(w->out, SLACK), "\"");
}

static char *
tail_facts(struct writer *w, char *to)
{
	const struct frame *f = &batch_frames(w->b)[w->r->frame];
	struct str raw = batch_raw(w->b, f), peer = batch_bytes(w->b, f->peer_off, f->peer_len);
	bool decoded = w->r->flags & RECORD_RAW;
	bool plain = !decoded && utf8_is_text(raw);

	if (w->how->source_name.n) {
		to = key(w, to, FIELD_NOROSHI_SOURCE);
		to = put_foreign(w, to, w->how->source_name);
	}
	if (w->how->input_name.n) {
		to = key(w, to, FIELD_NOROSHI_INPUT);
		to = put_foreign(w, to, w->how->input_name);
	}
	if (peer.n) {
		to = key(w, to, FIELD_NOROSHI_PEER);
		to = quoted(w, to, peer);
	}
	if (f->flags & FRAME_PEER_PID) {
		to = key(w, to, FIELD_NOROSHI_PEER_PID);
		to = put_u64(to, f->peer_pid);
	}
	if (w->r->flags & RECORD_UNPARSED)
		to = PUT(key(w, to, FIELD_NOROSHI_UNPARSED), "true");
	to = flags_member(w, to);
	to = kind_members(w, to);
	if (!plain)
		to = put_raw(w, to, raw);
	to = key(w, to, FIELD_EVENT_ORIGINAL);
	return quoted(
		w, to, decoded ? batch_bytes(w->b, w->r->original_off, w->r->original_len) : raw);
}

static bool
is_written(const struct entry *e)
{
	return !(e->flags & ENTRY_HIDDEN) && e->kind != VALUE_OBJECT;
}

/*
 * Readers give known names their number. One that carries a fact's name as text is of a taken-over
 * worker, and must not stand beside the true fact.
 */
static bool
is_fact_name(const struct writer *w, const struct entry *e)
{
	struct str name;
	unsigned field;

	if (e->field != FIELD_NAMED)
		return false;
	name = entry_name(w->b, w->how->names, e);
	if (name.n == 0 || (name.p[0] != 'n' && name.p[0] != 'e' && name.p[0] != '@'))
		return false;
	if (!str_starts(name, STR("noroshi.")) && !str_starts(name, STR("event.")) &&
		!str_starts(name, STR("@")))
		return false;
	field = names_find(w->how->names, name);
	return field == FIELD_TIMESTAMP || (w->how->facts && is_fact(field));
}

/* A member that carries its name, with one value. */
static inline __attribute__((always_inline)) char *
single_named(struct writer *w, struct batch b, char *to, const struct entry *e)
{
	struct str name = batch_bytes(b, e->name_off, e->name_len), text = entry_text(b, e);

	to = room(w, to, TEXT_ROOM(name.n));
	*to++ = ',';
	to = put_text(w, b, to, name);
	*to++ = ':';
	return put_scalar(w, b, room(w, to, TEXT_ROOM(text.n)), e, text);
}

/* Names outside ecs.def, in the order in which they came; a repeated name is written with its
 * first. */
static char *
named_members(struct writer *w, char *to, const struct entry *e, uint32_t n)
{
	struct batch b = w->b;

	for (uint32_t i = 0; i < n; i++) {
		bool again = false;

		if ((e[i].field != FIELD_NAMED && e[i].field < FIELD_ECS_END) ||
			!is_written(&e[i]) || is_fact_name(w, &e[i]))
			continue;
		/* Only array elements can repeat a name: readers fold duplicate keys before. */
		if (!(e[i].flags & ENTRY_ARRAY)) {
			to = e[i].field == FIELD_NAMED ? single_named(w, b, to, &e[i])
						       : member(w, to, e, n, i, false);
			continue;
		}
		for (uint32_t j = 0; j < i && !again; j++)
			again = same_name(w, &e[j], &e[i]);
		if (!again)
			to = member(w, to, e, n, i, true);
	}
	return to;
}

/* In the table of heads: more entries of the field follow. */
#define MANY (UINT16_C(1) << 15)

_Static_assert(RECORD_ENTRIES_MAX <= MANY, "the number of an entry leaves the bit free");

static char *
members(struct writer *w, char *to)
{
	struct batch b = w->b;
	const struct entry *e = record_entries(b, w->r);
	uint16_t head[FIELD_ECS_END];
	uint64_t seen[(FIELD_ECS_END + 63) / 64] = {0};
	uint32_t n = w->r->nentries;
	bool named = false;

	if (n > RECORD_ENTRIES_MAX)
		n = RECORD_ENTRIES_MAX;
	for (uint32_t i = 0; i < n; i++) {
		unsigned f = e[i].field;
		uint64_t bit = UINT64_C(1) << (f % 64);

		if (f == FIELD_NAMED || f >= FIELD_ECS_END) {
			named = true;
			continue;
		}
		if (!is_written(&e[i]) || (facts[f] && (w->how->facts || f == FIELD_TIMESTAMP)))
			continue;
		if (seen[f / 64] & bit) {
			head[f] |= MANY;
		} else {
			seen[f / 64] |= bit;
			head[f] = (uint16_t)i;
		}
	}
	for (unsigned word = 0; word < sizeof(seen) / sizeof(seen[0]); word++)
		for (uint64_t bits = seen[word]; bits; bits &= bits - 1) {
			/* a bit of seen stands where its head was set */
			/* cppcheck-suppress uninitvar */
			unsigned i = head[word * 64 + (unsigned)__builtin_ctzll(bits)];

			to = i & MANY ? member(w, to, e, n, i & ~(unsigned)MANY, true)
				      : single(w, b, to, &e[i]);
		}
	return named ? named_members(w, to, e, n) : to;
}

void
record_json(struct batch b, const struct record *r, const struct record_out *how, struct buf *out)
{
	struct writer w = {b, r, how, out};
	const struct entry *stamp = record_find(b, r, FIELD_TIMESTAMP);
	char *to = PUT(buf_room(out, SLACK), "{\"@timestamp\":");

	to = stamp ? scalar(&w, to, stamp) : put_stamp(to, r->time);
	if (how->facts)
		to = head_facts(&w, to);
	to = members(&w, to);
	if (how->facts)
		to = tail_facts(&w, to);
	*to++ = '}';
	out->n = (size_t)(to - out->p);
}
