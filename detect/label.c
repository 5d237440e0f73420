/* label.c - records that say themselves which log source they are of: their rules. */
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/matcher.h"

/* A label is written down as its three attributes, a line each. */
struct label_text {
	char room[4096];
	size_t n;
	/* The entries that are part of a label, in their order. */
	uint16_t entries[RECORD_ENTRIES_MAX];
	uint32_t nentries;
};

/* One attribute of the record's own label: its values as they stand, with separators. */
static struct str
label_part(const struct matcher *m, struct label_text *t, unsigned field)
{
	const size_t cap = sizeof(t->room) - 2; /* the two line breaks */
	size_t from = t->n;

	for (uint32_t i = 0; i < t->nentries; i++) {
		struct str s;

		if (m->entries[t->entries[i]].field != field)
			continue;
		s = value_raw(m, t->entries[i]);
		if (t->n + s.n + 1 > cap)
			continue; /* no rule's word is that long */
		if (t->n > from)
			t->room[t->n++] = ROUTE_SEPARATOR;
		if (s.n)
			memcpy(t->room + t->n, s.p, s.n);
		for (char *p = t->room + t->n, *end = p + s.n;
			(p = memchr(p, ROUTE_SEPARATOR, (size_t)(end - p)));)
			*p++ = '\x1e';
		t->n += s.n;
	}
	return str_make(t->room + from, t->n - from);
}

/* A label's values in lower case: the separator is no letter. */
static void
fill_label(struct matcher *m, struct str product, struct str category, struct str service,
	struct group *g)
{
	struct arena a = {0};
	struct str parts[3] = {product, category, service};
	struct attributes label;

	for (unsigned i = 0; i < 3; i++) {
		char *low = arena_alloc(&a, parts[i].n * 3 + 1);

		parts[i] = str_make(low, utf8_lower_to(parts[i], low));
	}
	label = (struct attributes){parts[0], parts[1], parts[2]};
	route_fill(m->rs, m->part, &label, g);
	arena_done(&a);
}

/* Does the record have the very label of the one before? */
static bool
is_repeated(const struct matcher *m, const struct label_text *t)
{
	const struct label_seen *seen = &m->label;
	const char *p = seen->text;

	if (!seen->group || seen->n != t->nentries)
		return false;
	for (uint32_t i = 0; i < t->nentries; i++) {
		const struct entry *e = &m->entries[t->entries[i]];
		struct str s = value_raw(m, t->entries[i]);

		if (e->field != seen->parts[i].field || s.n != seen->parts[i].n ||
			memcmp(s.p, p, s.n) != 0)
			return false;
		p += s.n;
	}
	return true;
}

static const struct group *
remember(struct matcher *m, const struct label_text *t, const struct group *g)
{
	struct label_seen *seen = &m->label;
	size_t n = 0;

	seen->group = NULL;
	if (t->nentries > LABEL_PARTS)
		return g;
	for (uint32_t i = 0; i < t->nentries; i++) {
		struct str s = value_raw(m, t->entries[i]);

		if (s.n > sizeof(seen->text) - n)
			return g;
		memcpy(seen->text + n, s.p, s.n);
		n += s.n;
		seen->parts[i].field = m->entries[t->entries[i]].field;
		seen->parts[i].n = (uint16_t)s.n;
	}
	seen->n = t->nentries;
	seen->group = g;
	return g;
}

/* By its three attributes, whatever they were written in. */
static const struct group *
find_group(struct matcher *m, struct label_text *t)
{
	struct str product, category, service, key;
	struct label_entry *at;

	t->n = 0;
	product = label_part(m, t, FIELD_LOGSOURCE_PRODUCT);
	t->room[t->n++] = '\n';
	category = label_part(m, t, FIELD_LOGSOURCE_CATEGORY);
	t->room[t->n++] = '\n';
	service = label_part(m, t, FIELD_LOGSOURCE_SERVICE);
	key = str_make(t->room, t->n);
	if (key.n > LABEL_MAX) {
		fill_label(m, product, category, service, &m->spare);
		return &m->spare;
	}
	at = &m->labels[hash_text(key) % LABEL_CACHE];
	if (!str_eq(str_make(at->key, at->n), key)) {
		fill_label(m, product, category, service, &at->group);
		memcpy(at->key, key.p, key.n);
		at->n = key.n;
	}
	return &at->group;
}

const struct group *
label_group(struct matcher *m)
{
	struct label_text t;

	t.nentries = 0;
	for (uint32_t i = 0; i < m->n; i++) {
		unsigned f = m->entries[i].field;

		if (f >= FIELD_LOGSOURCE_PRODUCT && f <= FIELD_LOGSOURCE_SERVICE &&
			m->entries[i].kind == VALUE_STRING)
			t.entries[t.nentries++] = (uint16_t)i;
	}
	return is_repeated(m, &t) ? m->label.group : remember(m, &t, find_group(m, &t));
}
