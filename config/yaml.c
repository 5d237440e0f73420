#include "config/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/yamlscalar.h"

/* What an alias costs: it shares the node, but whoever walks the tree walks it again. */
struct anchor {
	struct str name;
	struct yaml_node *node;
	size_t weight; /* nodes below, itself included, aliases counted in full */
	unsigned height;
};

struct level {
	struct yaml_node *node;
	struct yaml_node *key; /* map: waiting for its value */
	size_t cap_items, cap_keys;
	size_t weight;
	unsigned height;
	struct str anchor;
	struct map seen; /* keys of a map so far */
};

struct yaml_file {
	struct arena arena;
	struct yaml_node **docs;
	size_t ndocs, cap_docs;
	size_t nodes;
};

struct reader {
	struct yaml_file *y;
	struct fy_parser *fyp;
	const char *path;
	struct diag *why;
	unsigned first_line; /* lines before the text that the parser was given */
	struct level stack[YAML_MAX_DEPTH];
	size_t depth;
	struct anchor *anchors;
	size_t nanchors, cap_anchors;
	struct yaml_node *root;
	unsigned doc_line; /* where the open document began, from 0 in the parser's text */
	bool doc_bad;      /* reported: the document will be left out */
	size_t bad;
};

static void
complain(struct reader *rd, unsigned line, unsigned column, const char *fmt, struct str arg)
{
	struct buf text = {0};

	/* fmt holds exactly one %.*s or none; all callers are below. */
	for (const char *p = fmt; *p; p++)
		if (*p == '@')
			buf_add_str(&text, arg);
		else
			buf_add_char(&text, *p);
	diag_add(rd->why, DIAG_ERROR, rd->path, line, column, "%s", buf_z(&text));
	buf_done(&text);
	rd->doc_bad = true;
}

/* Where the first byte stands that is no UTF-8; columns count characters, as everywhere. */
static void
complain_of_bytes(struct reader *rd, struct str text)
{
	unsigned line = 1, column = 1;
	char hex[3];
	uint32_t cp;

	while (text.n > 0) {
		size_t n = utf8_decode(text, &cp);

		if (!utf8_valid(str_make(text.p, n)))
			break;
		column = text.p[0] == '\n' ? 1 : column + 1;
		line += text.p[0] == '\n';
		str_skip(&text, n);
	}
	snprintf(hex, sizeof(hex), "%02X", (unsigned)(unsigned char)text.p[0]);
	complain(rd, line, column,
		"the byte 0x@ is not UTF-8; save the file as UTF-8, or write the character in "
		"quotes as \\uXXXX",
		str_of(hex));
}

static void
place(const struct reader *rd, struct fy_token *t, struct yaml_node *n)
{
	const struct fy_mark *m = t ? fy_token_start_mark(t) : NULL;

	if (!m)
		return;
	n->line = (unsigned)m->line + 1 + rd->first_line;
	n->column = (unsigned)m->column + 1;
}

static struct str
token_text(struct reader *rd, struct fy_token *t)
{
	size_t n = 0;
	const char *p = t ? fy_token_get_text(t, &n) : NULL;

	return arena_str(&rd->y->arena, str_make(p, p ? n : 0));
}

static struct yaml_node *
new_node(struct reader *rd, enum yaml_kind kind)
{
	struct yaml_node *n = arena_alloc(&rd->y->arena, sizeof(*n));

	n->kind = kind;
	return n;
}

/* Count a finished node into the one that holds it; false when a bound is passed. */
static bool
charge(struct reader *rd, struct yaml_node *n, size_t weight, unsigned height)
{
	if (rd->depth > 0) {
		struct level *up = &rd->stack[rd->depth - 1];

		up->weight += weight;
		if (up->height < height + 1)
			up->height = height + 1;
	}
	rd->y->nodes += weight;
	if (rd->y->nodes > YAML_MAX_NODES || rd->depth + height > YAML_MAX_DEPTH) {
		complain(rd, n->line, n->column,
			"the document is too large or too deep; split it, or use fewer aliases",
			(struct str){0});
		return false;
	}
	return true;
}

static void
put_map(struct reader *rd, struct level *up, struct yaml_node *n)
{
	bool fresh;

	if (up->key) {
		struct yaml_node *map = up->node;

		map->items = mem_grow(map->items, map->n, &up->cap_items, sizeof(*map->items));
		map->keys = mem_grow(map->keys, map->n, &up->cap_keys, sizeof(*map->keys));
		map->items[map->n] = n;
		map->keys[map->n++] = up->key;
		up->key = NULL;
		return;
	}
	if (n->kind == YAML_LIST || n->kind == YAML_MAP) {
		complain(rd, n->line, n->column,
			"a key must be plain text; put it in quotes if it begins with [ or {",
			(struct str){0});
	} else {
		map_put(&up->seen, n->text, &fresh);
		if (!fresh)
			complain(rd, n->line, n->column,
				"the key \"@\" stands twice in this map; remove one", n->text);
	}
	up->key = n;
}

/* A finished node goes into the list or map that is open, or becomes the document. */
static void
put(struct reader *rd, struct yaml_node *n)
{
	struct level *up;

	if (rd->depth == 0) {
		rd->root = n;
		return;
	}
	up = &rd->stack[rd->depth - 1];
	if (!up->node->line) {
		up->node->line = n->line;
		up->node->column = n->column;
	}
	if (up->node->kind == YAML_MAP) {
		put_map(rd, up, n);
		return;
	}
	up->node->items =
		mem_grow(up->node->items, up->node->n, &up->cap_items, sizeof(*up->node->items));
	up->node->items[up->node->n++] = n;
}

static void
remember(struct reader *rd, struct str name, struct yaml_node *n, size_t weight, unsigned height)
{
	if (name.n == 0)
		return;
	rd->anchors = mem_grow(rd->anchors, rd->nanchors, &rd->cap_anchors, sizeof(*rd->anchors));
	rd->anchors[rd->nanchors++] = (struct anchor){name, n, weight, height};
}

static bool
on_scalar(struct reader *rd, const struct fy_event_scalar_data *e)
{
	struct yaml_node *n = new_node(rd, YAML_STRING);
	struct str tag = token_text(rd, e->tag);

	place(rd, e->value ? e->value : e->tag, n);
	n->text = token_text(rd, e->value);
	n->quoted = e->value && fy_token_scalar_style(e->value) != FYSS_PLAIN;
	if (!yaml_scalar(n, tag)) {
		complain(rd, n->line, n->column,
			"the tag @ is not known here; write the value without it", tag);
		n->kind = YAML_STRING;
	}
	if (!charge(rd, n, 1, 0))
		return false;
	remember(rd, token_text(rd, e->anchor), n, 1, 0);
	put(rd, n);
	return true;
}

static bool
on_alias(struct reader *rd, const struct fy_event_alias_data *e)
{
	struct str name = token_text(rd, e->anchor);
	struct yaml_node at = {0};

	place(rd, e->anchor, &at);
	at.column -= at.column > 1; /* the mark stands behind the asterisk */
	for (size_t i = rd->nanchors; i-- > 0;) {
		struct anchor *a = &rd->anchors[i];

		if (!str_eq(a->name, name))
			continue;
		if (!charge(rd, a->node, a->weight, a->height))
			return false;
		put(rd, a->node);
		return true;
	}
	complain(rd, at.line, at.column,
		"the alias *@ names an anchor that does not stand before it", name);
	return false;
}

static bool
on_open(struct reader *rd, enum yaml_kind kind, struct fy_token *start, struct fy_token *anchor)
{
	struct yaml_node *n = new_node(rd, kind);
	struct level *l;

	place(rd, start, n);
	if (rd->depth == YAML_MAX_DEPTH) {
		complain(rd, n->line, n->column, "lists and maps are nested too deep",
			(struct str){0});
		return false;
	}
	l = &rd->stack[rd->depth++];
	*l = (struct level){.node = n, .anchor = token_text(rd, anchor)};
	if (kind == YAML_MAP)
		map_init(&l->seen, 0);
	return true;
}

/* The growing arrays move into the tree's own memory. */
static void
settle(struct reader *rd, struct level *l)
{
	struct yaml_node *n = l->node;
	size_t bytes = n->n * sizeof(*n->items);
	struct yaml_node **items = n->items, **keys = n->keys;

	n->items = arena_alloc(&rd->y->arena, bytes + 1);
	if (bytes)
		memcpy(n->items, items, bytes);
	if (n->kind == YAML_MAP) {
		n->keys = arena_alloc(&rd->y->arena, bytes + 1);
		if (bytes)
			memcpy(n->keys, keys, bytes);
		map_done(&l->seen);
	}
	mem_free(items);
	mem_free(keys);
}

static bool
on_close(struct reader *rd)
{
	struct level l;

	if (rd->depth == 0)
		return false;
	settle(rd, &rd->stack[rd->depth - 1]);
	l = rd->stack[--rd->depth];
	if (rd->depth > 0) {
		struct level *up = &rd->stack[rd->depth - 1];

		up->weight += l.weight + 1;
		if (up->height < l.height + 1)
			up->height = l.height + 1;
	}
	rd->y->nodes++;
	remember(rd, l.anchor, l.node, l.weight + 1, l.height);
	put(rd, l.node);
	return true;
}

/* Forget a half-read document. */
static void
abandon(struct reader *rd)
{
	while (rd->depth > 0)
		settle(rd, &rd->stack[--rd->depth]);
	rd->nanchors = 0;
	rd->root = NULL;
}

static void
end_document(struct reader *rd)
{
	struct yaml_file *y = rd->y;

	if (rd->doc_bad) {
		rd->bad++;
	} else if (rd->root) {
		y->docs = mem_grow(y->docs, y->ndocs, &y->cap_docs, sizeof(*y->docs));
		y->docs[y->ndocs++] = rd->root;
	}
	abandon(rd);
	rd->doc_bad = false;
}

static void
begin_document(struct reader *rd, struct fy_token *marker)
{
	const struct fy_mark *m = marker ? fy_token_start_mark(marker) : NULL;

	rd->doc_line = m ? (unsigned)m->line : 0;
}

/* false: cannot go on with this document. */
static bool
on_event(struct reader *rd, struct fy_event *e)
{
	switch (e->type) {
	case FYET_DOCUMENT_START:
		begin_document(rd, e->document_start.document_start);
		return true;
	case FYET_DOCUMENT_END:
		end_document(rd);
		return true;
	case FYET_SCALAR:
		return on_scalar(rd, &e->scalar);
	case FYET_ALIAS:
		return on_alias(rd, &e->alias);
	case FYET_SEQUENCE_START:
		return on_open(
			rd, YAML_LIST, e->sequence_start.sequence_start, e->sequence_start.anchor);
	case FYET_MAPPING_START:
		return on_open(
			rd, YAML_MAP, e->mapping_start.mapping_start, e->mapping_start.anchor);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		return on_close(rd);
	default:
		return true;
	}
}

static void
mute(struct fy_diag *d, void *user, const char *p, size_t n)
{
	(void)d, (void)user, (void)p, (void)n;
}

/* What the library found wrong, in the reader's words. */
static void
library_error(struct reader *rd, struct fy_diag *d)
{
	void *at = NULL;
	struct fy_diag_error *e = fy_diag_errors_iterate(d, &at);

	if (rd->doc_bad)
		return;
	complain(rd, (e && e->line > 0 ? (unsigned)e->line : 1) + rd->first_line,
		e && e->column > 0 ? (unsigned)e->column : 0, "not YAML: @",
		str_of(e && e->msg ? e->msg : "the text ends too early"));
}

/* Read documents until the end (true) or through the first one that cannot be read. */
static bool
read_some(struct reader *rd, struct str text)
{
	struct fy_diag_cfg dcfg = {.output_fn = mute, .level = FYET_ERROR, .module_mask = ~0u};
	struct fy_diag *d = fy_diag_create(&dcfg);
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 |
					    FYPCF_DISABLE_RECYCLING | FYPCF_JSON_NONE,
		.diag = d};
	struct fy_event *e;
	bool ok = true, ended = false;

	fy_diag_set_collect_errors(d, true);
	rd->fyp = fy_parser_create(&cfg);
	rd->doc_line = 0;
	fy_parser_set_string(rd->fyp, text.p, text.n);
	while (ok && !ended && (e = fy_parser_parse(rd->fyp))) {
		ended = e->type == FYET_STREAM_END;
		ok = on_event(rd, e);
		fy_parser_event_free(rd->fyp, e);
	}
	if (ok && !ended)
		library_error(rd, d);
	if (!ok || !ended)
		end_document(rd);
	fy_parser_destroy(rd->fyp);
	fy_diag_destroy(d);
	return ok && ended;
}

/* Skip to the first "---" line behind the broken document's first; false when there is none. "---"
 * at a line's start is a document marker wherever it stands (YAML 1.2.2, 9.1.2). */
static bool
next_marker(struct reader *rd, struct str *text)
{
	struct str s = *text;
	unsigned at = 0;

	for (; s.n > 0; at++) {
		ptrdiff_t eol = str_chr(s, '\n');

		if (at > rd->doc_line && str_starts(s, STR("---")) &&
			(s.n == 3 || strchr(" \t\r\n", s.p[3]))) {
			*text = s;
			rd->first_line += at;
			return true;
		}
		if (eol < 0)
			return false;
		str_skip(&s, (size_t)eol + 1);
	}
	return false;
}

void
yaml_parse_each(
	struct str text, const char *path, struct diag *why, size_t *bad, struct yaml_file **ret)
{
	struct diag own = {0};
	struct reader *rd = mem_zero(1, sizeof(*rd));

	rd->y = mem_zero(1, sizeof(*rd->y));
	rd->path = path;
	rd->why = why ? why : &own;
	text = arena_str(&rd->y->arena, text);
	if (text.n > YAML_MAX_BYTES) {
		complain(rd, 0, 0, "the file is larger than 4 MiB; split it", (struct str){0});
		rd->bad = 1;
	} else if (!utf8_valid(text)) {
		complain_of_bytes(rd, text);
		rd->bad = 1;
	} else {
		while (text.n > 0 && !read_some(rd, text) && next_marker(rd, &text))
			continue;
	}
	*bad = rd->bad;
	*ret = rd->y;
	mem_free(rd->anchors);
	mem_free(rd);
	diag_done(&own);
}

int
yaml_parse(struct str text, const char *path, struct diag *why, struct yaml_file **ret)
{
	struct yaml_file *y;
	size_t bad;

	yaml_parse_each(text, path, why, &bad, &y);
	if (bad > 0) {
		yaml_free(y);
		return ERR_SYNTAX;
	}
	*ret = y;
	return 0;
}

int
yaml_load(const char *path, struct diag *why, struct yaml_file **ret)
{
	struct buf text = {0};
	int rc = file_read(path, YAML_MAX_BYTES, &text);

	if (rc < 0)
		diag_set(why, path, 0, "cannot read: %s",
			rc == ERR_IO ? strerror(errno) : "the file is larger than 4 MiB; split it");
	else
		rc = yaml_parse(buf_str(&text), path, why, ret);
	buf_done(&text);
	return rc;
}

size_t
yaml_documents(const struct yaml_file *y)
{
	return y->ndocs;
}

const struct yaml_node *
yaml_document(const struct yaml_file *y, size_t i)
{
	return y->docs[i];
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	struct str want = str_of(key);

	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
		if (str_eq(map->keys[i]->text, want))
			return map->items[i];
	return NULL;
}

void
yaml_free(struct yaml_file *y)
{
	if (!y)
		return;
	mem_free(y->docs);
	arena_done(&y->arena);
	mem_free(y);
}
