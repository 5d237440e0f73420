#include "base/alertfile.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

char *
alertfile_path(const char *dir, uint64_t first)
{
	struct buf b = {0};
	const char *z;

	buf_printf(&b, "%s/%08llu.log", dir, (unsigned long long)first);
	z = buf_z(&b);
	return (char *)(uintptr_t)z;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
alertfile_list(const char *dir, uint64_t **ret, size_t *nret)
{
	uint64_t *list = NULL;
	size_t n = 0, cap = 0;
	struct dirent *de;
	DIR *d = opendir(dir);

	if (!d)
		return ERR_IO;
	while ((de = readdir(d))) {
		struct str name = str_of(de->d_name);
		uint64_t first;

		if (!str_ends(name, STR(".log")) || name.n < 12)
			continue;
		name.n -= 4;
		if (!str_u64(name, &first) || first == 0)
			continue;
		list = mem_grow(list, n, &cap, sizeof(*list));
		list[n++] = first;
	}
	closedir(d);
	if (n)
		qsort(list, n, sizeof(*list), by_number);
	*ret = list;
	*nret = n;
	return 0;
}

int
alertfile_take(struct str *s, uint64_t *number, struct str *json)
{
	ptrdiff_t end = str_chr(*s, '\n');
	struct str line;
	uint32_t crc = 0;
	size_t i;

	if (end < 0)
		return 0;
	line = (struct str){s->p, (size_t)end};
	if (!str_take_u64(&line, number) || line.n < 10 || line.p[0] != ' ' || line.p[9] != ' ')
		return ERR_CORRUPT;
	for (i = 1; i < 9; i++) {
		char c = line.p[i];

		if (!is_digit(c) && (c < 'a' || c > 'f'))
			return ERR_CORRUPT;
		crc = crc << 4 | (uint32_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	str_skip(&line, 10);
	if (crc32c(0, line.p, line.n) != crc)
		return ERR_CORRUPT;
	*json = line;
	str_skip(s, (size_t)end + 1);
	return 1;
}
