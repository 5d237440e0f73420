/*
 * A stand-in for Criterion where its own sandbox cannot run (ThreadSanitizer): each Test is run in
 * this process, one after the other; a failed check ends the program. Compile the tests with
 * -I tests/store/plain before the system's folders, and tests/store/plain/main.c.
 */
#ifndef TESTS_PLAIN_CRITERION_H
#define TESTS_PLAIN_CRITERION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct plain_test {
	const char *suite, *name;
	void (*run)(void);
	struct plain_test *next;
};

void plain_add(struct plain_test *t);
void plain_failed(const char *file, int line, const char *what);

#define Test(suite, test, ...)                                                                     \
	static void suite##_##test(void);                                                          \
	__attribute__((constructor)) static void suite##_##test##_add(void)                        \
	{                                                                                          \
		static struct plain_test t = {#suite, #test, suite##_##test, NULL};                \
		plain_add(&t);                                                                     \
	}                                                                                          \
	static void suite##_##test(void)

#define plain_check(cond) ((cond) ? (void)0 : plain_failed(__FILE__, __LINE__, #cond))

#define cr_assert(c, ...)            plain_check(c)
#define cr_assert_not(c, ...)        plain_check(!(c))
#define cr_assert_eq(a, b, ...)      plain_check((a) == (b))
#define cr_assert_neq(a, b, ...)     plain_check((a) != (b))
#define cr_assert_gt(a, b, ...)      plain_check((a) > (b))
#define cr_assert_geq(a, b, ...)     plain_check((a) >= (b))
#define cr_assert_lt(a, b, ...)      plain_check((a) < (b))
#define cr_assert_leq(a, b, ...)     plain_check((a) <= (b))
#define cr_assert_null(a, ...)       plain_check((a) == NULL)
#define cr_assert_not_null(a, ...)   plain_check((a) != NULL)
#define cr_expect(c, ...)            plain_check(c)
#define cr_expect_not(c, ...)        plain_check(!(c))
#define cr_expect_eq(a, b, ...)      plain_check((a) == (b))
#define cr_expect_gt(a, b, ...)      plain_check((a) > (b))
#define cr_expect_geq(a, b, ...)     plain_check((a) >= (b))
#define cr_expect_lt(a, b, ...)      plain_check((a) < (b))
#define cr_expect_leq(a, b, ...)     plain_check((a) <= (b))
#define cr_expect_null(a, ...)       plain_check((a) == NULL)
#define cr_expect_not_null(a, ...)   plain_check((a) != NULL)
#define cr_expect_str_eq(a, b, ...)  plain_check(strcmp((a), (b)) == 0)
#define cr_expect_str_neq(a, b, ...) plain_check(strcmp((a), (b)) != 0)
#define cr_skip_test(...)            return

#endif
