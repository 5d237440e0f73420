/* source_build.c - one YAML document into a struct source; every mistake is told with its place. */
#include "base/logsource.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "parsers/source_inside.h"

#define VALUES_MAX 4096u

struct build {
	struct sources *all;
	const char *path;
	struct diag *why;
	struct source *s;
};

static void
wrong(struct build *b, const struct yaml_node *at, const char *what)
{
	diag_add(b->why, DIAG_ERROR, b->path, at->line, at->column, "%s", what);
}

static void
unknown(struct build *b, const struct yaml_node *key, const char *const *words, size_t n,
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

static struct str
text_of(struct build *b, const struct yaml_node *n)
{
	if (!n || n->kind == YAML_NULL)
		return STR("");
	if (!is_scalar(n)) {
		wrong(b, n, "a word stands here, not a list or map");
		return STR("");
	}
	return arena_str(&b->all->arena, n->text);
}

/* A word or a list of words. */
static struct str *
texts_of(struct build *b, const struct yaml_node *n, size_t *count)
{
	struct str *ret;

	*count = 0;
	if (!n || n->kind == YAML_NULL || n->kind == YAML_MAP) {
		if (n && n->kind == YAML_MAP)
			wrong(b, n, "a word or a list of words stands here");
		return NULL;
	}
	if (n->kind != YAML_LIST) {
		ret = arena_alloc(&b->all->arena, sizeof(*ret));
		ret[0] = text_of(b, n);
		*count = 1;
		return ret;
	}
	ret = arena_alloc(&b->all->arena, (n->n + 1) * sizeof(*ret));
	for (size_t i = 0; i < n->n && i < VALUES_MAX; i++)
		ret[(*count)++] = text_of(b, n->items[i]);
	return ret;
}

static uint16_t
key_of(struct build *b, struct str name)
{
	return name.n ? sources_intern(b->all, name) : 0;
}

static pcre2_code *
regex(struct build *b, const struct yaml_node *n)
{
	const uint32_t options =
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES | PCRE2_DOLLAR_ENDONLY;
	struct sources *all = b->all;
	struct str text = text_of(b, n);
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

static uint16_t
ecs(struct str name)
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

static struct target
target(struct build *b, const struct yaml_node *n)
{
	struct target t = {.name = text_of(b, n)};

	t.field = ecs(t.name);
	if (t.name.n == 0)
		wrong(b, n, "a field's name is missing here");
	if (t.field == FIELD_SOURCE_IP || t.field == FIELD_DESTINATION_IP ||
		t.field == FIELD_CLIENT_IP || t.field == FIELD_SERVER_IP) {
		struct str base = str_make(t.name.p, t.name.n - 2);
		struct buf domain = {0};

		buf_printf(&domain, "%.*sdomain", STR_ARG(base));
		t.domain = arena_str(&b->all->arena, buf_str(&domain));
		t.domain_field = ecs(t.domain);
		buf_done(&domain);
	}
	return t;
}

static struct settings_list
settings(struct build *b, const struct yaml_node *map)
{
	struct settings_list ret = {0};

	if (!map)
		return ret;
	if (map->kind != YAML_MAP) {
		wrong(b, map, "a map 'field: value' stands here");
		return ret;
	}
	ret.set = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*ret.set));
	for (size_t i = 0; i < map->n; i++) {
		struct setting *one = &ret.set[ret.n++];

		one->to = target(b, map->keys[i]);
		if (map->items[i]->kind == YAML_LIST) {
			struct buf list = {0};

			for (size_t k = 0; k < map->items[i]->n; k++)
				buf_printf(&list, "%s%.*s", k ? "," : "",
					STR_ARG(text_of(b, map->items[i]->items[k])));
			one->value = arena_str(&b->all->arena, buf_str(&list));
			buf_done(&list);
		} else {
			one->value = text_of(b, map->items[i]);
		}
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
			unknown(b, map->keys[i], words, 7, "test");
		if (t->kind == TEST_EXISTS)
			t->not = map->items[i]->kind == YAML_BOOL && !map->items[i]->truth;
		else if (t->kind == TEST_RE)
			t->re = regex(b, map->items[i]);
		else
			t->values = texts_of(b, map->items[i], &t->nvalues);
		t->not |= str_eq(word, STR("not"));
	}
	if (map->n != 1)
		wrong(b, map, "one test for a key: starts, ends, contains, is, not, exists or re");
}

/* {key: value}, {key: [a, b]}, {key: ~} (is there), {key: {contains: x}} */
static struct condition
condition(struct build *b, const struct yaml_node *map)
{
	struct condition c = {0};

	if (!map || map->kind == YAML_NULL)
		return c;
	if (map->kind != YAML_MAP) {
		wrong(b, map, "a map 'key: value' stands here");
		return c;
	}
	c.tests = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*c.tests));
	for (size_t i = 0; i < map->n; i++) {
		struct test *t = &c.tests[c.n++];
		const struct yaml_node *value = map->items[i];

		t->key = key_of(b, map->keys[i]->text);
		if (value->kind == YAML_MAP)
			test_by_map(b, value, t);
		else if (value->kind == YAML_NULL)
			t->kind = TEST_EXISTS;
		else
			t->values = texts_of(b, value, &t->nvalues);
	}
	return c;
}

static void
recognition(struct build *b, const struct yaml_node *n)
{
	static const char *const words[] = {"program", "starts", "contains", "if"};
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	b->s->recognise = arena_alloc(&b->all->arena, (count + 1) * sizeof(struct recognise));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *map = n->kind == YAML_LIST ? n->items[i] : n;
		struct recognise *r = &b->s->recognise[b->s->nrecognise++];

		if (map->kind != YAML_MAP) {
			wrong(b, map, "a map of program, starts, contains, if stands here");
			continue;
		}
		for (size_t k = 0; k < map->n; k++) {
			struct str word = map->keys[k]->text;

			if (str_eq(word, STR("program")))
				r->programs = texts_of(b, map->items[k], &r->nprograms);
			else if (str_eq(word, STR("starts")))
				r->starts = texts_of(b, map->items[k], &r->nstarts);
			else if (str_eq(word, STR("contains")))
				r->contains = texts_of(b, map->items[k], &r->ncontains);
			else if (str_eq(word, STR("if")))
				r->cond = condition(b, map->items[k]);
			else
				unknown(b, map->keys[k], words, 4, "way to recognise");
		}
		for (size_t k = 0; k < r->nprograms; k++)
			if (r->programs[k].n == 0)
				wrong(b, map, "a program's name is empty; remove it");
	}
}

/* ---- patterns ---- */

/* "source__ip" is the name source.ip. */
static struct str
group_name(struct build *b, const char *name)
{
	struct str ret = arena_str(&b->all->arena, str_of(name));
	char *p = (char *)(uintptr_t)ret.p;
	size_t n = 0;

	for (size_t i = 0; i < ret.n; i++) {
		if (p[i] == '_' && i + 1 < ret.n && p[i + 1] == '_') {
			p[n++] = '.';
			i++;
		} else {
			p[n++] = p[i];
		}
	}
	ret.n = n;
	return ret;
}

static void
groups(struct build *b, const struct yaml_node *at, struct pattern *p)
{
	uint32_t count = 0, names = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(p->re, PCRE2_INFO_CAPTURECOUNT, &count);
	pcre2_pattern_info(p->re, PCRE2_INFO_NAMECOUNT, &names);
	pcre2_pattern_info(p->re, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(p->re, PCRE2_INFO_NAMETABLE, &table);
	if (count > SOURCE_GROUPS) {
		wrong(b, at,
			"more than 64 groups in a pattern; use (?:...) where no name is meant");
		return;
	}
	p->groups = count;
	p->keys = arena_alloc(&b->all->arena, (count + 1) * sizeof(*p->keys));
	for (uint32_t i = 0; i < names; i++, table += size) {
		unsigned group = (unsigned)table[0] << 8 | table[1];

		p->keys[group] = key_of(b, group_name(b, (const char *)table + 2));
	}
}

static struct patterns
patterns(struct build *b, const struct yaml_node *list)
{
	static const char *const words[] = {"re", "has", "set"};
	struct patterns ret = {0};

	if (!list)
		return ret;
	if (list->kind != YAML_LIST || list->n > SOURCE_PATTERNS) {
		wrong(b, list, "a list of at most 512 patterns stands here");
		return ret;
	}
	ret.v = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(*ret.v));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *re = n;
		struct pattern *p = &ret.v[ret.n];

		if (n->kind == YAML_MAP) {
			re = yaml_get(n, "re");
			p->has = text_of(b, yaml_get(n, "has"));
			p->set = settings(b, yaml_get(n, "set"));
			for (size_t k = 0; k < n->n; k++)
				if (!str_eq(n->keys[k]->text, STR("re")) &&
					!str_eq(n->keys[k]->text, STR("has")) &&
					!str_eq(n->keys[k]->text, STR("set")))
					unknown(b, n->keys[k], words, 3, "part of a pattern");
		}
		if (!re) {
			wrong(b, n, "a pattern has a 're'");
			continue;
		}
		p->re = regex(b, re);
		if (!p->re)
			continue;
		groups(b, re, p);
		ret.n++;
	}
	return ret;
}

/* ---- shapes ---- */

static struct kv_style
kv_style(struct build *b, const struct yaml_node *map)
{
	struct kv_style s = {.pair = '='};
	const struct yaml_node *open = map ? yaml_get(map, "open") : NULL;
	struct str pair = map ? text_of(b, yaml_get(map, "pair")) : STR("");
	struct str gap = map ? text_of(b, yaml_get(map, "gap")) : STR("");

	if (pair.n)
		s.pair = pair.p[0];
	if (gap.n)
		s.gap = gap.p[0];
	s.open = open && open->kind == YAML_BOOL && open->truth;
	return s;
}

static char
separator(struct build *b, const struct yaml_node *n)
{
	struct str s = text_of(b, n);

	if (str_eq(s, STR("tab")))
		return '\t';
	if (str_eq(s, STR("blank")) || str_eq(s, STR(" ")))
		return ' ';
	return s.n ? s.p[0] : ',';
}

static void
layout(struct build *b, const struct yaml_node *names, struct layout *l)
{
	size_t count;
	struct str *v = texts_of(b, names, &count);

	l->keys = arena_alloc(&b->all->arena, (count + 1) * sizeof(*l->keys));
	for (size_t i = 0; i < count; i++)
		l->keys[l->n++] = key_of(b, v[i]); /* ~ leaves one out */
}

/* A list of names, or of layouts {if, least, most, names}. */
static void
columns(struct build *b, const struct yaml_node *list)
{
	static const char *const words[] = {"if", "least", "most", "names"};
	bool many;

	if (list->kind != YAML_LIST || list->n == 0) {
		wrong(b, list, "a list of names, or of layouts, stands here");
		return;
	}
	many = list->items[0]->kind == YAML_MAP;
	b->s->layouts = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(struct layout));
	for (size_t i = 0; i < (many ? list->n : 1); i++) {
		const struct yaml_node *n = list->items[i];
		struct layout *l = &b->s->layouts[b->s->nlayouts++];

		*l = (struct layout){.least = 1, .most = SIZE_MAX};
		if (!many) {
			layout(b, list, l);
			continue;
		}
		if (n->kind != YAML_MAP) {
			wrong(b, n, "a layout is a map: if, least, most, names");
			continue;
		}
		for (size_t k = 0; k < n->n; k++) {
			const struct yaml_node *v = n->items[k];

			if (str_eq(n->keys[k]->text, STR("if")))
				l->cond = condition(b, v);
			else if (str_eq(n->keys[k]->text, STR("names")))
				layout(b, v, l);
			else if (str_eq(n->keys[k]->text, STR("least")))
				str_u64(text_of(b, v), &l->least);
			else if (str_eq(n->keys[k]->text, STR("most")))
				str_u64(text_of(b, v), &l->most);
			else
				unknown(b, n->keys[k], words, 4, "part of a layout");
		}
	}
}

static void
extracts(struct build *b, const struct yaml_node *list)
{
	if (list->kind != YAML_LIST) {
		wrong(b, list, "a list of {from, patterns | kv | json} stands here");
		return;
	}
	b->s->extracts = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(struct extract));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *all;
		struct extract *x = &b->s->extracts[b->s->nextracts++];

		if (n->kind != YAML_MAP || !yaml_get(n, "from")) {
			wrong(b, n, "say from which key: {from: KEY, patterns: [...]}");
			continue;
		}
		x->from = key_of(b, text_of(b, yaml_get(n, "from")));
		x->prefix = text_of(b, yaml_get(n, "prefix"));
		x->shape = yaml_get(n, "json") ? SHAPE_JSON
			   : yaml_get(n, "kv") ? SHAPE_KV
					       : SHAPE_TEXT;
		all = yaml_get(n, "all");
		x->all = all && all->truth;
		if (x->shape == SHAPE_KV)
			x->kv = kv_style(b, yaml_get(n, "kv"));
		x->patterns = patterns(b, yaml_get(n, "patterns"));
	}
}

static void
lists(struct build *b, const struct yaml_node *list)
{
	for (size_t i = 0; list->kind == YAML_LIST && i < list->n; i++) {
		const struct yaml_node *n = list->items[i];
		struct pair_list l = {text_of(b, yaml_get(n, "at")),
			text_of(b, yaml_get(n, "name")), text_of(b, yaml_get(n, "value"))};
		bool known = false;

		for (size_t k = 0; k < b->all->nlists; k++)
			known |= str_eq(b->all->lists[k].at, l.at) &&
				 str_eq(b->all->lists[k].name, l.name);
		if (known)
			continue;
		b->all->lists = mem_grow(
			b->all->lists, b->all->nlists, &b->all->cap_lists, sizeof(*b->all->lists));
		b->all->lists[b->all->nlists++] = l;
	}
}

/* ---- rows ---- */

static const char *const as_words[AS_COUNT] = {"field", "text", "lower", "url", "authority", "file",
	"account", "host", "peer", "port", "mac", "hash", "hashes", "mail", "protocol", "outcome",
	"seconds", "milliseconds", "microseconds", "basename", "percent", "units"};

static void
targets(struct build *b, const struct yaml_node *n, struct op *op)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	op->to = arena_alloc(&b->all->arena, (count + 1) * sizeof(*op->to));
	for (size_t i = 0; i < count; i++)
		op->to[op->nto++] = target(b, n->kind == YAML_LIST ? n->items[i] : n);
}

static void
value_table(struct build *b, const struct yaml_node *map, struct op *op)
{
	if (map->kind != YAML_MAP) {
		wrong(b, map, "a map 'value: what it becomes' stands here");
		return;
	}
	op->values = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*op->values));
	for (size_t i = 0; i < map->n; i++) {
		struct str from = arena_str(&b->all->arena, map->keys[i]->text);
		struct str to = text_of(b, map->items[i]);

		if (str_eq(from, STR("*"))) {
			op->has_other = true;
			op->other = to;
		} else {
			op->values[op->nvalues++] = (struct value_row){from, to};
		}
	}
}

static void
op_by_map(struct build *b, const struct yaml_node *map, struct op *op)
{
	static const char *const words[] = {
		"to", "as", "values", "split", "re", "over", "if", "else"};

	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *v = map->items[i];
		struct str word = map->keys[i]->text;

		if (str_eq(word, STR("to"))) {
			targets(b, v, op);
		} else if (str_eq(word, STR("as"))) {
			while (op->as < AS_COUNT &&
				!str_eq(text_of(b, v), str_of(as_words[op->as])))
				op->as++;
			if (op->as == AS_COUNT)
				unknown(b, v, as_words, AS_COUNT, "form");
		} else if (str_eq(word, STR("values"))) {
			value_table(b, v, op);
		} else if (str_eq(word, STR("split"))) {
			op->split = separator(b, v);
		} else if (str_eq(word, STR("re"))) {
			op->re = regex(b, v);
		} else if (str_eq(word, STR("over"))) {
			op->over = v->truth;
		} else if (str_eq(word, STR("if"))) {
			op->cond = condition(b, v);
		} else if (!str_eq(word, STR("else"))) {
			unknown(b, map->keys[i], words, 8, "part of a row");
		}
	}
	for (size_t i = 0; i < op->nto && yaml_get(map, "else"); i++) {
		op->to[i].domain = text_of(b, yaml_get(map, "else"));
		op->to[i].domain_field = ecs(op->to[i].domain);
	}
	if (op->nto == 0 && (op->as == AS_HASH || op->as == AS_HASHES || op->as == AS_URL ||
				    op->as == AS_AUTHORITY || op->as == AS_FILE)) {
		op->to = arena_alloc(&b->all->arena, sizeof(*op->to));
		op->to[op->nto++] = (struct target){.name = STR("file.hash")};
	}
	if (op->nto == 0)
		wrong(b, map, "a row says where its value goes: 'to: FIELD'");
}

static void
rows(struct build *b, const struct yaml_node *map)
{
	struct source *s = b->s;

	if (map->kind != YAML_MAP) {
		wrong(b, map, "a map 'key: field' stands here");
		return;
	}
	s->ops = arena_alloc(&b->all->arena, (map->n * 4 + 1) * sizeof(*s->ops));
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *v = map->items[i];
		/* a list of maps: several rows for one key */
		bool many = v->kind == YAML_LIST && v->n && v->items[0]->kind == YAML_MAP;

		for (size_t k = 0; k < (many ? v->n : 1) && k < 4; k++) {
			const struct yaml_node *one = many ? v->items[k] : v;
			struct op *op = &s->ops[s->nops++];

			op->key = key_of(b, map->keys[i]->text);
			if (one->kind == YAML_MAP)
				op_by_map(b, one, op);
			else
				targets(b, one, op);
		}
		if (many && v->n > 4)
			wrong(b, v, "at most four rows for one key");
	}
}

/* Names that are fields of ECS need no row. */
static void
own_names(struct build *b, const uint16_t *keys, size_t n)
{
	struct source *s = b->s;

	for (size_t i = 0; i < n; i++) {
		struct str name = keys[i] ? b->all->keys[keys[i]] : STR("");
		uint16_t field = ecs(name);
		struct op *grown;
		bool has = field == FIELD_NAMED && str_chr(name, '.') < 0;

		for (size_t k = 0; k < s->nops && !has; k++)
			has = s->ops[k].key == keys[i];
		if (has || name.n == 0 || name.p[0] == '@' ||
			(field == FIELD_NAMED && s->shape != SHAPE_TEXT))
			continue;
		grown = arena_alloc(&b->all->arena, (s->nops + 1) * sizeof(*grown));
		if (s->nops)
			memcpy(grown, s->ops, s->nops * sizeof(*grown));
		s->ops = grown;
		s->ops[s->nops] = (struct op){.key = keys[i]};
		targets(b, &(struct yaml_node){.kind = YAML_STRING, .text = name, .line = s->line},
			&s->ops[s->nops++]);
	}
}

static void
implied(struct build *b)
{
	struct source *s = b->s;

	for (size_t i = 0; i < s->patterns.n; i++)
		own_names(b, s->patterns.v[i].keys + 1, s->patterns.v[i].groups);
	for (size_t i = 0; i < s->nlayouts; i++)
		own_names(b, s->layouts[i].keys, s->layouts[i].n);
	for (size_t i = 0; i < s->nextracts; i++)
		for (size_t k = 0; k < s->extracts[i].patterns.n; k++)
			own_names(b, s->extracts[i].patterns.v[k].keys + 1,
				s->extracts[i].patterns.v[k].groups);
}

static void
whens(struct build *b, const struct yaml_node *list)
{
	if (list->kind != YAML_LIST) {
		wrong(b, list, "a list of {if, set} stands here");
		return;
	}
	b->s->whens = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(struct when));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *stop;
		struct when *w = &b->s->whens[b->s->nwhens++];

		if (n->kind != YAML_MAP) {
			wrong(b, n, "a map {if, set} stands here");
			continue;
		}
		w->cond = condition(b, yaml_get(n, "if"));
		w->set = settings(b, yaml_get(n, "set"));
		stop = yaml_get(n, "stop");
		w->stop = stop && stop->truth;
	}
}

static void
times(struct build *b, const struct yaml_node *n)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	b->s->times = arena_alloc(&b->all->arena, (count + 1) * sizeof(struct time_spec));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;
		struct time_spec *t = &b->s->times[b->s->ntimes++];
		const struct yaml_node *keys = one->kind == YAML_MAP ? yaml_get(one, "key") : one;
		size_t nkeys;
		struct str *v = texts_of(b, keys, &nkeys), zone;

		for (size_t k = 0; k < nkeys && k < 4; k++)
			t->keys[t->nkeys++] = key_of(b, v[k]);
		if (t->nkeys == 0)
			wrong(b, one, "say in which key the time stands: {key: K, format: F}");
		if (one->kind != YAML_MAP)
			continue;
		if (yaml_get(one, "format"))
			t->format = arena_z(&b->all->arena, text_of(b, yaml_get(one, "format")));
		zone = text_of(b, yaml_get(one, "zone"));
		if (zone.n && (zone.p[0] == '+' || zone.p[0] == '-'))
			t->offset = zone;
		else
			t->zone = key_of(b, zone);
	}
}

/* ---- the document ---- */

static void
logsource(struct build *b, const struct yaml_node *map)
{
	struct source *s = b->s;

	s->product = text_of(b, yaml_get(map, "product"));
	s->category = text_of(b, yaml_get(map, "category"));
	s->service = text_of(b, yaml_get(map, "service"));
	for (unsigned i = LOGSOURCE_LABEL + 1; i < LOGSOURCE_COUNT; i++) {
		const struct logsource_row *row = logsource_row((enum logsource)i);

		if (str_eq(row->product, s->product) && str_eq(row->category, s->category) &&
			str_eq(row->service, s->service))
			s->logsource = (uint16_t)i;
	}
}

static void
shape(struct build *b, const struct yaml_node *n)
{
	static const char *const words[SHAPES] = {
		"json", "kv", "csv", "cef", "leef", "xml", "text"};
	struct str word = text_of(b, n);

	for (unsigned i = 0; i < SHAPES; i++)
		if (str_eq(word, str_of(words[i]))) {
			b->s->shape = (enum source_shape)i;
			return;
		}
	unknown(b, n, words, SHAPES, "shape");
}

static void
keep(struct build *b, const struct yaml_node *n)
{
	static const char *const words[] = {"all", "unmapped", "none"};
	struct str word = text_of(b, n);

	b->s->keep_all = str_eq(word, STR("all"));
	b->s->keep_none = str_eq(word, STR("none"));
	if (!b->s->keep_all && !b->s->keep_none && !str_eq(word, STR("unmapped")))
		unknown(b, n, words, 3, "way to keep");
}

static void
name(struct build *b, const struct yaml_node *n)
{
	struct buf prefix = {0};

	b->s->name = text_of(b, n);
	b->s->line = n->line;
	for (size_t i = 0; i < b->s->name.n; i++) {
		char c = b->s->name.p[i];

		if (!is_digit(c) && c != '_' && !(c >= 'a' && c <= 'z')) {
			wrong(b, n, "a source's name is made of a-z, 0-9 and _");
			break;
		}
	}
	buf_printf(&prefix, "%.*s.", STR_ARG(b->s->name));
	b->s->prefix = arena_str(&b->all->arena, buf_str(&prefix));
	buf_done(&prefix);
}

static void
title(struct build *b, const struct yaml_node *n)
{
	b->s->title = text_of(b, n);
}

static void
kind(struct build *b, const struct yaml_node *n)
{
	b->s->kind = text_of(b, n);
}

static void
words(struct build *b, const struct yaml_node *n)
{
	b->s->words = text_of(b, n);
}

static void
kv(struct build *b, const struct yaml_node *n)
{
	b->s->kv = kv_style(b, n);
}

static void
set_separator(struct build *b, const struct yaml_node *n)
{
	b->s->separator = separator(b, n);
}

static void
set_patterns(struct build *b, const struct yaml_node *n)
{
	b->s->patterns = patterns(b, n);
}

static void
set_always(struct build *b, const struct yaml_node *n)
{
	b->s->set = settings(b, n);
}

static void
nothing(struct build *b, const struct yaml_node *n)
{
	b->s->nothing = texts_of(b, n, &b->s->nnothing);
}

static void
whole(struct build *b, const struct yaml_node *n)
{
	b->s->whole = n->truth;
}

static void
accept(struct build *b, const struct yaml_node *n)
{
	b->s->accept = n->truth;
}

static void
generic(struct build *b, const struct yaml_node *n)
{
	b->s->generic = n->truth;
}

static void
quotes(struct build *b, const struct yaml_node *n)
{
	b->s->quotes = n->truth;
}

static void
ignored(struct build *b, const struct yaml_node *n)
{
	(void)b;
	(void)n; /* tests: run by `noroshi check` and by the project's own tests */
}

static const struct part {
	const char *word;
	void (*read)(struct build *b, const struct yaml_node *n);
} parts[] = {{"source", name}, {"title", title}, {"kind", kind}, {"words", words},
	{"logsource", logsource}, {"shape", shape}, {"recognise", recognition}, {"whole", whole},
	{"accept", accept}, {"kv", kv}, {"separator", set_separator}, {"quotes", quotes},
	{"columns", columns}, {"patterns", set_patterns}, {"extract", extracts}, {"lists", lists},
	{"time", times}, {"nothing", nothing}, {"set", set_always}, {"when", whens}, {"map", rows},
	{"keep", keep}, {"generic", generic}, {"tests", ignored}};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void
document(struct build *b, const struct yaml_node *doc)
{
	const char *known[PARTS];

	for (size_t i = 0; i < PARTS; i++)
		known[i] = parts[i].word;
	for (size_t k = 0; k < doc->n; k++) {
		size_t i = 0;

		while (i < PARTS && !str_eq(doc->keys[k]->text, str_of(parts[i].word)))
			i++;
		if (i == PARTS)
			unknown(b, doc->keys[k], known, PARTS, "part of a source");
		else if (doc->items[k]->kind != YAML_NULL)
			parts[i].read(b, doc->items[k]);
	}
}

struct source *
source_build(struct sources *all, const struct yaml_node *doc, const char *path, struct diag *why)
{
	struct build b = {.all = all, .path = path, .why = why};
	size_t errors = why->errors;

	if (!doc || doc->kind != YAML_MAP) {
		diag_set(why, path, doc ? doc->line : 0,
			"a source is a map that begins with 'source: NAME'");
		return NULL;
	}
	b.s = arena_alloc(&all->arena, sizeof(*b.s));
	*b.s = (struct source){.path = path,
		.shape = SHAPE_TEXT,
		.separator = ',',
		.quotes = true,
		.kv = {.pair = '='},
		.logsource = LOGSOURCE_LABEL};
	document(&b, doc);
	if (b.s->name.n == 0)
		wrong(&b, doc, "the source has no name; add 'source: NAME'");
	if (b.s->product.n + b.s->category.n + b.s->service.n == 0)
		b.s->logsource = LOGSOURCE_GENERIC;
	implied(&b);
	return why->errors == errors ? b.s : NULL;
}
