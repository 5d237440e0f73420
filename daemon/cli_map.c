/* cli_map.c - `noroshi map`: proposes a definition for a CSV file, and shows what it makes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stamp.h"
#include "daemon/cli.h"
#include "parsers/parsers.h"
#include "parsers/propose.h"

#define SHOWN      10u /* records that are shown */
#define TESTS      3u  /* rows that become tests of the definition */
#define ANSWER_MAX 64u

/* As the mapping is read: once in UTC for its tests, once in the zone given, once unguided. */
enum reading { READ_TEST, READ_SHOW, READ_FREE, READINGS };

struct mapping {
	const struct cli *c;
	const char *path, *out, *zone_name, *sources;
	struct propose_options opt;
	bool force, records_only;
	struct buf text, yaml, name;
	bool cut;
	struct proposal *p;
	struct zone *zone, *utc;
	struct parsers *parsers;
	struct names *names;
	struct batch batch;
	size_t known; /* of the rows looked at: recognised without being told */
	size_t looked;
	int64_t arrival;
};

/* ---- options ---- */

static int
value_option(struct mapping *m, const char *a, const char *v)
{
	if (!strcmp(a, "--out"))
		m->out = v;
	else if (!strcmp(a, "--name"))
		m->opt.name = str_of(v);
	else if (!strcmp(a, "--encoding"))
		m->opt.encoding = str_of(v);
	else if (!strcmp(a, "--zone"))
		m->zone_name = v;
	else if (!strcmp(a, "--sources"))
		m->sources = v;
	else if (!strcmp(v, "tab"))
		m->opt.separator = '\t';
	else if (strlen(v) == 1 && strchr(",;|\t", v[0]))
		m->opt.separator = v[0];
	else
		return cli_usage(m->c, "--separator is , ; | or tab, not '%s'", v);
	return 0;
}

static bool
takes_value(const char *a)
{
	static const char *const with[] = {
		"--out", "--name", "--encoding", "--zone", "--sources", "--separator"};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (!strcmp(a, with[i]))
			return true;
	return false;
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && s.p[i] != '_' && !(s.p[i] >= 'a' && s.p[i] <= 'z'))
			return false;
	return s.n > 0 && s.n <= 60;
}

/* "SKYSEA 2026-04.csv" gives skysea_2026_04. */
static void
name_by_path(struct mapping *m)
{
	struct str s = str_of(m->path);
	ptrdiff_t slash = str_rchr(s, '/'), dot;

	str_skip(&s, (size_t)(slash + 1));
	dot = str_chr(s, '.');
	if (dot > 0)
		s.n = (size_t)dot;
	for (size_t i = 0; i < s.n && m->name.n < 48; i++) {
		char low = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];

		if (is_digit(low) || (low >= 'a' && low <= 'z'))
			buf_add_char(&m->name, low);
		else if (m->name.n && m->name.p[m->name.n - 1] != '_')
			buf_add_char(&m->name, '_');
	}
	while (m->name.n && m->name.p[m->name.n - 1] == '_')
		m->name.n--;
	if (m->name.n == 0)
		BUF_ADD_LIT(&m->name, "mapped_csv");
	m->opt.name = buf_str(&m->name);
}

static int
read_options(struct mapping *m, int argc, char **argv)
{
	struct diag why = {0};
	int code = 0;

	for (int i = 1; code == 0 && i < argc; i++) {
		const char *a = argv[i];

		if (a[0] != '-' || a[1] == 0) {
			if (m->path)
				return cli_usage(m->c, "one file at a time, not also '%s'", a);
			m->path = a;
		} else if (takes_value(a) && i + 1 < argc) {
			code = value_option(m, a, argv[++i]);
		} else if (!strcmp(a, "--force")) {
			m->force = true;
		} else if (!strcmp(a, "--json")) {
			m->records_only = true;
		} else {
			code = cli_usage(m->c, "unknown option or missing value: '%s'", a);
		}
	}
	if (code)
		return code;
	m->records_only |= m->c->json;
	if (!m->path)
		return cli_usage(m->c, "give a CSV file");
	if (m->opt.name.n == 0)
		name_by_path(m);
	if (!is_name(m->opt.name))
		return cli_usage(m->c, "a source's name is made of a-z, 0-9 and _, not '%.*s'",
			STR_ARG(m->opt.name));
	if (zone_load(m->zone_name ? str_of(m->zone_name) : STR("UTC"), &why, &m->zone) < 0 ||
		zone_load(STR("UTC"), &why, &m->utc) < 0) {
		cli_diag(&why);
		code = EXIT_USAGE;
	}
	diag_done(&why);
	return code;
}

/* ---- reading ---- */

static int
read_file(struct mapping *m)
{
	int fd = strcmp(m->path, "-") ? open(m->path, O_RDONLY | O_CLOEXEC) : dup(0);
	ssize_t got = -1;

	while (fd >= 0 && m->text.n <= PROPOSE_BYTES) {
		got = read(fd, buf_room(&m->text, 65536), 65536);
		if (got <= 0)
			break;
		m->text.n += (size_t)got;
	}
	if (fd < 0 || got < 0)
		fprintf(stderr, "noroshi map: cannot read '%s': %s\n", m->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	m->cut = m->text.n > PROPOSE_BYTES;
	return fd < 0 || got < 0 ? EXIT_FINDING : 0;
}

static void
read_row(struct mapping *m, enum reading how, struct str row)
{
	struct frame meta = {
		.arrival = m->arrival, .flags = FRAME_LATE_READ, .input = (uint16_t)how};

	batch_reset(m->batch, 1);
	if (batch_add(m->batch, &meta, row, STR("")) == 0)
		parsers_run(m->parsers, m->batch, m->names, 0, 1);
}

static int
propose_mapping(struct mapping *m)
{
	struct diag why = {0};
	struct input_context contexts[READINGS];
	int rc = propose(buf_str(&m->text), m->cut, &m->opt, m->path, &why, &m->p);

	if (rc == 0) {
		proposal_write(m->p, &m->yaml);
		for (unsigned i = 0; i < READINGS; i++)
			contexts[i] = (struct input_context){.name = STR("map"),
				.zone = i == READ_TEST ? m->utc : m->zone,
				.source = i == READ_FREE ? STR("") : m->opt.name,
				.skew_ns = INT64_MAX};
		rc = parsers_new_more(contexts, READINGS, m->sources ? str_of(m->sources) : STR(""),
			buf_str(&m->yaml), "the proposal", &why, &m->parsers);
	}
	cli_diag(&why);
	diag_done(&why);
	if (rc < 0)
		return EXIT_FINDING;
	m->names = names_new();
	names_freeze(m->names);
	m->batch = batch_new();
	return 0;
}

/* Is the row known by itself, and as this source? */
static void
count_known(struct mapping *m)
{
	for (size_t i = 0; i < m->p->nrows && i < 200; i++) {
		const struct record *r;

		read_row(m, READ_FREE, m->p->rows[i]);
		if (batch_results(m->batch)->nrecords == 0)
			continue;
		r = &batch_records(m->batch)[0];
		m->looked++;
		m->known += str_eq(parsers_product(m->parsers, r->product), m->opt.name);
	}
}

/* ---- tests of the definition ---- */

static bool
is_own(struct mapping *m, struct str name)
{
	return str_starts(name, m->opt.name) || str_starts(name, STR("noroshi.")) ||
	       str_starts(name, STR("logsource.")) || str_eq(name, STR("event.original")) ||
	       str_eq(name, STR("event.kind")) || str_eq(name, STR("message")) ||
	       str_starts(name, STR("log.syslog."));
}

static void
write_test(struct mapping *m, struct str row)
{
	const struct record *r;
	const struct entry *e;
	char stamp[32];

	read_row(m, READ_TEST, row);
	if (batch_results(m->batch)->nrecords != 1)
		return;
	r = &batch_records(m->batch)[0];
	e = record_entries(m->batch, r);
	BUF_ADD_LIT(&m->yaml, "  - line: ");
	json_quote(&m->yaml, row);
	BUF_ADD_LIT(&m->yaml, "\n    want: {");
	if (!(r->flags & RECORD_TIME_ARRIVAL)) {
		stamp[stamp_format(r->time, stamp)] = 0;
		buf_printf(&m->yaml, "\"@timestamp\": \"%s\", ", stamp);
	}
	for (uint32_t i = 0; i < r->nentries; i++) {
		struct str name = entry_name(m->batch, m->names, &e[i]);
		struct buf value = {0};
		bool before = false;

		for (uint32_t k = 0; k < i; k++)
			before |= str_eq(entry_name(m->batch, m->names, &e[k]), name);
		if (before || is_own(m, name))
			continue;
		for (uint32_t k = i; k < r->nentries; k++) {
			if (!str_eq(entry_name(m->batch, m->names, &e[k]), name))
				continue;
			if (k > i)
				buf_add_char(&value, ',');
			buf_add_str(&value, entry_text(m->batch, &e[k]));
		}
		json_quote(&m->yaml, name);
		BUF_ADD_LIT(&m->yaml, ": ");
		json_quote(&m->yaml, buf_str(&value));
		BUF_ADD_LIT(&m->yaml, ", ");
		buf_done(&value);
	}
	/* Without a way to recognise it, a line is this product's only when told so. */
	if (m->known == m->looked && m->known > 0)
		buf_printf(&m->yaml, "noroshi.source: %.*s}\n", STR_ARG(m->opt.name));
	else
		BUF_ADD_LIT(&m->yaml, "event.kind: event}\n");
}

static void
write_tests(struct mapping *m)
{
	BUF_ADD_LIT(&m->yaml, "tests: # the first rows; times as if they were UTC\n");
	for (size_t i = 0; i < m->p->nrows && i < TESTS; i++)
		write_test(m, m->p->rows[i]);
}

/* ---- showing ---- */

static void
show_columns(const struct mapping *m)
{
	static const char *const words[] = {
		"", "by name", "by part of the name", "by values", "AMBIGUOUS"};

	fprintf(stderr, "%s: %s%s, %zu columns, %zu rows looked at\n", m->path,
		charset_name(m->p->charset), m->p->bom ? " with BOM" : "", m->p->ncolumns,
		m->p->nrows);
	for (size_t i = 0; i < m->p->ncolumns; i++) {
		const struct proposed_column *c = &m->p->columns[i];
		struct str to = proposal_target(c);

		if (to.n == 0)
			to = STR("(kept under its name)");
		fprintf(stderr, "  %2zu %.*s -> %.*s%s%s%s%s%.*s\n", i + 1, STR_ARG(c->key),
			STR_ARG(to), c->how ? " [" : "", words[c->how], c->how ? "]" : "",
			c->remark.n ? " " : "", STR_ARG(c->remark));
	}
	if (m->p->preamble)
		fprintf(stderr, "note: %u lines stand before the header\n", m->p->preamble);
	if (m->p->odd)
		fprintf(stderr, "note: %zu rows have another number of cells and were left out\n",
			m->p->odd);
	if (m->p->broken)
		fprintf(stderr, "note: %zu rows have line feeds in quotes\n", m->p->broken);
	if (m->p->charset != CHARSET_UTF8 && m->p->charset < CHARSET_NONE)
		fprintf(stderr,
			"note: read this file with --encoding %s, or 'encoding: %s' at "
			"the input\n",
			charset_name(m->p->charset), charset_name(m->p->charset));
	if (m->known < m->looked)
		fprintf(stderr,
			"note: %zu of %zu rows are not known as %.*s by themselves; say 'source: "
			"%.*s' at the input, or --source %.*s\n",
			m->looked - m->known, m->looked, STR_ARG(m->opt.name), STR_ARG(m->opt.name),
			STR_ARG(m->opt.name));
}

static void
show_records(struct mapping *m)
{
	struct record_out how = {.names = m->names, .source_name = m->opt.name};
	struct buf out = {0};

	for (size_t i = 0; i < m->p->nrows && i < SHOWN; i++) {
		read_row(m, READ_SHOW, m->p->rows[i]);
		if (batch_results(m->batch)->nrecords == 0)
			continue;
		record_json(m->batch, &batch_records(m->batch)[0], &how, &out);
		buf_add_char(&out, '\n');
	}
	fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_done(&out);
}

/* ---- writing ---- */

/* The folder and file to write to, after asking on a terminal. NULL: nothing is to be written. */
static const char *
where(struct mapping *m, struct buf *room)
{
	char answer[ANSWER_MAX] = {0};

	if (m->out)
		return m->out;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		fprintf(stderr, "nothing is written; --out FILE.yml writes the mapping\n");
		return NULL;
	}
	buf_printf(room, "%.*s.yml", STR_ARG(m->opt.name));
	fprintf(stderr, "Write this mapping to %s? [y/N] ", buf_z(room));
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] | 0x20) != 'y')
		return NULL;
	return buf_z(room);
}

static int
write_mapping(struct mapping *m)
{
	struct buf room = {0};
	const char *path = where(m, &room);
	int code = 0;

	if (path && !strcmp(path, "-")) {
		fwrite(m->yaml.p, 1, m->yaml.n, stdout);
	} else if (path && !m->force && access(path, F_OK) == 0) {
		fprintf(stderr, "noroshi map: '%s' exists; --force writes over it\n", path);
		code = EXIT_FINDING;
	} else if (path && file_replace(path, buf_str(&m->yaml), 0644) < 0) {
		fprintf(stderr, "noroshi map: cannot write '%s': %s\n", path, strerror(errno));
		code = EXIT_FINDING;
	} else if (path) {
		fprintf(stderr, "written: %s\n", path);
	}
	buf_done(&room);
	return code;
}

static int
run_map(const struct cli *c, int argc, char **argv)
{
	struct mapping m = {.c = c, .arrival = clock_wall(&clock_system)};
	int code = read_options(&m, argc, argv);

	if (code == 0)
		code = read_file(&m);
	if (code == 0)
		code = propose_mapping(&m);
	if (code == 0) {
		count_known(&m);
		write_tests(&m);
		if (!m.records_only)
			show_columns(&m);
		if (!m.out || strcmp(m.out, "-") != 0)
			show_records(&m);
		code = write_mapping(&m);
	}
	proposal_free(m.p);
	if (m.parsers) {
		batch_free(m.batch);
		names_free(m.names);
	}
	parsers_free(m.parsers);
	zone_free(m.zone);
	zone_free(m.utc);
	buf_done(&m.text);
	buf_done(&m.yaml);
	buf_done(&m.name);
	return code;
}

const struct cli_command cli_map = {
	.name = "map",
	.summary = "propose a mapping for a CSV file: a definition of its columns",
	.help = "Usage: noroshi map [OPTIONS] FILE.csv | -\n"
		"Looks at header and values of a CSV (UTF-8, UTF-16, CP932, EUC-JP, ISO-2022-JP; "
		"comma, "
		"tab, "
		"semicolon or pipe), says on\nstandard error what each column is taken for, prints "
		"the "
		"first ten records as they would be read, one JSON a line,\nand writes a "
		"definition "
		"with tests from the first rows. Columns that could mean several things are "
		"called\n"
		"AMBIGUOUS and keep their name. On a terminal it asks before it writes; else --out "
		"says where.\n"
		"  --out FILE        write the definition there; - is standard output, instead of "
		"the "
		"records\n"
		"  --force           write over a file that exists\n"
		"  --name NAME       of the source (a-z, 0-9, _); default: by the file's name\n"
		"  --encoding E      utf-8, cp932, euc-jp, iso-2022-jp; default: found out\n"
		"  --separator S     , ; | or tab; default: found out\n"
		"  --zone Z          zone of the times in the records shown (default UTC)\n"
		"  --sources DIR     other definitions of yours: do they claim these rows?\n"
		"  --json            only the records, no words about columns\n"
		"Exit codes: 0 done, 1 the file cannot be read, is no CSV with a header, or exists "
		"already, 2 usage.\n\n"
		"Examples:\n"
		"  noroshi map export.csv\n"
		"  noroshi map --zone Asia/Tokyo --name door_log --out sources/door_log.yml "
		"doors.csv\n"
		"  noroshi normalize --sources sources --encoding cp932 doors.csv | jq .\n",
	.run = run_map,
};
