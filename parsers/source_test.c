/* source_test.c - lines in, fields out, compared with what a definition says. */
#include "parsers/source_test.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/stamp.h"
#include "config/yaml.h"
#include "parsers/parsers.h"

struct bench {
	struct parsers *parsers;
	struct names *names;
	struct batch batch;
	struct diag *why;
	struct source_tests *count;
	const char *path;
	const struct input_context *in;
	struct str dir;
};

static bool
read_line(struct bench *t, struct str line, struct str columns)
{
	struct frame meta = {.arrival = SOURCE_TEST_ARRIVAL};

	batch_reset(t->batch, 1);
	if (batch_add_led(t->batch, &meta, line, STR("192.0.2.1:514"), columns) < 0)
		return false;
	parsers_run(t->parsers, t->batch, t->names, 0, 1);
	return batch_results(t->batch)->nrecords > 0;
}

static void
add_excuses(const struct record *r, struct buf *out)
{
	for (unsigned i = 0; i < EXCUSE_COUNT; i++)
		if (r->excused >> i & 1)
			buf_printf(out, "%s%.*s", out->n ? "," : "",
				STR_ARG(log_excuse((enum log_excuse)i)->word));
}

/* A field of the first record as text; several values with commas. */
static void
field(const struct bench *t, struct str name, struct buf *out)
{
	const struct record *r = &batch_records(t->batch)[0];
	const struct entry *e = record_entries(t->batch, r);
	bool first = true;

	if (str_eq(name, STR("@timestamp"))) {
		stamp_add(out, r->time);
		return;
	}
	if (str_eq(name, STR("noroshi.source"))) {
		buf_add_str(out, parsers_product(t->parsers, r->product));
		return;
	}
	if (str_eq(name, STR("noroshi.log.kind"))) {
		buf_add_str(out, log_kind_name(record_kind(r)));
		return;
	}
	if (str_eq(name, STR("noroshi.log.excused"))) {
		add_excuses(r, out);
		return;
	}
	if (str_eq(name, STR("noroshi.weave"))) {
		buf_add_str(out, r->flags & RECORD_BINDS ? STR("binds") : STR(""));
		return;
	}
	for (uint32_t i = 0; i < r->nentries; i++) {
		if (!str_eq(entry_name(t->batch, t->names, &e[i]), name))
			continue;
		if (!first)
			buf_add_char(out, ',');
		buf_add_str(out, entry_text(t->batch, &e[i]));
		first = false;
	}
}

static bool
want(const struct bench *t, const struct yaml_node *key, const struct yaml_node *value)
{
	struct buf got = {0};
	bool same;

	field(t, key->text, &got);
	same = str_eq(buf_str(&got), value->text);
	if (!same)
		diag_add(t->why, DIAG_ERROR, t->path, value->line, value->column,
			"%.*s is '%.*s', not '%.*s'", STR_ARG(key->text), STR_ARG(buf_str(&got)),
			STR_ARG(value->text));
	buf_done(&got);
	return same;
}

static bool
run_test(struct bench *t, const struct yaml_node *test)
{
	const struct yaml_node *line = yaml_get(test, "line"), *wants = yaml_get(test, "want");
	struct buf product = {0}, source = {0};
	const struct yaml_node *columns = yaml_get(test, "columns");
	bool good = true;

	if (!line || line->text.n == 0 || !wants || wants->kind != YAML_MAP || wants->n == 0) {
		diag_add(t->why, DIAG_ERROR, t->path, test->line, test->column,
			"a test has a 'line' and a map 'want' of fields and values");
		return false;
	}
	if (!read_line(t, line->text, columns ? columns->text : STR(""))) {
		diag_add(t->why, DIAG_ERROR, t->path, line->line, line->column,
			"the line gives no record");
		return false;
	}
	/* A line that is nobody's has no product. */
	field(t, STR("noroshi.source"), &source);
	field(t, STR("observer.product"), &product);
	t->count->nameless += source.n > 0 && product.n == 0;
	buf_done(&source);
	buf_done(&product);
	for (size_t k = 0; k < wants->n; k++)
		good = want(t, wants->keys[k], wants->items[k]) && good;
	return good;
}

static void
run_document(struct bench *t, const struct yaml_node *doc)
{
	const struct yaml_node *tests = yaml_get(doc, "tests");

	t->count->definitions++;
	if (!tests || tests->kind != YAML_LIST || tests->n == 0) {
		diag_add(t->why, DIAG_WARNING, t->path, doc->line, doc->column,
			"the definition has no tests; add 'tests: [{line: ..., want: {...}}]'");
		return;
	}
	for (size_t i = 0; i < tests->n; i++) {
		t->count->tests++;
		t->count->failed += !run_test(t, tests->items[i]);
	}
}

/* What no line tells by itself is named at the input: its tests are read as there. */
static void
run_named(struct bench *t, const struct yaml_node *doc, struct str source)
{
	struct input_context in = *t->in;
	struct parsers *unguided = t->parsers;

	in.source = source;
	if (parsers_new_with(&in, 1, t->dir, t->why, &t->parsers) < 0)
		return;
	run_document(t, doc);
	parsers_free(t->parsers);
	t->parsers = unguided;
}

/* The next file of what parsers_folder() gives. */
static bool
next_file(struct str *rest, struct str *path, struct str *text)
{
	struct str head, number;
	ptrdiff_t blank;
	uint64_t n;

	if (!str_take(rest, STR("--- ")) || !str_cut(rest, '\n', &head))
		return false;
	blank = str_rchr(head, ' ');
	if (blank < 0)
		return false;
	*path = str_make(head.p, (size_t)blank);
	number = str_make(head.p + blank + 1, head.n - (size_t)blank - 1);
	if (!str_u64(number, &n) || n >= rest->n)
		return false;
	*text = str_make(rest->p, n);
	str_skip(rest, n + 1);
	return true;
}

static void
run_files(struct bench *t, struct str rest)
{
	struct str path, text;

	while (next_file(&rest, &path, &text)) {
		struct yaml_file *y = NULL;
		struct buf name = {0};

		buf_add_str(&name, path);
		t->path = buf_z(&name);
		if (yaml_parse(text, t->path, t->why, &y) < 0)
			goto next;
		for (size_t i = 0; i < yaml_documents(y); i++) {
			const struct yaml_node *doc = yaml_document(y, i);
			const struct yaml_node *source = yaml_get(doc, "source");

			if (source && !yaml_get(doc, "recognise"))
				run_named(t, doc, source->text);
			else
				run_document(t, doc);
		}
	next:
		yaml_free(y);
		buf_done(&name);
	}
}

int
source_tests_run(struct str dir, struct diag *why, struct source_tests *ret)
{
	struct bench t = {.why = why, .count = ret, .dir = dir};
	struct input_context in = {.name = STR("test"), .skew_ns = 3600 * NS_PER_S};
	struct zone *utc = NULL;
	size_t errors = why->errors;
	int rc = zone_load(STR("UTC"), why, &utc);

	*ret = (struct source_tests){0};
	in.zone = utc;
	t.in = &in;
	if (rc == 0)
		rc = parsers_new_with(&in, 1, dir, why, &t.parsers);
	if (rc == 0) {
		t.names = names_new();
		names_freeze(t.names);
		t.batch = batch_new();
		run_files(&t, parsers_folder(t.parsers));
		batch_free(t.batch);
		names_free(t.names);
		parsers_free(t.parsers);
		rc = why->errors > errors ? ERR_SYNTAX : 0;
	}
	zone_free(utc);
	return rc;
}
