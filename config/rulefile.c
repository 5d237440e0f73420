#include "config/rulefile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define FOLDER_DEPTH 32u

struct rule_files {
	struct arena arena;
	struct yaml_file **files;
	size_t nfiles, cap_files;
	struct rule_document *docs;
	size_t ndocs, cap_docs;
	struct buf hashes; /* struct hash128 per file, in order */
	size_t rejected;
};

struct path_list {
	struct arena arena;
	char **items;
	size_t n, cap;
};

struct rule_files *
rule_files_new(void)
{
	return mem_zero(1, sizeof(struct rule_files));
}

static void
reject(struct rule_files *f, const char *path, const struct yaml_node *at, struct diag *why,
	const char *text)
{
	diag_add(why, DIAG_ERROR, path, at ? at->line : 0, at ? at->column : 0, "%s", text);
	f->rejected++;
}

/* None of the three: perhaps one of them is misspelt. */
static void
reject_kindless(
	struct rule_files *f, const char *path, const struct yaml_node *root, struct diag *why)
{
	static const char *const known[] = {"detection", "correlation", "filter"};
	struct buf text = {0};

	for (size_t i = 0; i < root->n; i++) {
		const char *near = diag_did_you_mean(root->keys[i]->text, known, 3);

		if (!near)
			continue;
		buf_printf(&text, "unknown key \"%.*s\"; did you mean \"%s\"?",
			STR_ARG(root->keys[i]->text), near);
		reject(f, path, root->keys[i], why, buf_z(&text));
		buf_done(&text);
		return;
	}
	reject(f, path, root, why,
		"the document has none of detection, correlation and filter; add one, or remove "
		"the document");
}

static void
sort_document(struct rule_files *f, const char *path, const struct yaml_node *root, bool skip_bad,
	struct diag *why)
{
	static const struct {
		const char *key;
		enum rule_kind kind;
	} kinds[] = {{"correlation", RULE_CORRELATION}, {"filter", RULE_FILTER},
		{"detection", RULE_DETECTION}};

	if (root->kind == YAML_NULL)
		return;
	if (root->kind != YAML_MAP) {
		reject(f, path, root, why,
			"not a rule; a rule document is a map with title, logsource and detection");
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!yaml_get(root, kinds[i].key))
			continue;
		f->docs = mem_grow(f->docs, f->ndocs, &f->cap_docs, sizeof(*f->docs));
		f->docs[f->ndocs++] = (struct rule_document){
			.path = path, .root = root, .kind = kinds[i].kind, .skip_bad = skip_bad};
		return;
	}
	reject_kindless(f, path, root, why);
}

void
rule_files_parse(
	struct rule_files *f, struct str text, const char *path, bool skip_bad, struct diag *why)
{
	struct hash128 h = hash_id(text.p ? text.p : "", text.n);
	struct yaml_file *y;
	size_t bad;

	buf_add(&f->hashes, &h, sizeof(h));
	path = arena_z(&f->arena, str_of(path));
	yaml_parse_each(text, path, why, &bad, &y);
	f->rejected += bad;
	f->files = mem_grow(f->files, f->nfiles, &f->cap_files, sizeof(struct yaml_file *));
	f->files[f->nfiles++] = y;
	for (size_t i = 0; i < yaml_documents(y); i++)
		sort_document(f, path, yaml_document(y, i), skip_bad, why);
}

static int
add_file(struct rule_files *f, const char *path, bool skip_bad, struct diag *why)
{
	struct buf text = {0};
	int rc = file_read(path, YAML_MAX_BYTES, &text);

	if (rc < 0) {
		diag_set(why, path, 0, "cannot read: %s",
			rc == ERR_IO ? strerror(errno) : "the file is larger than 4 MiB; split it");
		f->rejected++;
	} else {
		rule_files_parse(f, buf_str(&text), path, skip_bad, why);
	}
	buf_done(&text);
	return rc;
}

static bool
is_rule_name(const char *name)
{
	struct str s = str_of(name);

	return str_ends(s, STR(".yml")) || str_ends(s, STR(".yaml"));
}

static int
walk(struct path_list *l, const char *folder, unsigned depth, struct diag *why)
{
	DIR *d = depth < FOLDER_DEPTH ? opendir(folder) : NULL;
	int rc = 0;

	if (!d) {
		diag_set(why, folder, 0, "cannot read the folder: %s",
			depth < FOLDER_DEPTH ? strerror(errno) : "too many folders in each other");
		return ERR_IO;
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct buf path = {0};
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		buf_printf(&path, "%s/%s", folder, e->d_name);
		if (stat(buf_z(&path), &st) == 0 && S_ISDIR(st.st_mode)) {
			int below = walk(l, buf_z(&path), depth + 1, why);

			rc = rc ? rc : below;
		} else if (is_rule_name(e->d_name)) {
			l->items = mem_grow(l->items, l->n, &l->cap, sizeof(*l->items));
			l->items[l->n++] = arena_z(&l->arena, buf_str(&path));
		}
		buf_done(&path);
	}
	closedir(d);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
rule_files_add(struct rule_files *f, const char *path, bool skip_bad, struct diag *why)
{
	struct path_list l = {0};
	struct buf folder = {0};
	struct stat st;
	int rc;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return add_file(f, path, skip_bad, why);
	buf_add_str(&folder, str_of(path));
	while (folder.n > 1 && folder.p[folder.n - 1] == '/')
		folder.n--;
	rc = walk(&l, buf_z(&folder), 0, why);
	if (rc < 0)
		f->rejected++;
	if (l.n > 0)
		qsort(l.items, l.n, sizeof(*l.items), by_name);
	for (size_t i = 0; i < l.n; i++) {
		int one = add_file(f, l.items[i], skip_bad, why);

		rc = rc ? rc : one;
	}
	mem_free(l.items);
	arena_done(&l.arena);
	buf_done(&folder);
	return rc;
}

size_t
rule_files_count(const struct rule_files *f)
{
	return f->ndocs;
}

struct rule_document *
rule_files_at(struct rule_files *f, size_t i)
{
	return &f->docs[i];
}

size_t
rule_files_rejected(const struct rule_files *f)
{
	size_t n = f->rejected;

	for (size_t i = 0; i < f->ndocs; i++)
		n += f->docs[i].rejected;
	return n;
}

void
rule_files_hash(const struct rule_files *f, struct hash128 *ret)
{
	*ret = hash_id(f->hashes.p ? f->hashes.p : "", f->hashes.n);
}

void
rule_files_free(struct rule_files *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nfiles; i++)
		yaml_free(f->files[i]);
	mem_free(f->files);
	mem_free(f->docs);
	buf_done(&f->hashes);
	arena_done(&f->arena);
	mem_free(f);
}
