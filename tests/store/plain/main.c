/* Runs what plain/criterion/criterion.h collected; arguments: words of suites to leave out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct plain_test *first;

void
plain_add(struct plain_test *t)
{
	t->next = first;
	first = t;
}

void
plain_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(1);
}

int
main(int argc, char **argv)
{
	unsigned n = 0;

	for (struct plain_test *t = first; t; t = t->next) {
		bool skip = false;

		for (int i = 1; i < argc; i++)
			skip |= strstr(t->suite, argv[i]) || strstr(t->name, argv[i]);
		if (skip)
			continue;
		t->run();
		n++;
	}
	printf("%u tests\n", n);
	return n == 0;
}
