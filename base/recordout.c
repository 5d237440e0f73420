/* recordout.c - a record as one line of JSON. The order of the fields is that of ecs.def. */
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

/* The keys of ecs.def, ready to be copied: ,"name": */
static const struct str ecs_keys[FIELD_ECS_END] = {
#define F(id, name, kind) [FIELD_##id] = {",\"" name "\":", sizeof(",\"" name "\":") - 1},
#include "base/ecs.def"
#undef F
};

static void
key(struct writer *w, unsigned field)
{
	buf_add_str(w->out, ecs_keys[field]);
}

static void
key_of(struct writer *w, const struct entry *e)
{
	if (e->field != FIELD_NAMED && e->field < FIELD_ECS_END) {
		key(w, e->field);
		return;
	}
	BUF_ADD_LIT(w->out, ",\"");
	json_escape(w->out, entry_name(w->b, w->how->names, e));
	BUF_ADD_LIT(w->out, "\":");
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
			json_quote(w->out, text);
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
		json_quote(w->out, text);
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
		json_quote(w->out, peer);
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
	if (!plain) {
		key(w, FIELD_NOROSHI_RAW);
		buf_add_char(w->out, '"');
		base64(w->out, raw);
		buf_add_char(w->out, '"');
	}
	key(w, FIELD_EVENT_ORIGINAL);
	json_quote(
		w->out, decoded ? batch_bytes(w->b, w->r->original_off, w->r->original_len) : raw);
}

static bool
is_fact(unsigned field)
{
	return field == FIELD_EVENT_ID || field == FIELD_EVENT_SEQUENCE ||
	       field == FIELD_EVENT_INGESTED || field == FIELD_NOROSHI_SOURCE ||
	       field == FIELD_NOROSHI_INPUT || field == FIELD_NOROSHI_PEER ||
	       field == FIELD_NOROSHI_PEER_PID || field == FIELD_NOROSHI_UNPARSED ||
	       field == FIELD_NOROSHI_FLAGS || field == FIELD_NOROSHI_RAW ||
	       field == FIELD_EVENT_ORIGINAL || field == FIELD_TIMESTAMP;
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

			member(w, e, n, head[f], many[word] >> (f % 64) & 1);
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
