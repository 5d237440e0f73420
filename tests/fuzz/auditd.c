/*
 * Fuzz target: any lines as Linux audit records, read, joined and let run to their end. What comes
 * out, derived records too, must be one sound line of JSON each, and the same however the lines are
 * cut into batches.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/utf8.h"
#include "parsers/parsers.h"
#include "weave/weave.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NOW   (INT64_C(1795341600) * NS_PER_S)
#define LINES 200u

struct run {
	struct buf out;
	struct arena scratch;
};

static struct parsers *parsers;
static struct names *names;
static struct batch batch;
static struct lists *none;

static void
once(void)
{
	struct input_context in = {.name = STR("fuzz"), .source = STR("auditd")};
	struct diag why = {0};
	struct zone *zone = NULL;

	if (parsers)
		return;
	if (zone_load(STR("UTC"), &why, &zone) < 0)
		__builtin_trap();
	in.zone = zone;
	if (parsers_new(&in, 1, &why, &parsers) < 0)
		__builtin_trap();
	names = names_new();
	names_freeze(names);
	batch = batch_new();
	none = lists_none();
}

static bool
ignore(void *ctx, const struct json_value *v)
{
	(void)ctx;
	(void)v;
	return true;
}

static char *
scratch(void *ctx, size_t n)
{
	return arena_alloc(ctx, n + 1);
}

static void
check(struct run *run, struct batch b, const struct record *r)
{
	struct json_sink sink = {ignore, scratch, &run->scratch};
	struct json_limits limits = {.depth = 8, .keys = 100000, .name = 1024};
	struct record_out how = {.names = names, .facts = true};
	size_t from = run->out.n;
	struct str json;
	uint64_t flags = 0;

	record_json(b, r, &how, &run->out);
	json = str_make(run->out.p + from, run->out.n - from);
	if (!utf8_valid(json) || json_flatten(json, &limits, &sink, &flags) != REASON_NONE ||
		(flags >> REASON_JSON_DUP & 1))
		__builtin_trap();
	buf_add_char(&run->out, '\n');
	arena_reset(&run->scratch);
}

static void
on_derived(void *ctx, struct batch b, struct record *r)
{
	check(ctx, b, r);
}

static void
think(struct run *run, struct weave *w, int64_t *now)
{
	uint32_t n = batch_head(batch)->nframes;

	parsers_run(parsers, batch, names, 0, n);
	for (uint32_t i = 0; i < batch_results(batch)->nrecords; i++) {
		struct record r = batch_records(batch)[i];

		weave_tick(w, *now);
		if (r.flags & RECORD_WOVEN)
			weave_record(w, batch, &r, STR("fuzz"));
		*now = r.time > *now && r.time < NOW * 2 ? r.time : *now;
		check(run, batch, &r);
	}
}

static void
run_all(struct run *run, struct str text, unsigned per_batch)
{
	struct weave_options opt = weave_options_default;
	struct weave_sink sink = {.derived = on_derived, .ctx = run};
	struct region *region = region_new((size_t)1 << 20);
	struct weave *w = weave_new(&opt, names, none, region, &sink);
	unsigned done = 0;
	int64_t now = 0, due;
	struct str line;

	while (text.n > 0 && done < LINES) {
		batch_reset(batch, done);
		batch_head(batch)->first_seq = done + 1;
		for (unsigned i = 0; i < per_batch && text.n > 0 && done < LINES; i++) {
			struct frame f = {
				.arrival = NOW, .offset = done++, .flags = FRAME_POSITION};

			str_cut(&text, '\n', &line);
			batch_add(batch, &f, line, STR("peer"));
		}
		think(run, w, &now);
	}
	while ((due = weave_last_due(w)) != INT64_MIN)
		weave_tick(w, due);
	weave_free(w);
	region_destroy(region);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct run one = {0}, all = {0};
	struct str text = {(const char *)p, n < 30000 ? n : 30000};

	once();
	run_all(&one, text, 1);
	run_all(&all, text, 16);
	if (!str_eq(buf_str(&one.out), buf_str(&all.out)))
		__builtin_trap();
	buf_done(&one.out);
	buf_done(&all.out);
	arena_done(&one.scratch);
	arena_done(&all.scratch);
	return 0;
}
