#include "folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

char *
folder_path(const char *path, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%s/%s", path, name);
	buf_z(&b);
	return b.p;
}

char *
folder_new(void)
{
	const char *base = getenv("TMPDIR");
	char *path = folder_path(base ? base : P_tmpdir, "noroshi-test-XXXXXX");

	cr_assert_not_null(mkdtemp(path));
	return path;
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	return ftw->level == 0 ? 0 : remove(path);
}

void
folder_clear(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
folder_done(char *path)
{
	folder_clear(path);
	rmdir(path);
	mem_free(path);
}

void
folder_read(const char *file, struct buf *ret)
{
	cr_assert_eq(file_read(file, SIZE_MAX / 2, ret), 0, "cannot read %s", file);
}

void
folder_write(const char *file, struct str bytes)
{
	FILE *f = fopen(file, "wb");

	cr_assert_not_null(f, "cannot write %s", file);
	cr_assert_eq(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

static void
copy_into(const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *de;

	cr_assert_not_null(d);
	while ((de = readdir(d))) {
		char *a, *b;
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		a = folder_path(from, de->d_name);
		b = folder_path(to, de->d_name);
		stat(a, &st);
		if (S_ISDIR(st.st_mode)) {
			mkdir(b, 0755);
			copy_into(a, b);
		} else {
			struct buf text = {0};

			folder_read(a, &text);
			folder_write(b, buf_str(&text));
			buf_done(&text);
		}
		mem_free(a);
		mem_free(b);
	}
	closedir(d);
}

char *
folder_copy(const char *path)
{
	char *to = folder_new();

	copy_into(path, to);
	return to;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t
collect(const char *path, const char *ending, char **ret, size_t n, size_t max)
{
	DIR *d = opendir(path);
	struct dirent *de;

	if (!d)
		return n;
	while ((de = readdir(d)) && n < max) {
		char *a;
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		a = folder_path(path, de->d_name);
		stat(a, &st);
		if (S_ISDIR(st.st_mode))
			n = collect(a, ending, ret, n, max);
		else if (str_ends(str_of(a), str_of(ending))) {
			ret[n++] = a;
			continue;
		}
		mem_free(a);
	}
	closedir(d);
	return n;
}

size_t
folder_list(const char *path, const char *ending, char **ret, size_t max)
{
	size_t n = collect(path, ending, ret, 0, max);

	qsort(ret, n, sizeof(*ret), by_text);
	return n;
}

char *
folder_find(const char *path, const char *ending)
{
	char *all[256];
	size_t n = folder_list(path, ending, all, 256);

	for (size_t i = 1; i < n; i++)
		mem_free(all[i]);
	return n ? all[0] : NULL;
}
