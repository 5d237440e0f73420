/* a_source.c - each definition of config/sources reads its own tests as it says. */
#include <criterion/criterion.h>
#include <dirent.h>

#include "a_house.h"
#include "base/file.h"
#include "config/yaml.h"
#include "parsers/source.h"

#define FOLDER "config/sources"

static void
want_value(const struct house *h, const char *path, const struct yaml_node *key,
	const struct yaml_node *value)
{
	struct buf got = {0};
	struct str name = key->text;

	if (str_eq(name, STR("@timestamp")))
		name = STR("@time");
	if (str_eq(name, STR("noroshi.source")))
		name = STR("@product");
	house_field(h, 0, name, &got);
	cr_expect(str_eq(buf_str(&got), value->text), "%s:%u: %.*s is '%s', not '%.*s'", path,
		value->line, STR_ARG(name), buf_z(&got), STR_ARG(value->text));
	buf_done(&got);
}

#define FILES   512u
#define HEADERS 64u /* tests whose rows come with the names of their columns */

struct folder {
	struct yaml_file *files[FILES];
	struct buf paths[FILES];
	size_t n;
	struct input_context headers[HEADERS];
	size_t nheaders;
};

static uint16_t
input_of(struct folder *f, const struct yaml_node *columns)
{
	if (!columns)
		return 0;
	for (size_t i = 0; i < f->nheaders; i++)
		if (str_eq(f->headers[i].columns, columns->text))
			return (uint16_t)(i + 1);
	cr_assert_lt(f->nheaders, HEADERS);
	f->headers[f->nheaders] =
		(struct input_context){.name = STR("test"), .columns = columns->text};
	return (uint16_t)++f->nheaders;
}

static const struct yaml_node *
tests_of(const struct folder *f, size_t i)
{
	return yaml_get(yaml_document(f->files[i], 0), "tests");
}

static void
check_tests(struct folder *f, struct house *h, size_t file)
{
	const char *path = buf_z(&f->paths[file]);
	const struct yaml_node *tests = tests_of(f, file);

	for (size_t i = 0; i < tests->n; i++) {
		const struct yaml_node *line = yaml_get(tests->items[i], "line");
		const struct yaml_node *want = yaml_get(tests->items[i], "want");

		cr_assert(line && want && want->kind == YAML_MAP && want->n > 0,
			"%s:%u: a test has line and want", path, tests->items[i]->line);
		house_read_as(h, input_of(f, yaml_get(tests->items[i], "columns")), line->text);
		for (size_t k = 0; k < want->n; k++)
			want_value(h, path, want->keys[k], want->items[k]);
	}
}

static void
load_folder(struct folder *f)
{
	DIR *d = opendir(FOLDER);
	struct dirent *e;

	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d))) {
		struct buf text = {0}, *path = &f->paths[f->n];
		struct diag why = {0};
		const struct yaml_node *tests;

		if (!str_ends(str_of(e->d_name), STR(".yml")))
			continue;
		cr_assert_lt(f->n, FILES);
		buf_printf(path, FOLDER "/%s", e->d_name);
		cr_assert_eq(file_read(buf_z(path), 1 << 20, &text), 0);
		cr_assert_eq(yaml_parse(buf_str(&text), buf_z(path), &why, &f->files[f->n]), 0,
			"%s", diag_first(&why));
		tests = tests_of(f, f->n++);
		cr_assert(tests && tests->kind == YAML_LIST && tests->n > 0, "%s has no tests",
			buf_z(path));
		for (size_t i = 0; i < tests->n; i++)
			input_of(f, yaml_get(tests->items[i], "columns"));
		diag_done(&why);
		buf_done(&text);
	}
	closedir(d);
}

Test(source, every_definition_keeps_its_word, .timeout = 300)
{
	struct folder f = {0};
	struct house h = {0};

	load_folder(&f);
	h.more = f.headers;
	h.nmore = f.nheaders;
	for (size_t i = 0; i < f.n; i++)
		check_tests(&f, &h, i);
	house_done(&h);
	cr_expect_gt(f.n, 0);
	for (size_t i = 0; i < f.n; i++) {
		yaml_free(f.files[i]);
		buf_done(&f.paths[i]);
	}
}

Test(source, mistakes_are_told_with_their_place)
{
	static const struct {
		const char *why, *text, *line, *says;
	} rows[] = {
		{"an unknown part", "source: a\nshap: json\n", ":2:", "did you mean 'shape'"},
		{"a pattern that is none", "source: a\npatterns: ['(']\n", ":2:", "not a pattern"},
		{"a row without a field", "source: a\nmap: {x: {as: url, spilt: ','}}\n",
			":2:", "did you mean 'split'"},
		{"no name", "shape: json\n", ":1:", "add 'source: NAME'"},
		{"an unknown form", "source: a\nmap: {x: {to: url.full, as: ulr}}\n",
			":2:", "did you mean 'url'"},
		{"two tests for one key", "source: a\nrecognise: {if: {x: {starts: a, ends: b}}}\n",
			":2:", "one test for a key"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sources *s = NULL;
		struct diag why = {0};
		struct buf out = {0};

		cr_expect_lt(sources_load_text(str_of(rows[i].text), "x.yml", &why, &s), 0, "%s",
			rows[i].why);
		cr_expect_null(s);
		diag_print(&why, &out, false);
		cr_expect(strstr(buf_z(&out), rows[i].line) && strstr(buf_z(&out), rows[i].says),
			"%s: %s", rows[i].why, buf_z(&out));
		buf_done(&out);
		diag_done(&why);
	}
}
