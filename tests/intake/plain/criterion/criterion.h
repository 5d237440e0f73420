/* What house.c needs of Criterion, for programs that run where Criterion cannot (under TSan). */
#ifndef PLAIN_CRITERION_H
#define PLAIN_CRITERION_H

#include <stdio.h>
#include <stdlib.h>

#define PLAIN_CHECK(cond)                                                                          \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
#define cr_assert(c, ...)          PLAIN_CHECK(c)
#define cr_assert_eq(a, b, ...)    PLAIN_CHECK((a) == (b))
#define cr_assert_neq(a, b, ...)   PLAIN_CHECK((a) != (b))
#define cr_assert_lt(a, b, ...)    PLAIN_CHECK((a) < (b))
#define cr_assert_gt(a, b, ...)    PLAIN_CHECK((a) > (b))
#define cr_assert_not_null(a, ...) PLAIN_CHECK((a) != NULL)
#define cr_expect_eq(a, b, ...)    PLAIN_CHECK((a) == (b))

#endif
