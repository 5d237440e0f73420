/*
 * Fuzz target: any lines as Linux audit records, read, joined and let run to their end. What comes
 * out, derived records too, must be one sound line of JSON each, and the same however the lines are
 * cut into batches.
 */
#include "reading.h"
#include "weave/weave.h"

#define LINES 200u

struct run {
	struct buf out;
};

static struct fuzz_reading reading;
static struct lists *none;

static void
once(void)
{
	struct input_context in = {.name = STR("fuzz"), .source = STR("auditd")};

	if (reading.parsers)
		return;
	fuzz_begin(&reading, &in, 1);
	none = lists_none();
}

static void
check(struct run *run, struct batch b, const struct record *r)
{
	struct record_out how = {.names = reading.names, .facts = true};
	size_t from = run->out.n;

	record_json(b, r, &how, &run->out);
	fuzz_check_json(str_make(run->out.p + from, run->out.n - from), false);
	buf_add_char(&run->out, '\n');
}

static void
on_derived(void *ctx, struct batch b, struct record *r)
{
	check(ctx, b, r);
}

static void
think(struct run *run, struct weave *w, int64_t *now)
{
	uint32_t n = batch_head(reading.batch)->nframes;

	parsers_run(reading.parsers, reading.batch, reading.names, 0, n);
	for (uint32_t i = 0; i < batch_results(reading.batch)->nrecords; i++) {
		struct record r = batch_records(reading.batch)[i];

		weave_tick(w, *now);
		if (r.flags & RECORD_WOVEN)
			weave_record(w, reading.batch, &r, STR("fuzz"));
		*now = r.time > *now && r.time < FUZZ_NOW * 2 ? r.time : *now;
		check(run, reading.batch, &r);
	}
}

static void
run_all(struct run *run, struct str text, unsigned per_batch)
{
	struct weave_options opt = weave_options_default;
	struct weave_sink sink = {.derived = on_derived, .ctx = run};
	struct region *region = region_new((size_t)1 << 20);
	struct weave *w = weave_new(&opt, reading.names, none, region, &sink);
	unsigned done = 0;
	int64_t now = 0, due;
	struct str line;

	while (text.n > 0 && done < LINES) {
		batch_reset(reading.batch, done);
		batch_head(reading.batch)->first_seq = done + 1;
		for (unsigned i = 0; i < per_batch && text.n > 0 && done < LINES; i++) {
			struct frame f = {
				.arrival = FUZZ_NOW, .offset = done++, .flags = FRAME_POSITION};

			str_cut(&text, '\n', &line);
			batch_add(reading.batch, &f, line, STR("peer"));
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
		abort();
	buf_done(&one.out);
	buf_done(&all.out);
	return 0;
}
