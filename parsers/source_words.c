/* source_words.c - what the parts of a definition are written in: words, patterns, fields,
 * conditions. */
#include "base/allowed.h"
#include "base/mem.h"
#include "parsers/source_build.h"

#define VALUES_MAX 4096u

void
build_wrong(struct build *b, const struct yaml_node *at, const char *what)
{
	diag_add(b->why, DIAG_ERROR, b->path, at->line, at->column, "%s", what);
}

void
build_unknown(struct build *b, const struct yaml_node *key, const char *const *words, size_t n,
	const char *what)
{
	const char *near = diag_did_you_mean(key->text, words, n);

	diag_add(b->why, DIAG_ERROR, b->path, key->line, key->column,
		"no %s is called '%.*s'%s%s%s", what, STR_ARG(key->text),
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool
is_scalar(const struct yaml_node *n)
{
	return n && n->kind != YAML_LIST && n->kind != YAML_MAP;
}

struct str
build_text(struct build *b, const struct yaml_node *n)
{
	if (!n || n->kind == YAML_NULL)
		return STR("");
	if (!is_scalar(n)) {
		build_wrong(b, n, "a word stands here, not a list or map");
		return STR("");
	}
	return arena_str(&b->all->arena, n->text);
}

/* A word or a list of words. */
struct str *
build_texts(struct build *b, const struct yaml_node *n, size_t *count)
{
	struct str *ret;

	*count = 0;
	if (!n || n->kind == YAML_NULL || n->kind == YAML_MAP) {
		if (n && n->kind == YAML_MAP)
			build_wrong(b, n, "a word or a list of words stands here");
		return NULL;
	}
	if (n->kind != YAML_LIST) {
		ret = arena_alloc(&b->all->arena, sizeof(*ret));
		ret[0] = build_text(b, n);
		*count = 1;
		return ret;
	}
	ret = arena_alloc(&b->all->arena, (n->n + 1) * sizeof(*ret));
	for (size_t i = 0; i < n->n && i < VALUES_MAX; i++)
		ret[(*count)++] = build_text(b, n->items[i]);
	return ret;
}

uint16_t
build_key(struct build *b, struct str name)
{
	return name.n ? sources_intern(b->all, name) : 0;
}

pcre2_code *
build_regex(struct build *b, const struct yaml_node *n)
{
	const uint32_t options =
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES | PCRE2_DOLLAR_ENDONLY;
	struct sources *all = b->all;
	struct str text = build_text(b, n);
	PCRE2_UCHAR words[160];
	PCRE2_SIZE at;
	int error;
	pcre2_code *re = pcre2_compile(
		(PCRE2_SPTR)(text.n ? text.p : ""), text.n, options, &error, &at, all->compile);

	if (!re) {
		pcre2_get_error_message(error, words, sizeof(words));
		diag_add(b->why, DIAG_ERROR, b->path, n->line, n->column,
			"not a pattern: %s at its character %zu; correct it", (char *)words,
			at + 1);
		return NULL;
	}
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE); /* without it the interpreter does */
	all->codes = mem_grow(all->codes, all->ncodes, &all->cap_codes, sizeof(pcre2_code *));
	all->codes[all->ncodes++] = re;
	return re;
}

/* ---- targets and settings ---- */

uint16_t
build_ecs(struct str name)
{
	static const struct {
		const char *name;
		uint16_t field;
	} rows[] = {
#define F(id, name, kind) {name, FIELD_##id},
#include "base/ecs.def"
#undef F
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(name, str_of(rows[i].name)))
			return rows[i].field;
	return FIELD_NAMED;
}

struct target
build_target(struct build *b, const struct yaml_node *n)
{
	struct target t = {.name = build_text(b, n)};

	t.field = build_ecs(t.name);
	if (t.name.n == 0)
		build_wrong(b, n, "a field's name is missing here");
	if (t.field == FIELD_SOURCE_IP || t.field == FIELD_DESTINATION_IP ||
		t.field == FIELD_CLIENT_IP || t.field == FIELD_SERVER_IP) {
		struct str base = str_make(t.name.p, t.name.n - 2);
		struct buf domain = {0};

		buf_printf(&domain, "%.*sdomain", STR_ARG(base));
		t.domain = arena_str(&b->all->arena, buf_str(&domain));
		t.domain_field = build_ecs(t.domain);
		buf_done(&domain);
	}
	return t;
}

void
build_allowed(struct build *b, const struct yaml_node *at, unsigned field, struct str value)
{
	if (!ecs_allowed(field, value))
		diag_add(b->why, DIAG_ERROR, b->path, at->line, at->column,
			"'%.*s' is none of the values that ECS allows here: %s", STR_ARG(value),
			ecs_allowed_words(field));
}

/* Words that this program reads itself: a wrong one would be kept silently. */
static void
check_setting(struct build *b, const struct yaml_node *at, const struct setting *s)
{
	struct str list = s->value, one;
	enum log_kind kind;

	if (s->to.field == FIELD_NOROSHI_LOG_KIND && !log_kind_find(s->value, &kind))
		build_wrong(
			b, at, "a kind is mail, firewall, proxy, remote, auth, endpoint or none");
	if (s->to.field == FIELD_NOROSHI_WEAVE && !str_eq(s->value, STR("binds")))
		build_wrong(b, at, "noroshi.weave is 'binds' or is not set");
	while (ecs_allowed_words(s->to.field) && list.n) {
		str_cut(&list, ',', &one);
		build_allowed(b, at, s->to.field, str_trim(one));
	}
	while (s->to.field == FIELD_NOROSHI_LOG_EXCUSED && list.n) {
		str_cut(&list, ',', &one);
		if (log_excuse_find(str_trim(one)) == EXCUSE_COUNT)
			build_wrong(b, at, "no such excuse; base/coverage.def has them");
	}
}

struct settings_list
build_settings(struct build *b, const struct yaml_node *map)
{
	struct settings_list ret = {0};

	if (!map)
		return ret;
	if (map->kind != YAML_MAP) {
		build_wrong(b, map, "a map 'field: value' stands here");
		return ret;
	}
	ret.set = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*ret.set));
	for (size_t i = 0; i < map->n; i++) {
		struct setting *one = &ret.set[ret.n++];

		one->to = build_target(b, map->keys[i]);
		if (map->items[i]->kind == YAML_LIST) {
			struct buf list = {0};

			for (size_t k = 0; k < map->items[i]->n; k++)
				buf_printf(&list, "%s%.*s", k ? "," : "",
					STR_ARG(build_text(b, map->items[i]->items[k])));
			one->value = arena_str(&b->all->arena, buf_str(&list));
			buf_done(&list);
		} else {
			one->value = build_text(b, map->items[i]);
		}
		check_setting(b, map->items[i], one);
	}
	return ret;
}

/* ---- conditions ---- */

static void
test_by_map(struct build *b, const struct yaml_node *map, struct test *t)
{
	static const char *const words[] = {
		"starts", "ends", "contains", "exists", "re", "is", "not"};

	for (size_t i = 0; i < map->n; i++) {
		struct str word = map->keys[i]->text;

		if (str_eq(word, STR("starts")))
			t->kind = TEST_STARTS;
		else if (str_eq(word, STR("ends")))
			t->kind = TEST_ENDS;
		else if (str_eq(word, STR("contains")))
			t->kind = TEST_CONTAINS;
		else if (str_eq(word, STR("is")) || str_eq(word, STR("not")))
			t->kind = TEST_EQUALS;
		else if (str_eq(word, STR("exists")))
			t->kind = TEST_EXISTS;
		else if (str_eq(word, STR("re")))
			t->kind = TEST_RE;
		else
			build_unknown(b, map->keys[i], words, 7, "test");
		if (t->kind == TEST_EXISTS)
			t->not = map->items[i]->kind == YAML_BOOL && !map->items[i]->truth;
		else if (t->kind == TEST_RE)
			t->re = build_regex(b, map->items[i]);
		else
			t->values = build_texts(b, map->items[i], &t->nvalues);
		t->not |= str_eq(word, STR("not"));
	}
	if (map->n != 1)
		build_wrong(b, map,
			"one test for a key: starts, ends, contains, is, not, exists or re");
}

size_t
build_alternatives(struct str key)
{
	size_t n = 1;

	for (size_t i = 0; i < key.n; i++)
		n += key.p[i] == '|';
	return n;
}

struct str
build_alternative(struct str key, size_t i)
{
	struct str one = key;

	do
		str_cut(&key, '|', &one);
	while (i-- > 0);
	return one;
}

/* {key: value}, {key: [a, b]}, {key: ~} (is there), {key: {contains: x}}; of the alternatives of
 * keys the choice-th. */
static struct condition
chosen(struct build *b, const struct yaml_node *map, size_t choice)
{
	struct condition c = {0};

	c.tests = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*c.tests));
	for (size_t i = 0; i < map->n; i++) {
		struct test *t = &c.tests[c.n++];
		const struct yaml_node *value = map->items[i];
		struct str key = map->keys[i]->text;
		size_t n = build_alternatives(key);

		t->key = build_key(b, build_alternative(key, choice % n));
		choice /= n;
		if (value->kind == YAML_MAP)
			test_by_map(b, value, t);
		else if (value->kind == YAML_NULL)
			t->kind = TEST_EXISTS;
		else
			t->values = build_texts(b, value, &t->nvalues);
	}
	return c;
}

size_t
build_nchoices(const struct yaml_node *map)
{
	size_t n = 1;

	if (map && map->kind == YAML_MAP)
		for (size_t i = 0; i < map->n && n <= BUILD_CHOICES; i++)
			n *= build_alternatives(map->keys[i]->text);
	return n <= BUILD_CHOICES ? n : 0;
}

struct condition *
build_choices(struct build *b, const struct yaml_node *map, size_t *n)
{
	struct condition *list;

	*n = build_nchoices(map);
	if (*n == 0) {
		build_wrong(b, map, "more than 256 choices of keys; take fewer alternatives");
		*n = 1;
	}
	list = arena_alloc(&b->all->arena, *n * sizeof(*list));
	memset(list, 0, *n * sizeof(*list));
	if (!map || map->kind == YAML_NULL)
		return list;
	if (map->kind != YAML_MAP) {
		build_wrong(b, map, "a map 'key: value' stands here");
		return list;
	}
	for (size_t i = 0; i < *n; i++)
		list[i] = chosen(b, map, i);
	return list;
}

struct condition
build_condition(struct build *b, const struct yaml_node *map)
{
	size_t n;
	struct condition *list = build_choices(b, map, &n);

	if (n > 1)
		build_wrong(b, map, "alternatives of keys stand in 'recognise', 'when' and 'map'");
	return list[0];
}

void
build_recognition(struct build *b, const struct yaml_node *n)
{
	static const char *const words[] = {"program", "starts", "contains", "if"};
	size_t count = n->kind == YAML_LIST ? n->n : 1, room = 1;

	for (size_t i = 0; i < count; i++)
		room += build_nchoices(yaml_get(n->kind == YAML_LIST ? n->items[i] : n, "if"));
	b->s->recognise = arena_alloc(&b->all->arena, (room + count) * sizeof(struct recognise));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *map = n->kind == YAML_LIST ? n->items[i] : n;
		struct recognise *r = &b->s->recognise[b->s->nrecognise++];
		struct condition *choices = NULL;
		size_t nchoices = 1;

		if (map->kind != YAML_MAP) {
			build_wrong(b, map, "a map of program, starts, contains, if stands here");
			continue;
		}
		for (size_t k = 0; k < map->n; k++) {
			struct str word = map->keys[k]->text;

			if (str_eq(word, STR("program")))
				r->programs = build_texts(b, map->items[k], &r->nprograms);
			else if (str_eq(word, STR("starts")))
				r->starts = build_texts(b, map->items[k], &r->nstarts);
			else if (str_eq(word, STR("contains")))
				r->contains = build_texts(b, map->items[k], &r->ncontains);
			else if (str_eq(word, STR("if")))
				choices = build_choices(b, map->items[k], &nchoices);
			else
				build_unknown(b, map->keys[k], words, 4, "way to recognise");
		}
		if (choices)
			r->cond = choices[0];
		for (size_t k = 1; k < nchoices; k++) {
			b->s->recognise[b->s->nrecognise] = *r;
			b->s->recognise[b->s->nrecognise++].cond = choices[k];
		}
		for (size_t k = 0; k < r->nprograms; k++)
			if (r->programs[k].n == 0)
				build_wrong(b, map, "a program's name is empty; remove it");
	}
}
