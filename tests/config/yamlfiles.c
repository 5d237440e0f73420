#include "config/rulefile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	cr_expect_eq(remove(path), 0, "%s", name);
}

Test(rulefile, folder)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"b.yml", "title: b\ndetection: {}\n---\ntitle: c\ncorrelation: {}\n"},
		{"a.yaml", "title: a\nfilter: {}\n---\ntitle: odd\n---\n- list\n---\n"},
		{"sub/x.yml", "title: x\ntitle: y\n"},
		{"sub/z.yml", "title: z\ndetection: {}\n"},
		{"note.txt", "not a rule\n"},
		{".hidden.yml", "title: h\ndetection: {}\n"},
	};
	char dir[] = "rulefile-test-XXXXXX", sub[64];
	struct rule_files *f = rule_files_new();
	struct diag why = {0};
	struct buf got = {0};

	cr_assert(mkdtemp(dir));
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	mkdir(sub, 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		write_file(dir, files[i].name, files[i].text);
	cr_expect_eq(rule_files_add(f, dir, true, &why), 0);
	for (size_t i = 0; i < rule_files_count(f); i++) {
		struct rule_document *d = rule_files_at(f, i);

		buf_printf(&got, "%s%d", yaml_get(d->root, "title")->text.p, (int)d->kind);
		cr_expect(d->skip_bad);
	}
	cr_expect(str_eq(buf_str(&got), STR("a2b0c1z0")), "byte order, kinds: %s", buf_z(&got));
	cr_expect_eq(rule_files_rejected(f), 3, "no kind, a list, a doubled key");
	cr_expect_eq(why.errors, 3);
	rule_files_at(f, 0)->rejected = true;
	cr_expect_eq(rule_files_rejected(f), 4);
	cr_expect_lt(rule_files_add(f, "rulefile-test-none.yml", false, &why), 0);
	cr_expect_eq(rule_files_rejected(f), 5, "a missing file counts");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		remove_file(dir, files[i].name);
	rmdir(sub);
	rmdir(dir);
	rule_files_free(f);
	diag_done(&why);
	buf_done(&got);
}

Test(rulefile, a_misspelt_kind_is_guessed)
{
	struct rule_files *f = rule_files_new();
	struct diag why = {0};

	rule_files_parse(
		f, STR("title: t\ndetecton: {a: 1}\n---\ntitle: u\nother: 1\n"), "f", false, &why);
	cr_assert_eq(why.errors, 2);
	cr_expect(
		strstr(why.items[0].text, "did you mean \"detection\"?"), "%s", why.items[0].text);
	cr_expect_eq(why.items[0].line, 2);
	cr_expect_eq(why.items[0].column, 1);
	cr_expect(strstr(why.items[1].text, "has none of detection"), "%s", why.items[1].text);
	cr_expect_eq(why.items[1].line, 4);
	cr_expect_eq(rule_files_rejected(f), 2);
	rule_files_free(f);
	diag_done(&why);
}
