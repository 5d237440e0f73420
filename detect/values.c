/* One record's entries: by field, as text, in lower case; each worked out at most once. */
#include "base/mem.h"
#include "base/utf8.h"
#include "detect/matcher.h"

#define BLOCK_BYTES ((size_t)256 << 10)

static char *
text_room(struct matcher *m, size_t n)
{
	while (m->block && m->block->cap - m->block_used < n) {
		if (!m->block->next)
			break;
		m->block = m->block->next;
		m->block_used = 0;
	}
	if (!m->block || m->block->cap - m->block_used < n) {
		size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
		struct text_block *more = mem_alloc(sizeof(*more) + cap);

		more->cap = cap;
		more->next = NULL;
		if (m->block)
			m->block->next = more;
		else
			m->blocks = more;
		m->block = more;
		m->block_used = 0;
	}
	return m->block->bytes + m->block_used;
}

static void
link_entry(struct matcher *m, uint32_t i)
{
	const struct entry *e = &m->entries[i];
	unsigned f = e->field;
	bool literal = e->flags & ENTRY_LITERAL;

	m->next[i] = 0;
	if (f == FIELD_NAMED || f >= m->rs->nfields)
		return;
	if (m->field_stamp[f] != m->stamp) {
		m->field_stamp[f] = m->stamp;
		m->field_first[f] = (uint16_t)i;
		m->field_literal[f] = literal;
	} else if (literal != m->field_literal[f]) {
		/* The key as it stands wins over the path through objects. */
		if (!literal)
			return;
		m->field_literal[f] = true;
		m->field_first[f] = (uint16_t)i;
	} else if (!(e->flags & ENTRY_ARRAY)) {
		m->field_first[f] = (uint16_t)i; /* a repeated key: the last one counts */
	} else {
		m->next[m->field_last[f]] = (uint16_t)(i + 1);
	}
	m->field_last[f] = (uint16_t)i;
}

void
values_begin(struct matcher *m, struct batch b, const struct record *r)
{
	uint32_t n = r->nentries < RECORD_ENTRIES_MAX ? r->nentries : RECORD_ENTRIES_MAX;

	m->b = b;
	m->entries = record_entries(b, r);
	if (++m->stamp >= UINT32_MAX / 2) {
		memset(m->field_stamp, 0, m->rs->nfields * sizeof(uint32_t));
		memset(m->slot_stamp, 0, m->rs->nslots * sizeof(uint32_t));
		memset(m->scan_stamp, 0, m->rs->nslots * sizeof(uint32_t));
		memset(m->shard_stamp, 0, m->rs->nshards * sizeof(uint32_t));
		memset(m->hit_stamp, 0, m->rs->nwitnesses * sizeof(uint32_t));
		memset(m->atom_stamp, 0, m->rs->natoms * sizeof(uint32_t));
		memset(m->values, 0, sizeof(m->values));
		m->stamp = 1;
	}
	m->block = m->blocks;
	m->block_used = 0;
	m->has_raw = r->logsource != LOGSOURCE_LABEL && r->frame < batch_head(b)->nframes;
	if (m->has_raw)
		m->raw = batch_raw(b, &batch_frames(b)[r->frame]);
	m->n = n + m->has_raw;
}

void
values_link(struct matcher *m)
{
	for (uint32_t i = 0; i < m->n - m->has_raw; i++)
		link_entry(m, i);
}

struct str
value_raw(const struct matcher *m, uint32_t i)
{
	switch (value_kind(m, i)) {
	case VALUE_STRING:
	case VALUE_NUMBER:
		return is_raw(m, i) ? m->raw : entry_text(m->b, &m->entries[i]);
	case VALUE_TRUE:
		return STR("true");
	case VALUE_FALSE:
		return STR("false");
	default:
		return (struct str){"", 0};
	}
}

struct str
value_make_lower(struct matcher *m, uint32_t i)
{
	struct value *v = &m->values[i];
	struct str s = value_raw(m, i);
	char *to = text_room(m, s.n * 3);

	v->low_stamp = m->stamp;
	v->low = str_make(to, utf8_lower_look(s, to, &v->low_ascii));
	m->block_used += v->low.n;
	return v->low;
}

/* Every scalar but what is there for matching only. */
static inline bool
is_every(const struct matcher *m, uint32_t i)
{
	return value_has_text(m, i) && (is_raw(m, i) || !(m->entries[i].flags & ENTRY_HIDDEN));
}

struct str
values_joined(struct matcher *m, bool *ascii)
{
	size_t need = 0;
	char *to;
	struct str all;

	*ascii = true;
	for (uint32_t i = 0; i < m->n; i++)
		need += value_raw(m, i).n * 3 + 1;
	to = text_room(m, need);
	all = str_make(to, 0);
	for (uint32_t i = 0; i < m->n; i++) {
		struct value *v = &m->values[i];

		if (!is_every(m, i))
			continue;

		if (v->low_stamp == m->stamp && v->low.n)
			memcpy(to, v->low.p, v->low.n);
		else if (v->low_stamp != m->stamp)
			v->low = str_make(to, utf8_lower_look(value_raw(m, i), to, &v->low_ascii));
		v->low_stamp = m->stamp;
		*ascii = *ascii && v->low_ascii;
		to += v->low.n;
		*to++ = '\xff';
	}
	all.n = (size_t)(to - all.p);
	m->block_used += all.n;
	return all;
}

struct str
value_sound(struct matcher *m, uint32_t i)
{
	struct value *v = &m->values[i];
	struct str s;
	char *to;

	if (v->sound_stamp == m->stamp)
		return v->sound;
	s = value_raw(m, i);
	v->sound_stamp = m->stamp;
	v->sound = s;
	if (utf8_valid(s))
		return s;
	to = text_room(m, s.n * 3);
	v->sound = str_make(to, 0);
	while (s.n > 0) {
		uint32_t cp;

		str_skip(&s, utf8_decode(s, &cp));
		v->sound.n += utf8_encode(cp, to + v->sound.n);
	}
	m->block_used += v->sound.n;
	return v->sound;
}

unsigned
slot_resolve(struct matcher *m, uint32_t slot)
{
	const struct field_ref *ref = &m->rs->slots[slot].ref;

	m->slot_stamp[slot] = m->stamp;
	m->slot_field[slot] = 0;
	for (size_t i = 0; i < ref->n; i++)
		if (m->field_stamp[ref->fields[i]] == m->stamp) {
			m->slot_field[slot] = ref->fields[i];
			break;
		}
	return m->slot_field[slot];
}

uint32_t
slot_every(const struct matcher *m, uint32_t *at)
{
	while (*at < m->n) {
		uint32_t i = (*at)++;

		if (is_every(m, i))
			return i;
	}
	return NONE;
}
