/* Lists of values for %name% (the modifier `expand`). */
#include <jansson.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "detect/pattern.h"

struct placeholders {
	struct arena arena;
	struct map names; /* -> index into lists */
	struct list {
		struct str *items;
		size_t n;
	} * lists;
	size_t n, cap;
};

static bool
add_list(struct placeholders *p, const char *name, const json_t *values, const char *path,
	struct diag *why)
{
	struct list l = {0};
	size_t i;
	json_t *v;

	if (!json_is_array(values)) {
		diag_set(why, path, 0, "\"%s\" is not a list; write {\"name\": [\"value\", ...]}",
			name);
		return false;
	}
	l.items = arena_alloc(&p->arena, (json_array_size(values) + 1) * sizeof(*l.items));
	json_array_foreach(values, i, v)
	{
		char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_ENCODE_ANY);
		struct str s =
			text ? str_of(text) : str_make(json_string_value(v), json_string_length(v));

		l.items[l.n++] = arena_str(&p->arena, s);
		free(text);
	}
	p->lists = mem_grow(p->lists, p->n, &p->cap, sizeof(*p->lists));
	p->lists[p->n] = l;
	*map_put(&p->names, str_of(name), NULL) = p->n++;
	return true;
}

int
placeholders_load(const char *path, struct diag *why, struct placeholders **ret)
{
	struct placeholders *p = mem_zero(1, sizeof(*p));
	json_error_t e;
	json_t *root = NULL, *values;
	const char *name;
	bool ok = true;

	map_init(&p->names, 0);
	if (path) {
		root = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
		if (!root)
			diag_add(why, DIAG_ERROR, path, e.line > 0 ? (unsigned)e.line : 0,
				e.column > 0 ? (unsigned)e.column : 0,
				"cannot read the placeholder lists: %s", e.text);
		else if (!json_is_object(root))
			diag_set(why, path, 0,
				"not placeholder lists; write {\"name\": [\"value\", ...]}");
		ok = json_is_object(root);
		json_object_foreach(root, name, values) ok =
			add_list(p, name, values, path, why) && ok;
		json_decref(root);
	}
	if (!ok) {
		placeholders_free(p);
		return ERR_SYNTAX;
	}
	*ret = p;
	return 0;
}

void
placeholders_free(struct placeholders *p)
{
	if (!p)
		return;
	map_done(&p->names);
	mem_free(p->lists);
	arena_done(&p->arena);
	mem_free(p);
}

/* One more pattern: `old` with the element at `at` replaced by a value, whose wildcards live. */
static void
fill(struct patterns *ps, const struct pattern *old, size_t at, struct str value)
{
	struct patterns one = {.arena = ps->arena};
	struct pattern p = {.wide = old->wide};
	const struct pattern *v;

	pattern_read(&one, value, false);
	v = &one.items[0];
	p.p = arena_alloc(ps->arena, (old->n + v->n) * sizeof(uint32_t));
	for (size_t i = 0; i < old->n + v->n - 1; i++) {
		uint32_t c = i < at          ? old->p[i]
			     : i < at + v->n ? v->p[i - at]
					     : old->p[i - v->n + 1];

		if (c != PATTERN_STAR || p.n == 0 || p.p[p.n - 1] != PATTERN_STAR)
			p.p[p.n++] = c;
	}
	ps->items = mem_grow(ps->items, ps->n, &ps->cap, sizeof(*ps->items));
	ps->items[ps->n++] = p;
	patterns_done(&one);
}

static size_t
first_hole(const struct pattern *p)
{
	size_t i = 0;

	while (i < p->n && p->p[i] < PATTERN_HOLE)
		i++;
	return i;
}

/* Replace the first placeholder of each pattern; *more says that there was one. */
static const char *
expand_once(struct patterns *ps, const struct placeholders *lists, struct str *name, bool *more)
{
	struct pattern *old = ps->items;
	size_t n = ps->n;
	const char *why = NULL;

	ps->items = NULL;
	ps->n = ps->cap = 0;
	*more = false;
	for (size_t i = 0; i < n && !why; i++) {
		size_t at = first_hole(&old[i]);
		const uint64_t *found;

		if (at == old[i].n) {
			ps->items = mem_grow(ps->items, ps->n, &ps->cap, sizeof(*ps->items));
			ps->items[ps->n++] = old[i];
			continue;
		}
		*more = true;
		*name = ps->holes[old[i].p[at] - PATTERN_HOLE];
		found = map_get(&lists->names, *name);
		if (!found || lists->lists[*found].n == 0)
			why = "has a placeholder without values; give the list in the placeholder "
			      "file";
		else if (ps->n + lists->lists[*found].n > PATTERN_VARIANTS)
			why = "has too many variants; use fewer placeholders";
		for (size_t v = 0; !why && v < lists->lists[*found].n; v++)
			fill(ps, &old[i], at, lists->lists[*found].items[v]);
	}
	mem_free(old);
	return why;
}

const char *
pattern_expand(struct patterns *ps, const struct placeholders *lists, struct str *name)
{
	const char *why;
	bool more = true;

	while (more) {
		why = expand_once(ps, lists, name, &more);
		if (why)
			return why;
	}
	return NULL;
}
