/*
 * cli_rulestest.c - `noroshi rules test`: the tests that rules carry (noroshi: tests), each run
 * over all rules given, through the very same pipeline.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/zone.h"
#include "daemon/cli_rules.h"
#include "daemon/cliinput.h"
#include "daemon/mind.h"

#define EVENT_MAX ((size_t)1 << 20)

struct testing {
	const struct cli *c;
	struct rules_request rules;
	struct str id;     /* of the document in hand */
	bool fired;        /* it matched or correlated */
	struct map others; /* what else fired, for the message */
	struct buf other_names;
	size_t ran, failed;
};

/* ---- what a test says, as files ---- */

static void
add_json(const struct yaml_node *n, struct buf *out)
{
	switch (n->kind) {
	case YAML_NULL:
		BUF_ADD_LIT(out, "null");
		return;
	case YAML_BOOL:
		buf_add_str(out, str_of(n->truth ? "true" : "false"));
		return;
	case YAML_INT:
		buf_add_i64(out, n->integer);
		return;
	case YAML_FLOAT:
		if (str_is_number(n->text))
			buf_add_str(out, n->text);
		else
			json_quote(out, n->text);
		return;
	case YAML_STRING:
		json_quote(out, n->text);
		return;
	case YAML_LIST:
	case YAML_MAP:
		break;
	}
	buf_add_char(out, n->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < n->n; i++) {
		if (i)
			buf_add_char(out, ',');
		if (n->kind == YAML_MAP) {
			json_quote(out, n->keys[i]->text);
			buf_add_char(out, ':');
		}
		add_json(n->items[i], out);
	}
	buf_add_char(out, n->kind == YAML_MAP ? '}' : ']');
}

static void
add_cell(struct str s, bool last, struct buf *out)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.p[i]);
	}
	buf_add_str(out, str_of(last ? "\"\n" : "\","));
}

/* A list of maps as CSV: the columns in the order in which the rows first name them. */
static void
add_csv(const struct yaml_node *rows, struct buf *out)
{
	struct str columns[LIST_COLUMNS];
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		for (size_t k = 0; k < rows->items[i]->n; k++) {
			struct str key = rows->items[i]->keys[k]->text;
			size_t at = 0;

			while (at < n && !str_eq(columns[at], key))
				at++;
			if (at == n && n < LIST_COLUMNS)
				columns[n++] = key;
		}
	for (size_t k = 0; k < n; k++)
		add_cell(columns[k], k + 1 == n, out);
	for (size_t i = 0; i < rows->n; i++)
		for (size_t k = 0; k < n; k++) {
			struct str value = {"", 0};

			for (size_t at = 0; at < rows->items[i]->n; at++)
				if (str_eq(rows->items[i]->keys[at]->text, columns[k]))
					value = rows->items[i]->items[at]->text;
			add_cell(value, k + 1 == n, out);
		}
}

/* The test's lists as a folder of them would be packed; sorted by name, as there. */
static int
lists_of(const struct yaml_node *lists, struct diag *why, struct lists **ret)
{
	struct buf packed = {0};
	bool done[LISTS_MAX] = {0};
	int rc;

	for (size_t i = 0; lists && i < lists->n && i < LISTS_MAX; i++) {
		struct buf csv = {0};
		size_t next = LISTS_MAX;

		for (size_t k = 0; k < lists->n && k < LISTS_MAX; k++)
			if (!done[k] && (next == LISTS_MAX || str_cmp(lists->keys[k]->text,
								      lists->keys[next]->text) < 0))
				next = k;
		if (next == LISTS_MAX)
			break;
		done[next] = true;
		add_csv(lists->items[next], &csv);
		lists_pack_text(lists->keys[next]->text, buf_str(&csv), &packed);
		buf_done(&csv);
	}
	if (packed.n == 0) {
		*ret = lists_none();
		return 0;
	}
	rc = lists_load(buf_str(&packed), why, ret);
	buf_done(&packed);
	return rc;
}

/* The events as a file that only this process sees. */
static int
events_file(const struct yaml_node *events)
{
	struct buf text = {0};
	int fd = memfd_create("events", MFD_CLOEXEC);

	for (size_t i = 0; i < events->n; i++) {
		add_json(events->items[i], &text);
		buf_add_char(&text, '\n');
	}
	if (fd >= 0 && (file_write_all(fd, text.p, text.n) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		fd = -1;
	}
	buf_done(&text);
	return fd;
}

/* ---- running one ---- */

static void
note(struct testing *t, struct str id)
{
	bool fresh;

	if (str_eq(id, t->id)) {
		t->fired = true;
		return;
	}
	map_put(&t->others, id, &fresh);
	if (!fresh)
		return;
	buf_add_str(&t->other_names, str_of(t->other_names.n ? ", " : ""));
	buf_add_str(&t->other_names, id);
}

static void
on_matched(void *ctx, const uint32_t *rules, uint32_t n)
{
	struct testing *t = ctx;

	for (uint32_t i = 0; i < n; i++) {
		const struct rule_info *r = ruleset_rule(t->rules.brain->rules, rules[i]);

		if (!r->referenced)
			note(t, r->words.id);
	}
}

static void
on_match(void *ctx, const struct correlation_match *m)
{
	note(ctx, m->id);
}

static bool
run_events(struct testing *t, const char *path, const struct lists *lists, struct diag *why)
{
	char *paths[] = {(char *)(uintptr_t)path};
	struct cliinput_options how = {
		.paths = paths, .npaths = 1, .frame_max = EVENT_MAX, .history = true};
	const struct brain *b = t->rules.brain;
	struct mind_options o = {.brain = b,
		.lists = lists,
		.correlator = {.lead_ns = 300 * NS_PER_S, .alert_fold_ns = 600 * NS_PER_S},
		.weave = weave_options_default,
		.incidents = incidents_options_default,
		.state_max = (size_t)256 << 20};
	struct mind_sink sink = {.match = on_match, .matched = on_matched, .ctx = t};
	struct matcher *m = matcher_new(b->rules, MATCH_EARLY);
	struct cliinput *in = cliinput_open(&how, b, m, why);
	struct mind *mind = mind_new(&o, &sink);
	bool ok = in && mind_begin(mind) == 0;
	struct batch batch;
	uint64_t number;

	while (ok && cliinput_next(in, &batch, &number))
		for (uint32_t i = 0; i < batch_results(batch)->nrecords; i++) {
			struct record r = batch_records(batch)[i];

			mind_record(mind, batch, &r, number, t->rules.context.name);
		}
	if (ok)
		mind_until_end(mind);
	mind_free(mind);
	cliinput_close(in);
	matcher_free(m);
	return ok;
}

static void
verdict(struct testing *t, const struct rule_document *doc, const struct yaml_node *test, bool ok,
	const char *words)
{
	const struct yaml_node *name = yaml_get(test, "name");
	struct str called = name ? name->text : STR("(no name)");

	t->ran++;
	t->failed += !ok;
	if (t->c->json) {
		struct buf out = {0};

		BUF_ADD_LIT(&out, "{\"rule\":");
		json_quote(&out, t->id);
		BUF_ADD_LIT(&out, ",\"test\":");
		json_quote(&out, called);
		buf_printf(&out, ",\"ok\":%s,\"why\":", ok ? "true" : "false");
		json_quote(&out, str_of(ok ? "" : words));
		BUF_ADD_LIT(&out, "}\n");
		printf("%.*s", STR_ARG(buf_str(&out)));
		buf_done(&out);
	} else if (!ok) {
		printf("%s:%u:%u: FAILED: %.*s: %.*s: %s\n", doc->path, test->line, test->column,
			STR_ARG(t->id), STR_ARG(called), words);
	}
}

static void
run_test(struct testing *t, const struct rule_document *doc, const struct yaml_node *test)
{
	const struct yaml_node *expect = yaml_get(test, "expect"),
			       *events = yaml_get(test, "events");
	bool fires = expect && str_eq(expect->text, STR("fires"));
	struct lists *lists = NULL;
	struct diag why = {0};
	struct buf words = {0};
	char path[64];
	bool ok = false;
	int fd = -1;

	t->fired = false;
	buf_clear(&t->other_names);
	map_init(&t->others, 0);
	if (!expect || (!fires && !str_eq(expect->text, STR("quiet"))) || !events ||
		events->kind != YAML_LIST) {
		verdict(t, doc, test, false,
			"a test has name, expect (fires or quiet) and events (a list)");
		goto done;
	}
	fd = events_file(events);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || lists_of(yaml_get(test, "lists"), &why, &lists) < 0 ||
		!run_events(t, path, lists, &why)) {
		buf_printf(&words, "cannot run: %s", diag_first(&why));
		verdict(t, doc, test, false, buf_z(&words));
		goto done;
	}
	ok = t->fired == fires;
	if (!ok) {
		buf_printf(&words, "wanted: %s; it %s; fired: ", fires ? "fires" : "quiet",
			t->fired ? "fired" : "stayed quiet");
		if (t->fired)
			buf_add_str(&words, t->id);
		if (t->fired && t->other_names.n)
			BUF_ADD_LIT(&words, ", ");
		buf_add_str(&words,
			t->other_names.n || t->fired ? buf_str(&t->other_names) : STR("nothing"));
	}
	verdict(t, doc, test, ok, buf_z(&words));
done:
	if (fd >= 0)
		close(fd);
	map_done(&t->others);
	lists_free(lists);
	diag_done(&why);
	buf_done(&words);
}

static struct str
id_of(const struct yaml_node *root)
{
	static const char *const keys[] = {"id", "name", "title"};

	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *n = yaml_get(root, keys[i]);

		if (n && n->kind != YAML_LIST && n->kind != YAML_MAP && n->text.n)
			return n->text;
	}
	return STR("");
}

static void
run_all(struct testing *t)
{
	struct rule_files *files = t->rules.brain->files;

	for (size_t i = 0; i < rule_files_count(files); i++) {
		const struct rule_document *doc = rule_files_at(files, i);
		const struct yaml_node *own = yaml_get(doc->root, "noroshi");
		const struct yaml_node *tests =
			own && own->kind == YAML_MAP ? yaml_get(own, "tests") : NULL;

		t->id = id_of(doc->root);
		for (size_t k = 0; tests && tests->kind == YAML_LIST && k < tests->n; k++)
			if (tests->items[k]->kind == YAML_MAP)
				run_test(t, doc, tests->items[k]);
	}
}

int
rules_test(const struct cli *c, int argc, char **argv)
{
	struct testing t = {.c = c};
	struct rules_request *q = &t.rules;
	struct zone *zone = NULL;
	struct diag why = {0};
	int code = 0;

	for (int i = 2; i < argc; i++) {
		if (argv[i][0] != '-' && q->nrules < RULES_PATHS)
			q->rules[q->nrules++] = (struct rules_settings){.path = str_of(argv[i])};
		else if (strcmp(argv[i], "--json") != 0)
			return cli_usage(c, "unknown option '%s'", argv[i]);
	}
	if (zone_load(STR("UTC"), &why, &zone) == 0) {
		q->context = (struct input_context){.source = STR("sigma"),
			.zone = zone,
			.skew_ns = INT64_MAX,
			.history = true};
		code = rules_load(c, q, &why);
	}
	cli_diag(&why);
	if (code == 0 && zone) {
		run_all(&t);
		if (!c->json)
			printf("%zu tests of rules, %zu failed\n", t.ran, t.failed);
		code = t.failed ? EXIT_FINDING : 0;
	}
	rules_done(q);
	zone_free(zone);
	buf_done(&t.other_names);
	diag_done(&why);
	return code;
}
