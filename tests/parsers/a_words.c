/*
 * a_words.c - every word that a row in C can give to event.category, type or outcome is one of ECS.
 *
 * The words stand in initialisers of struct event_words; the rows' sources are read, so that a row
 * no test line reaches is looked at too. (Definitions are held to it when they are loaded.)
 */
#include <criterion/criterion.h>
#include <dirent.h>

#include "base/allowed.h"
#include "base/field.h"
#include "base/file.h"

static unsigned looked_at;

static void
check(const char *path, unsigned field, struct str words)
{
	struct str one;

	while (words.n) {
		str_cut(&words, ' ', &one);
		looked_at++;
		cr_expect(ecs_allowed(field, one), "%s: '%.*s' is none of: %s", path, STR_ARG(one),
			ecs_allowed_words(field));
	}
}

/* The string literal at the front, behind blanks; NULL stands for an empty one. False: neither. */
static bool
literal(struct str *s, struct str *ret)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\n' || s->p[0] == '\t' || s->p[0] == ','))
		str_skip(s, 1);
	*ret = (struct str){"", 0};
	if (str_take(s, STR("NULL")))
		return true;
	return str_take(s, STR("\"")) && str_cut(s, '"', ret);
}

/* {"category", "type", "action", "outcome"} */
static void
in_order(const char *path, struct str s)
{
	static const unsigned fields[] = {
		FIELD_EVENT_CATEGORY, FIELD_EVENT_TYPE, 0, FIELD_EVENT_OUTCOME};
	struct str word;

	for (unsigned i = 0; i < 4 && literal(&s, &word); i++)
		if (fields[i])
			check(path, fields[i], word);
}

static void
by_name(const char *path, struct str text, struct str name, unsigned field)
{
	struct str before, word;

	while (str_cut_at(&text, name, &before))
		if (literal(&text, &word))
			check(path, field, word);
}

/* SEC(number, "action", "category", "type" ... */
static void
windows_rows(const char *path, struct str text, struct str name)
{
	struct str before, word;
	uint64_t number;

	while (str_cut_at(&text, name, &before)) {
		if (!str_take_u64(&text, &number) || !literal(&text, &word))
			continue;
		if (literal(&text, &word))
			check(path, FIELD_EVENT_CATEGORY, word);
		if (literal(&text, &word))
			check(path, FIELD_EVENT_TYPE, word);
	}
}

static void
look(const char *path, struct str text)
{
	struct str rest = text, before;

	/* "struct event_words name = {", the tables of asa.c "[DENY] = {{", and assignments */
	while (str_cut_at(&rest, STR("struct event_words"), &before)) {
		struct str head = str_make(rest.p, rest.n < 40 ? rest.n : 40), tail;
		ptrdiff_t brace = str_chr(head, '{'), end = str_chr(head, ';');

		if (brace < 0 || (end >= 0 && end < brace))
			continue;
		tail = rest;
		str_skip(&tail, (size_t)brace + 1);
		in_order(path, tail);
	}
	rest = text;
	while (str_cut_at(&rest, STR("] = {{"), &before))
		if (before.n && before.p[before.n - 1] >= 'A' && before.p[before.n - 1] <= 'Z')
			in_order(path, rest);
	windows_rows(path, text, STR("\tSEC("));
	windows_rows(path, text, STR("\tSYS("));
	windows_rows(path, text, STR("\tMON("));
	windows_rows(path, text, STR("\tDEF("));
	by_name(path, text, STR(".category = "), FIELD_EVENT_CATEGORY);
	by_name(path, text, STR(".type = "), FIELD_EVENT_TYPE);
	by_name(path, text, STR(".outcome = "), FIELD_EVENT_OUTCOME);
	by_name(path, text, STR("FIELD_EVENT_CATEGORY, STR("), FIELD_EVENT_CATEGORY);
	by_name(path, text, STR("FIELD_EVENT_TYPE, STR("), FIELD_EVENT_TYPE);
	by_name(path, text, STR("FIELD_EVENT_OUTCOME, STR("), FIELD_EVENT_OUTCOME);
}

Test(words, what_rows_say_of_an_event_are_words_of_ecs)
{
	static const char *const folders[] = {"parsers", "weave"};
	static const struct {
		const char *category, *type;
	} audit[] = {
#define T(number, name, category, type, how) {category, type},
#include "parsers/audittypes.def"
#undef T
	};

	for (size_t i = 0; i < sizeof(audit) / sizeof(audit[0]); i++) {
		check("audittypes.def", FIELD_EVENT_CATEGORY,
			str_of(audit[i].category ? audit[i].category : ""));
		check("audittypes.def", FIELD_EVENT_TYPE,
			str_of(audit[i].type ? audit[i].type : ""));
	}
	for (size_t i = 0; i < 2; i++) {
		DIR *d = opendir(folders[i]);
		struct dirent *e;

		cr_assert_not_null(d, "run the tests in the project's folder");
		while ((e = readdir(d))) {
			struct buf path = {0}, text = {0};

			if (!str_ends(str_of(e->d_name), STR(".c")))
				continue;
			buf_printf(&path, "%s/%s", folders[i], e->d_name);
			cr_assert_eq(file_read(buf_z(&path), 1 << 20, &text), 0);
			look(buf_z(&path), buf_str(&text));
			buf_done(&text);
			buf_done(&path);
		}
		closedir(d);
	}
	cr_expect_gt(looked_at, 200u, "the rows' words were found: %u", looked_at);
}
