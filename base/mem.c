#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void
exhausted(size_t n)
{
	char line[128];
	int len = snprintf(line, sizeof(line),
		"noroshi: out of memory asking for %zu bytes; raise MemoryMax or lower limits:\n",
		n);

	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		_exit(MEM_EXIT_CODE);
	_exit(MEM_EXIT_CODE);
}

void *
mem_alloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		exhausted(n);
	return p;
}

void *
mem_zero(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		exhausted(count);
	return p;
}

void *
mem_resize(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (!p)
		exhausted(n);
	return p;
}

char *
mem_copy_z(const char *p, size_t n)
{
	char *z = mem_alloc(n + 1);

	if (n)
		memcpy(z, p, n);
	z[n] = 0;
	return z;
}

void
mem_free(void *p)
{
	free(p);
}

void *
mem_grow(void *p, size_t used, size_t *cap, size_t size)
{
	size_t want;

	if (used < *cap)
		return p;
	want = *cap ? *cap * 2 : 16;
	if (want < *cap || want > SIZE_MAX / size)
		exhausted(want);
	*cap = want;
	return mem_resize(p, want * size);
}
