/* cli_replay.c - `noroshi replay` and `noroshi normalize`: the very same pipeline, offline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "daemon/cli.h"
#include "daemon/cli_top.h"
#include "daemon/cliinput.h"
#include "daemon/cost.h"
#include "daemon/mind.h"

#define MAX_RULES 64

struct request {
	const struct cli *c;
	struct input_context context;
	struct rules_settings rules[MAX_RULES];
	size_t nrules;
	struct cliinput_options input;
	struct ruleset_options ruleset;
	const char *zone, *year, *watchlists, *sources;
	bool matches, every, strict, all, derived, until_end, top;
	struct zone *z;

	const struct brain *brain;
	struct batch now;
	const struct record *record;
	struct buf out, text;
	uint64_t number;
	uint64_t broken; /* lines that a source of bare events made nothing of */
};

static void
flush_out(struct request *r, bool force)
{
	if (r->out.n == 0 || (r->out.n < 1 << 16 && !force))
		return;
	fwrite(r->out.p, 1, r->out.n, stdout);
	buf_clear(&r->out);
}

/* ---- options ---- */

static bool
takes_value(const char *a)
{
	static const char *const with[] = {"--rules", "--source", "--zone", "--year", "--clock",
		"--logsource", "--refire", "--placeholders", "--watchlists", "--sources",
		"--encoding", "--format", "--columns", "--taxonomy", "--squid-columns", "--fields",
		"--cache", "-c"};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (!strcmp(a, with[i]))
			return true;
	return false;
}

static int
value_option(struct request *r, const char *a, const char *v)
{
	struct str s = str_of(v);

	if (!strcmp(a, "--rules")) {
		if (r->nrules == MAX_RULES)
			return cli_usage(r->c, "more than %d --rules", MAX_RULES);
		r->rules[r->nrules++] = (struct rules_settings){.path = s, .skip_bad = true};
	} else if (!strcmp(a, "--source")) {
		r->context.source = s;
		r->ruleset.native_fields = !strcmp(v, "sigma");
	} else if (!strcmp(a, "--fields")) {
		r->ruleset.native_fields = !strcmp(v, "native");
		if (!r->ruleset.native_fields && strcmp(v, "ecs") != 0)
			return cli_usage(r->c, "--fields is native or ecs, not '%s'", v);
	} else if (!strcmp(a, "--zone")) {
		r->zone = v;
	} else if (!strcmp(a, "--encoding")) {
		r->context.encoding = s;
	} else if (!strcmp(a, "--format")) {
		r->context.format = s;
	} else if (!strcmp(a, "--columns")) {
		r->context.columns = s;
	} else if (!strcmp(a, "--squid-columns")) {
		r->context.squid_columns = s;
	} else if (!strcmp(a, "--taxonomy")) {
		r->ruleset.taxonomy = v;
	} else if (!strcmp(a, "--placeholders")) {
		r->ruleset.placeholders = v;
	} else if (!strcmp(a, "--cache")) {
		r->ruleset.cache = v;
		r->ruleset.cache_keep = true;
	} else if (!strcmp(a, "--clock")) {
		if (!stamp_take_iso(&s, NULL, 0, &r->input.clock) || s.n)
			return cli_usage(r->c,
				"--clock wants a time such as 2026-11-22T10:00:00Z, not '%s'", v);
	} else if (!strcmp(a, "--year")) {
		uint64_t year;
		struct civil mid = {.month = 7, .day = 2};

		if (!str_u64(s, &year) || year < 1971 || year > 2260)
			return cli_usage(r->c, "--year wants a year, not '%s'", v);
		/* The year nearest to arrival: arrival in the middle of the year leaves no other.
		 */
		mid.year = (int)year;
		r->input.clock = civil_to_ns(&mid);
	} else if (!strcmp(a, "--logsource")) {
		r->ruleset.ignore_logsource = !strcmp(v, "ignore");
		r->context.plain_label = !strcmp(v, "event");
		if (!r->ruleset.ignore_logsource && !r->context.plain_label &&
			strcmp(v, "label") != 0)
			return cli_usage(
				r->c, "--logsource is label, event or ignore, not '%s'", v);
	} else if (!strcmp(a, "--refire")) {
		r->every = !strcmp(v, "every");
		if (!r->every && strcmp(v, "suppress") != 0)
			return cli_usage(r->c, "--refire is suppress or every, not '%s'", v);
	} else if (!strcmp(a, "--watchlists")) {
		r->watchlists = v;
	} else if (!strcmp(a, "--sources")) {
		r->sources = v;
	}
	return 0;
}

static int
read_options(struct request *r, int argc, char **argv)
{
	struct diag why = {0};
	int code = 0;

	r->input.paths = mem_zero((size_t)argc, sizeof(*r->input.paths));
	for (int i = 1; code == 0 && i < argc; i++) {
		const char *a = argv[i];

		if (a[0] != '-' || a[1] == 0)
			r->input.paths[r->input.npaths++] = argv[i];
		else if (takes_value(a) && i + 1 < argc)
			code = value_option(r, a, argv[++i]);
		else if (!strcmp(a, "--matches"))
			r->matches = true;
		else if (!strcmp(a, "--strict"))
			r->strict = true;
		else if (!strcmp(a, "--all"))
			r->all = true;
		else if (!strcmp(a, "--derived"))
			r->derived = true;
		else if (!strcmp(a, "--top"))
			r->top = true;
		else if (!strcmp(a, "--until-end"))
			r->until_end = true;
		else if (!strcmp(a, "--json"))
			continue; /* it prints nothing else */
		else
			code = cli_usage(r->c, "unknown option or missing value: '%s'", a);
	}
	if (code == 0 && zone_load(r->zone ? str_of(r->zone) : STR("UTC"), &why, &r->z) < 0) {
		cli_diag(&why);
		code = EXIT_USAGE;
	}
	diag_done(&why);
	r->context.zone = r->z;
	r->input.form = file_form_of(r->context.format, r->context.columns.n > 0);
	r->context.skew_ns = INT64_MAX;
	r->context.history = true;
	return code;
}

static void
request_done(struct request *r)
{
	mem_free(r->input.paths);
	zone_free(r->z);
	buf_done(&r->out);
	buf_done(&r->text);
}

static int
load(struct request *r, struct brain **ret)
{
	struct brain_options opt = {.rules = r->rules,
		.nrules = r->nrules,
		.contexts = &r->context,
		.ncontexts = 1,
		.watchlists = r->watchlists,
		.sources = r->sources,
		.ruleset = r->ruleset};
	struct diag why = {0};
	int rc = brain_load(&opt, &why, ret), code = 0;

	cli_diag(&why);
	if (rc < 0)
		code = EXIT_USAGE;
	else if (r->strict && (*ret)->rejected > 0)
		code = EXIT_PARTLY;
	diag_done(&why);
	return code;
}

/* ---- normalize ---- */

static void
normalize_frame(struct request *r, struct batch b)
{
	struct record_out how = {.names = r->brain->names, .facts = true};
	uint32_t n = batch_results(b)->nrecords;

	if (n == 0)
		BUF_ADD_LIT(&r->out, "{}\n");
	for (uint32_t i = 0; i < n && (i == 0 || r->all); i++) {
		how.source_name = parsers_product(r->brain->parsers, batch_records(b)[i].product);
		record_json(b, &batch_records(b)[i], &how, &r->out);
		buf_add_char(&r->out, '\n');
	}
	flush_out(r, false);
}

/* With --derived: what weave makes of the lines, and the records that it makes of several. */
static void
woven_record(void *ctx, struct batch b, const struct record *r, bool derived)
{
	struct request *req = ctx;
	struct record_out how = {.names = req->brain->names,
		.facts = true,
		.source_name = parsers_product(req->brain->parsers, r->product)};

	(void)derived;
	record_json(b, r, &how, &req->out);
	buf_add_char(&req->out, '\n');
}

static struct mind *
request_mind(struct request *r, const struct mind_sink *sink)
{
	struct mind_options o = {.brain = r->brain,
		.lists = r->brain->lists,
		.correlator = {.refire_every = r->every,
			.lead_ns = 300 * NS_PER_S,
			.alert_fold_ns = r->every ? 0 : 600 * NS_PER_S,
			.alerts_for_rules = !r->matches},
		.weave = weave_options_default,
		.incidents = incidents_options_default,
		.state_max = (size_t)4 << 30};
	struct mind *m = mind_new(&o, sink);

	if (mind_begin(m) < 0) {
		fprintf(stderr, "noroshi: the rules need more state than there is room for\n");
		mind_free(m);
		m = NULL;
	}
	return m;
}

static void
weave_frame(struct request *r, struct mind *m, struct batch b, uint64_t number)
{
	uint32_t n = batch_results(b)->nrecords;

	for (uint32_t i = 0; i < n; i++) {
		struct record rec = batch_records(b)[i];

		mind_record(m, b, &rec, number, r->context.name);
	}
	flush_out(r, false);
}

static int
run_normalize(const struct cli *c, int argc, char **argv)
{
	struct request r = {.c = c, .input = {.frame_max = 1 << 20}};
	struct brain *brain = NULL;
	struct diag why = {0};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = load(&r, &brain);
	if (brain && (code == 0 || code == EXIT_PARTLY)) {
		struct cliinput *in = cliinput_open(&r.input, brain, NULL, &why);
		struct mind_sink sink = {.record = woven_record, .ctx = &r};
		struct mind *m = NULL;
		struct batch b;
		uint64_t number, next = 1;

		r.brain = brain;
		cli_diag(&why);
		if (r.derived && !(m = request_mind(&r, &sink)))
			code = EXIT_FINDING;
		while (in && (m || !r.derived) && cliinput_next(in, &b, &number)) {
			if (m) {
				weave_frame(&r, m, b, number);
				continue;
			}
			/* A blank line is a line too: one JSON per input line, in order. */
			for (; r.input.npaths <= 1 && next < number; next++)
				BUF_ADD_LIT(&r.out, "{}\n");
			next = number + 1;
			normalize_frame(&r, b);
		}
		if (m) /* a file ends: what its lines began is told as far as it was */
			mind_until_end(m);
		flush_out(&r, true);
		code = in && !cliinput_damaged(in) ? code : EXIT_FINDING;
		mind_free(m);
		cliinput_close(in);
	}
	brain_free(brain);
	diag_done(&why);
	request_done(&r);
	return code;
}

/* ---- replay ---- */

static void
on_alert(void *ctx, const struct alert *a)
{
	struct request *r = ctx;

	alert_json(a, &r->out);
	buf_add_char(&r->out, '\n');
	flush_out(r, false);
}

static void
on_match(void *ctx, const struct correlation_match *m)
{
	struct request *r = ctx;

	if (r->top)
		return;
	BUF_ADD_LIT(&r->out, "{\"correlation\":");
	json_quote(&r->out, m->id);
	BUF_ADD_LIT(&r->out, ",\"group\":{");
	for (size_t i = 0; i < m->ngroup; i++) {
		if (i)
			buf_add_char(&r->out, ',');
		json_quote(&r->out, m->group[i].name);
		buf_add_char(&r->out, ':');
		json_quote(&r->out, m->group[i].value);
	}
	BUF_ADD_LIT(&r->out, "},\"first\":");
	buf_add_u64(&r->out, m->first);
	BUF_ADD_LIT(&r->out, ",\"last\":");
	buf_add_u64(&r->out, m->last);
	BUF_ADD_LIT(&r->out, ",\"count\":");
	alert_number(m->count, &r->out);
	BUF_ADD_LIT(&r->out, "}\n");
	flush_out(r, false);
}

static void
on_text(void *ctx, struct buf *out)
{
	struct request *r = ctx;
	struct record_out how = {.names = r->brain->names,
		.facts = true,
		.source_name = parsers_product(r->brain->parsers, r->record->product)};

	record_json(r->now, r->record, &how, out);
}

static void
on_record(void *ctx, struct batch b, const struct record *rec, bool derived)
{
	struct request *r = ctx;

	(void)derived;
	r->now = b;
	r->record = rec;
}

static void
on_matched(void *ctx, const uint32_t *rules, uint32_t n)
{
	struct request *r = ctx;

	for (uint32_t i = 0; i < n && !r->top; i++) {
		const struct rule_info *rule = ruleset_rule(r->brain->rules, rules[i]);

		if (rule->referenced)
			continue;
		BUF_ADD_LIT(&r->out, "{\"event\":");
		buf_add_i64(&r->out, (int64_t)r->number);
		BUF_ADD_LIT(&r->out, ",\"rule\":");
		json_quote(&r->out, rule->words.id);
		BUF_ADD_LIT(&r->out, "}\n");
	}
}

static int
replay_all(struct request *r, struct cliinput *in)
{
	struct mind_sink sink = {.alert = r->matches || r->top ? NULL : on_alert,
		.match = r->matches ? on_match : NULL,
		.matched = r->matches ? on_matched : NULL,
		.record = on_record,
		.record_text = on_text,
		.ctx = r};
	struct mind *m = request_mind(r, &sink);
	uint64_t first = 0;
	struct batch b;
	int rc;

	while (m && cliinput_next(in, &b, &r->number)) {
		if (batch_results(b)->nrecords == 0 &&
			str_trim(batch_raw(b, &batch_frames(b)[0])).n > 0 && r->broken++ == 0)
			first = r->number;
		weave_frame(r, m, b, r->number);
	}
	if (r->broken > 0)
		fprintf(stderr,
			"noroshi replay: %llu lines are no events and were skipped, the first is "
			"line %llu; with --source sigma each line is one JSON object\n",
			(unsigned long long)r->broken, (unsigned long long)first);
	if (m && r->until_end)
		mind_until_end(m);
	if (m && r->top)
		mind_stats(m, &(struct mind_stats){0});
	flush_out(r, true);
	rc = m ? 0 : EXIT_FINDING;
	mind_free(m);
	return rc;
}

static int
run_replay(const struct cli *c, int argc, char **argv)
{
	struct request r = {.c = c, .input = {.frame_max = 1 << 20}};
	struct brain *brain = NULL;
	struct diag why = {0};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = load(&r, &brain);
	if (brain && (code == 0 || code == EXIT_PARTLY)) {
		struct matcher *m = matcher_new(brain->rules, MATCH_EARLY);
		struct cliinput *in = cliinput_open(&r.input, brain, m, &why);

		r.brain = brain;
		cli_diag(&why);
		if (!in)
			code = EXIT_FINDING;
		else if (replay_all(&r, in) != 0 || cliinput_damaged(in))
			code = EXIT_FINDING;
		if (r.top && in) {
			struct buf costs = {0};

			cost_take(brain->costs, m);
			cost_json(brain->costs, brain->rules, &costs);
			if (c->json)
				printf("%.*s", STR_ARG(buf_str(&costs)));
			else
				top_print(buf_str(&costs), TOP_COST, SIZE_MAX);
			buf_done(&costs);
		}
		cliinput_close(in);
		matcher_free(m);
	}
	brain_free(brain);
	diag_done(&why);
	request_done(&r);
	return code;
}

#define COMMON_HELP                                                                                \
	"  --source NAME     product of all lines instead of recognition; sigma: fields keep "     \
	"their own names\n"                                                                        \
	"  --fields F        with --source sigma: native (default, rules name fields as they "     \
	"stand) or ecs\n"                                                                          \
	"  --zone Z          zone of timestamps that name none (default UTC)\n"                    \
	"  --year Y          year of timestamps that name none (default: nearest to --clock or "   \
	"the line before)\n"                                                                       \
	"  --clock T         arrival of every line\n"                                              \
	"  --format F        json, gelf, cef, leef, csv, kv, w3c or xml for all lines\n"           \
	"  --columns A,B     names of the columns of CSV that has no header line\n"                \
	"  --encoding E      utf-8 (default), cp932, euc-jp, iso-2022-jp\n"                        \
	"  --sources DIR     definitions of products beside the built-in ones, YAML\n"             \
	"  --watchlists DIR  the company's lists, CSV (people.csv, networks.csv, ...)\n"

const struct cli_command cli_normalize = {
	.name = "normalize",
	.summary = "lines of logs to ECS: one JSON object per input line",
	.help = "Usage: noroshi normalize [OPTIONS] [FILE... | -]\n" COMMON_HELP
		"  --all             all records of a line that holds several\n"
		"  --derived         all records as weave leaves them: persons, and the records "
		"made of several lines (at the end also of those whose last line is missing)\n"
		"Exit codes: 0 done, 1 a file cannot be read (to its end), 2 usage.\n\n"
		"Example:\n  noroshi normalize /var/log/auth.log | jq -r "
		"'[.\"source.ip\",.\"user.name\"]|@tsv'\n",
	.run = run_normalize,
};

const struct cli_command cli_replay = {
	.name = "replay",
	.summary = "run files through the rules, exactly as the daemon would",
	.help = "Usage: noroshi replay [OPTIONS] [--rules PATH]... [FILE... | -]\n"
		"Several files are merged by event time, each in its own order. Prints alerts, one "
		"JSON a line.\n" COMMON_HELP "  --matches         print {\"event\":N,\"rule\":ID} "
		"and {\"correlation\":ID,...} instead of alerts\n"
		"  --logsource M     label (default); event: with --source sigma, the keys "
		"product, "
		"category and\n"
		"                    service of each event are its label; ignore: every rule for "
		"every record\n"
		"  --refire M        suppress (default) or every\n"
		"  --cache DIR       keep compiled rules there for the next run\n"
		"  --top             instead of alerts: rules by what they cost, as noroshi top\n"
		"  --placeholders F  JSON file {\"name\": [\"value\", ...]} for expand\n"
		"  --until-end       after the last record let stream time run on until nothing "
		"waits any more:\n"
		"                    audit events whose last line is missing are closed and "
		"matched "
		"as they are.\n"
		"                    Nothing else waits for time: a correlation, also one with "
		"'not', is decided by the\n"
		"                    records that arrive, never by those that do not\n"
		"  --strict          exit 3 if any rule document was rejected\n"
		"Exit codes: 0 done, 1 a file cannot be read (to its end), 2 usage or rules that "
		"cannot be "
		"loaded, 3 partly.\n\n"
		"Example:\n  noroshi replay --rules config/rules /var/log/auth.log\n",
	.run = run_replay,
};
