/* source_pairs.c - the named values of one message: collecting, finding, testing, patterns. */
#include "base/mem.h"
#include "parsers/jsonrow.h"
#include "parsers/source_index.h"

/* PCRE2's own measures; a hostile text ends here, flagged, and counts as not matched. */
#define MATCH_LIMIT 50000u
#define DEPTH_LIMIT 500u
#define HEAP_LIMIT  4096u /* KiB */

struct pairs *
pairs_new(const struct sources *s)
{
	struct pairs *p = mem_zero(1, sizeof(*p));

	p->sources = s;
	p->scratch = index_scratch(s->index);
	p->seen = mem_zero(s->nkeys + 1, sizeof(*p->seen));
	p->found = pcre2_match_data_create(SOURCE_GROUPS + 1, NULL);
	p->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT);
	return p;
}

void
pairs_free(struct pairs *p)
{
	if (!p)
		return;
	pcre2_match_data_free(p->found);
	pcre2_match_context_free(p->limits);
	index_scratch_free(p->scratch);
	arena_done(&p->names);
	mem_free(p->seen);
	mem_free(p);
}

void
pairs_begin(struct pairs *p)
{
	p->n = 0;
	p->round++;
	p->limit_hit = false;
	arena_reset(&p->names);
}

static void
note(struct pairs *p, uint16_t key)
{
	struct seen *seen = &p->seen[key];

	if (seen->round != p->round) {
		*seen = (struct seen){p->round, (uint16_t)p->n, (uint16_t)p->n};
		return;
	}
	p->v[seen->last - 1u].next = (uint16_t)p->n;
	seen->last = (uint16_t)p->n;
}

bool
pairs_add(struct pairs *p, struct str name, enum value_kind kind, struct str value, unsigned flags)
{
	struct pair *one;
	uint16_t key;

	if (p->n == SOURCE_PAIRS)
		return false;
	key = source_key(p->sources, name);
	one = &p->v[p->n++];
	*one = (struct pair){
		.value = value, .key = key, .kind = (uint8_t)kind, .flags = (uint8_t)flags};
	one->name = key ? p->sources->keys[key] : arena_str(&p->names, name);
	if (key)
		note(p, key);
	return true;
}

bool
pairs_add_key(struct pairs *p, uint16_t key, struct str value)
{
	if (p->n == SOURCE_PAIRS || key == KEY_NONE)
		return key == KEY_NONE;
	p->v[p->n++] = (struct pair){
		.name = p->sources->keys[key], .value = value, .key = key, .kind = VALUE_STRING};
	note(p, key);
	return true;
}

struct pair *
pairs_find(struct pairs *p, uint16_t key)
{
	return p->seen[key].round == p->round ? &p->v[p->seen[key].first - 1u] : NULL;
}

struct str
pairs_text(struct pairs *p, uint16_t key, bool *has)
{
	struct pair *one;

	*has = true;
	switch (key) {
	case KEY_PROGRAM:
		return p->program;
	case KEY_HOST:
		return p->host;
	case KEY_MESSAGE:
		return p->message;
	default:
		one = pairs_find(p, key);
		*has = one && one->kind != VALUE_NULL;
		return one ? one->value : STR("");
	}
}

/* ---- patterns ---- */

bool
pairs_match(struct pairs *p, const pcre2_code *re, struct str text, int *ngroups)
{
	int rc = pcre2_match(re, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0, PCRE2_NO_UTF_CHECK,
		p->found, p->limits);

	p->limit_hit |= rc < 0 && rc != PCRE2_ERROR_NOMATCH;
	*ngroups = rc;
	return rc > 0;
}

struct str
pairs_group(const struct pairs *p, struct str text, int group)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->found) + 2 * group;

	if (at[0] == PCRE2_UNSET || at[1] > text.n || at[0] > at[1])
		return STR("");
	return str_make(text.p + at[0], at[1] - at[0]);
}

const struct pattern *
pairs_pattern(struct pairs *p, const struct pattern *v, size_t n, struct str text)
{
	for (size_t i = 0; i < n; i++) {
		int got;

		if (v[i].has.n && str_find(text, v[i].has) < 0)
			continue;
		if (!pairs_match(p, v[i].re, text, &got))
			continue;
		for (int g = 1; g < got && g <= (int)v[i].groups; g++) {
			struct str value = pairs_group(p, text, g);

			if (value.n)
				pairs_add_key(p, v[i].keys[g], value);
		}
		return &v[i];
	}
	return NULL;
}

/* ---- conditions ---- */

static bool
one_value(const struct test *t, struct str value)
{
	for (size_t i = 0; i < t->nvalues; i++) {
		struct str want = t->values[i];

		if (t->kind == TEST_EQUALS       ? str_eq_nocase(value, want)
			: t->kind == TEST_STARTS ? str_starts(value, want)
			: t->kind == TEST_ENDS   ? str_ends(value, want)
						 : want.n > 0 && str_find(value, want) >= 0)
			return true;
	}
	return false;
}

static bool
test_text(struct pairs *p, const struct test *t, struct str value)
{
	int got;

	return t->kind == TEST_RE ? pairs_match(p, t->re, value, &got) : one_value(t, value);
}

static bool
test_holds(struct pairs *p, const struct test *t)
{
	struct pair *one;
	struct str text;
	bool has;

	if (t->key < KEY_FIRST) {
		text = pairs_text(p, t->key, &has);
		return t->kind == TEST_EXISTS ? text.n > 0 : test_text(p, t, text);
	}
	one = pairs_find(p, t->key);
	if (t->kind == TEST_EXISTS)
		return one != NULL;
	for (; one; one = one->next ? &p->v[one->next - 1u] : NULL)
		if (one->kind != VALUE_NULL && test_text(p, t, one->value))
			return true;
	return false;
}

bool
pairs_hold(struct pairs *p, const struct condition *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (test_holds(p, &c->tests[i]) == c->tests[i].not )
			return false;
	return true;
}

/* ---- JSON ---- */

#define OPEN_LISTS 64u

struct json_reading {
	struct recs *w; /* first: json_row_room */
	struct pairs *p;
	struct str prefix;
	bool full;
	/* Per list of the definitions: what of the element that is being read is known. */
	struct {
		struct str name, value;
		uint8_t kind;
		bool has_name, has_value;
	} open[OPEN_LISTS];
};

static bool
is_member(struct str path, const struct pair_list *l, struct str member)
{
	return path.n == l->at.n + 1 + member.n && str_starts(path, l->at) &&
	       path.p[l->at.n] == '.' && str_ends(path, member);
}

/* An element of a list of names and values. */
static void
take_list(struct json_reading *r, struct str path, const struct json_value *v)
{
	const struct sources *s = r->p->sources;
	size_t n = s->nlists < OPEN_LISTS ? s->nlists : OPEN_LISTS;

	for (size_t i = 0; i < n; i++) {
		const struct pair_list *l = &s->lists[i];
		char joined[RECORD_NAME_MAX];
		size_t at;

		if (is_member(path, l, l->name)) {
			if (r->open[i].has_name)
				r->open[i].has_value = false;
			r->open[i].name = v->text;
			r->open[i].has_name = true;
		} else if (is_member(path, l, l->value)) {
			r->open[i].value = v->text;
			r->open[i].kind = (uint8_t)v->kind;
			r->open[i].has_value = true;
		} else {
			continue;
		}
		if (!r->open[i].has_name || !r->open[i].has_value)
			continue;
		r->open[i].has_name = r->open[i].has_value = false;
		at = l->at.n + 1 + r->open[i].name.n;
		if (at > sizeof(joined))
			continue;
		memcpy(joined, l->at.p, l->at.n);
		joined[l->at.n] = '.';
		memcpy(joined + l->at.n + 1, r->open[i].name.p, r->open[i].name.n);
		/* Only what a definition asks for: the parts stand under their own names. */
		if (source_key(s, str_make(joined, at)) &&
			pairs_add(r->p, str_make(joined, at), r->open[i].kind, r->open[i].value, 0))
			r->p->v[r->p->n - 1].made = true;
	}
}

static bool
take_value(void *ctx, const struct json_value *v)
{
	struct json_reading *r = ctx;
	char joined[RECORD_NAME_MAX];
	struct str path = v->name;

	if (r->prefix.n + path.n > sizeof(joined))
		return true;
	if (r->prefix.n) {
		memcpy(joined, r->prefix.p, r->prefix.n);
		memcpy(joined + r->prefix.n, path.p, path.n);
		path = str_make(joined, r->prefix.n + path.n);
	}
	if (v->in_array && r->p->sources->nlists && v->kind != VALUE_OBJECT)
		take_list(r, path, v);
	if (!pairs_add(r->p, path, v->kind, v->text, v->in_array ? ENTRY_ARRAY : 0)) {
		r->full = true;
		return false;
	}
	r->p->v[r->p->n - 1].literal = v->literal && !r->prefix.n;
	return !r->w->overflow;
}

enum reason
pairs_json(struct pairs *p, struct recs *w, struct str prefix, struct str text, uint64_t *flags)
{
	struct json_reading r = {.w = w, .p = p, .prefix = prefix};
	struct json_sink sink = {take_value, json_row_room, &r};

	return json_flatten(text, &json_row_limits, &sink, flags);
}

void
pairs_each_json(const struct pairs *p, const struct json_sink *sink)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct pair *one = &p->v[i];
		struct json_value v = {.name = one->name,
			.text = one->value,
			.kind = (enum value_kind)one->kind,
			.in_array = (one->flags & ENTRY_ARRAY) != 0,
			.literal = one->literal};

		if (!one->made && !sink->value(sink->ctx, &v))
			return;
	}
}
