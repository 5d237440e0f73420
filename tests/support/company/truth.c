#include "truth.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "company.h"

#define MARKS_MAX 128u
#define VALUE_MAX 64u

struct mark {
	const char *id, *rule, *name_en, *name_ja;
	char field[MARK_ENTITIES][32], value[MARK_ENTITIES][VALUE_MAX];
	const char *also[MARK_ALSO];
	char indicator[MARK_INDICATORS][VALUE_MAX];
	char name[MARK_NAMES][VALUE_MAX];
	const char *beside;
	struct record {
		uint64_t line;
		int64_t at;
		enum kind kind;
		bool decisive;
	} * record;
	size_t cap;
	unsigned entities, alsos, indicators, names, kinds, events;
	int64_t first, last;
	bool decoy;
};

struct truth {
	struct mark mark[MARKS_MAX];
	unsigned n;
};

struct truth *
truth_new(void)
{
	struct truth *t = calloc(1, sizeof *t);

	if (!t) {
		fputs("company: out of memory\n", stderr);
		exit(71);
	}
	return t;
}

void
truth_free(struct truth *t)
{
	for (unsigned i = 0; t && i < t->n; i++)
		free(t->mark[i].record);
	free(t);
}

static void
too_many(const char *what)
{
	fprintf(stderr, "company: too many %s in one truth\n", what);
	exit(70);
}

static struct mark *
mark_new(struct truth *t, const char *id, const char *rule, const char *name_en,
	const char *name_ja, bool decoy)
{
	struct mark *m;

	if (t->n == MARKS_MAX)
		too_many("attacks and decoys");
	m = &t->mark[t->n++];
	m->id = id;
	m->rule = rule;
	m->name_en = name_en;
	m->name_ja = name_ja;
	m->decoy = decoy;
	m->first = INT64_MAX;
	m->last = INT64_MIN;
	return m;
}

struct mark *
truth_attack(
	struct truth *t, const char *id, const char *rule, const char *name_en, const char *name_ja)
{
	return mark_new(t, id, rule, name_en, name_ja, false);
}

struct mark *
truth_decoy(
	struct truth *t, const char *id, const char *rule, const char *name_en, const char *name_ja)
{
	return mark_new(t, id, rule, name_en, name_ja, true);
}

void
truth_entity(struct mark *m, const char *field, const char *value)
{
	if (m->entities == MARK_ENTITIES)
		too_many("entities");
	snprintf(m->field[m->entities], sizeof m->field[0], "%s", field);
	snprintf(m->value[m->entities++], VALUE_MAX, "%s", value);
}

void
truth_also(struct mark *m, const char *rule)
{
	if (m->alsos == MARK_ALSO)
		too_many("further rules");
	m->also[m->alsos++] = rule;
}

void
truth_indicator(struct mark *m, const char *value)
{
	if (m->indicators == MARK_INDICATORS)
		too_many("indicators");
	snprintf(m->indicator[m->indicators++], VALUE_MAX, "%s", value);
}

void
truth_name(struct mark *m, const char *value)
{
	for (unsigned i = 0; i < m->names; i++)
		if (strcmp(m->name[i], value) == 0)
			return;
	if (m->names == MARK_NAMES)
		too_many("names");
	snprintf(m->name[m->names++], VALUE_MAX, "%s", value);
}

void
truth_beside(struct mark *m, const char *attack)
{
	m->beside = attack;
}

void
truth_line(struct mark *m, uint64_t line, int64_t at, enum kind kind, bool decisive)
{
	if (m->events == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->record = realloc(m->record, m->cap * sizeof *m->record);
		if (!m->record) {
			fputs("company: out of memory\n", stderr);
			exit(71);
		}
	}
	m->record[m->events] = (struct record){line, at, kind, decisive};
	m->first = at < m->first ? at : m->first;
	m->last = at > m->last ? at : m->last;
	m->kinds |= 1u << kind;
	m->events++;
}

static void
print_time(FILE *f, const struct day *day, int64_t at)
{
	unsigned s = (unsigned)(at / MS_SECOND);

	fprintf(f, "\"%sT%02u:%02u:%02u.%03uZ\"", day->iso, s / 3600, s / 60 % 60, s % 60,
		(unsigned)(at % MS_SECOND));
}

static void
write_time(FILE *f, const char *key, const struct day *day, int64_t at)
{
	fprintf(f, ", \"%s\": ", key);
	print_time(f, day, at);
}

/* By kind of log, the numbers of its lines in the day's log and their own times. */
static void
write_records(FILE *f, const struct mark *m, const struct day *day)
{
	const char *sep = "", *in;

	fputs(",\n   \"records\": {", f);
	for (unsigned k = 0; k < KINDS; k++) {
		if (!(m->kinds & 1u << k))
			continue;
		fprintf(f, "%s\"%s\": [", sep, stage_kind_name((enum kind)k));
		sep = ", ";
		in = "";
		for (unsigned i = 0; i < m->events; i++)
			if (m->record[i].kind == k) {
				fprintf(f, "%s[%ju, ", in, (uintmax_t)m->record[i].line);
				print_time(f, day, m->record[i].at);
				fputs("]", f);
				in = ", ";
			}
		fputs("]", f);
	}
	fputs("}", f);
	for (unsigned i = 0; i < m->events; i++) {
		if (!m->record[i].decisive)
			continue;
		fprintf(f, ",\n   \"decisive\": {\"line\": %ju, \"source\": \"%s\"",
			(uintmax_t)m->record[i].line, stage_kind_name(m->record[i].kind));
		write_time(f, "time", day, m->record[i].at);
		fputs("}", f);
		break;
	}
}

/* All strings here are our own; a backslash stands in DOMAIN\\name only. */
static void
write_names(FILE *f, const struct mark *m)
{
	fputs(",\n   \"names\": [", f);
	for (unsigned i = 0; i < m->names; i++) {
		fputs(i ? ", \"" : "\"", f);
		for (const char *p = m->name[i]; *p; p++)
			fputs(*p == '\\' ? "\\\\" : (char[]){*p, 0}, f);
		fputs("\"", f);
	}
	fputs("]", f);
	if (m->beside)
		fprintf(f, ", \"beside\": \"%s\"", m->beside);
}

/* All strings here are our own: none needs escaping. */
static void
write_mark(FILE *f, const struct mark *m, const struct day *day)
{
	const char *sep = "";

	fprintf(f,
		"{\"id\": \"%s\", \"rule\": \"%s\", \"name_en\": \"%s\", \"name_ja\": \"%s\",\n"
		"   \"entity\": {",
		m->id, m->rule ? m->rule : "", m->name_en, m->name_ja);
	for (unsigned i = 0; i < m->entities; i++)
		fprintf(f, "%s\"%s\": \"%s\"", i ? ", " : "", m->field[i], m->value[i]);
	fputs("}", f);
	write_time(f, "start", day, m->first);
	write_time(f, "end", day, m->last);
	fprintf(f, ", \"events\": %u,\n   \"sources\": [", m->events);
	for (unsigned k = 0; k < KINDS; k++)
		if (m->kinds & 1u << k) {
			fprintf(f, "%s\"%s\"", sep, stage_kind_name((enum kind)k));
			sep = ", ";
		}
	fputs("], \"also\": [", f);
	for (unsigned i = 0; i < m->alsos; i++)
		fprintf(f, "%s\"%s\"", i ? ", " : "", m->also[i]);
	fputs("], \"indicators\": [", f);
	for (unsigned i = 0; i < m->indicators; i++)
		fprintf(f, "%s\"%s\"", i ? ", " : "", m->indicator[i]);
	fputs("]", f);
	write_names(f, m);
	write_records(f, m, day);
	fputs("}", f);
}

static void
write_marks(FILE *f, const struct truth *t, const struct day *day, bool decoys)
{
	const char *sep = "";

	for (unsigned i = 0; i < t->n; i++)
		if (t->mark[i].decoy == decoys) {
			fprintf(f, "%s\n  ", sep);
			write_mark(f, &t->mark[i], day);
			sep = ",";
		}
}

bool
truth_write(const struct truth *t, const char *dir, const struct day *day, uint64_t seed,
	uint64_t lines)
{
	char path[PATH_MAX];
	FILE *f;
	bool bad;

	if (snprintf(path, sizeof path, "%s/truth.json", dir) >= (int)sizeof path) {
		fputs("company: the folder's name is too long\n", stderr);
		return false;
	}
	f = fopen(path, "we");
	if (!f) {
		fprintf(stderr, "company: %s: %s\n", path, strerror(errno));
		return false;
	}
	fprintf(f, "{\"seed\": %ju, \"date\": \"%s\", \"lines\": %ju, \"attacks\": [",
		(uintmax_t)seed, day->iso, (uintmax_t)lines);
	write_marks(f, t, day, false);
	fputs("],\n\"decoys\": [", f);
	write_marks(f, t, day, true);
	fputs("]}\n", f);
	bad = ferror(f) != 0;
	bad = fclose(f) != 0 || bad;
	if (bad)
		fprintf(stderr, "company: %s: cannot be written\n", path);
	return !bad;
}
