#include "sigma.h"

#include <criterion/criterion.h>

#include "parsers/parser.h"

void
sigma_open(struct sigma *s, const char *rules, const struct ruleset_options *opt)
{
	static const struct ruleset_options plain = {
		.native_fields = true, .ignore_logsource = true};

	*s = (struct sigma){.files = rule_files_new(), .names = names_new()};
	rule_files_parse(s->files, str_of(rules), "rules.yml", true, &s->why);
	cr_assert_eq(ruleset_build(s->files, opt ? opt : &plain, s->names, &s->why, &s->rules), 0,
		"%s", diag_first(&s->why));
	names_freeze(s->names);
	s->matcher = matcher_new(s->rules, MATCH_ALL);
	s->batch = batch_new();
}

/* The row alone: no envelope, no recognition. */
static void
read_event(struct sigma *s, const char *event)
{
	struct input_context in = {.name = STR("test")};
	const struct frame *f = batch_frames(s->batch);
	struct parse_ctx ctx = {.in = &in, .frame = f, .text = batch_raw(s->batch, f)};
	struct recs w;

	recs_begin(&w, s->batch, s->names, 0);
	recs_frame(&w, 0);
	recs_open(&w);
	cr_assert_eq(parser_sigma.parse(&ctx, ctx.text, &w), PARSED_OK, "not read: %s", event);
	cr_assert_eq(recs_close(&w), 0);
	recs_end(&w, 1);
}

static const char *
match(struct sigma *s, int logsource, const char *event, struct buf *out)
{
	struct frame f = {0};
	struct record *r;

	batch_reset(s->batch, 1);
	cr_assert_eq(batch_add(s->batch, &f, str_of(event), STR("")), 0);
	read_event(s, event);
	r = batch_records(s->batch);
	if (logsource >= 0)
		r->logsource = (uint16_t)logsource;
	cr_assert_eq(matcher_run(s->matcher, s->batch, r), 0);
	buf_clear(out);
	for (uint32_t i = 0; i < r->nmatches; i++) {
		uint32_t rule = batch_matches(s->batch)[r->first_match + i];

		if (i > 0)
			buf_add_char(out, ' ');
		buf_add_str(out, ruleset_rule(s->rules, rule)->words.id);
	}
	return buf_z(out);
}

const char *
sigma_match(struct sigma *s, const char *event, struct buf *out)
{
	return match(s, -1, event, out);
}

const char *
sigma_match_as(struct sigma *s, unsigned logsource, const char *event, struct buf *out)
{
	return match(s, (int)logsource, event, out);
}

void
sigma_close(struct sigma *s)
{
	batch_free(s->batch);
	matcher_free(s->matcher);
	ruleset_free(s->rules);
	names_free(s->names);
	rule_files_free(s->files);
	diag_done(&s->why);
}

void
sigma_check(const struct sigma_row *rows, const struct ruleset_options *opt)
{
	struct buf ids = {0};

	for (const struct sigma_row *row = rows; row->why; row++) {
		struct buf rule = {0};
		struct sigma s;

		buf_printf(&rule,
			"title: t\nid: r\nlogsource: {product: p}\ndetection:\n  sel: %s\n"
			"  condition: sel\n",
			row->item);
		sigma_open(&s, buf_z(&rule), opt);
		cr_assert_eq(s.why.errors, 0, "%s: %s", row->why, diag_first(&s.why));
		cr_expect_eq(*sigma_match(&s, row->event, &ids) != 0, row->match, "%s: %s on %s",
			row->why, row->item, row->event);
		sigma_close(&s);
		buf_done(&rule);
	}
	buf_done(&ids);
}
