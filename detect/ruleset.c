#include "detect/ruleset.h"

#include "base/err.h"
#include "base/mem.h"
#include "detect/rule.h"
#include "detect/taxonomy.h"
#include "detect/watch.h"

static struct str
text_at(const struct yaml_node *root, const char *key)
{
	const struct yaml_node *n = yaml_get(root, key);

	return n && n->kind != YAML_LIST && n->kind != YAML_MAP ? n->text : (struct str){"", 0};
}

static void
reject(struct ruleset *rs, struct rule_document *doc)
{
	struct str id = text_at(doc->root, "id"), name = text_at(doc->root, "name");

	doc->rejected = true;
	if (id.n)
		map_put(&rs->rejected, id, NULL);
	if (name.n)
		map_put(&rs->rejected, name, NULL);
}

static uint32_t
source_intern(struct ruleset *rs, const struct attributes *a)
{
	for (size_t i = 0; i < rs->nsources; i++)
		if (str_eq(rs->sources[i].product, a->product) &&
			str_eq(rs->sources[i].category, a->category) &&
			str_eq(rs->sources[i].service, a->service))
			return (uint32_t)i;
	rs->sources = mem_grow(rs->sources, rs->nsources, &rs->cap_sources, sizeof(*rs->sources));
	rs->sources[rs->nsources] = *a;
	return (uint32_t)rs->nsources++;
}

static void
add_rule(struct compile *c, struct rule_document *doc)
{
	struct ruleset *rs = c->rs;
	struct rule r = {0};
	const struct yaml_node *root = doc->root;

	if (rule_id(root).n == 0)
		compile_fail(c, root, "the rule has no id, name or title; give it one");
	rule_lint(c, root);
	rule_source(c, root, &r.source);
	c->source = r.source;
	r.expr = rule_condition(c, yaml_get(root, "detection"), false);
	rule_state(c, root, &r.info);
	r.watch = watch_compile(c, root);
	r.info.watched = r.watch != NULL;
	if (c->failed) {
		reject(rs, doc);
		return;
	}
	rule_words(root, &rs->arena, &r.info.words);
	r.info.words.families = watch_families(c, root);
	r.source_id = source_intern(rs, &r.source);
	r.own_id = arena_str(&rs->arena, text_at(root, "id"));
	r.info.name = arena_str(&rs->arena, text_at(root, "name"));
	r.info.path = arena_z(&rs->arena, str_of(doc->path));
	r.info.line = root->line;
	rs->rules = mem_grow(rs->rules, rs->nrules, &rs->cap_rules, sizeof(*rs->rules));
	rs->rules[rs->nrules++] = r;
}

static void
index_names(struct ruleset *rs)
{
	bool fresh;

	for (int names = 0; names <= 1; names++)
		for (size_t i = 0; i < rs->nrules; i++) {
			struct str key = names ? rs->rules[i].info.name : rs->rules[i].own_id;
			uint64_t *at;

			if (key.n == 0)
				continue;
			at = map_put(&rs->ids, key, &fresh);
			if (fresh)
				*at = i;
		}
}

/* Each document is compiled in a context of its own. */
static void
each(struct ruleset *rs, struct rule_files *files, enum rule_kind kind, struct names *names,
	struct diag *why, void (*add)(struct compile *, struct rule_document *))
{
	for (size_t i = 0; i < rule_files_count(files); i++) {
		struct rule_document *doc = rule_files_at(files, i);
		struct compile c = {
			.rs = rs, .names = names, .files = files, .path = doc->path, .why = why};

		if (doc->kind != kind || doc->rejected)
			continue;
		add(&c, doc);
		arena_done(&c.scratch);
	}
}

static void
add_filter(struct compile *c, struct rule_document *doc)
{
	filter_apply(c, doc);
	if (c->failed)
		reject(c->rs, doc);
}

/* For each field the slots that look at it. */
static void
index_fields(struct ruleset *rs)
{
	size_t total = 0;
	uint32_t *fill;

	for (size_t i = 0; i < rs->nslots; i++)
		for (size_t k = 0; k < rs->slots[i].ref.n; k++, total++)
			if (rs->slots[i].ref.fields[k] >= rs->nfields)
				rs->nfields = rs->slots[i].ref.fields[k] + 1u;
	rs->field_slots = arena_alloc(&rs->arena, (rs->nfields + 2) * sizeof(uint32_t));
	rs->field_slot_list = arena_alloc(&rs->arena, (total + 1) * sizeof(uint32_t));
	fill = mem_zero(rs->nfields + 1, sizeof(*fill));
	for (size_t i = 0; i < rs->nslots; i++)
		for (size_t k = 0; k < rs->slots[i].ref.n; k++)
			rs->field_slots[rs->slots[i].ref.fields[k] + 1]++;
	for (size_t f = 0; f < rs->nfields; f++)
		rs->field_slots[f + 1] += rs->field_slots[f];
	for (uint32_t i = 0; i < rs->nslots; i++)
		for (size_t k = 0; k < rs->slots[i].ref.n; k++) {
			uint16_t f = rs->slots[i].ref.fields[k];

			rs->field_slot_list[rs->field_slots[f] + fill[f]++] = i;
		}
	mem_free(fill);
}

static int
prepare(struct ruleset *rs, const struct ruleset_options *opt, struct diag *why)
{
	struct field_ref none = {0};
	int rc;

	rs->opt = *opt;
	map_init(&rs->slot_ids, 0);
	map_init(&rs->atom_ids, 0);
	map_init(&rs->witness_ids, 0);
	map_init(&rs->ids, 0);
	map_init(&rs->rejected, 0);
	slot_intern(rs, &none); /* SLOT_EVERY */
	rc = placeholders_load(opt->placeholders, why, &rs->placeholders);
	if (rc < 0 || opt->native_fields)
		return rc;
	rs->taxonomy = taxonomy_new();
	return taxonomy_load(rs->taxonomy, opt->taxonomy, why);
}

int
ruleset_build(struct rule_files *files, const struct ruleset_options *opt, struct names *names,
	struct diag *why, struct ruleset **ret)
{
	struct ruleset *rs = mem_zero(1, sizeof(*rs));
	struct diag own = {0};
	int rc;

	why = why ? why : &own;
	rc = prepare(rs, opt, why);
	if (rc < 0)
		goto done;
	each(rs, files, RULE_DETECTION, names, why, add_rule);
	index_names(rs);
	each(rs, files, RULE_FILTER, names, why, add_filter);
	late_rules(rs);
	cover_rules(rs);
	program_build(rs);
	index_fields(rs);
	rc = scan_build(rs, why);
	rs->opt.cache = NULL; /* lent for the building only */
	rs->opt.sources = NULL;
	rs->opt.nsources = 0;
	if (rc < 0)
		goto done;
	route_build(rs);
	*ret = rs;
	rs = NULL;
done:
	ruleset_free(rs);
	diag_done(&own);
	return rc;
}

size_t
ruleset_count(const struct ruleset *rs)
{
	return rs->nrules;
}

const struct rule_info *
ruleset_rule(const struct ruleset *rs, uint32_t rule)
{
	return &rs->rules[rule].info;
}

struct rule_info *
ruleset_rule_edit(struct ruleset *rs, uint32_t rule)
{
	return &rs->rules[rule].info;
}

uint32_t
ruleset_find(const struct ruleset *rs, struct str id_or_name)
{
	const uint64_t *at = map_get(&rs->ids, id_or_name);

	return at ? (uint32_t)*at : NONE;
}

bool
ruleset_was_rejected(const struct ruleset *rs, struct str id_or_name)
{
	return map_get(&rs->rejected, id_or_name) != NULL;
}

/* The label is no data: parsers/sigma.c puts a key that merely looks like it aside. */
struct str
native_name(struct arena *a, struct str name)
{
	char *joined;

	if (!str_starts(name, STR("logsource.")))
		return name;
	joined = arena_alloc(a, name.n + 5);
	memcpy(joined, "json.", 5);
	memcpy(joined + 5, name.p, name.n);
	return str_make(joined, name.n + 5);
}

int
detect_field(struct ruleset *rs, struct names *names, uint32_t rule, struct str name,
	struct field_ref *ret)
{
	static const struct attributes common = {0};
	struct str targets[TAXONOMY_TARGETS] = {name};
	struct arena scratch = {0};
	size_t n = 1;
	int rc = 0;

	*ret = (struct field_ref){0};
	if (!rs->opt.native_fields)
		n = taxonomy_resolve(rs->taxonomy,
			rule < rs->nrules ? &rs->rules[rule].source : &common, name, &scratch,
			targets);
	else
		targets[0] = native_name(&scratch, name);
	for (size_t i = 0; i < n && rc == 0; i++) {
		unsigned field;

		rc = names_add(names, targets[i], &field);
		if (rc == 0)
			ret->fields[ret->n++] = (uint16_t)field;
	}
	arena_done(&scratch);
	return rc;
}

void
ruleset_free(struct ruleset *rs)
{
	if (!rs)
		return;
	scan_free(rs);
	atoms_done(rs);
	for (size_t i = 0; i < rs->nwitnesses; i++)
		mem_free(rs->witnesses[i].rules);
	mem_free(rs->witnesses);
	mem_free(rs->steps);
	mem_free(rs->rules);
	mem_free(rs->sources);
	map_done(&rs->witness_ids);
	map_done(&rs->ids);
	map_done(&rs->rejected);
	placeholders_free(rs->placeholders);
	taxonomy_free(rs->taxonomy);
	arena_done(&rs->arena);
	mem_free(rs);
}
