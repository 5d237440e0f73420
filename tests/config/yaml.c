#include "config/yaml.h"

#include <criterion/criterion.h>

static const struct scalar_row {
	const char *text;
	enum yaml_kind kind;
	const char *why;
} scalars[] = {
	{"12", YAML_INT, "a decimal"},
	{"-3", YAML_INT, "a negative decimal"},
	{"0", YAML_INT, "zero is no leading zero"},
	{"0x17", YAML_INT, "hexadecimal"},
	{"0o17", YAML_INT, "octal"},
	{"00000429", YAML_STRING, "a leading zero marks an identifier"},
	{"-012", YAML_STRING, "also behind a sign"},
	{"1.50", YAML_FLOAT, "a fraction"},
	{".5", YAML_FLOAT, "without whole part"},
	{"1e3", YAML_FLOAT, "an exponent"},
	{"-.inf", YAML_FLOAT, "infinity"},
	{"99999999999999999999", YAML_FLOAT, "too large for 64 bits"},
	{"1e", YAML_STRING, "an exponent needs digits"},
	{"1.2.3.4", YAML_STRING, "an address"},
	{"12:30:45", YAML_STRING, "no sexagesimal numbers"},
	{"2026-01-02", YAML_STRING, "no dates"},
	{"yes", YAML_STRING, "yes is a word in YAML 1.2"},
	{"on", YAML_STRING, "so is on"},
	{"true", YAML_BOOL, "true"},
	{"FALSE", YAML_BOOL, "FALSE"},
	{"tRUE", YAML_STRING, "odd case is a word"},
	{"~", YAML_NULL, "tilde"},
	{"Null", YAML_NULL, "Null"},
	{"", YAML_NULL, "nothing at all"},
	{"'12'", YAML_STRING, "quotes make text"},
	{"\"true\"", YAML_STRING, "double quotes too"},
	{"!!str 12", YAML_STRING, "a tag makes text"},
	{"!!int '12'", YAML_INT, "a tag makes a number"},
	{NULL, YAML_NULL, NULL},
};

Test(yaml, scalars)
{
	for (const struct scalar_row *row = scalars; row->why; row++) {
		struct buf text = {0};
		struct yaml_file *y = NULL;
		struct diag why = {0};

		buf_printf(&text, "k: %s\n", row->text);
		cr_assert_eq(yaml_parse(buf_str(&text), "t", &why, &y), 0, "%s: %s", row->why,
			diag_first(&why));
		cr_expect_eq(yaml_get(yaml_document(y, 0), "k")->kind, row->kind, "%s", row->why);
		yaml_free(y);
		diag_done(&why);
		buf_done(&text);
	}
}

Test(yaml, numbers_have_values)
{
	struct yaml_file *y = NULL;
	const struct yaml_node *root;

	cr_assert_eq(yaml_parse(STR("a: 0x17\nb: -7\nc: 1.50\nd: 0o17\n"), "t", NULL, &y), 0);
	root = yaml_document(y, 0);
	cr_expect_eq(yaml_get(root, "a")->integer, 23);
	cr_expect_eq(yaml_get(root, "b")->integer, -7);
	cr_expect_float_eq(yaml_get(root, "c")->real, 1.5, 1e-12);
	cr_expect_eq(yaml_get(root, "d")->integer, 15);
	cr_expect(str_eq(yaml_get(root, "c")->text, STR("1.50")));
	yaml_free(y);
}

static const struct bad_row {
	const char *text;
	unsigned line, column;
	const char *says;
} bads[] = {
	{"a: 1\nb: 2\na: 3\n", 3, 1, "stands twice"},
	{"a:\n  x: 1\n  x: 2\n", 3, 3, "stands twice"},
	{"{a: 1, a: 2}\n", 1, 8, "stands twice"},
	{"a: [1, 2\nb: 3\n", 0, 0, "not YAML"},
	{"a: *nope\n", 1, 4, "alias *nope"},
	{"? [a]\n: 1\n", 1, 3, "plain text"},
	{"a: !odd 1\n", 0, 0, "tag"},
	{"a: 'x\n", 0, 0, "not YAML"},
	{"\tb: 1\n", 0, 0, "not YAML"},
	{"a: \xff\n", 1, 4, "byte 0xFF is not UTF-8"},
	{"a: 1\nb: \xc3\xa9\x83\n", 2, 5, "byte 0x83"},
	{"a: 1\nb: 'x\xe3\x81'\n", 2, 6, "byte 0xE3"},
	{NULL, 0, 0, NULL},
};

Test(yaml, mistakes_have_places)
{
	for (const struct bad_row *row = bads; row->says; row++) {
		struct yaml_file *y = NULL;
		struct diag why = {0};

		cr_expect_lt(yaml_parse(str_of(row->text), "t", &why, &y), 0, "%s", row->text);
		cr_expect_null(y);
		cr_assert_geq(why.errors, 1, "%s", row->text);
		cr_expect(
			strstr(diag_first(&why), row->says), "%s: %s", row->text, diag_first(&why));
		if (row->line) {
			cr_expect_eq(why.items[0].line, row->line, "%s", row->text);
			cr_expect_eq(why.items[0].column, row->column, "%s", row->text);
		}
		diag_done(&why);
	}
}

static const struct each_row {
	const char *text, *titles, *why;
	size_t bad;
} eachs[] = {
	{"t: a\n---\nt: b\n", "ab", "two sound ones", 0},
	{"t: a\n---\nt: b\nt: c\n---\nt: d\n", "ad", "a doubled key costs one document", 1},
	{"t: a\n---\nt: [\n---\nt: d\n", "ad", "broken syntax costs one document", 1},
	{"t: 'x\n---\nt: b\n---\nt: c\n---\nt: *z\n---\nt: e\n", "bce", "two broken ones", 2},
	{"", "", "nothing is nothing", 0},
	{NULL, NULL, NULL, 0},
};

Test(yaml, each_document_stands_alone)
{
	for (const struct each_row *row = eachs; row->why; row++) {
		struct yaml_file *y = NULL;
		struct diag why = {0};
		struct buf got = {0};
		size_t bad = 99;

		yaml_parse_each(str_of(row->text), "t", &why, &bad, &y);
		cr_expect_eq(bad, row->bad, "%s: %zu", row->why, bad);
		cr_expect_eq(why.errors, row->bad, "%s", row->why);
		for (size_t i = 0; i < yaml_documents(y); i++)
			buf_add_str(&got, yaml_get(yaml_document(y, i), "t")->text);
		cr_expect(str_eq(buf_str(&got), str_of(row->titles)), "%s: %.*s", row->why,
			STR_ARG(buf_str(&got)));
		buf_done(&got);
		yaml_free(y);
		diag_done(&why);
	}
}

Test(yaml, lines_count_through_a_broken_document)
{
	struct yaml_file *y = NULL;
	size_t bad;

	yaml_parse_each(STR("a: [\n---\nb: 1\n  \nc: 2\n"), "t", NULL, &bad, &y);
	cr_assert_eq(yaml_documents(y), 1);
	cr_expect_eq(yaml_get(yaml_document(y, 0), "c")->line, 5);
	cr_expect_eq(yaml_get(yaml_document(y, 0), "c")->column, 4);
	yaml_free(y);
}

Test(yaml, aliases_share_and_are_bounded)
{
	struct yaml_file *y = NULL;
	struct diag why = {0};
	struct buf text = {0};

	cr_assert_eq(yaml_parse(STR("a: &x [1, 2]\nb: *x\n"), "t", NULL, &y), 0);
	cr_expect_eq(yaml_get(yaml_document(y, 0), "b")->n, 2);
	yaml_free(y);
	y = NULL;
	buf_printf(&text, "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++)
		buf_printf(&text, "l%d: &l%d [*l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d]\n", i,
			i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	cr_expect_lt(yaml_parse(buf_str(&text), "t", &why, &y), 0, "a bomb of aliases is refused");
	cr_expect(strstr(diag_first(&why), "too large"), "%s", diag_first(&why));
	diag_done(&why);
	buf_done(&text);
}

Test(yaml, depth_is_bounded)
{
	struct yaml_file *y = NULL;
	struct diag why = {0};
	struct buf text = {0};

	for (int i = 0; i < 70; i++)
		buf_printf(&text, "%*sk:\n", i, "");
	cr_expect_lt(yaml_parse(buf_str(&text), "t", &why, &y), 0);
	cr_expect_eq(why.errors, 1);
	diag_done(&why);
	buf_done(&text);
}
