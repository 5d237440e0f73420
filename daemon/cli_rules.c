/* cli_rules.c - `noroshi rules list` and `noroshi version`. */
#include "daemon/cli_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/explain.h"

#define DEFINITIONS_MAX 1024u

struct listing {
	const struct cli *c;
	const struct brain *b;
	const struct diag *why;
	struct rule_logs *more;
	size_t nmore, rejected, blind;
	bool only_blind;
};

/* One line of the list. */
struct line {
	struct str id, title, level, logs;
	const char *state, *kind, *path;
	unsigned at;
	const char *reason;
	struct str field, setting; /* of a blind rule */
};

static void
member(struct buf *b, const char *key, struct str value)
{
	buf_add_str(b, str_of(b->n > 1 ? "," : ""));
	json_quote(b, str_of(key));
	buf_add_char(b, ':');
	json_quote(b, value);
}

static void
print_json(const struct line *l, bool blind)
{
	struct buf b = {0};

	buf_add_char(&b, '{');
	member(&b, "id", l->id);
	member(&b, "title", l->title);
	member(&b, "level", l->level);
	member(&b, "kind", str_of(l->kind));
	member(&b, "state", str_of(l->state));
	member(&b, "logsource", l->logs);
	member(&b, "path", str_of(l->path));
	buf_printf(&b, ",\"line\":%u", l->at);
	if (l->reason)
		member(&b, "reason", str_of(l->reason));
	if (blind) {
		member(&b, "field", l->field);
		member(&b, "setting", l->setting);
	}
	printf("%.*s}\n", STR_ARG(buf_str(&b)));
	buf_done(&b);
}

static void
print_line(const struct listing *l, const struct line *x)
{
	if (l->c->json) {
		print_json(x, l->only_blind);
		return;
	}
	printf("%-8s %-13.*s %-36.*s %-36.*s %.*s\n", x->state, STR_ARG(x->level), STR_ARG(x->id),
		STR_ARG(x->logs), STR_ARG(x->title));
	if (x->reason)
		printf("         %s:%u: %s\n", x->path, x->at, x->reason);
	if (!l->only_blind)
		return;
	if (x->field.n)
		printf("         no source fills the field %.*s", STR_ARG(x->field));
	else
		printf("         no source is of this kind");
	printf(x->setting.n ? "; needs: %.*s\n" : "%.*s\n", STR_ARG(x->setting));
}

static void
add_logs(const struct rule_logs *g, struct buf *out)
{
	buf_add_str(out, g->product.n ? g->product : STR("*"));
	buf_add_char(out, '/');
	buf_add_str(out, g->category.n ? g->category : STR("*"));
	buf_add_char(out, '/');
	buf_add_str(out, g->service.n ? g->service : STR("*"));
}

static void
list_rule(struct listing *l, uint32_t rule)
{
	const struct rule_info *r = ruleset_rule(l->b->rules, rule);
	struct rule_logs logs = ruleset_logs(l->b->rules, rule);
	struct blindness blind = {0};
	struct buf text = {0};

	if (l->only_blind &&
		!ruleset_blind(l->b->rules, l->b->names, rule, l->more, l->nmore, &blind))
		return;
	l->blind++;
	add_logs(&logs, &text);
	print_line(l, &(struct line){.id = r->words.id,
			      .title = r->words.title,
			      .level = r->words.level,
			      .logs = buf_str(&text),
			      .kind = "rule",
			      .state = r->off      ? "off"
				       : r->shadow ? "shadow"
						   : "on",
			      .path = r->path,
			      .at = r->line,
			      .field = blind.field,
			      .setting = blind.setting});
	buf_done(&text);
}

static struct str
text_at(const struct yaml_node *root, const char *key)
{
	const struct yaml_node *n = yaml_get(root, key);

	return n && n->kind != YAML_LIST && n->kind != YAML_MAP ? n->text : (struct str){"", 0};
}

/* The first message about lines of this document, which ends where the next of its file begins. */
static const struct diag_item *
reason_of(const struct listing *l, const struct rule_document *doc, unsigned end)
{
	for (size_t i = 0; i < l->why->n; i++) {
		const struct diag_item *it = &l->why->items[i];

		if (it->path && !strcmp(it->path, doc->path) && it->line >= doc->root->line &&
			it->line < end)
			return it;
	}
	return NULL;
}

static void
list_document(struct listing *l, size_t i)
{
	static const char *const kinds[] = {"rule", "correlation", "filter"};
	const struct rule_document *doc = rule_files_at(l->b->files, i), *next;
	const struct diag_item *it;
	unsigned end = UINT32_MAX;
	struct str id, title;

	if (!doc->rejected && doc->kind == RULE_DETECTION)
		return; /* listed as compiled */
	next = i + 1 < rule_files_count(l->b->files) ? rule_files_at(l->b->files, i + 1) : NULL;
	if (next && !strcmp(next->path, doc->path))
		end = next->root->line;
	it = doc->rejected ? reason_of(l, doc, end) : NULL;
	title = text_at(doc->root, "title");
	id = text_at(doc->root, "id");
	l->rejected += doc->rejected;
	print_line(l, &(struct line){.id = id.n ? id : text_at(doc->root, "name"),
			      .title = title,
			      .level = text_at(doc->root, "level"),
			      .logs = STR("-"),
			      .kind = kinds[doc->kind],
			      .state = doc->rejected ? "rejected" : "on",
			      .path = doc->path,
			      .at = it ? it->line : doc->root->line,
			      .reason = !doc->rejected ? NULL
					: it           ? it->text
						       : "left out"});
}

static void
know_definitions(struct listing *l)
{
	struct str label[3];

	l->more = mem_zero(DEFINITIONS_MAX, sizeof(*l->more));
	for (size_t i = 0; i < DEFINITIONS_MAX && parsers_label(l->b->parsers, i, label); i++)
		l->more[l->nmore++] = (struct rule_logs){label[0], label[1], label[2]};
}

int
rules_load(const struct cli *c, struct rules_request *q, struct diag *why)
{
	struct brain_options opt = {.rules = q->rules,
		.nrules = q->nrules,
		.contexts = &q->context,
		.ncontexts = q->context.zone ? 1 : 0,
		.ruleset = q->ruleset};
	int rc = 0;

	if (opt.nrules == 0 && cli_config(c) &&
		(rc = settings_load(cli_config(c), why, &q->settings)) == 0) {
		opt.rules = q->settings->rules;
		opt.nrules = q->settings->nrules;
	}
	if (rc == 0 && opt.nrules == 0)
		return cli_usage(c, "no rules: give their paths or -c FILE");
	if (rc == 0)
		rc = brain_load(&opt, why, &q->brain);
	return rc == 0 ? 0 : EXIT_FINDING;
}

void
rules_done(struct rules_request *q)
{
	brain_free(q->brain);
	settings_free(q->settings);
}

static int
list(const struct cli *c, int argc, char **argv)
{
	struct rules_request q = {0};
	struct listing l = {.c = c};
	struct diag why = {0};
	int code;

	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--blind"))
			l.only_blind = true;
		else if (argv[i][0] != '-' && q.nrules < RULES_PATHS)
			q.rules[q.nrules++] =
				(struct rules_settings){.path = str_of(argv[i]), .skip_bad = true};
		else if (strcmp(argv[i], "--json") != 0)
			return cli_usage(c, "unknown option '%s'", argv[i]);
	}
	code = rules_load(c, &q, &why);
	if (code != 0) {
		cli_diag(&why);
	} else {
		l.b = q.brain;
		l.why = &why;
		know_definitions(&l);
		for (uint32_t i = 0; i < ruleset_count(q.brain->rules); i++)
			list_rule(&l, i);
		for (size_t i = 0; !l.only_blind && i < rule_files_count(q.brain->files); i++)
			list_document(&l, i);
		if (l.only_blind)
			fprintf(stderr, "%zu of %zu rules are blind\n", l.blind,
				ruleset_count(q.brain->rules));
		else
			fprintf(stderr,
				"%zu rules active, %zu correlations, %zu documents left out\n",
				ruleset_count(q.brain->rules),
				correlations_count(q.brain->correlations), q.brain->rejected);
		/* What is no document at all has no line above. */
		if (q.brain->rejected > l.rejected && !l.only_blind)
			cli_diag(&why);
	}
	mem_free(l.more);
	rules_done(&q);
	diag_done(&why);
	return code;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "list"))
		return list(c, argc, argv);
	if (argc >= 2 && !strcmp(argv[1], "explain"))
		return rules_explain(c, argc, argv);
	if (argc >= 2 && !strcmp(argv[1], "test"))
		return rules_test(c, argc, argv);
	return cli_usage(c, "say what: rules list, rules test or rules explain");
}

static int
run_version(const struct cli *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	printf("noroshi %s\n", NOROSHI_VERSION);
	return 0;
}

const struct cli_command cli_rules = {
	.name = "rules",
	.summary =
		"list rules with state and log source, find blind ones, run their tests, explain "
		"one on an event",
	.help = "Usage: noroshi rules list [--blind] [-c noroshi.yml | PATH...] [--json]\n"
		"       noroshi rules test [-c noroshi.yml | PATH...] [--json]\n"
		"       noroshi rules explain RULE EVENT [--rules PATH]... [--source NAME] "
		"[--fields native|ecs] [--json]\n"
		"list: state (on, shadow, off, rejected), level, id, log source "
		"(product/category/service), title; for a\n"
		"document that was left out file, line and reason. --blind: only rules that can "
		"never match, because no\n"
		"source has their log source or fills a field they name, with what must be "
		"switched on.\n"
		"test: the tests that rules carry (noroshi: tests, see writing-a-rule.md), each "
		"over "
		"all rules given; file,\n"
		"line and what fired instead for each that fails.\n"
		"explain: which tests of the rule (id, name or title) held for the event and which "
		"did not, and why it was\n"
		"or was not looked at. EVENT is a file (its first record), - for standard input, "
		"or the line itself.\n"
		"Exit codes: 0 done, 1 rules cannot be loaded, a test failed or the rule did not "
		"match, 2 "
		"usage.\n\n"
		"Examples:\n  noroshi rules list config/rules\n  noroshi rules list --blind --json "
		"sigma/ | jq -r .logsource | sort | uniq -c\n"
		"  noroshi rules explain --rules sigma/ --source sigma \"Mimikatz Use\" "
		"'{\"CommandLine\":\"x\"}'\n",
	.run = run,
};

const struct cli_command cli_version = {
	.name = "version",
	.summary = "print the version",
	.help = "Usage: noroshi version\n",
	.run = run_version,
};
