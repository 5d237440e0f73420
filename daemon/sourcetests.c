#include "daemon/sourcetests.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "config/yaml.h"
#include "parsers/parsers.h"

#define FILES  1024u
#define TABLES 1024u /* different headers of rows that go by names */

struct suite {
	struct diag *why;
	struct arena arena;
	char *paths[FILES];
	struct yaml_file *files[FILES];
	size_t nfiles;
	struct input_context inputs[TABLES + 1]; /* 0: no header */
	size_t ninputs;
	struct zone *utc;
	struct parsers *parsers;
	struct names *names;
	struct batch batch;
	size_t ran;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
list_folder(struct suite *s, struct str folder)
{
	char *path = arena_z(&s->arena, folder);
	DIR *d = opendir(path);
	struct dirent *e;

	/* That it cannot be opened has been told by those who load it. */
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && str_ends(str_of(e->d_name), STR(".yml")) &&
			s->nfiles < FILES)
			s->paths[s->nfiles++] = arena_z(
				&s->arena, arena_printf(&s->arena, "%s/%s", path, e->d_name));
	if (d)
		closedir(d);
	if (s->nfiles)
		qsort(s->paths, s->nfiles, sizeof(*s->paths), by_name);
}

static uint16_t
input_of(struct suite *s, const struct yaml_node *columns)
{
	if (!columns)
		return 0;
	for (size_t i = 1; i < s->ninputs; i++)
		if (str_eq(s->inputs[i].columns, columns->text))
			return (uint16_t)i;
	if (s->ninputs > TABLES)
		return 0;
	s->inputs[s->ninputs] = s->inputs[0];
	s->inputs[s->ninputs].columns = columns->text;
	return (uint16_t)s->ninputs++;
}

typedef void each_test(struct suite *s, const char *path, const struct yaml_node *test);

static void
for_each(struct suite *s, each_test *what)
{
	for (size_t i = 0; i < s->nfiles; i++)
		for (size_t d = 0; s->files[i] && d < yaml_documents(s->files[i]); d++) {
			const struct yaml_node *doc = yaml_document(s->files[i], d), *tests;

			tests = doc && doc->kind == YAML_MAP ? yaml_get(doc, "tests") : NULL;
			for (size_t k = 0; tests && tests->kind == YAML_LIST && k < tests->n; k++)
				what(s, s->paths[i], tests->items[k]);
		}
}

static void
find_table(struct suite *s, const char *path, const struct yaml_node *test)
{
	(void)path;
	if (test->kind == YAML_MAP)
		input_of(s, yaml_get(test, "columns"));
}

/* The field of the first record as text; several values with commas. */
static void
field(struct suite *s, struct str name, struct buf *out)
{
	const struct record *r = &batch_records(s->batch)[0];
	const struct entry *e = record_entries(s->batch, r);

	if (str_eq(name, STR("@timestamp"))) {
		stamp_add(out, r->time);
		return;
	}
	if (str_eq(name, STR("noroshi.source"))) {
		buf_add_str(out, parsers_product(s->parsers, r->product));
		return;
	}
	for (uint32_t i = 0; i < r->nentries; i++) {
		if (!str_eq(entry_name(s->batch, s->names, &e[i]), name))
			continue;
		if (out->n)
			buf_add_char(out, ',');
		buf_add_str(out, entry_text(s->batch, &e[i]));
	}
}

static void
run_test(struct suite *s, const char *path, const struct yaml_node *test)
{
	const struct yaml_node *line, *want;
	struct frame meta = {
		.arrival = clock_wall(&clock_system), .flags = FRAME_LATE_READ | FRAME_HISTORY};

	line = test->kind == YAML_MAP ? yaml_get(test, "line") : NULL;
	want = test->kind == YAML_MAP ? yaml_get(test, "want") : NULL;
	if (!line || !want || want->kind != YAML_MAP || want->n == 0) {
		diag_set(s->why, path, test->line, "a test has 'line' and 'want'");
		return;
	}
	meta.input = input_of(s, yaml_get(test, "columns"));
	batch_reset(s->batch, 1);
	if (batch_add(s->batch, &meta, line->text, STR("")) < 0) {
		diag_set(s->why, path, line->line, "the line is too long for a frame");
		return;
	}
	parsers_run(s->parsers, s->batch, s->names, 0, 1);
	s->ran++;
	for (size_t i = 0; i < want->n; i++) {
		struct buf got = {0};

		if (batch_results(s->batch)->nrecords > 0)
			field(s, want->keys[i]->text, &got);
		if (!str_eq(buf_str(&got), want->items[i]->text))
			diag_set(s->why, path, want->items[i]->line,
				"test: %.*s is '%.*s', not '%.*s'", STR_ARG(want->keys[i]->text),
				STR_ARG(buf_str(&got)), STR_ARG(want->items[i]->text));
		buf_done(&got);
	}
}

void
sourcetests_run(struct str folder, struct diag *why, size_t *ran)
{
	struct suite *s = mem_zero(1, sizeof(*s));
	size_t errors = why->errors;

	s->why = why;
	*ran = 0;
	list_folder(s, folder);
	for (size_t i = 0; i < s->nfiles; i++)
		yaml_load(s->paths[i], why, &s->files[i]);
	zone_load(STR("UTC"), why, &s->utc);
	s->inputs[0] =
		(struct input_context){.name = STR("test"), .zone = s->utc, .skew_ns = INT64_MAX};
	s->ninputs = 1;
	for_each(s, find_table);
	if (why->errors == errors &&
		parsers_new_with(s->inputs, s->ninputs, folder, why, &s->parsers) == 0) {
		s->names = names_new();
		names_freeze(s->names);
		s->batch = batch_new();
		for_each(s, run_test);
		*ran = s->ran;
		batch_free(s->batch);
		names_free(s->names);
	}
	parsers_free(s->parsers);
	zone_free(s->utc);
	for (size_t i = 0; i < s->nfiles; i++)
		yaml_free(s->files[i]);
	arena_done(&s->arena);
	mem_free(s);
}
