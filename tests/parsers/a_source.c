/* a_source.c - each definition of config/sources reads its own tests as it says. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "a_house.h"
#include "base/file.h"
#include "parsers/source.h"
#include "parsers/source_test.h"

Test(source, every_definition_keeps_its_word, .timeout = 300)
{
	struct source_tests n;
	struct diag why = {0};
	struct buf out = {0};
	int rc = source_tests_run(STR("config/sources"), &why, &n);

	diag_print(&why, &out, false);
	cr_expect(rc == 0 && why.n == 0, "%s", buf_z(&out));
	cr_expect_gt(n.definitions, 100, "run the tests in the project's folder");
	cr_expect_geq(n.tests, n.definitions, "each has tests");
	cr_expect_eq(n.nameless, 0, "each says observer.product");
	buf_done(&out);
	diag_done(&why);
}

/* A folder with one file. */
static void
folder_with(char *dir, const char *text)
{
	struct buf path = {0};

	cr_assert_not_null(mkdtemp(dir));
	buf_printf(&path, "%s/x.yml", dir);
	cr_assert_eq(file_replace(buf_z(&path), str_of(text), 0644), 0);
	buf_done(&path);
}

Test(source, a_test_that_fails_is_told_with_its_place)
{
	static const struct {
		const char *why, *tests, *says;
	} rows[] = {
		{"another value", "tests:\n- line: BELL a\n  want: {user.name: b}\n",
			"x.yml:6:21: error: user.name is 'a', not 'b'"},
		{"no such field", "tests:\n- line: BELL a\n  want: {user.name: a, host.name: c}\n",
			"x.yml:6:35: error: host.name is '', not 'c'"},
		{"another product", "tests:\n- line: DOOR a\n  want: {noroshi.source: bell}\n",
			"x.yml:6:26: error: noroshi.source is '', not 'bell'"},
		{"nothing wanted", "tests:\n- line: BELL a\n", "x.yml:5:3: error: a test has"},
		{"no tests", "", "x.yml:1:1: warning: the definition has no tests"},
		{"all well",
			"tests:\n- line: BELL a\n  want: {user.name: a, noroshi.source: bell}\n",
			""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char dir[] = "/tmp/noroshi-source-XXXXXX";
		struct source_tests n;
		struct diag why = {0};
		struct buf text = {0}, out = {0}, path = {0};
		bool bad = strstr(rows[i].says, "error") != NULL;

		buf_printf(&text,
			"source: bell\nrecognise: {starts: 'BELL '}\npatterns: ['^BELL "
			"(?<user__name>\\w+)$']\n%s",
			rows[i].tests);
		folder_with(dir, buf_z(&text));
		cr_expect_eq(source_tests_run(str_of(dir), &why, &n) < 0, bad, "%s", rows[i].why);
		cr_expect_eq(n.definitions, 1, "only the folder's");
		cr_expect_eq(n.failed, bad ? 1 : 0, "%s", rows[i].why);
		diag_print(&why, &out, false);
		cr_expect(strstr(buf_z(&out), rows[i].says), "%s: %s", rows[i].why, buf_z(&out));
		cr_expect_eq(why.n, rows[i].says[0] ? 1 : 0, "%s: %s", rows[i].why, buf_z(&out));
		buf_printf(&path, "%s/x.yml", dir);
		unlink(buf_z(&path));
		rmdir(dir);
		buf_done(&path);
		buf_done(&out);
		buf_done(&text);
		diag_done(&why);
	}
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
		{"an unknown kind of log", "source: a\nkind: firewal\n",
			":2:", "did you mean 'firewall'"},
		{"an unknown kind of control 143", "source: a\nset: {noroshi.log.kind: vpn}\n",
			":2:", "a kind is mail"},
		{"a word that ECS does not have", "source: a\nset: {event.category: vpn}\n",
			":2:", "none of the values that ECS allows"},
		{"such a word in a table",
			"source: a\nmap: {x: {to: event.type, values: {1: log}}}\n",
			":2:", "none of the values that ECS allows"},
		{"an excuse that there is not", "source: a\nset: {noroshi.log.excused: tired}\n",
			":2:", "no such excuse"},
		{"no name", "shape: json\n", ":1:", "add 'source: NAME'"},
		{"an unknown form", "source: a\nmap: {x: {to: url.full, as: ulr}}\n",
			":2:", "did you mean 'url'"},
		{"like nobody", "source: a\nlike: b\n", ":2:", "no definition of this name"},
		{"names of a key where one is meant",
			"source: a\nmap: {x: {to: url.full, if: {'y|z': ~}}}\n",
			":2:", "alternatives of keys stand in"},
		{"more choices than rows are worth",
			"source: a\nwhen: [{if: {'a|b|c|d|e|f|g': ~, 'h|i|j|k|l|m|n': ~, "
			"'o|p|q|r|s|t|u': ~}}]\n",
			":2:", "more than 256 choices"},
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
