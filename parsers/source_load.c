/* source_load.c - the definitions inside the program and those of the operator's folder. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "parsers/source_index.h"

#define FILE_MAX   ((size_t)1 << 20)
#define FILES_MAX  1024u
#define KEYS_START 1024u

/* The files of config/sources as one text, made by the Makefile. */
__asm__(".section .rodata\n"
	".global sources_embedded\n"
	".global sources_embedded_end\n"
	"sources_embedded:\n"
	".incbin \"" SOURCES_FILE "\"\n"
	"sources_embedded_end:\n"
	".byte 0\n"
	".previous\n");
extern const char sources_embedded[], sources_embedded_end[];

/* ---- names ---- */

static void
rehash(struct sources *s)
{
	size_t n = s->nslots ? s->nslots * 2 : KEYS_START;

	mem_free(s->slots);
	s->slots = mem_zero(n, sizeof(*s->slots));
	s->nslots = n;
	for (size_t i = 1; i < s->nkeys; i++) {
		size_t at = hash_text(s->keys[i]) % n;

		while (s->slots[at])
			at = (at + 1) % n;
		s->slots[at] = (uint32_t)i;
	}
}

uint16_t
source_key(const struct sources *s, struct str name)
{
	size_t at = hash_text(name) % s->nslots;

	for (; s->slots[at]; at = (at + 1) % s->nslots)
		if (str_eq(s->keys[s->slots[at]], name))
			return (uint16_t)s->slots[at];
	return 0;
}

uint16_t
sources_intern(struct sources *s, struct str name)
{
	uint16_t key = source_key(s, name);
	size_t at;

	if (key || s->nkeys >= SOURCE_KEYS_MAX)
		return key;
	if (s->nkeys * 2 >= s->nslots)
		rehash(s);
	s->keys = mem_grow(s->keys, s->nkeys, &s->cap_keys, sizeof(*s->keys));
	s->keys[s->nkeys] = arena_str(&s->arena, name);
	at = hash_text(name) % s->nslots;
	while (s->slots[at])
		at = (at + 1) % s->nslots;
	s->slots[at] = (uint32_t)s->nkeys;
	return (uint16_t)s->nkeys++;
}

static struct sources *
sources_new(void)
{
	static const char *const special[] = {"", "@program", "@host", "@message"};
	struct sources *s = mem_zero(1, sizeof(*s));

	s->compile = pcre2_compile_context_create(NULL);
	pcre2_set_max_pattern_length(s->compile, 8192);
	rehash(s);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (i > 0) {
			sources_intern(s, str_of(special[i]));
			continue;
		}
		s->keys = mem_grow(s->keys, 0, &s->cap_keys, sizeof(*s->keys));
		s->keys[0] = STR("");
		s->nkeys = 1;
	}
	return s;
}

void
sources_free(struct sources *s)
{
	if (!s)
		return;
	index_free(s->index);
	for (size_t i = 0; i < s->ncodes; i++)
		pcre2_code_free(s->codes[i]);
	pcre2_compile_context_free(s->compile);
	buf_done(&s->folder);
	mem_free(s->codes);
	mem_free(s->lists);
	mem_free(s->slots);
	mem_free(s->keys);
	mem_free(s->v);
	arena_done(&s->arena);
	mem_free(s);
}

/* ---- documents ---- */

static void
add_document(struct sources *s, const struct yaml_node *doc, const char *path, struct diag *why)
{
	struct source *one = source_build(s, doc, path, why);

	if (!one)
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (!str_eq(s->v[i]->name, one->name))
			continue;
		if (s->v[i]->path && one->path && strcmp(s->v[i]->path, one->path) == 0)
			diag_set(why, path, one->line,
				"source '%.*s' stands here twice; rename one", STR_ARG(one->name));
		s->v[i] = one; /* the operator's replaces ours */
		return;
	}
	if (s->n == SOURCES_MAX) {
		diag_set(why, path, one->line, "more than %u sources; merge or remove some",
			SOURCES_MAX);
		return;
	}
	s->v = mem_grow(s->v, s->n, &s->cap, sizeof(struct source *));
	s->v[s->n++] = one;
}

static void
add_text(struct sources *s, struct str text, const char *path, struct diag *why)
{
	struct yaml_file *y = NULL;

	if (yaml_parse(text, path, why, &y) < 0)
		return;
	for (size_t i = 0; i < yaml_documents(y); i++)
		add_document(s, yaml_document(y, i), arena_z(&s->arena, str_of(path)), why);
	yaml_free(y);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_folder(struct sources *s, struct str dir, struct diag *why)
{
	char *folder = arena_z(&s->arena, dir), *names[FILES_MAX];
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	if (!d) {
		diag_set(why, folder, 0, "cannot open the folder of sources: %s", strerror(errno));
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && str_ends(str_of(e->d_name), STR(".yml")) &&
			n < FILES_MAX)
			names[n++] = arena_z(&s->arena, str_of(e->d_name));
	closedir(d);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		struct buf path = {0}, text = {0};
		int rc;

		buf_printf(&path, "%s/%s", folder, names[i]);
		rc = file_read(buf_z(&path), FILE_MAX, &text);
		if (rc < 0)
			diag_set(why, buf_z(&path), 0, "cannot read: %s", err_str(rc));
		else
			add_text(s, buf_str(&text), buf_z(&path), why);
		buf_printf(&s->folder, "--- %s %zu\n", buf_z(&path), text.n);
		buf_add_str(&s->folder, buf_str(&text));
		buf_add_char(&s->folder, '\n');
		buf_done(&text);
		buf_done(&path);
	}
}

/* The more a definition asks of a message, the sooner it is asked; else in order of names. */
static size_t
strictness(const struct source *s)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < s->nrecognise; i++) {
		const struct recognise *r = &s->recognise[i];
		size_t n = r->cond.n * 4 + (r->nprograms ? 4u : 0u) + (r->nstarts ? 3u : 0u) +
			   r->ncontains * 3;

		least = n < least ? n : least;
	}
	return s->nrecognise && !s->last ? least : 0;
}

static int
stricter(const void *a, const void *b)
{
	const struct source *x = *(struct source *const *)a, *y = *(struct source *const *)b;
	size_t sx = strictness(x), sy = strictness(y);

	if (x->last != y->last)
		return x->last - y->last;
	return sx != sy ? (sx < sy) - (sx > sy) : str_cmp(x->name, y->name);
}

static int
settle(struct sources *s, size_t errors, struct diag *why, struct sources **ret)
{
	int rc = why->errors > errors ? ERR_SYNTAX : 0;

	if (rc == 0 && s->n)
		qsort(s->v, s->n, sizeof(struct source *), stricter);
	for (size_t i = 0; i < s->n; i++)
		s->v[i]->number = (unsigned)i;
	if (rc == 0)
		rc = index_new(s, why, &s->index);
	if (rc < 0)
		sources_free(s);
	else
		*ret = s;
	return rc;
}

int
sources_load(struct str dir, struct diag *why, struct sources **ret)
{
	return sources_load_more(dir, STR(""), NULL, why, ret);
}

int
sources_load_more(
	struct str dir, struct str text, const char *path, struct diag *why, struct sources **ret)
{
	struct sources *s = sources_new();
	size_t errors = why->errors;

	/* cppcheck-suppress comparePointers ; both ends of one text */
	add_text(s, str_make(sources_embedded, (size_t)(sources_embedded_end - sources_embedded)),
		"config/sources", why);
	if (dir.n)
		add_folder(s, dir, why);
	if (text.n)
		add_text(s, text, path, why);
	return settle(s, errors, why, ret);
}

int
sources_load_text(struct str text, const char *path, struct diag *why, struct sources **ret)
{
	struct sources *s = sources_new();
	size_t errors = why->errors;

	add_text(s, text, path, why);
	return settle(s, errors, why, ret);
}

/* ---- looking ---- */

struct str
sources_folder(const struct sources *s)
{
	return buf_str(&s->folder);
}

size_t
sources_count(const struct sources *s)
{
	return s->n;
}

const struct source *
sources_at(const struct sources *s, size_t i)
{
	return i < s->n ? s->v[i] : NULL;
}

void
source_label(const struct source *one, struct str ret[3])
{
	ret[0] = one->product;
	ret[1] = one->category;
	ret[2] = one->service;
}

enum log_family
source_family(const struct source *one)
{
	return one->family;
}

size_t
source_number(const struct source *one)
{
	return one->number;
}

const struct source *
sources_find(const struct sources *s, struct str name)
{
	for (size_t i = 0; i < s->n; i++) {
		struct str words = s->v[i]->words, one;

		if (str_eq(s->v[i]->name, name))
			return s->v[i];
		while (words.n) {
			str_cut(&words, ' ', &one);
			if (str_eq(one, name))
				return s->v[i];
		}
	}
	return NULL;
}

struct str
source_name(const struct source *one)
{
	return one->name;
}

enum source_shape
source_shape_of(const struct source *one)
{
	return one->shape;
}
