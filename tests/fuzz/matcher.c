/*
 * Fuzz target: the first line is a detection item in flow style, the rest an event. The matches
 * with and without the prefilter must be the same.
 */
#include "base/json.h"
#include "base/logsource.h"
#include "base/zone.h"
#include "detect/detect.h"
#include "parsers/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool
read_event(struct batch b, const struct names *names, struct str event)
{
	struct input_context in = {.name = STR("fuzz")};
	struct frame f = {0};
	struct parse_ctx ctx = {.in = &in, .frame = batch_frames(b)};
	struct recs w;

	batch_reset(b, 1);
	if (batch_add(b, &f, event, STR("")) < 0)
		return false;
	ctx.text = batch_raw(b, batch_frames(b));
	recs_begin(&w, b, names, 0);
	recs_frame(&w, 0);
	recs_open(&w);
	return parser_sigma.parse(&ctx, ctx.text, &w) == PARSED_OK && recs_close(&w) == 0;
}

static uint32_t
run(struct rule_files *files, struct str event, bool naive, uint64_t *limits)
{
	struct ruleset_options opt = {
		.native_fields = true, .ignore_logsource = true, .no_prefilter = naive};
	struct names *names = names_new();
	struct batch b = batch_new();
	struct ruleset *rs = NULL;
	uint32_t got = 0;

	if (ruleset_build(files, &opt, names, NULL, &rs) == 0 && read_event(b, names, event)) {
		struct matcher *m = matcher_new(rs, MATCH_ALL);

		for (unsigned raw = 0; raw <= 1; raw++) {
			batch_records(b)->logsource = raw ? LOGSOURCE_JSON : LOGSOURCE_LABEL;
			matcher_run(m, b, batch_records(b));
			got = got * 2 + batch_records(b)->nmatches;
		}
		*limits += matcher_take_limits(m);
		matcher_free(m);
	}
	ruleset_free(rs);
	names_free(names);
	batch_free(b);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str event = {(const char *)p, n}, item;
	struct rule_files *files = rule_files_new();
	struct buf rule = {0};
	uint64_t limits = 0;
	uint32_t fast, naive;

	str_cut(&event, '\n', &item);
	BUF_ADD_LIT(&rule, "id: r\nlogsource: {}\ndetection:\n  a: ");
	buf_add_str(&rule, item);
	BUF_ADD_LIT(&rule, "\n  condition: a\n");
	rule_files_parse(files, buf_str(&rule), "fuzz", true, NULL);
	fast = run(files, event, false, &limits);
	naive = run(files, event, true, &limits);
	if (fast != naive && limits == 0)
		__builtin_trap();
	rule_files_free(files);
	buf_done(&rule);
	return 0;
}
