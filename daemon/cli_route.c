/* cli_route.c - `noroshi route test`: who would be told of an incident, and by which way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/term.h"
#include "daemon/cli_cases.h"
#include "respond/duty.h"

struct request {
	struct cli_cases k;
	unsigned level;
	bool send;
};

static const char *const kinds[] = {"file", "syslog", "kafka", "smtp", "webhook"};

static int
read_options(struct request *r, int argc, char **argv)
{
	const char *what = NULL;

	for (int i = 1; i < argc; i++) {
		int own = cli_cases_option(&r->k, argv, argc, &i);

		if (own < 0)
			return cli_usage(r->k.c, "%s needs a value", argv[i]);
		if (own > 0 || !strcmp(argv[i], "--json"))
			continue;
		if (!strcmp(argv[i], "--send")) {
			r->send = true;
		} else if (!strcmp(argv[i], "--level") && i + 1 < argc) {
			const char *l = argv[++i];

			l += *l == 'L' || *l == 'l';
			if (*l < '0' || *l > '4' || l[1])
				return cli_usage(r->k.c, "'%s' is not a level: L0 to L4", argv[i]);
			r->level = (unsigned)(*l - '0');
		} else if (argv[i][0] != '-' && !what) {
			what = argv[i];
		} else {
			return cli_usage(r->k.c, "unknown option or missing value: '%s'", argv[i]);
		}
	}
	return what && !strcmp(what, "test") ? 0 : cli_usage(r->k.c, "say: noroshi route test");
}

static void
add(const struct settings *s, json_t *list, struct str address)
{
	json_array_append_new(
		list, json_pack("{s:o,s:b}", "address", json_stringn(address.p, address.n),
			      "inside", duty_is_own(s, address)));
}

static json_t *
text(struct str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

/* Scheme and host: what follows in a webhook's address is often its secret. */
static struct str
host_of(struct str url)
{
	size_t n = 0, slashes = 0;

	while (n < url.n && (slashes += url.p[n] == '/') < 3)
		n++;
	return str_make(url.p, n);
}

/* One row per way: {"way", "what", "to": [{"address","inside"}]}. */
static json_t *
ways(const struct settings *s, unsigned level)
{
	json_t *list = json_array(), *to, *report = json_array();

	for (size_t i = 0; i < s->nsinks; i++) {
		const struct sink_settings *one = &s->sinks[i];
		struct str place = one->kind == SINK_FILE      ? one->path
				   : one->kind == SINK_KAFKA   ? one->topic
				   : one->kind == SINK_WEBHOOK ? host_of(one->url)
							       : one->address;

		to = json_array();
		for (size_t k = 0; one->kind == SINK_SMTP && k < one->nto; k++) {
			add(s, to, one->to[k]);
			add(s, report, one->to[k]);
		}
		json_array_append_new(
			list, json_pack("{s:s,s:o,s:s,s:o,s:o,s:o}", "what", "alert", "name",
				      text(one->name), "kind", kinds[one->kind], "min_severity",
				      text(one->min_level), "place", text(place), "to", to));
	}
	for (size_t i = 0; i < s->nnotify; i++)
		for (size_t k = 0; level >= s->notify[i].level && k < s->notify[i].nto; k++)
			add(s, report, s->notify[i].to[k]);
	json_array_append_new(
		list, json_pack("{s:s,s:I,s:o}", "what", "report", "after_seconds",
			      (json_int_t)(s->report_fold_ns / NS_PER_S), "to", report));
	for (size_t i = 0; i < s->nnotify; i++) {
		if (level < s->notify[i].level || s->notify[i].nthen == 0)
			continue;
		to = json_array();
		for (size_t k = 0; k < s->notify[i].nthen; k++)
			add(s, to, s->notify[i].then[k]);
		json_array_append_new(
			list, json_pack("{s:s,s:I,s:o}", "what", "second", "after_seconds",
				      (json_int_t)(s->notify[i].after_ns / NS_PER_S), "to", to));
	}
	return list;
}

static void
print_addresses(const json_t *way, bool ja)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(way, "to"), i, one)
	{
		struct buf b = {0};

		term_show(&b, str_of(json_string_value(json_object_get(one, "address"))));
		printf("    %.*s%s\n", STR_ARG(buf_str(&b)),
			json_is_true(json_object_get(one, "inside"))
				? ""
				: (ja ? "  （社外：noroshi incident approve が必要）"
				      : "  (outside: needs noroshi incident approve)"));
		buf_done(&b);
	}
}

static void
print_way(const json_t *way, bool ja)
{
	const char *what = json_string_value(json_object_get(way, "what"));
	long long after = json_integer_value(json_object_get(way, "after_seconds"));
	struct buf b = {0};

	if (!strcmp(what, "alert")) {
		term_show(&b, str_of(json_string_value(json_object_get(way, "place"))));
		printf(ja ? "アラート（%s以上）→ %s %.*s\n" : "alerts (%s and above) by %s %.*s\n",
			json_string_value(json_object_get(way, "min_severity")),
			json_string_value(json_object_get(way, "kind")), STR_ARG(buf_str(&b)));
	} else if (!strcmp(what, "report")) {
		printf(ja ? "速報（最初の重大なアラートから%lld秒後）\n"
			  : "report, %lld s after the first grave alert\n",
			after);
	} else {
		printf(ja ? "%lld秒たっても誰も確認しないとき\n"
			  : "when nobody answers for %lld s\n",
			after);
	}
	print_addresses(way, ja);
	buf_done(&b);
}

static int
show(struct request *r)
{
	json_t *list, *way;
	size_t i;

	if (!r->k.settings)
		return cli_usage(r->k.c, "no configuration: give -c FILE");
	list = ways(r->k.settings, r->level);
	if (r->k.c->json) {
		char *out = json_dumps(list, JSON_INDENT(1));

		puts(out);
		free(out);
	} else {
		printf(r->k.ja ? "L%u のインシデント：\n" : "An incident of level L%u:\n",
			r->level);
		json_array_foreach(list, i, way) print_way(way, r->k.ja);
	}
	json_decref(list);
	return 0;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}, .level = 4};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = r.send ? cli_cases_open(&r.k) : cli_cases_settings(&r.k);
	if (code == 0 && r.send)
		code = cli_cases_ask(
			&r.k, json_pack("{s:s,s:I}", "do", "route", "level", (json_int_t)r.level));
	else if (code == 0)
		code = show(&r);
	cli_cases_close(&r.k);
	return code;
}

const struct cli_command cli_route = {
	.name = "route",
	.summary = "route test: who would be told of an incident of some level",
	.help = "Usage: noroshi route test [--level L0..L4] [--send] [-c FILE] [--lang en|ja] "
		"[--json]\n"
		"Says who is told of an incident of that level (L4 without it), and how. --send "
		"mails a\ntest, marked as such, to all of them that are inside the company.\n"
		"Exit codes: 0 done, 1 refused, 2 usage, 4 daemon not reachable.\n\n"
		"Examples:\n  noroshi route test --level L3\n  noroshi route test --send\n",
	.run = run,
};
