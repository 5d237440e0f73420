/* source_shape.c - how a definition takes its messages apart: patterns, styles, columns, extracts.
 */
#include "base/mem.h"
#include "parsers/source_build.h"

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
		build_wrong(b, at,
			"more than 64 groups in a pattern; use (?:...) where no name is meant");
		return;
	}
	p->groups = count;
	p->keys = arena_alloc(&b->all->arena, (count + 1) * sizeof(*p->keys));
	for (uint32_t i = 0; i < names; i++, table += size) {
		unsigned group = (unsigned)table[0] << 8 | table[1];

		p->keys[group] = build_key(b, group_name(b, (const char *)table + 2));
	}
}

struct patterns
build_patterns(struct build *b, const struct yaml_node *list)
{
	static const char *const words[] = {"re", "has", "set"};
	struct patterns ret = {0};

	if (!list)
		return ret;
	if (list->kind != YAML_LIST || list->n > SOURCE_PATTERNS) {
		build_wrong(b, list, "a list of at most 512 patterns stands here");
		return ret;
	}
	ret.v = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(*ret.v));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *re = n;
		struct pattern *p = &ret.v[ret.n];

		if (n->kind == YAML_MAP) {
			re = yaml_get(n, "re");
			p->has = build_text(b, yaml_get(n, "has"));
			p->set = build_settings(b, yaml_get(n, "set"));
			for (size_t k = 0; k < n->n; k++)
				if (!str_eq(n->keys[k]->text, STR("re")) &&
					!str_eq(n->keys[k]->text, STR("has")) &&
					!str_eq(n->keys[k]->text, STR("set")))
					build_unknown(b, n->keys[k], words, 3, "part of a pattern");
		}
		if (!re) {
			build_wrong(b, n, "a pattern has a 're'");
			continue;
		}
		p->re = build_regex(b, re);
		if (!p->re)
			continue;
		groups(b, re, p);
		ret.n++;
	}
	return ret;
}

/* ---- shapes ---- */

struct kv_style
build_kv_style(struct build *b, const struct yaml_node *map)
{
	struct kv_style s = {.pair = '='};
	const struct yaml_node *open = map ? yaml_get(map, "open") : NULL;
	struct str pair = map ? build_text(b, yaml_get(map, "pair")) : STR("");
	struct str gap = map ? build_text(b, yaml_get(map, "gap")) : STR("");

	if (pair.n)
		s.pair = pair.p[0];
	if (gap.n)
		s.gap = gap.p[0];
	s.open = open && open->kind == YAML_BOOL && open->truth;
	return s;
}

char
build_separator(struct build *b, const struct yaml_node *n)
{
	struct str s = build_text(b, n);

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
	struct str *v = build_texts(b, names, &count);

	l->keys = arena_alloc(&b->all->arena, (count + 1) * sizeof(*l->keys));
	for (size_t i = 0; i < count; i++)
		l->keys[l->n++] = build_key(b, v[i]); /* ~ leaves one out */
}

/* A list of names, or of layouts {if, least, most, names}. */
void
build_columns(struct build *b, const struct yaml_node *list)
{
	static const char *const words[] = {"if", "least", "most", "names"};
	bool many;

	if (list->kind != YAML_LIST || list->n == 0) {
		build_wrong(b, list, "a list of names, or of layouts, stands here");
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
			build_wrong(b, n, "a layout is a map: if, least, most, names");
			continue;
		}
		for (size_t k = 0; k < n->n; k++) {
			const struct yaml_node *v = n->items[k];

			if (str_eq(n->keys[k]->text, STR("if")))
				l->cond = build_condition(b, v);
			else if (str_eq(n->keys[k]->text, STR("names")))
				layout(b, v, l);
			else if (str_eq(n->keys[k]->text, STR("least")))
				str_u64(build_text(b, v), &l->least);
			else if (str_eq(n->keys[k]->text, STR("most")))
				str_u64(build_text(b, v), &l->most);
			else
				build_unknown(b, n->keys[k], words, 4, "part of a layout");
		}
	}
}

void
build_extracts(struct build *b, const struct yaml_node *list)
{
	if (list->kind != YAML_LIST) {
		build_wrong(b, list, "a list of {from, patterns | kv | json} stands here");
		return;
	}
	b->s->extracts = arena_alloc(&b->all->arena, (list->n + 1) * sizeof(struct extract));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *all;
		struct extract *x = &b->s->extracts[b->s->nextracts++];

		if (n->kind != YAML_MAP || !yaml_get(n, "from")) {
			build_wrong(b, n, "say from which key: {from: KEY, patterns: [...]}");
			continue;
		}
		x->from = build_key(b, build_text(b, yaml_get(n, "from")));
		x->prefix = build_text(b, yaml_get(n, "prefix"));
		x->shape = yaml_get(n, "json") ? SHAPE_JSON
			   : yaml_get(n, "kv") ? SHAPE_KV
					       : SHAPE_TEXT;
		all = yaml_get(n, "all");
		x->all = all && all->truth;
		if (x->shape == SHAPE_KV)
			x->kv = build_kv_style(b, yaml_get(n, "kv"));
		x->patterns = build_patterns(b, yaml_get(n, "patterns"));
	}
}

void
build_lists(struct build *b, const struct yaml_node *list)
{
	for (size_t i = 0; list->kind == YAML_LIST && i < list->n; i++) {
		const struct yaml_node *n = list->items[i];
		struct pair_list l = {build_text(b, yaml_get(n, "at")),
			build_text(b, yaml_get(n, "name")), build_text(b, yaml_get(n, "value"))};
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
