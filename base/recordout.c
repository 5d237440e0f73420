/* recordout.c - a record as one line of JSON. The order of the fields is that of ecs.def. */
#include <emmintrin.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/record.h"
#include "base/stamp.h"
#include "base/utf8.h"

#define NUMBER_MAX 512u /* bytes; readers refuse longer ones */

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

static inline __m128i
load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void
store16(char *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)(void *)p, v);
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

static void
key(struct writer *w, unsigned field)
{
	char *to = buf_room(w->out, KEY_ROOM);

	w->out->n += (size_t)(put_key(to, field) - to);
}

/* Which of the 16 bytes cannot stand in a string as they are. */
static inline unsigned
not_plain(__m128i v)
{
	/* Signed: bytes from 0x80 are below 0x20 too. */
	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
				     _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
			_mm_cmplt_epi8(v, _mm_set1_epi8(0x20))));
}

/*
 * Text between quotes in one pass: NULL where something in it must be escaped. Reads and writes up
 * to 16 bytes beyond the text.
 */
static inline char *
put_plain(char *to, struct str s)
{
	size_t i = 0;

	*to++ = '"';
	for (; i + 16 < s.n; i += 16) {
		__m128i v = load16(s.p + i);

		store16(to + i, v);
		if (not_plain(v))
			return NULL;
	}
	store16(to + i, load16(s.p + i));
	if (not_plain(load16(s.p + i)) & ((1u << (s.n - i)) - 1))
		return NULL;
	to[s.n] = '"';
	return to + s.n + 1;
}

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
has_margin(const struct writer *w, struct str s)
{
	return (size_t)(s.p - w->b.base) + s.n + 16 <= w->b.size;
}

static void
quoted(struct writer *w, struct str s)
{
	char *to = buf_room(w->out, s.n + 2 + 16), *end;

	if (!has_margin(w, s)) {
		json_quote(w->out, s);
		return;
	}
	end = put_plain(to, s);
	if (end) {
		w->out->n += (size_t)(end - to);
		return;
	}
	buf_add_char(w->out, '"');
	json_escape(w->out, s);
	buf_add_char(w->out, '"');
}

static void
key_of(struct writer *w, const struct entry *e)
{
	struct str name;

	if (e->field != FIELD_NAMED && e->field < FIELD_ECS_END) {
		key(w, e->field);
		return;
	}
	buf_add_char(w->out, ',');
	name = entry_name(w->b, w->how->names, e);
	if (e->field == FIELD_NAMED)
		quoted(w, name);
	else
		json_quote(w->out, name); /* not the batch's */
	buf_add_char(w->out, ':');
}

static void
scalar(struct writer *w, const struct entry *e)
{
	struct str text = entry_text(w->b, e);

	switch ((enum value_kind)e->kind) {
	case VALUE_NUMBER:
		/* A taken-over worker may call anything a number. */
		if (text.n <= NUMBER_MAX && str_is_number(text))
			buf_add_str(w->out, text);
		else
			quoted(w, text);
		break;
	case VALUE_TRUE:
		BUF_ADD_LIT(w->out, "true");
		break;
	case VALUE_FALSE:
		BUF_ADD_LIT(w->out, "false");
		break;
	case VALUE_NULL:
		BUF_ADD_LIT(w->out, "null");
		break;
	case VALUE_EMPTY_ARRAY:
		BUF_ADD_LIT(w->out, "[]");
		break;
	default:
		quoted(w, text);
		break;
	}
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
static void
member(struct writer *w, const struct entry *e, uint32_t n, uint32_t i, bool many)
{
	bool first = true;

	key_of(w, &e[i]);
	if ((!(e[i].flags & ENTRY_ARRAY) && !many) || e[i].kind == VALUE_EMPTY_ARRAY) {
		scalar(w, &e[i]);
		return;
	}
	buf_add_char(w->out, '[');
	for (uint32_t j = i; j < (many ? n : i + 1); j++) {
		if (j != i && !same_name(w, &e[i], &e[j]))
			continue;
		if (!first)
			buf_add_char(w->out, ',');
		first = false;
		scalar(w, &e[j]);
	}
	buf_add_char(w->out, ']');
}

/* A member of ecs.def with one value: what most are. */
static void
single(struct writer *w, const struct entry *e)
{
	struct str text = entry_text(w->b, e);
	char *from = buf_room(w->out, KEY_ROOM + text.n + 2 + 2 + 16), *to, *end = NULL;
	bool array = (e->flags & ENTRY_ARRAY) && e->kind != VALUE_EMPTY_ARRAY;

	to = put_key(from, e->field);
	*to = '[';
	to += array;
	if (has_margin(w, text))
		end = e->kind == VALUE_STRING   ? put_plain(to, text)
		      : e->kind == VALUE_NUMBER ? put_digits(to, text)
						: NULL;
	w->out->n += (size_t)((end ? end : to) - from);
	if (!end)
		scalar(w, e);
	if (array)
		buf_add_char(w->out, ']');
}

static void
flags_member(struct writer *w)
{
	const uint64_t known = UINT64_MAX >> (64 - REASON_COUNT) & ~UINT64_C(1);
	bool first = true;

	if (!(w->r->reasons & known))
		return;
	key(w, FIELD_NOROSHI_FLAGS);
	for (unsigned i = 1; i < REASON_COUNT; i++) {
		if (!(w->r->reasons >> i & 1))
			continue;
		buf_add_str(w->out, first ? STR("[\"") : STR(",\""));
		buf_add_str(w->out, str_of(reason_word((enum reason)i)));
		buf_add_char(w->out, '"');
		first = false;
	}
	buf_add_char(w->out, ']');
}

static void
kind_members(struct writer *w)
{
	enum log_kind kind = record_kind(w->r);
	bool first = true;

	if (kind == LOG_NONE || kind >= LOG_KINDS)
		return;
	key(w, FIELD_NOROSHI_LOG_KIND);
	quoted(w, log_kind_name(kind));
	for (unsigned i = 0; i < EXCUSE_COUNT; i++) {
		if (!(w->r->excused >> i & 1))
			continue;
		if (first)
			key(w, FIELD_NOROSHI_LOG_EXCUSED);
		buf_add_str(w->out, first ? STR("[\"") : STR(",\""));
		buf_add_str(w->out, log_excuse((enum log_excuse)i)->word);
		buf_add_char(w->out, '"');
		first = false;
	}
	if (!first)
		buf_add_char(w->out, ']');
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

static void
head_facts(struct writer *w)
{
	const struct frame *f = &batch_frames(w->b)[w->r->frame];
	char hex[32];

	hash128_hex(record_id(w->b, w->r, w->how->input_name), hex);
	key(w, FIELD_EVENT_ID);
	buf_add_char(w->out, '"');
	buf_add(w->out, hex, sizeof(hex));
	buf_add_char(w->out, '"');
	key(w, FIELD_EVENT_SEQUENCE);
	buf_add_u64(w->out, batch_head(w->b)->first_seq + w->r->frame);
	key(w, FIELD_EVENT_INGESTED);
	buf_add_char(w->out, '"');
	stamp_add(w->out, f->arrival);
	buf_add_char(w->out, '"');
}

static void
tail_facts(struct writer *w)
{
	const struct frame *f = &batch_frames(w->b)[w->r->frame];
	struct str raw = batch_raw(w->b, f), peer = batch_bytes(w->b, f->peer_off, f->peer_len);
	bool decoded = w->r->flags & RECORD_RAW;
	bool plain = !decoded && utf8_valid(raw) && (raw.n == 0 || !memchr(raw.p, 0, raw.n));

	if (w->how->source_name.n) {
		key(w, FIELD_NOROSHI_SOURCE);
		json_quote(w->out, w->how->source_name);
	}
	if (w->how->input_name.n) {
		key(w, FIELD_NOROSHI_INPUT);
		json_quote(w->out, w->how->input_name);
	}
	if (peer.n) {
		key(w, FIELD_NOROSHI_PEER);
		quoted(w, peer);
	}
	if (f->flags & FRAME_PEER_PID) {
		key(w, FIELD_NOROSHI_PEER_PID);
		buf_add_u64(w->out, f->peer_pid);
	}
	if (w->r->flags & RECORD_UNPARSED) {
		key(w, FIELD_NOROSHI_UNPARSED);
		BUF_ADD_LIT(w->out, "true");
	}
	flags_member(w);
	kind_members(w);
	if (!plain) {
		key(w, FIELD_NOROSHI_RAW);
		buf_add_char(w->out, '"');
		base64(w->out, raw);
		buf_add_char(w->out, '"');
	}
	key(w, FIELD_EVENT_ORIGINAL);
	quoted(w, decoded ? batch_bytes(w->b, w->r->original_off, w->r->original_len) : raw);
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

/* Names outside ecs.def, in the order in which they came; a repeated name is written with its
 * first. */
static void
named_members(struct writer *w, const struct entry *e, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		bool again = false;

		if ((e[i].field != FIELD_NAMED && e[i].field < FIELD_ECS_END) ||
			!is_written(&e[i]) || is_fact_name(w, &e[i]))
			continue;
		/* Only array elements can repeat a name: readers fold duplicate keys before. */
		if (e[i].flags & ENTRY_ARRAY)
			for (uint32_t j = 0; j < i && !again; j++)
				again = same_name(w, &e[j], &e[i]);
		if (!again)
			member(w, e, n, i, e[i].flags & ENTRY_ARRAY);
	}
}

static void
members(struct writer *w)
{
	const struct entry *e = record_entries(w->b, w->r);
	uint16_t head[FIELD_ECS_END];
	uint64_t seen[(FIELD_ECS_END + 63) / 64] = {0}, many[(FIELD_ECS_END + 63) / 64] = {0};
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
		if (!is_written(&e[i]) || (w->how->facts && is_fact(f)) || f == FIELD_TIMESTAMP)
			continue;
		if (seen[f / 64] & bit) {
			many[f / 64] |= bit;
		} else {
			seen[f / 64] |= bit;
			head[f] = (uint16_t)i;
		}
	}
	for (unsigned word = 0; word < sizeof(seen) / sizeof(seen[0]); word++)
		for (uint64_t bits = seen[word]; bits; bits &= bits - 1) {
			unsigned f = word * 64 + (unsigned)__builtin_ctzll(bits);

			if (many[word] >> (f % 64) & 1)
				member(w, e, n, head[f], true);
			else
				single(w, &e[head[f]]);
		}
	if (named)
		named_members(w, e, n);
}

void
record_json(struct batch b, const struct record *r, const struct record_out *how, struct buf *out)
{
	struct writer w = {b, r, how, out};
	const struct entry *stamp = record_find(b, r, FIELD_TIMESTAMP);

	BUF_ADD_LIT(out, "{\"@timestamp\":");
	if (stamp) {
		scalar(&w, stamp);
	} else {
		buf_add_char(out, '"');
		stamp_add(out, r->time);
		buf_add_char(out, '"');
	}
	if (how->facts)
		head_facts(&w);
	members(&w);
	if (how->facts)
		tail_facts(&w);
	buf_add_char(out, '}');
}
