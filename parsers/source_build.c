/* source_build.c - one YAML document into a struct source; every mistake is told with its place. */
#include "parsers/source_build.h"
#include "base/logsource.h"

static void
logsource(struct build *b, const struct yaml_node *map)
{
	struct source *s = b->s;

	s->product = build_text(b, yaml_get(map, "product"));
	s->category = build_text(b, yaml_get(map, "category"));
	s->service = build_text(b, yaml_get(map, "service"));
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
	struct str word = build_text(b, n);

	for (unsigned i = 0; i < SHAPES; i++)
		if (str_eq(word, str_of(words[i]))) {
			b->s->shape = (enum source_shape)i;
			return;
		}
	build_unknown(b, n, words, SHAPES, "shape");
}

static void
keep(struct build *b, const struct yaml_node *n)
{
	static const char *const words[] = {"all", "unmapped", "none"};
	struct str word = build_text(b, n);

	b->s->keep_all = str_eq(word, STR("all"));
	b->s->keep_none = str_eq(word, STR("none"));
	if (!b->s->keep_all && !b->s->keep_none && !str_eq(word, STR("unmapped")))
		build_unknown(b, n, words, 3, "way to keep");
}

static void
name(struct build *b, const struct yaml_node *n)
{
	struct buf prefix = {0};

	b->s->name = build_text(b, n);
	b->s->line = n->line;
	for (size_t i = 0; i < b->s->name.n; i++) {
		char c = b->s->name.p[i];

		if (!is_digit(c) && c != '_' && !(c >= 'a' && c <= 'z')) {
			build_wrong(b, n, "a source's name is made of a-z, 0-9 and _");
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
	b->s->title = build_text(b, n);
}

static void
kind(struct build *b, const struct yaml_node *n)
{
	size_t nkinds;
	const char *const *kinds = family_kinds(&nkinds);

	b->s->kind = build_text(b, n);
	if (b->s->kind.n && !family_of_kind(b->s->kind, &b->s->family))
		build_unknown(b, n, kinds, nkinds, "kind of log");
}

static void
words(struct build *b, const struct yaml_node *n)
{
	b->s->words = build_text(b, n);
}

static void
kv(struct build *b, const struct yaml_node *n)
{
	b->s->kv = build_kv_style(b, n);
}

static void
set_separator(struct build *b, const struct yaml_node *n)
{
	b->s->separator = build_separator(b, n);
}

static void
set_patterns(struct build *b, const struct yaml_node *n)
{
	b->s->patterns = build_patterns(b, n);
}

static void
set_always(struct build *b, const struct yaml_node *n)
{
	b->s->set = build_settings(b, n);
}

static void
nothing(struct build *b, const struct yaml_node *n)
{
	b->s->nothing = build_texts(b, n, &b->s->nnothing);
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
ecs(struct build *b, const struct yaml_node *n)
{
	b->s->ecs = n->truth;
}

static void
last(struct build *b, const struct yaml_node *n)
{
	b->s->last = n->truth;
}

static void
generic(struct build *b, const struct yaml_node *n)
{
	b->s->generic = n->truth;
}

static void
headless(struct build *b, const struct yaml_node *n)
{
	b->s->headless = b->s->whole = n->truth;
}

static void
quotes(struct build *b, const struct yaml_node *n)
{
	b->s->quotes = n->truth;
}

static void
like(struct build *b, const struct yaml_node *n)
{
	struct str word = build_text(b, n);

	for (size_t i = 0; i < b->all->n && !b->like; i++)
		if (str_eq(b->all->v[i]->name, word))
			b->like = b->all->v[i];
	if (!b->like)
		build_wrong(b, n, "no definition of this name stands before this one");
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
	{"logsource", logsource}, {"shape", shape}, {"like", like},
	{"recognise", build_recognition}, {"whole", whole}, {"accept", accept}, {"last", last},
	{"ecs", ecs}, {"headless", headless}, {"kv", kv}, {"separator", set_separator},
	{"quotes", quotes}, {"columns", build_columns}, {"patterns", set_patterns},
	{"extract", build_extracts}, {"lists", build_lists}, {"time", build_times},
	{"created", build_created}, {"nothing", nothing}, {"set", set_always},
	{"when", build_whens}, {"map", build_rows}, {"keep", keep}, {"generic", generic},
	{"tests", ignored}};

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
			build_unknown(b, doc->keys[k], known, PARTS, "part of a source");
		else if (doc->items[k]->kind != YAML_NULL)
			parts[i].read(b, doc->items[k]);
	}
}

static void
imply(struct source *s, uint16_t field, const char *name, struct str value)
{
	for (size_t i = 0; i < s->set.n; i++)
		if (s->set.set[i].to.field == field)
			return;
	if (value.n)
		s->set.set[s->set.n++] = (struct setting){
			.to = {.field = field, .name = str_of(name)}, .value = value};
}

/*
 * What stands between others is known by its kind; a product without another name by its title. And
 * what its kind of log may leave out: a machine's own agent names the machine, and much is done by
 * the system itself; alerts of a network may be about one address.
 */
static void
implied_by_kind(struct build *b)
{
	static const struct {
		const char *kind, *type, *excused;
	} kinds[] = {{"firewall", "firewall", "no_target"}, {"ids", "ids", "no_target"},
		{"proxy", "proxy", ""}, {"remote-access", "vpn", ""},
		{"endpoint", "", "no_address,nobody"}};
	struct source *s = b->s;
	struct setting *more = arena_alloc(&b->all->arena, (s->set.n + 3) * sizeof(*more));

	for (size_t i = 0; i < s->set.n; i++)
		more[i] = s->set.set[i];
	s->set.set = more;
	imply(s, FIELD_OBSERVER_PRODUCT, "observer.product", s->title);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_eq(s->kind, str_of(kinds[i].kind)))
			continue;
		imply(s, FIELD_OBSERVER_TYPE, "observer.type", str_of(kinds[i].type));
		imply(s, FIELD_NOROSHI_LOG_EXCUSED, "noroshi.log.excused",
			str_of(kinds[i].excused));
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
		build_wrong(&b, doc, "the source has no name; add 'source: NAME'");
	if (b.s->product.n + b.s->category.n + b.s->service.n == 0)
		b.s->logsource = LOGSOURCE_GENERIC;
	if (b.s->family == FAMILY_OTHER)
		b.s->family = family_of_category(b.s->category);
	build_like(&b);
	build_implied(&b);
	implied_by_kind(&b);
	return why->errors == errors ? b.s : NULL;
}
