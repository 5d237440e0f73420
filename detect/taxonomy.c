#include "detect/taxonomy.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/field.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "detect/ruleset.h"

/* One document: a view on the names of one kind of log. */
struct view {
	const struct yaml_node *when[3], *fields;
	struct str prefix, needs;
	unsigned strength; /* attributes in `when` */
};

struct taxonomy {
	struct view *views; /* strongest first, then as read */
	size_t n, cap;
	struct yaml_file **files;
	size_t nfiles, cap_files;
	struct arena arena;
	struct names *ecs;
};

static const char *const attribute_names[] = {"product", "category", "service"};

struct taxonomy *
taxonomy_new(void)
{
	struct taxonomy *t = mem_zero(1, sizeof(*t));

	t->ecs = names_new();
	return t;
}

static void
complain(struct diag *why, const char *path, const struct yaml_node *at, const char *text)
{
	diag_add(why, DIAG_ERROR, path, at->line, at->column, "%s", text);
}

/* One text or a list of texts. */
static bool
is_texts(const struct yaml_node *n)
{
	if (n->kind != YAML_LIST)
		return n->kind != YAML_MAP && n->text.n > 0;
	for (size_t i = 0; i < n->n; i++)
		if (n->items[i]->kind == YAML_LIST || n->items[i]->kind == YAML_MAP)
			return false;
	return n->n > 0;
}

static void
read_when(struct view *v, const struct yaml_node *n, const char *path, struct diag *why)
{
	if (n->kind != YAML_MAP) {
		complain(why, path, n, "when: needs a map of product, category and service");
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		size_t k = 0;

		while (k < 3 && !str_eq(n->keys[i]->text, str_of(attribute_names[k])))
			k++;
		if (k == 3 || !is_texts(n->items[i])) {
			complain(why, path, n->keys[i],
				"when: knows product, category and service, each one value or a "
				"list");
			continue;
		}
		v->when[k] = n->items[i];
		v->strength++;
	}
}

static void
read_view(struct taxonomy *t, const struct yaml_node *root, const char *path, struct diag *why)
{
	struct view v = {0};
	size_t at;

	for (size_t i = 0; root->kind == YAML_MAP && i < root->n; i++) {
		struct str key = root->keys[i]->text;
		const struct yaml_node *value = root->items[i];

		if (str_eq(key, STR("when")))
			read_when(&v, value, path, why);
		else if (str_eq(key, STR("prefix")) && value->kind == YAML_STRING)
			v.prefix = value->text;
		else if (str_eq(key, STR("needs")) && value->kind == YAML_STRING)
			v.needs = value->text;
		else if (str_eq(key, STR("fields")) && value->kind == YAML_MAP)
			v.fields = value;
		else if (!str_eq(key, STR("about")))
			complain(why, path, root->keys[i],
				"a taxonomy document has when, prefix, fields (a map), needs and "
				"about");
	}
	for (size_t i = 0; v.fields && i < v.fields->n; i++)
		if (!is_texts(v.fields->items[i]) || v.fields->items[i]->n > TAXONOMY_TARGETS)
			complain(why, path, v.fields->items[i],
				"give one field name or a list of up to 8");
	if (root->kind == YAML_NULL)
		return;
	if (root->kind != YAML_MAP) {
		complain(why, path, root, "a taxonomy document is a map");
		return;
	}
	t->views = mem_grow(t->views, t->n, &t->cap, sizeof(*t->views));
	for (at = t->n; at > 0 && t->views[at - 1].strength < v.strength; at--)
		t->views[at] = t->views[at - 1];
	t->views[at] = v;
	t->n++;
}

int
taxonomy_parse(struct taxonomy *t, struct str text, const char *path, struct diag *why)
{
	size_t before = why->errors;
	struct yaml_file *y;
	int rc = yaml_parse(text, path, why, &y);

	if (rc < 0)
		return rc;
	t->files = mem_grow(t->files, t->nfiles, &t->cap_files, sizeof(struct yaml_file *));
	t->files[t->nfiles++] = y;
	for (size_t i = 0; i < yaml_documents(y); i++)
		read_view(t, yaml_document(y, i), path, why);
	return why->errors > before ? ERR_SYNTAX : 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_yml(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(str_of(e->d_name), STR(".yml"));
}

static int
load_folder(struct taxonomy *t, const char *folder, struct diag *why)
{
	struct dirent **list = NULL;
	int n = scandir(folder, &list, is_yml, by_name), rc = 0;

	if (n < 0) {
		diag_set(why, folder, 0, "cannot read the taxonomy folder: %s", strerror(errno));
		return ERR_IO;
	}
	for (int i = 0; i < n; i++) {
		struct buf path = {0}, text = {0};
		const char *kept;
		int one;

		buf_printf(&path, "%s/%s", folder, list[i]->d_name);
		kept = arena_z(&t->arena, buf_str(&path));
		one = file_read(kept, YAML_MAX_BYTES, &text);
		if (one < 0)
			diag_set(why, kept, 0, "cannot read: %s", err_str(one));
		else
			one = taxonomy_parse(t, buf_str(&text), kept, why);
		rc = rc ? rc : one;
		buf_done(&path);
		buf_done(&text);
		free(list[i]);
	}
	free(list);
	return rc;
}

int
taxonomy_load(struct taxonomy *t, const char *folder, struct diag *why)
{
	struct taxonomy_file f;
	int rc = 0;

	if (folder)
		return load_folder(t, folder, why);
	for (size_t i = 0; taxonomy_embedded(i, &f); i++) {
		int one = taxonomy_parse(t, f.text, f.name, why);

		rc = rc ? rc : one;
	}
	return rc;
}

static bool
has_value(const struct yaml_node *n, struct str value)
{
	if (n->kind != YAML_LIST)
		return str_eq_nocase(n->text, value);
	for (size_t i = 0; i < n->n; i++)
		if (str_eq_nocase(n->items[i]->text, value))
			return true;
	return false;
}

static bool
fits(const struct view *v, const struct attributes *source)
{
	const struct str values[3] = {source->product, source->category, source->service};

	for (size_t i = 0; i < 3; i++)
		if (v->when[i] && (values[i].n == 0 || !has_value(v->when[i], values[i])))
			return false;
	return true;
}

static size_t
put(struct str *ret, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(ret[i], name))
			return n;
	if (n < TAXONOMY_TARGETS)
		ret[n++] = name;
	return n;
}

static const struct yaml_node *
lookup(const struct yaml_node *map, struct str key)
{
	for (size_t i = 0; map && i < map->n; i++)
		if (str_eq(map->keys[i]->text, key))
			return map->items[i];
	return NULL;
}

size_t
taxonomy_resolve(const struct taxonomy *t, const struct attributes *source, struct str name,
	struct arena *a, struct str ret[TAXONOMY_TARGETS])
{
	struct str prefix = {0};
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct view *v = &t->views[i];
		const struct yaml_node *to;

		if (!fits(v, source))
			continue;
		if (prefix.n == 0)
			prefix = v->prefix;
		to = n == 0 ? lookup(v->fields, name) : NULL;
		for (size_t k = 0; to && k < (to->kind == YAML_LIST ? to->n : 1); k++)
			n = put(ret, n, to->kind == YAML_LIST ? to->items[k]->text : to->text);
	}
	if (n == 0) {
		n = put(ret, n, name);
		if (names_find(t->ecs, name) != FIELD_NAMED)
			return n;
	}
	if (prefix.n > 0 && !str_starts(name, prefix)) {
		char *joined = arena_alloc(a, prefix.n + name.n + 1);

		memcpy(joined, prefix.p, prefix.n);
		if (name.n)
			memcpy(joined + prefix.n, name.p, name.n);
		n = put(ret, n, str_make(joined, prefix.n + name.n));
	}
	return n;
}

struct str
taxonomy_needs(const struct taxonomy *t, const struct attributes *source)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->views[i].needs.n && fits(&t->views[i], source))
			return t->views[i].needs;
	return (struct str){0};
}

bool
taxonomy_is_open(const struct taxonomy *t, struct str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->views[i].prefix.n && str_starts(name, t->views[i].prefix))
			return true;
	return false;
}

void
taxonomy_free(struct taxonomy *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nfiles; i++)
		yaml_free(t->files[i]);
	mem_free(t->files);
	mem_free(t->views);
	names_free(t->ecs);
	arena_done(&t->arena);
	mem_free(t);
}
