/*
 * source_test.h - the tests that definitions of sources carry: for `noroshi check` and the units.
 *
 * Each line is read as an input would that recognises by itself, with zone UTC and arrival
 * SOURCE_TEST_ARRIVAL. Threads: none shared; allocates, for the command line only.
 */
#ifndef PARSERS_SOURCE_TEST_H
#define PARSERS_SOURCE_TEST_H

#include "base/diag.h"

/* 2026-11-22T10:00:00Z: what years are guessed from. */
#define SOURCE_TEST_ARRIVAL (INT64_C(1795341600) * INT64_C(1000000000))

struct source_tests {
	size_t definitions, tests, failed;
	size_t nameless; /* records of a product that say no observer.product */
};

/*
 * Load ours and the definitions of a folder, and run the tests of the folder's. A failing test, or
 * one that is none, is an error in why, with file and line; a definition without tests a warning.
 * Returns an error code if the folder cannot be loaded or a test failed.
 */
int source_tests_run(struct str dir, struct diag *why, struct source_tests *ret);

#endif
