#include "world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void
on_match(void *ctx, const struct correlation_match *m)
{
	struct world *w = ctx;

	buf_printf(&w->matches, "%.*s ", STR_ARG(m->id));
	for (size_t i = 0; i < m->ngroup; i++)
		buf_printf(&w->matches, "%s%.*s=%.*s", i ? "," : "", STR_ARG(m->group[i].name),
			STR_ARG(m->group[i].value));
	if (m->ngroup == 0)
		buf_add_char(&w->matches, '-');
	buf_printf(&w->matches, " %llu %llu ", (unsigned long long)m->first,
		(unsigned long long)m->last);
	buf_printf(&w->matches, "%.9g\n", m->count);
}

static void
on_alert(void *ctx, const struct alert *a)
{
	struct world *w = ctx;

	alert_json(a, &w->alerts);
	buf_add_char(&w->alerts, '\n');
	w->nalerts++;
}

static void
start(struct world *w)
{
	const struct correlator_sink sink = {.match = on_match, .alert = on_alert, .ctx = w};

	w->k = correlator_new(w->correlations, w->rules, w->state, &w->opt, &sink);
}

static void
load(struct world *w, const char *yaml)
{
	const struct ruleset_options opt = {.ignore_logsource = true, .native_fields = true};
	char path[64];
	int fd = memfd_create("rules", 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq((size_t)write(fd, yaml, strlen(yaml)), strlen(yaml));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	w->names = names_new();
	w->files = rule_files_new();
	rule_files_add(w->files, path, false, &w->why);
	cr_assert_eq(ruleset_build(w->files, &opt, w->names, &w->why, &w->rules), 0);
	cr_assert_eq(
		correlations_build(w->files, w->rules, w->names, &w->why, &w->correlations), 0);
	names_freeze(w->names);
	close(fd);
	buf_clear(&w->said);
	diag_print(&w->why, &w->said, false);
	w->failed = rule_files_rejected(w->files);
	w->matcher = matcher_new(w->rules, MATCH_ALL);
}

static void
unload(struct world *w)
{
	correlator_free(w->k);
	matcher_free(w->matcher);
	correlations_free(w->correlations);
	ruleset_free(w->rules);
	rule_files_free(w->files);
	names_free(w->names);
	diag_done(&w->why);
	w->why = (struct diag){0};
}

struct world
world_open(const char *yaml, const struct correlator_options *opt, size_t limit)
{
	struct world w = {.limit = limit ? limit : (size_t)64 << 20, .b = batch_new()};

	w.opt = opt ? *opt : (struct correlator_options){.lead_ns = 300 * S};
	w.state = region_new(w.limit);
	load(&w, yaml);
	return w;
}

void
world_close(struct world *w)
{
	unload(w);
	region_destroy(w->state);
	batch_free(w->b);
	buf_done(&w->said);
	buf_done(&w->matches);
	buf_done(&w->alerts);
}

void
world_rules(struct world *w, const char *yaml)
{
	unload(w);
	w->k = NULL;
	load(w, yaml);
}

void
world_event(struct world *w, int64_t time, const struct world_value *v, size_t n)
{
	struct frame f = {.arrival = time, .stream = 7, .flags = FRAME_POSITION};
	struct recs recs;
	struct record *r;
	const uint32_t *matches;
	uint32_t nmatches;

	if (!w->k)
		start(w);
	w->line++;
	f.offset = w->line;
	batch_reset(w->b, w->line);
	cr_assert_eq(batch_add(w->b, &f, STR("event"), STR("peer")), 0);
	batch_head(w->b)->first_seq = w->line;
	recs_begin(&recs, w->b, w->names, 0);
	recs_frame(&recs, 0);
	r = recs_open(&recs);
	r->time = time;
	for (size_t i = 0; i < n; i++)
		rec_put_named(&recs, str_of(v[i].name), v[i].kind, str_of(v[i].text), v[i].flags);
	cr_assert_eq(recs_close(&recs), 0);
	recs_end(&recs, 1);
	cr_assert_eq(matcher_run(w->matcher, w->b, r), 0);
	matches = record_matches(w->b, r, &nmatches);
	correlator_record(
		w->k, w->b, r, matches, nmatches, w->line, record_id(w->b, r, STR("test")));
}

static void
one_value(struct world_value *v, const char *name, char *text, unsigned flags)
{
	size_t n = strlen(text);

	*v = (struct world_value){name, VALUE_STRING, text, flags};
	if (strcmp(text, "null") == 0)
		v->kind = VALUE_NULL;
	else if (strcmp(text, "true") == 0)
		v->kind = VALUE_TRUE;
	else if (strcmp(text, "false") == 0)
		v->kind = VALUE_FALSE;
	else if (strcmp(text, "{}") == 0)
		v->kind = VALUE_OBJECT;
	else if (strcmp(text, "[]") == 0)
		v->kind = VALUE_EMPTY_ARRAY;
	else if (n >= 2 && text[0] == '\'') {
		text[n - 1] = 0;
		v->text = text + 1;
	} else if (str_is_number(str_make(text, n)))
		v->kind = VALUE_NUMBER;
}

void
world_say(struct world *w, int64_t time, const char *text)
{
	struct world_value v[32];
	size_t n = 0;
	char copy[512], *save = NULL, *inner = NULL;

	cr_assert_lt(strlen(text), sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *is = strchr(word, '=');

		cr_assert_not_null(is);
		*is++ = 0;
		if (is[0] != '[' || is[1] == ']') {
			one_value(&v[n++], word, is, 0);
			continue;
		}
		is[strlen(is) - 1] = 0;
		for (char *e = strtok_r(is + 1, ",", &inner); e; e = strtok_r(NULL, ",", &inner))
			one_value(&v[n++], word, e, ENTRY_ARRAY);
	}
	world_event(w, time, v, n);
}

void
world_restart(struct world *w)
{
	FILE *f = tmpfile();

	if (!w->k)
		start(w);
	cr_assert_eq(region_save(w->state, fileno(f)), 0);
	correlator_free(w->k);
	region_destroy(w->state);
	w->state = region_new(w->limit);
	lseek(fileno(f), 0, SEEK_SET);
	cr_assert_eq(region_load(w->state, fileno(f)), 0);
	fclose(f);
	start(w);
}
