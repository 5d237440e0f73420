/*
 * reading.h - what fuzz targets that read frames share: parsers for inputs in UTC, names, a batch,
 * and what a record's line of JSON must be.
 *
 * Threads: one; kept from run to run.
 */
#ifndef TESTS_FUZZ_READING_H
#define TESTS_FUZZ_READING_H

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/utf8.h"
#include "parsers/parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_NOW  (INT64_C(1795341600) * NS_PER_S) /* 2026-11-22T10:00:00Z */
#define FUZZ_MOST 65536u

struct fuzz_reading {
	struct parsers *parsers; /* NULL: not begun */
	struct names *names;
	struct batch batch;
};

/* Each of in gets the zone UTC. */
static inline struct parsers *
fuzz_parsers(struct input_context *in, size_t n)
{
	struct parsers *p = NULL;
	struct diag why = {0};

	for (size_t i = 0; i < n; i++) {
		struct zone *zone = NULL;

		if (zone_load(STR("UTC"), &why, &zone) < 0)
			abort();
		in[i].zone = zone;
	}
	if (parsers_new(in, n, &why, &p) < 0)
		abort();
	return p;
}

static inline void
fuzz_begin(struct fuzz_reading *f, struct input_context *in, size_t n)
{
	f->parsers = fuzz_parsers(in, n);
	f->names = names_new();
	names_freeze(f->names);
	f->batch = batch_new();
}

static inline bool
fuzz_ignore(void *ctx, const struct json_value *v)
{
	(void)ctx;
	(void)v;
	return true;
}

static inline char *
fuzz_scratch(void *ctx, size_t n)
{
	return arena_alloc(ctx, n + 1);
}

/* Valid UTF-8, one object; no key twice, unless `doubled`: Sigma's events keep what the look-up
 * must tell apart. */
static inline void
fuzz_check_json(struct str text, bool doubled)
{
	struct arena memory = {0};
	/* Names of output may be longer and more than a reader's usual bounds. */
	struct json_limits lim = {.depth = 8, .keys = 8192, .name = 1024};
	struct json_sink sink = {fuzz_ignore, fuzz_scratch, &memory};
	uint64_t flags = 0;
	enum reason rc = json_flatten(text, &lim, &sink, &flags);

	if (!utf8_valid(text) || (rc != REASON_NONE && rc != REASON_JSON_KEYS))
		abort();
	if ((flags >> REASON_JSON_DUP & 1) && !doubled)
		abort();
	arena_done(&memory);
}

#endif
