/* cli_explain.c - `noroshi rules explain RULE EVENT`. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/zone.h"
#include "daemon/cli_rules.h"
#include "daemon/cliinput.h"
#include "detect/explain.h"

struct question {
	struct rules_request rules;
	const char *words[2]; /* RULE, EVENT */
	int nwords, fd;
	char path[64];
	struct zone *zone;
};

static int
read_option(const struct cli *c, struct question *q, const char *name, const char *value)
{
	struct rules_request *r = &q->rules;

	if (!strcmp(name, "--rules")) {
		if (r->nrules == RULES_PATHS)
			return cli_usage(c, "more than %d --rules", RULES_PATHS);
		r->rules[r->nrules++] =
			(struct rules_settings){.path = str_of(value), .skip_bad = true};
	} else if (!strcmp(name, "--source")) {
		r->context.source = str_of(value);
		r->ruleset.native_fields = !strcmp(value, "sigma");
	} else if (!strcmp(name, "--fields")) {
		r->ruleset.native_fields = !strcmp(value, "native");
		if (!r->ruleset.native_fields && strcmp(value, "ecs") != 0)
			return cli_usage(c, "--fields is native or ecs, not '%s'", value);
	} else {
		return cli_usage(c, "unknown option '%s'", name);
	}
	return 0;
}

static int
read_options(const struct cli *c, struct question *q, int argc, char **argv)
{
	int code = 0;

	for (int i = 2; code == 0 && i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			continue;
		if (argv[i][0] == '-' && argv[i][1] != 0) {
			if (i + 1 == argc)
				return cli_usage(c, "%s wants a value", argv[i]);
			code = read_option(c, q, argv[i], argv[i + 1]);
			i++;
		} else if (q->nwords < 2) {
			q->words[q->nwords++] = argv[i];
		} else {
			return cli_usage(c, "one RULE and one EVENT, not '%s' too", argv[i]);
		}
	}
	if (code == 0 && q->nwords < 2)
		code = cli_usage(c, "give RULE and EVENT");
	return code;
}

/* A line given as a word becomes a file that only this process sees. */
static int
event_path(struct question *q)
{
	const char *event = q->words[1];

	if (!strcmp(event, "-") || access(event, R_OK) == 0)
		return 0;
	q->fd = memfd_create("event", MFD_CLOEXEC);
	if (q->fd < 0 || file_write_all(q->fd, event, strlen(event)) < 0 ||
		lseek(q->fd, 0, SEEK_SET) < 0)
		return -1;
	snprintf(q->path, sizeof(q->path), "/proc/self/fd/%d", q->fd);
	q->words[1] = q->path;
	return 0;
}

static uint32_t
find_rule(const struct cli *c, const struct ruleset *rs, struct str word)
{
	uint32_t rule = ruleset_find(rs, word);

	for (uint32_t i = 0; rule == UINT32_MAX && i < ruleset_count(rs); i++)
		if (str_eq_nocase(ruleset_rule(rs, i)->words.title, word))
			rule = i;
	if (rule == UINT32_MAX)
		fprintf(stderr,
			"noroshi %s: no active rule has the id, name or title '%.*s'; noroshi "
			"rules list shows them\n",
			c->name, STR_ARG(word));
	return rule;
}

/* Told of the event's first record; the code says whether the rule matched any of the frame's. */
static int
explain(const struct cli *c, struct question *q, uint32_t rule, struct diag *why)
{
	char *paths[] = {(char *)(uintptr_t)q->words[1]};
	struct cliinput_options opt = {
		.paths = paths, .npaths = 1, .frame_max = 1 << 20, .history = true};
	const struct brain *b = q->rules.brain;
	struct cliinput *in = cliinput_open(&opt, b, NULL, why);
	struct matcher *m = matcher_new(b->rules, MATCH_ALL);
	struct buf out = {0};
	struct batch batch;
	uint64_t number;
	int code = EXIT_FINDING;

	if (in && cliinput_next(in, &batch, &number) && batch_results(batch)->nrecords > 0) {
		const struct record *r = &batch_records(batch)[0];
		uint32_t found[4096], n;

		(void)matcher_find(m, batch, r, found, 4096, &n);
		for (uint32_t i = 0; i < n; i++)
			code = found[i] == rule ? 0 : code;
		matcher_explain(m, b->names, batch, r, rule, c->json, &out);
		printf("%.*s", STR_ARG(buf_str(&out)));
	} else if (in) {
		fprintf(stderr, "noroshi %s: EVENT holds no record\n", c->name);
	}
	buf_done(&out);
	matcher_free(m);
	cliinput_close(in);
	return code;
}

int
rules_explain(const struct cli *c, int argc, char **argv)
{
	struct question q = {.fd = -1};
	struct diag why = {0}, quiet = {0};
	int code = read_options(c, &q, argc, argv);
	uint32_t rule;

	if (code != 0)
		return code;
	if (zone_load(STR("UTC"), &why, &q.zone) < 0 || event_path(&q) < 0) {
		cli_diag(&why);
		code = EXIT_FINDING;
		goto done;
	}
	q.rules.context.zone = q.zone;
	q.rules.context.skew_ns = INT64_MAX;
	q.rules.context.history = true;
	/* Mistakes in other rules are not what was asked. */
	code = rules_load(c, &q.rules, &quiet);
	if (code != 0) {
		cli_diag(&quiet);
		goto done;
	}
	rule = find_rule(c, q.rules.brain->rules, str_of(q.words[0]));
	code = rule == UINT32_MAX ? EXIT_FINDING : explain(c, &q, rule, &why);
	cli_diag(&why);
done:
	rules_done(&q.rules);
	zone_free(q.zone);
	if (q.fd >= 0)
		close(q.fd);
	diag_done(&why);
	diag_done(&quiet);
	return code;
}
