#include "config/settings.h"

#include <errno.h>
#include <stdio.h>

#include "base/count.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/settings_value.h"

static bool
in_section(const struct setting_row *row, const char *section)
{
	return strcmp(row->section, section) == 0;
}

static const struct setting_row *
find_row(const char *section, struct str key)
{
	for (size_t i = 0; i < setting_nrows; i++)
		if (in_section(&setting_rows[i], section) &&
			str_eq(key, str_of(setting_rows[i].key)))
			return &setting_rows[i];
	return NULL;
}

static void
unknown_key(struct settings_reader *r, const char *section, const struct yaml_node *key)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < setting_nrows && n < 64; i++)
		if (in_section(&setting_rows[i], section))
			names[n++] = setting_rows[i].key;
	near = diag_did_you_mean(key->text, names, n);
	if (near)
		settings_say(r, key, "unknown setting `%.*s`%s%s; did you mean `%s`?",
			STR_ARG(key->text), section[0] ? " in " : "", section, near);
	else
		settings_say(r, key,
			"unknown setting `%.*s`%s%s; `noroshi check --settings` lists all",
			STR_ARG(key->text), section[0] ? " in " : "", section);
}

static void read_list(struct settings_reader *r, const struct setting_row *row,
	const struct yaml_node *node, char *base);

static void
sub_section(const struct setting_row *row, char out[96])
{
	snprintf(out, 96, "%s%s%s%s", row->section, row->section[0] ? "." : "", row->key,
		row->kind == ROW_LIST ? "[]" : "");
}

static void
put_defaults(struct settings_reader *r, const char *section, void *base)
{
	for (size_t i = 0; i < setting_nrows; i++)
		if (in_section(&setting_rows[i], section))
			settings_put_fallback(r, &setting_rows[i], base);
}

/* `kind` is the bit of the input's or sink's kind, 0 where there are none. */
static void
read_map(struct settings_reader *r, const char *section, unsigned kind, const struct yaml_node *map,
	void *base)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *key = map->keys[i], *value = map->items[i];
		const struct setting_row *row = find_row(section, key->text);
		char sub[96];

		/* One key may mean two things for two kinds: take the row that is meant. */
		for (const struct setting_row *o = row; o && o < setting_rows + setting_nrows; o++)
			if (in_section(o, section) && str_eq(key->text, str_of(o->key)) &&
				(o->used == ANY_KIND || (o->used & kind)))
				row = o;
		if (!row) {
			unknown_key(r, section, key);
		} else if (row->used != ANY_KIND && kind && !(row->used & kind)) {
			settings_say(r, key, "`%s` means nothing for this kind", row->key);
		} else if (row->kind == ROW_LIST) {
			read_list(r, row, value, base);
		} else if (row->kind == ROW_MAP && value->kind == YAML_MAP) {
			sub_section(row, sub);
			read_map(r, sub, 0, value, base);
		} else if (row->kind == ROW_MAP && value->kind != YAML_NULL) {
			settings_say(r, value, "`%s` must be a map of settings", row->key);
		} else if (row->kind != ROW_MAP) {
			settings_put(r, row, value, base);
		}
	}
}

static void
check_needed(
	struct settings_reader *r, const char *section, unsigned kind, const struct yaml_node *map)
{
	for (size_t i = 0; i < setting_nrows; i++) {
		const struct setting_row *row = &setting_rows[i];
		const struct yaml_node *v;

		if (!in_section(row, section) || !(row->needed & kind))
			continue;
		v = yaml_get(map, row->key);
		if (!v || v->kind == YAML_NULL)
			settings_say(
				r, map, "`%s` is missing in %s; %s", row->key, section, row->doc);
	}
}

/* The bit of the kind that an element of listen or alerts has; 0 = it says none that exists. */
static unsigned
kind_of(const char *section, const struct yaml_node *map)
{
	const struct setting_row *row = find_row(section, STR("kind"));
	const struct yaml_node *v = yaml_get(map, "kind");
	int n = row && v && v->kind == YAML_STRING ? settings_choice(row->choices, v->text) : -1;

	return n < 0 ? 0 : KIND((unsigned)n);
}

static void
read_element(
	struct settings_reader *r, const char *section, const struct yaml_node *node, void *base)
{
	bool kinds = find_row(section, STR("kind")) != NULL;
	unsigned kind = kinds ? kind_of(section, node) : 1;

	put_defaults(r, section, base);
	read_map(r, section, kinds ? kind : 0, node, base);
	/* Without a kind nothing else can be missed but the kind. */
	check_needed(r, section, kind, node);
	if (kinds && !kind && !yaml_get(node, "kind"))
		settings_say(r, node, "`kind` is missing in %s; one of %s", section,
			find_row(section, STR("kind"))->choices);
}

static void
read_list(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	char *base)
{
	char section[96], *list;
	size_t n = 0;

	sub_section(row, section);
	if (node->kind == YAML_NULL)
		return;
	if (node->kind != YAML_LIST || node->n > row->max) {
		settings_say(r, node, "`%s` must be a list of at most %llu", row->key,
			(unsigned long long)row->max);
		return;
	}
	list = arena_alloc(&r->s->arena, (node->n ? node->n : 1) * row->size);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *one = node->items[i];

		if (one->kind != YAML_MAP) {
			settings_say(r, one, "`%s` has one map of settings for each", row->key);
			continue;
		}
		if (row->at == offsetof(struct settings, inputs) && base == (char *)r->s)
			((struct input_settings *)(void *)list)[n].line = one->line;
		read_element(r, section, one, list + n++ * row->size);
	}
	memcpy(base + row->at, &list, sizeof(list));
	memcpy(base + row->at_size, &n, sizeof(n));
}

static struct str
made_name(struct settings *s, const char *kinds, int kind, size_t number)
{
	struct str all = str_of(kinds), one = {0};
	struct buf b = {0};
	struct str z;

	for (int i = 0; i <= kind; i++)
		str_cut(&all, ' ', &one);
	buf_printf(&b, "%.*s-%zu", STR_ARG(one), number + 1);
	z = (struct str){arena_z(&s->arena, buf_str(&b)), b.n};
	buf_done(&b);
	return z;
}

static void at_line(struct settings_reader *r, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
at_line(struct settings_reader *r, unsigned line, const char *fmt, ...)
{
	struct yaml_node at = {.line = line};
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	settings_say(r, &at, "%s", buf_z(&b));
	buf_done(&b);
}

/* A copy of a kafka input for one more source; each input frees its own zone. */
static void
clone_input(struct settings_reader *r, const struct input_settings *in, bool first,
	struct str source, struct input_settings *to)
{
	struct buf b = {0};

	*to = *in;
	to->source = source;
	to->ntopics = 0;
	to->topics = arena_alloc(&r->s->arena, in->ntopics * sizeof(*to->topics));
	if (first)
		return;
	buf_printf(&b, "%.*s/%.*s", STR_ARG(in->name), STR_ARG(source));
	to->name = (struct str){arena_z(&r->s->arena, buf_str(&b)), b.n};
	to->zone = NULL;
	if (zone_load(str_of(zone_name(in->zone)), NULL, &to->zone) < 0)
		at_line(r, in->line, "the zone of `%.*s` cannot be read again", STR_ARG(in->name));
	buf_done(&b);
}

/* One input per source: parsers know sources by input. */
static void
split_topics(struct settings_reader *r)
{
	struct settings *s = r->s;
	struct input_settings *list;
	size_t n = 0, most = 0;

	for (size_t i = 0; i < s->ninputs; i++)
		most += s->inputs[i].ntopics ? s->inputs[i].ntopics : 1;
	list = arena_alloc(&s->arena, (most ? most : 1) * sizeof(*list));
	for (size_t i = 0; i < s->ninputs; i++) {
		const struct input_settings *in = &s->inputs[i];
		size_t first = n;

		if (in->ntopics == 0)
			list[n++] = *in;
		for (size_t k = 0; k < in->ntopics; k++) {
			struct kafka_topic t = in->topics[k];
			size_t m = first;

			if (t.source.n == 0)
				t.source = in->source;
			while (m < n && !str_eq(list[m].source, t.source))
				m++;
			if (m == n)
				clone_input(r, in, n++ == first, t.source, &list[m]);
			list[m].topics[list[m].ntopics++] = t;
		}
	}
	s->inputs = list;
	s->ninputs = n;
}

/* One network for two senders of an input: which of them it is nobody could say. */
static void
check_senders(struct settings_reader *r, const struct input_settings *in)
{
	const struct network *all[SENDER_NETWORKS];
	size_t n = 0;

	for (size_t i = 0; i < in->nsenders; i++)
		for (size_t k = 0; k < in->senders[i].nfrom; k++) {
			const struct network *one = &in->senders[i].from[k];
			struct yaml_node at = {.line = one->line, .column = one->column};
			size_t same = 0;

			while (same < n && !cidr_same(&all[same]->net, &one->net))
				same++;
			if (same < n)
				settings_say(
					r, &at, "line %u has the same network", all[same]->line);
			else if (n == SENDER_NETWORKS)
				settings_say(r, &at, "more than %u networks of one input",
					SENDER_NETWORKS);
			else
				all[n++] = one;
		}
}

static void
check_inputs(struct settings_reader *r)
{
	struct settings *s = r->s;

	for (size_t i = 0; i < s->ninputs; i++) {
		struct input_settings *in = &s->inputs[i];

		if (in->name.n == 0)
			in->name = made_name(
				s, find_row("listen[]", STR("kind"))->choices, (int)in->kind, i);
	}
	for (size_t i = 0; i < s->ninputs; i++) {
		const struct input_settings *a = &s->inputs[i];

		check_senders(r, a);
		for (size_t k = 0; k < i; k++) {
			const struct input_settings *b = &s->inputs[k];

			if (str_eq(a->name, b->name))
				at_line(r, a->line, "two inputs have the name `%.*s`",
					STR_ARG(a->name));
			if (a->kind != b->kind || a->kind == INPUT_KAFKA)
				continue;
			if (a->address.n && str_eq(a->address, b->address))
				at_line(r, a->line, "`%.*s` is the address of input `%.*s` already",
					STR_ARG(a->address), STR_ARG(b->name));
			if (a->path.n && str_eq(a->path, b->path))
				at_line(r, a->line, "`%.*s` is the path of input `%.*s` already",
					STR_ARG(a->path), STR_ARG(b->name));
		}
	}
}

static void
check_sinks(struct settings_reader *r)
{
	struct settings *s = r->s;

	for (size_t i = 0; i < s->nsinks; i++)
		if (s->sinks[i].name.n == 0)
			s->sinks[i].name = made_name(s, find_row("alerts[]", STR("kind"))->choices,
				(int)s->sinks[i].kind, i);
	for (size_t i = 0; i < s->nsinks; i++)
		for (size_t k = 0; k < i; k++)
			if (str_eq(s->sinks[i].name, s->sinks[k].name))
				at_line(r, 0, "two of `alerts` have the name `%.*s`",
					STR_ARG(s->sinks[i].name));
	/* It becomes a file's name and a user's. */
	for (size_t i = 0; i < s->nsinks; i++)
		if (str_chr(s->sinks[i].name, '/') >= 0)
			at_line(r, 0, "the name `%.*s` in `alerts` must not hold a slash",
				STR_ARG(s->sinks[i].name));
}

static void
read_root(struct settings_reader *r, const struct yaml_file *y)
{
	const struct yaml_node *root = yaml_documents(y) ? yaml_document(y, 0) : NULL;

	for (size_t i = 0; i < setting_nrows; i++)
		if (setting_rows[i].section[0] == 0 ||
			(strchr(setting_rows[i].section, '[') == NULL))
			settings_put_fallback(r, &setting_rows[i], r->s);
	if (yaml_documents(y) > 1)
		settings_say(
			r, yaml_document(y, 1), "a configuration is one document; more follow");
	if (!root || root->kind == YAML_NULL)
		return;
	if (root->kind != YAML_MAP) {
		settings_say(r, root, "a configuration is a map of settings");
		return;
	}
	read_map(r, "", 0, root, r->s);
	check_inputs(r);
	split_topics(r);
	check_sinks(r);
	if (r->s->ninputs > COUNT_INPUTS)
		settings_say(
			r, root, "there are %zu inputs; at most %u", r->s->ninputs, COUNT_INPUTS);
}

int
settings_parse(struct str text, const char *path, struct diag *why, struct settings **ret)
{
	struct diag own = {0};
	struct settings_reader r = {.why = why ? why : &own, .path = path};
	struct yaml_file *y = NULL;
	size_t before = r.why->errors;
	ptrdiff_t slash = str_rchr(str_of(path), '/');
	int rc;

	r.s = mem_zero(1, sizeof(*r.s));
	r.s->hash = hash_id(text.p, text.n);
	if (slash >= 0)
		r.dir = (struct str){path, (size_t)slash};
	rc = yaml_parse(text, path, r.why, &y);
	if (rc == 0)
		read_root(&r, y);
	if (rc == 0 && r.why->errors > before)
		rc = ERR_SYNTAX;
	yaml_free(y);
	if (rc == 0)
		*ret = r.s;
	else
		settings_free(r.s);
	diag_done(&own);
	return rc;
}

int
settings_load(const char *path, struct diag *why, struct settings **ret)
{
	struct buf text = {0};
	int rc = file_read(path, YAML_MAX_BYTES, &text);

	if (rc == ERR_LIMIT)
		diag_set(why, path, 0, "larger than %zu bytes", YAML_MAX_BYTES);
	else if (rc < 0)
		diag_set(why, path, 0, "cannot read: %s", strerror(errno));
	else
		rc = settings_parse(buf_str(&text), path, why, ret);
	buf_done(&text);
	return rc;
}

static const char *
kind_word(enum row_kind k)
{
	static const char *const words[] = {[ROW_TEXT] = "text",
		[ROW_PATH] = "path",
		[ROW_ADDRESS] = "host:port",
		[ROW_BROKERS] = "host:port,...",
		[ROW_CHOICE] = "one of",
		[ROW_ENUM] = "one of",
		[ROW_TWO] = "one of",
		[ROW_BOOL] = "true/false",
		[ROW_COUNT] = "number",
		[ROW_WORKERS] = "number/auto",
		[ROW_BYTES] = "size",
		[ROW_SPAN] = "time span",
		[ROW_MOMENT] = "time",
		[ROW_ZONE] = "time zone",
		[ROW_NETWORKS] = "addresses and networks",
		[ROW_TEXTS] = "texts",
		[ROW_COLUMNS] = "texts",
		[ROW_PROPERTIES] = "map",
		[ROW_MAP] = "section",
		[ROW_LIST] = "list"};

	return words[k];
}

static void
add_range(const struct setting_row *row, struct buf *out)
{
	if (row->choices)
		buf_printf(out, " %s", row->choices);
	else if (row->kind == ROW_SPAN)
		buf_printf(out, ", %gs to %gs", (double)row->min / 1e9, (double)row->max / 1e9);
	else if (row->kind == ROW_COUNT || row->kind == ROW_BYTES || row->kind == ROW_WORKERS)
		buf_printf(out, ", %llu to %llu", (unsigned long long)row->min,
			(unsigned long long)row->max);
}

void
settings_reference(struct buf *out)
{
	for (size_t i = 0; i < setting_nrows; i++) {
		const struct setting_row *row = &setting_rows[i];

		buf_printf(out, "%s%s%s\n    %s", row->section, row->section[0] ? "." : "",
			row->key, kind_word(row->kind));
		add_range(row, out);
		if (row->fallback)
			buf_printf(out, "; default %s", row->fallback);
		else if (row->needed)
			BUF_ADD_LIT(out, "; needed");
		if (row->flags & ROW_RELOAD)
			BUF_ADD_LIT(out, "; reloadable");
		buf_printf(out, "\n    %s\n", row->doc);
	}
}

void
settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->ninputs; i++) {
		for (size_t k = 0; k < s->inputs[i].nsenders; k++)
			zone_free(s->inputs[i].senders[k].zone);
		zone_free(s->inputs[i].zone);
	}
	zone_free(s->lists_zone);
	arena_done(&s->arena);
	mem_free(s);
}
