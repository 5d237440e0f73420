/*
 * The prefilter may only over-select: random rules on random events give the same matches with it
 * and without it.
 */
#include <criterion/criterion.h>

#include "base/json.h"
#include "detect/matcher.h"
#include "sigma.h"

struct dice {
	uint64_t state;
};

static uint32_t
roll(struct dice *d, uint32_t sides)
{
	d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(d->state >> 33) % sides;
}

/* Rules times events of the whole test; the repository promises a million. */
#define ROUNDS 50u
#define EVENTS 600u
#define PAIRS  1000000u

static const char *const fields[] = {"f", "g", "h", "n.x", "path", ""};
static const char *const chains[] = {"", "|contains", "|startswith", "|endswith", "|cased",
	"|contains|cased", "|contains|all", "|contains|windash", "|endswith|neq", "|re", "|re|i",
	"|re|s", "|base64offset|contains", "|wide|base64|contains", "|exists", "|gt", "|lte|neq",
	"|cidr", "|hour", "|fieldref", "|fieldref|contains", "|all"};
static const char *const pieces[] = {"a", "B", "ab", "cmd", "\\", "/", ".exe", "*", "?", "1", "42",
	"-", "\xe2\x80\x93", "\xc3\x89", "\xc5\xbf", "\xc4\xb0", "\xe2\x84\xaa", "s", "k", " ", "%",
	"\\*", "power", "SHELL", "\xc3\x9f", "\xff", "true", ".", "\\Temp\\", "10.0.0."};
static const char *const regexes[] = {"a+b", "(cmd|power)shell", "^\\\\?temp", "mas?k",
	"[ab]{2,}x?", "(?i)power", "a(?:b|cd)*e", "\\bcmd\\b", "x?y?", "(?=a)ab", "K+", "s{2}",
	"\xc3\x89", "\\x41b", "(a|b|)cmd", "\\.exe$", "[[:alpha:]]+42", "p(ow)?er"};
static const char *const odd_values[] = {"null", "true", "false", "42", "1.5", "-3", "[]"};
static const char *const conditions[] = {"a", "a and b", "a or b", "a and not b", "not a",
	"1 of them", "2 of *", "all of them", "a or not (b and c)", "(a or b) and not c"};
#define ONE_OF(d, list) list[roll(d, sizeof(list) / sizeof(list[0]))]

static void
text(struct dice *d, struct buf *out)
{
	struct buf raw = {0};
	uint32_t n = roll(d, 5);

	for (uint32_t i = 0; i < n; i++)
		buf_add_str(&raw, str_of(ONE_OF(d, pieces)));
	json_quote(out, buf_str(&raw));
	buf_done(&raw);
}

static void
rule_value(struct dice *d, const char *chain, struct buf *out)
{
	if (strstr(chain, "re"))
		json_quote(out, str_of(ONE_OF(d, regexes)));
	else if (strstr(chain, "exists"))
		buf_add_str(out, str_of(roll(d, 2) ? "true" : "false"));
	else if (strstr(chain, "gt") || strstr(chain, "lt") || strstr(chain, "hour"))
		buf_printf(out, "%d", (int)roll(d, 60) - 10);
	else if (strstr(chain, "cidr"))
		buf_add_str(out, str_of(roll(d, 2) ? "10.0.0.0/24" : "'::/0'"));
	else if (strstr(chain, "fieldref"))
		buf_add_str(out, str_of(roll(d, 2) ? "g" : "path"));
	else if (!*chain && roll(d, 4) == 0)
		buf_add_str(out, str_of(ONE_OF(d, odd_values)));
	else
		text(d, out);
}

static void
item(struct dice *d, struct buf *out)
{
	const char *chain = ONE_OF(d, chains);
	bool list = roll(d, 2);
	uint32_t n = list ? 1 + roll(d, 3) : 1;

	buf_printf(out, "\"%s%s\": ", ONE_OF(d, fields), chain);
	buf_add_str(out, str_of(list ? "[" : ""));
	for (uint32_t i = 0; i < n; i++) {
		buf_add_str(out, str_of(i ? ", " : ""));
		rule_value(d, chain, out);
	}
	buf_add_str(out, str_of(list ? "]" : ""));
}

static void
rule(struct dice *d, unsigned id, struct buf *out)
{
	static const char *const names[] = {"a", "b", "c"};

	buf_printf(out, "---\nid: r%u\nlogsource: {}\ndetection:\n", id);
	for (size_t i = 0; i < 3; i++) {
		uint32_t n = 1 + roll(d, 2);
		bool list = roll(d, 4) == 0;

		buf_printf(out, "  %s: %s", names[i], list ? "[" : "{");
		for (uint32_t k = 0; k < n; k++) {
			buf_add_str(out, str_of(k ? ", " : ""));
			buf_add_str(out, str_of(list ? "{" : ""));
			item(d, out);
			buf_add_str(out, str_of(list ? "}" : ""));
		}
		buf_add_str(out, str_of(list ? "]\n" : "}\n"));
	}
	buf_printf(out, "  condition: %s\n", ONE_OF(d, conditions));
}

static void
event_value(struct dice *d, struct buf *out)
{
	static const char *const others[] = {"null", "true", "false", "42", "42.0", "4.2e1", "-3",
		"1.50", "[]", "{}", "\"10.0.0.7\"", "\"2026-01-02T13:00:00Z\"", "\"\"",
		"\"C:\\\\Temp\\\\cmd.exe\""};

	switch (roll(d, 6)) {
	case 0:
	case 1:
		buf_add_str(out, str_of(ONE_OF(d, others)));
		return;
	case 2:
		buf_add_char(out, '[');
		text(d, out);
		buf_add_char(out, ',');
		buf_add_str(out, str_of(ONE_OF(d, others)));
		buf_add_char(out, ']');
		return;
	default:
		text(d, out);
	}
}

static void
event(struct dice *d, struct buf *out)
{
	static const char *const keys[] = {"f", "g", "h", "n.x", "path", "other"};
	bool first = true;

	buf_clear(out);
	buf_add_char(out, '{');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		bool nested = keys[i][1] == '.' && roll(d, 2);

		if (roll(d, 3) == 0)
			continue;
		buf_printf(out, "%s\"%s\":%s", first ? "" : ",", nested ? "n" : keys[i],
			nested ? "{\"x\":" : "");
		event_value(d, out);
		buf_add_str(out, str_of(nested ? "}" : ""));
		first = false;
	}
	buf_add_char(out, '}');
}

/* A condition's steps say of the record in hand what its tree says. */
static void
steps_say_what_trees_say(struct matcher *m, const char *line)
{
	for (uint32_t i = 0; i < m->rs->nrules; i++)
		cr_assert_eq(eval_rule(m, i), eval_expr(m, m->rs->rules[i].expr),
			"rule %u, event %s", i, line);
}

Test(property, prefilter_changes_nothing)
{
	struct ruleset_options fast = {.native_fields = true, .ignore_logsource = true};
	struct ruleset_options naive = fast;
	struct dice d = {20260101};
	size_t matches = 0, loaded = 0, pairs = 0;

	naive.no_prefilter = true;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct buf rules = {0}, line = {0}, got = {0}, want = {0};
		struct sigma with, without;

		for (unsigned i = 0; i < 60; i++)
			rule(&d, i, &rules);
		sigma_open(&with, buf_z(&rules), &fast);
		sigma_open(&without, buf_z(&rules), &naive);
		loaded += ruleset_count(with.rules);
		pairs += ruleset_count(with.rules) * EVENTS;
		for (unsigned i = 0; i < EVENTS; i++) {
			event(&d, &line);
			sigma_match(&with, buf_z(&line), &got);
			sigma_match(&without, buf_z(&line), &want);
			cr_assert_str_eq(buf_z(&got), buf_z(&want), "round %u, event %s", round,
				buf_z(&line));
			steps_say_what_trees_say(without.matcher, buf_z(&line));
			matches += want.n > 0;
		}
		sigma_close(&with);
		sigma_close(&without);
		buf_done(&rules);
		buf_done(&line);
		buf_done(&got);
		buf_done(&want);
	}
	cr_expect_geq(pairs, PAIRS, "pairs of a rule and an event: %zu", pairs);
	cr_expect_gt(loaded, 1000, "enough rules are sound: %zu", loaded);
	cr_expect_gt(matches, 1000, "enough events match: %zu", matches);
}
