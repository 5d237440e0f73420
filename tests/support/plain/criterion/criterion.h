/*
 * criterion.h - a stand-in for Criterion under ThreadSanitizer, where Criterion's programs do not
 * start.
 *
 * Each Test runs in a process of its own, one after the other; its first failed check ends it.
 * Found before the system's header by -Itests/support/plain; main.c beside it runs what is
 * collected here.
 */
#ifndef TESTS_PLAIN_CRITERION_H
#define TESTS_PLAIN_CRITERION_H

/* As Criterion's own is: its macros may be called without a message. */
#pragma GCC system_header

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct plain_test {
	const char *suite, *name;
	void (*run)(void);
	struct plain_test *next;
};

#define PLAIN_SKIPPED 77 /* exit code of a test that cannot run here */

void plain_add(struct plain_test *t);
_Noreturn void plain_failed(const char *file, int line, const char *what, const char *why, ...);
const struct plain_test *plain_tests(void);
_Noreturn void plain_skip(void);

/* Criterion's timeouts are for its own speed: main.c gives every test the same, longer one. */
#define TestSuite(suite, ...) struct plain_no_suite_##suite

#define Test(suite, test, ...)                                                                     \
	static void suite##_##test(void);                                                          \
	__attribute__((constructor)) static void suite##_##test##_add(void)                        \
	{                                                                                          \
		static struct plain_test t = {#suite, #test, suite##_##test, NULL};                \
		plain_add(&t);                                                                     \
	}                                                                                          \
	static void suite##_##test(void)

/* The message after a check is a literal, or there is none. */
#define plain_check(cond, ...)                                                                     \
	((cond) ? (void)0 : plain_failed(__FILE__, __LINE__, #cond, "" __VA_ARGS__))

#define cr_assert_fail(...)          plain_failed(__FILE__, __LINE__, "reached", "" __VA_ARGS__)
#define cr_assert(c, ...)            plain_check(c, __VA_ARGS__)
#define cr_assert_not(c, ...)        plain_check(!(c), __VA_ARGS__)
#define cr_assert_eq(a, b, ...)      plain_check((a) == (b), __VA_ARGS__)
#define cr_assert_neq(a, b, ...)     plain_check((a) != (b), __VA_ARGS__)
#define cr_assert_gt(a, b, ...)      plain_check((a) > (b), __VA_ARGS__)
#define cr_assert_geq(a, b, ...)     plain_check((a) >= (b), __VA_ARGS__)
#define cr_assert_lt(a, b, ...)      plain_check((a) < (b), __VA_ARGS__)
#define cr_assert_leq(a, b, ...)     plain_check((a) <= (b), __VA_ARGS__)
#define cr_assert_null(a, ...)       plain_check((a) == NULL, __VA_ARGS__)
#define cr_assert_not_null(a, ...)   plain_check((a) != NULL, __VA_ARGS__)
#define cr_expect(c, ...)            plain_check(c, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)     plain_check((a) != (b), __VA_ARGS__)
#define cr_expect_not(c, ...)        plain_check(!(c), __VA_ARGS__)
#define cr_expect_eq(a, b, ...)      plain_check((a) == (b), __VA_ARGS__)
#define cr_expect_gt(a, b, ...)      plain_check((a) > (b), __VA_ARGS__)
#define cr_expect_geq(a, b, ...)     plain_check((a) >= (b), __VA_ARGS__)
#define cr_expect_lt(a, b, ...)      plain_check((a) < (b), __VA_ARGS__)
#define cr_expect_leq(a, b, ...)     plain_check((a) <= (b), __VA_ARGS__)
#define cr_expect_null(a, ...)       plain_check((a) == NULL, __VA_ARGS__)
#define cr_expect_not_null(a, ...)   plain_check((a) != NULL, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)  plain_check(strcmp((a), (b)) == 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) plain_check(strcmp((a), (b)) != 0, __VA_ARGS__)
#define cr_skip_test(...)            plain_skip()

#endif
