/* source_rows.c - where a definition puts its values: rows, conditions for constants, times. */
#include "base/mem.h"
#include "parsers/source_build.h"

/* ---- rows ---- */

static const char *const as_words[AS_COUNT] = {"field", "text", "lower", "url", "authority", "file",
	"account", "host", "peer", "port", "mac", "hash", "hashes", "mail", "protocol", "outcome",
	"seconds", "milliseconds", "microseconds", "basename", "percent", "units", "labels",
	"plus"};

static void
targets(struct build *b, const struct yaml_node *n, struct op *op)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	op->to = arena_alloc(&b->all->arena, (count + 1) * sizeof(*op->to));
	for (size_t i = 0; i < count; i++)
		op->to[op->nto++] = build_target(b, n->kind == YAML_LIST ? n->items[i] : n);
}

static void
value_table(struct build *b, const struct yaml_node *map, struct op *op)
{
	if (map->kind != YAML_MAP) {
		build_wrong(b, map, "a map 'value: what it becomes' stands here");
		return;
	}
	op->values = arena_alloc(&b->all->arena, (map->n + 1) * sizeof(*op->values));
	for (size_t i = 0; i < map->n; i++) {
		struct str from = arena_str(&b->all->arena, map->keys[i]->text);
		struct str to = build_text(b, map->items[i]);

		if (str_eq(from, STR("*"))) {
			op->has_other = true;
			op->other = to;
		} else {
			op->values[op->nvalues++] = (struct value_row){from, to};
		}
	}
}

/* What a table makes of a value must be a word that ECS has for the field. */
static void
allowed_words(struct build *b, const struct yaml_node *map, const struct op *op)
{
	for (size_t i = 0; i < op->nto; i++) {
		/* put_outcome_word knows what means success and failure */
		if (op->to[i].field == FIELD_EVENT_OUTCOME)
			continue;
		for (size_t k = 0; k < op->nvalues; k++)
			if (op->values[k].to.n)
				build_allowed(b, map, op->to[i].field, op->values[k].to);
		if (op->other.n && !str_eq(op->other, STR("$")))
			build_allowed(b, map, op->to[i].field, op->other);
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
				!str_eq(build_text(b, v), str_of(as_words[op->as])))
				op->as++;
			if (op->as == AS_COUNT)
				build_unknown(b, v, as_words, AS_COUNT, "form");
		} else if (str_eq(word, STR("values"))) {
			value_table(b, v, op);
		} else if (str_eq(word, STR("split"))) {
			op->split = build_separator(b, v);
		} else if (str_eq(word, STR("re"))) {
			op->re = build_regex(b, v);
		} else if (str_eq(word, STR("over"))) {
			op->over = v->truth;
		} else if (str_eq(word, STR("if"))) {
			op->cond = build_condition(b, v);
		} else if (!str_eq(word, STR("else"))) {
			build_unknown(b, map->keys[i], words, 8, "part of a row");
		}
	}
	allowed_words(b, map, op);
	for (size_t i = 0; i < op->nto && yaml_get(map, "else"); i++) {
		op->to[i].domain = build_text(b, yaml_get(map, "else"));
		op->to[i].domain_field = build_ecs(op->to[i].domain);
	}
	if (op->nto == 0 && (op->as == AS_HASH || op->as == AS_HASHES || op->as == AS_URL ||
				    op->as == AS_AUTHORITY || op->as == AS_FILE)) {
		op->to = arena_alloc(&b->all->arena, sizeof(*op->to));
		op->to[op->nto++] = (struct target){.name = STR("file.hash")};
	}
	if (op->nto == 0)
		build_wrong(b, map, "a row says where its value goes: 'to: FIELD'");
}

void
build_rows(struct build *b, const struct yaml_node *map)
{
	struct source *s = b->s;
	size_t rows = 0;

	if (map->kind != YAML_MAP) {
		build_wrong(b, map, "a map 'key: field' stands here");
		return;
	}
	for (size_t i = 0; i < map->n; i++)
		rows += 4 * build_alternatives(map->keys[i]->text);
	s->ops = arena_alloc(&b->all->arena, (rows + 1) * sizeof(*s->ops));
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *v = map->items[i];
		struct str key = map->keys[i]->text;
		size_t first = s->nops, n = build_alternatives(key);
		/* a list of maps: several rows for one key */
		bool many = v->kind == YAML_LIST && v->n && v->items[0]->kind == YAML_MAP;

		for (size_t k = 0; k < (many ? v->n : 1) && k < 4; k++) {
			const struct yaml_node *one = many ? v->items[k] : v;
			struct op *op = &s->ops[s->nops++];

			op->key = build_key(b, build_alternative(key, 0));
			if (one->kind == YAML_MAP)
				op_by_map(b, one, op);
			else
				targets(b, one, op);
		}
		if (many && v->n > 4)
			build_wrong(b, v, "at most four rows for one key");
		/* The same rows for the other names of the key. */
		for (size_t k = 1, each = s->nops - first; k < n; k++)
			for (size_t m = 0; m < each; m++) {
				s->ops[s->nops] = s->ops[first + m];
				s->ops[s->nops++].key = build_key(b, build_alternative(key, k));
			}
	}
}

/* Names that are fields of ECS need no row. */
static void
own_names(struct build *b, const uint16_t *keys, size_t n)
{
	struct source *s = b->s;

	for (size_t i = 0; i < n; i++) {
		struct str name = keys[i] ? b->all->keys[keys[i]] : STR("");
		uint16_t field = build_ecs(name);
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

void
build_implied(struct build *b)
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

void
build_whens(struct build *b, const struct yaml_node *list)
{
	size_t room = 1;

	if (list->kind != YAML_LIST) {
		build_wrong(b, list, "a list of {if, set} stands here");
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		room += build_nchoices(yaml_get(list->items[i], "if"));
	b->s->whens = arena_alloc(&b->all->arena, (room + list->n) * sizeof(struct when));
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i], *stop;
		struct when *w = &b->s->whens[b->s->nwhens++];
		struct condition *choices;
		size_t nchoices;

		if (n->kind != YAML_MAP) {
			build_wrong(b, n, "a map {if, set} stands here");
			continue;
		}
		choices = build_choices(b, yaml_get(n, "if"), &nchoices);
		w->cond = choices[0];
		w->set = build_settings(b, yaml_get(n, "set"));
		stop = yaml_get(n, "stop");
		w->stop = stop && stop->truth;
		for (size_t k = 1; k < nchoices; k++) {
			b->s->whens[b->s->nwhens] = *w;
			b->s->whens[b->s->nwhens++].cond = choices[k];
		}
	}
}

/* What the definition that it is like says comes behind what it says itself. */
void
build_like(struct build *b)
{
	struct source *s = b->s;
	const struct source *o = b->like;
	struct time_spec *times, *created;
	struct when *whens;
	struct op *ops;

	if (!o)
		return;
	times = arena_alloc(&b->all->arena, (s->ntimes + o->ntimes + 1) * sizeof(*times));
	created = arena_alloc(&b->all->arena, (s->ncreated + o->ncreated + 1) * sizeof(*created));
	whens = arena_alloc(&b->all->arena, (s->nwhens + o->nwhens + 1) * sizeof(*whens));
	ops = arena_alloc(&b->all->arena, (s->nops + o->nops + 1) * sizeof(*ops));
	for (size_t i = 0; i < s->ntimes + o->ntimes; i++)
		times[i] = i < s->ntimes ? s->times[i] : o->times[i - s->ntimes];
	for (size_t i = 0; i < s->ncreated + o->ncreated; i++)
		created[i] = i < s->ncreated ? s->created[i] : o->created[i - s->ncreated];
	for (size_t i = 0; i < s->nwhens + o->nwhens; i++)
		whens[i] = i < s->nwhens ? s->whens[i] : o->whens[i - s->nwhens];
	for (size_t i = 0; i < s->nops + o->nops; i++)
		ops[i] = i < s->nops ? s->ops[i] : o->ops[i - s->nops];
	s->times = times;
	s->created = created;
	s->whens = whens;
	s->ops = ops;
	s->ntimes += o->ntimes;
	s->ncreated += o->ncreated;
	s->nwhens += o->nwhens;
	s->nops += o->nops;
}

static void
build_specs(struct build *b, const struct yaml_node *n, struct time_spec **specs, size_t *nspecs)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	*specs = arena_alloc(&b->all->arena, (count + 1) * sizeof(struct time_spec));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;
		struct time_spec *t = &(*specs)[(*nspecs)++];
		const struct yaml_node *keys = one->kind == YAML_MAP ? yaml_get(one, "key") : one;
		size_t nkeys;
		struct str *v = build_texts(b, keys, &nkeys), zone;

		for (size_t k = 0; k < nkeys && k < 4; k++)
			t->keys[t->nkeys++] = build_key(b, v[k]);
		if (t->nkeys == 0)
			build_wrong(
				b, one, "say in which key the time stands: {key: K, format: F}");
		if (one->kind != YAML_MAP)
			continue;
		if (yaml_get(one, "format"))
			t->format = arena_z(&b->all->arena, build_text(b, yaml_get(one, "format")));
		zone = build_text(b, yaml_get(one, "zone"));
		if (zone.n && (zone.p[0] == '+' || zone.p[0] == '-'))
			t->offset = zone;
		else
			t->zone = build_key(b, zone);
	}
}

void
build_times(struct build *b, const struct yaml_node *n)
{
	build_specs(b, n, &b->s->times, &b->s->ntimes);
}

void
build_created(struct build *b, const struct yaml_node *n)
{
	build_specs(b, n, &b->s->created, &b->s->ncreated);
}
