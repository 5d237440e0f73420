#include "base/crash.h"

#include <stddef.h>

static const char *const names[] = {
#define C(id, name) name,
#include "base/crash.def"
#undef C
};

#define NAMES (sizeof(names) / sizeof(names[0]))

const char *
crash_name(unsigned i)
{
	return i < NAMES ? names[i] : NULL;
}

#ifdef NOROSHI_TEST_HOOKS
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one writable global of the house; test builds only. */
static _Atomic unsigned long passed;

void
crash_point(const char *name)
{
	const char *want = getenv("NOROSHI_CRASH");
	size_t n = strlen(name);
	unsigned long nth = 1;
	unsigned known = 0;

	while (known < NAMES && strcmp(names[known], name) != 0)
		known++;
	if (known == NAMES)
		abort(); /* a place that crash.def does not list would never be tried */
	if (!want || strncmp(want, name, n) != 0 || (want[n] != 0 && want[n] != ':'))
		return;
	if (want[n] == ':')
		nth = strtoul(want + n + 1, NULL, 10);
	if (atomic_fetch_add(&passed, 1) + 1 == nth)
		kill(getpid(), SIGKILL);
}
#endif
