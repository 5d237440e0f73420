#include "store/archive.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "store/segment.h"

const char *const archive_built_in[] = {"default", "alerts", "audit", "internal", NULL};

const char *
archive_path(struct buf *b, const char *dir, const char *cls, const char *name)
{
	buf_clear(b);
	buf_printf(b, "%s/%s%s%s", dir, cls, *name ? "/" : "", name);
	return buf_z(b);
}

int64_t
archive_day(int64_t arrival)
{
	int64_t day = 86400 * NS_PER_S;

	return arrival < 0 ? -1 : arrival / day;
}

void
archive_name(uint64_t first, int64_t arrival, char out[64])
{
	struct civil c;

	civil_of_ns(arrival < 0 ? 0 : arrival, &c);
	snprintf(out, 64, "%04d/%02d/%02d/%020llu" SEGMENT_ENDING, c.year % 10000, c.month % 100,
		c.day % 100, (unsigned long long)first);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
archive_classes(const char *dir, char ret[ARCHIVE_CLASSES][CLASS_MAX + 1])
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int n = 0;

	if (!d)
		return ERR_IO;
	while ((de = readdir(d)) && n < (int)ARCHIVE_CLASSES)
		if (de->d_type != DT_REG && class_name_valid(str_of(de->d_name)))
			memcpy(ret[n++], de->d_name, strlen(de->d_name) + 1);
	closedir(d);
	qsort(ret, (size_t)n, CLASS_MAX + 1, by_name);
	return n;
}

/* 20 digits and the ending. */
static bool
segment_number(const char *name, uint64_t *ret)
{
	struct str s = str_of(name);

	if (s.n != 20 + sizeof(SEGMENT_ENDING) - 1 || !str_ends(s, STR(SEGMENT_ENDING)))
		return false;
	s.n = 20;
	return str_u64(s, ret);
}

static bool
is_number(const char *name, size_t digits)
{
	return strlen(name) == digits && strspn(name, "0123456789") == digits;
}

static void
strange(struct archive_list *l, const char *path)
{
	l->strange = mem_grow(l->strange, l->nstrange, &l->capstrange, sizeof(*l->strange));
	l->strange[l->nstrange++] = mem_copy_z(path, strlen(path));
}

/* `below` = the path inside the class folder; depth 0: years, 1: months, 2: days, 3: segments. */
static int
walk(struct archive_list *l, const char *root, const char *below, int depth)
{
	struct buf path = {0}, name = {0};
	struct dirent *de;
	int rc = 0;
	DIR *d;

	buf_printf(&path, "%s/%s", root, below);
	d = opendir(buf_z(&path));
	if (!d)
		rc = ERR_IO;
	while (rc == 0 && (de = readdir(d))) {
		struct archive_segment s = {0};
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		buf_clear(&name);
		buf_printf(&name, "%s%s%s", below, *below ? "/" : "", de->d_name);
		buf_clear(&path);
		buf_printf(&path, "%s/%s", root, buf_z(&name));
		if (lstat(buf_z(&path), &st) < 0)
			continue; /* gone meanwhile */
		if (depth < 3 && S_ISDIR(st.st_mode) && is_number(de->d_name, depth ? 2 : 4)) {
			rc = walk(l, root, name.p, depth + 1);
		} else if (depth == 3 && S_ISREG(st.st_mode) && name.n < sizeof(s.name) &&
			   segment_number(de->d_name, &s.first)) {
			memcpy(s.name, name.p, name.n + 1);
			s.bytes = (uint64_t)st.st_size;
			l->v = mem_grow(l->v, l->n, &l->cap, sizeof(*l->v));
			l->v[l->n++] = s;
		} else if (depth || (strncmp(de->d_name, "HEAD", 4) != 0)) {
			strange(l, path.p);
		}
	}
	if (d)
		closedir(d);
	buf_done(&path);
	buf_done(&name);
	return rc;
}

static int
by_first(const void *a, const void *b)
{
	const struct archive_segment *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(x->name, y->name);
}

int
archive_list(const char *dir, const char *cls, struct archive_list *ret)
{
	struct buf root = {0};
	int rc;

	*ret = (struct archive_list){0};
	rc = walk(ret, archive_path(&root, dir, cls, ""), "", 0);
	if (rc == 0 && ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_first);
	buf_done(&root);
	return rc;
}

void
archive_list_done(struct archive_list *l)
{
	for (size_t i = 0; i < l->nstrange; i++)
		mem_free(l->strange[i]);
	mem_free(l->strange);
	mem_free(l->v);
	*l = (struct archive_list){0};
}

int
archive_head(const char *dir, const char *cls, struct head *ret)
{
	struct buf path = {0}, text = {0};
	int rc = file_read(archive_path(&path, dir, cls, "HEAD"), 4096, &text);

	if (rc == ERR_IO && errno == ENOENT)
		rc = ERR_NOT_FOUND;
	else if (rc == 0 && (head_parse(buf_str(&text), ret) < 0 || strcmp(ret->cls, cls) != 0))
		rc = ERR_CORRUPT;
	else if (rc == ERR_LIMIT)
		rc = ERR_CORRUPT;
	buf_done(&path);
	buf_done(&text);
	return rc;
}
