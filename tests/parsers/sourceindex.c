/* sourceindex.c - asking only the candidates of the index gives what asking every definition gives.
 */
#include <criterion/criterion.h>
#include <dirent.h>

#include "a_house.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/yaml.h"
#include "parsers/source_index.h"

#define SEEDS_MAX  4096u
#define MADE_LINES 30000u
#define SEED_MAX   2048u

struct seeds {
	struct arena arena;
	struct str v[SEEDS_MAX];
	size_t n;
};

static uint64_t state = 20261122;

static size_t
chance(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (size_t)(state % n) : 0;
}

/* ---- what the lines are made of ---- */

static void
keep(struct seeds *s, struct str line)
{
	if (s->n < SEEDS_MAX && line.n > 0 && line.n < SEED_MAX)
		s->v[s->n++] = arena_str(&s->arena, line);
}

static void
keep_tests(struct seeds *s, struct str text, const char *path)
{
	struct yaml_file *y = NULL;
	struct diag why = {0};
	const struct yaml_node *tests;

	cr_assert_eq(yaml_parse(text, path, &why, &y), 0, "%s", diag_first(&why));
	tests = yaml_get(yaml_document(y, 0), "tests");
	for (size_t i = 0; tests && i < tests->n; i++)
		keep(s, yaml_get(tests->items[i], "line")->text);
	yaml_free(y);
	diag_done(&why);
}

static void
keep_folder(struct seeds *s, const char *folder, const char *tail)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d))) {
		struct buf path = {0}, text = {0};
		struct str rest, line;

		if (!str_ends(str_of(e->d_name), str_of(tail)))
			continue;
		buf_printf(&path, "%s/%s", folder, e->d_name);
		cr_assert_eq(file_read(buf_z(&path), 1 << 20, &text), 0);
		rest = buf_str(&text);
		if (strcmp(tail, ".yml") == 0)
			keep_tests(s, rest, buf_z(&path));
		else
			while (rest.n) {
				str_cut(&rest, '\n', &line);
				keep(s, line);
			}
		buf_done(&text);
		buf_done(&path);
	}
	closedir(d);
}

/* A line of the words by which two definitions and their neighbours recognise. */
static void
make_of_words(const struct sources *all, struct buf *out)
{
	if (chance(2))
		buf_printf(out, "<134>Nov 22 10:00:00 gw ");
	for (size_t i = 0; i < 4; i++) {
		const struct source *s = all->v[chance(all->n)];
		const struct recognise *r = &s->recognise[chance(s->nrecognise)];

		if (s->nrecognise == 0)
			continue;
		if (r->nprograms && chance(2))
			buf_printf(out, "%.*s: ", STR_ARG(r->programs[chance(r->nprograms)]));
		if (r->nstarts)
			buf_add_str(out, r->starts[chance(r->nstarts)]);
		for (size_t k = 0; k < r->ncontains; k++) {
			buf_add_str(out, r->contains[k]);
			buf_printf(out, "%zu", chance(100));
		}
	}
}

/* An object, or key=value, of what conditions ask for. */
static void
make_of_keys(const struct sources *all, struct buf *out)
{
	bool json = chance(3) > 0;

	buf_add_str(out, json ? STR("{\"x\":1") : STR("x=1"));
	for (size_t i = 0; i < 2; i++) {
		const struct source *s = all->v[chance(all->n)];
		const struct recognise *r = &s->recognise[chance(s->nrecognise)];

		if (s->nrecognise == 0)
			continue;
		for (size_t k = 0; k < r->cond.n; k++) {
			const struct test *t = &r->cond.tests[k];
			struct str value =
				t->nvalues ? t->values[chance(t->nvalues)] : STR("203.0.113.7");

			buf_printf(out, json ? ",\"%.*s\":\"%.*s\"" : " %.*s=\"%.*s\"",
				STR_ARG(all->keys[t->key]), STR_ARG(value));
		}
	}
	buf_add_str(out, json ? STR("}") : STR(""));
}

/* Two lines that somebody wrote, cut somewhere and joined. */
static void
make_of_seeds(const struct seeds *s, struct buf *out)
{
	struct str a = s->v[chance(s->n)], b = s->v[chance(s->n)];
	size_t from = chance(b.n);

	buf_add_str(out, str_make(a.p, chance(a.n + 1)));
	buf_add_str(out, str_make(b.p + from, b.n - from));
}

/* ---- comparing ---- */

struct reader {
	struct house house;
	struct pairs *all, *indexed;
	size_t definitions; /* lines that one read */
};

static void
read_with(struct reader *r, struct pairs *room, struct str line, struct buf *out)
{
	struct house *h = &r->house;
	struct frame meta = {.arrival = HOUSE_NOW};
	struct batch_results *res;

	batch_reset(h->batch, 1);
	cr_assert_eq(batch_add(h->batch, &meta, line, STR("192.0.2.1:514")), 0);
	parsers_run_in(h->parsers, room, h->batch, h->names, 0, 1);
	res = batch_results(h->batch);
	buf_clear(out);
	for (uint32_t i = 0; i < res->nrecords; i++) {
		const struct record *rec = &batch_records(h->batch)[i];
		struct record_out how = {.names = h->names,
			.source_name = parsers_product(h->parsers, rec->product),
			.facts = true};

		record_json(h->batch, rec, &how, out);
	}
}

static void
same(struct reader *r, struct str line)
{
	struct buf want = {0}, got = {0};

	if (line.n == 0)
		return;
	read_with(r, r->all, line, &want);
	read_with(r, r->indexed, line, &got);
	cr_expect(str_eq(buf_str(&want), buf_str(&got)), "%.*s\nall:     %s\nindexed: %s",
		STR_ARG(line), buf_z(&want), buf_z(&got));
	r->definitions += str_find(buf_str(&want), STR("\"noroshi.source\"")) >= 0;
	buf_done(&want);
	buf_done(&got);
}

Test(source, the_index_changes_no_outcome, .timeout = 600)
{
	struct seeds *seeds = mem_zero(1, sizeof(*seeds));
	struct reader r = {0};
	struct sources *all = NULL;
	struct diag why = {0};

	keep_folder(seeds, "config/sources", ".yml");
	keep_folder(seeds, "tests/golden", ".log");
	cr_assert_gt(seeds->n, 100);
	cr_assert_eq(sources_load(STR(""), &why, &all), 0, "%s", diag_first(&why));
	house_read(&r.house, STR("open"));
	r.all = parsers_room(r.house.parsers);
	r.indexed = parsers_room(r.house.parsers);
	r.all->ask_all = true;
	for (size_t i = 0; i < seeds->n; i++)
		same(&r, seeds->v[i]);
	cr_expect_gt(r.definitions, seeds->n * 9 / 10, "what is compared is read");
	for (size_t i = 0; i < MADE_LINES; i++) {
		struct buf line = {0};

		if (i % 3 == 0)
			make_of_words(all, &line);
		else if (i % 3 == 1)
			make_of_keys(all, &line);
		else
			make_of_seeds(seeds, &line);
		same(&r, buf_str(&line));
		buf_done(&line);
	}
	parsers_room_free(r.all);
	parsers_room_free(r.indexed);
	house_done(&r.house);
	sources_free(all);
	arena_done(&seeds->arena);
	mem_free(seeds);
	diag_done(&why);
}

Test(source, an_empty_set_of_definitions_has_an_index)
{
	struct sources *s = NULL;
	struct diag why = {0};
	struct candidates who;

	cr_assert_eq(
		sources_load_text(STR("source: a\nrecognise: {program: x}\n"), "x.yml", &why, &s),
		0);
	index_by_content(s->index, NULL, STR("text"), STR("text"), &who);
	cr_expect_eq(candidates_next(&who, 0), SOURCES_MAX, "nobody looks at contents");
	index_by_program(s->index, STR("X"), &who);
	cr_expect_eq(candidates_next(&who, 0), 0, "letter case of a program does not count");
	cr_expect_eq(candidates_next(&who, 1), SOURCES_MAX);
	sources_free(s);
	diag_done(&why);
}

/* The long way: every alternative that names programs and not any program. */
static bool
known_by_walk(const struct sources *s, struct str program)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i]->nrecognise; k++) {
			const struct recognise *r = &s->v[i]->recognise[k];
			bool any = false, named = false;

			for (size_t j = 0; j < r->nprograms; j++) {
				struct str name = r->programs[j];
				bool prefix = name.p[name.n - 1] == '*';

				any = any || str_eq(name, STR("*"));
				named = named ||
					(prefix ? str_starts(program, str_make(name.p, name.n - 1))
						: str_eq_nocase(program, name));
			}
			if (named && !any)
				return true;
		}
	return false;
}

Test(source, the_index_knows_the_programs_that_a_walk_knows)
{
	struct sources *s = NULL;
	struct diag why = {0};
	size_t known = 0, names = 0;

	cr_assert_eq(sources_load(STR(""), &why, &s), 0, "%s", diag_first(&why));
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i]->nrecognise; k++)
			for (size_t j = 0; j < s->v[i]->recognise[k].nprograms; j++) {
				struct str name = s->v[i]->recognise[k].programs[j];
				char text[256];

				cr_assert(name.n + 2 < sizeof(text));
				for (int how = 0; how < 4; how++) {
					struct str asked = str_make(text, name.n + (how == 2));

					memcpy(text, name.p, name.n);
					text[name.n] = 'x';
					if (how == 1) /* the other case */
						for (size_t c = 0; c < name.n; c++)
							if ((text[c] | 0x20) >= 'a' &&
								(text[c] | 0x20) <= 'z')
								text[c] ^= 0x20;
					asked.n -= how == 3;
					names++;
					known += known_by_walk(s, asked);
					cr_expect_eq(index_knows_program(s->index, asked),
						known_by_walk(s, asked), "%.*s", STR_ARG(asked));
				}
			}
	cr_expect(names > 400 && known > 0 && known < names, "%zu of %zu", known, names);
	sources_free(s);
	diag_done(&why);
}
