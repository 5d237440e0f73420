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

static void
check_tests(struct house *h, const char *path, const struct yaml_node *tests)
{
	cr_assert(tests && tests->kind == YAML_LIST && tests->n > 0, "%s has no tests", path);
	for (size_t i = 0; i < tests->n; i++) {
		const struct yaml_node *line = yaml_get(tests->items[i], "line");
		const struct yaml_node *want = yaml_get(tests->items[i], "want");

		cr_assert(line && want && want->kind == YAML_MAP && want->n > 0,
			"%s:%u: a test has line and want", path, tests->items[i]->line);
		house_read(h, line->text);
		for (size_t k = 0; k < want->n; k++)
			want_value(h, path, want->keys[k], want->items[k]);
	}
}

Test(source, every_definition_keeps_its_word, .timeout = 300)
{
	DIR *d = opendir(FOLDER);
	struct house h = {0};
	struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d))) {
		struct buf path = {0}, text = {0};
		struct diag why = {0};
		struct yaml_file *y = NULL;

		if (!str_ends(str_of(e->d_name), STR(".yml")))
			continue;
		buf_printf(&path, FOLDER "/%s", e->d_name);
		cr_assert_eq(file_read(buf_z(&path), 1 << 20, &text), 0);
		cr_assert_eq(yaml_parse(buf_str(&text), buf_z(&path), &why, &y), 0, "%s",
			diag_first(&why));
		check_tests(&h, buf_z(&path), yaml_get(yaml_document(y, 0), "tests"));
		yaml_free(y);
		diag_done(&why);
		buf_done(&text);
		buf_done(&path);
		n++;
	}
	closedir(d);
	house_done(&h);
	cr_expect_gt(n, 0);
}

/* A rule's log source asks for one word: each of a list must be there by itself. */
Test(source, a_list_in_the_log_source_is_several_words)
{
	struct house h = {0};
	struct buf got = {0};

	house_read(&h, STR("{\"time\":\"2026-04-02T01:02:03Z\",\"operationName\":\"Update user\","
			   "\"category\":\"AuditLogs\",\"properties\":{\"x\":\"y\"}}"));
	house_field(&h, 0, STR("logsource.service"), &got);
	cr_expect_str_eq(buf_z(&got), "signinlogs,auditlogs,riskdetection,pim");
	buf_clear(&got);
	for (uint32_t i = 0, n = 0; i < batch_records(h.batch)[0].nentries; i++) {
		const struct entry *e = record_entries(h.batch, &batch_records(h.batch)[0]) + i;

		if (e->field == FIELD_LOGSOURCE_SERVICE)
			cr_expect(str_chr(entry_text(h.batch, e), ',') < 0 && ++n <= 4);
	}
	buf_done(&got);
	house_done(&h);
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
