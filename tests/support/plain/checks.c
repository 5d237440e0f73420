/* checks.c - what criterion.h's macros come down to; also for programs with a main of their own. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>

static struct plain_test *first;

void
plain_add(struct plain_test *t)
{
	t->next = first;
	first = t;
}

_Noreturn void
plain_failed(const char *file, int line, const char *what, const char *why, ...)
{
	va_list ap;

	fprintf(stderr, "FAIL %s:%d: %s\n", file, line, what);
	va_start(ap, why);
	vfprintf(stderr, why, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

_Noreturn void
plain_skip(void)
{
	_exit(PLAIN_SKIPPED);
}

const struct plain_test *
plain_tests(void)
{
	return first;
}
