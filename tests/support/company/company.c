/*
 * company - one day of a made-up Japanese car-parts supplier as its syslog collector hears it,
 * with ten attacks hidden among benign life and the truth about them beside it.
 */
#include "company.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "life.h"
#include "lists.h"
#include "plot.h"
#include "truth.h"

#define LINES_MIN     10000u
#define LINES_MAX     100000000u
#define LINES_DEFAULT 1000000u

struct options {
	uint64_t seed, lines;
	const char *date, *out;
	bool by_kind, stories, torn;
};

static int
usage(const char *why)
{
	if (why)
		fprintf(stderr, "company: %s\n", why);
	fputs("usage: company --seed N [--lines N] [--date YYYY-MM-DD] [--no-files] [--stories] "
	      "[--torn] --out DIR\n"
	      "  --lines   10000 to 100000000, default 1000000\n"
	      "  --date    the day that is told, default 2026-03-02\n"
	      "  --no-files  only DIR/day.log, DIR/lists and DIR/truth.json, not DIR/files/*.log\n"
	      "  --stories   the stories of the scoreboard and their twins, beside the ten "
	      "attacks\n"
	      "  --torn      what an attack leaves in one kind of log is another person's than in "
	      "the next\n",
		stderr);
	return 64;
}

static bool
number(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*ret = v;
	return true;
}

/* NULL: fine; else what is wrong. */
static const char *
options_read(int argc, char **argv, struct options *o)
{
	bool seeded = false;

	for (int i = 1; i < argc; i++) {
		const char *key = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(key, "--no-files") == 0) {
			o->by_kind = false;
			continue;
		}
		if (strcmp(key, "--stories") == 0) {
			o->stories = true;
			continue;
		}
		if (strcmp(key, "--torn") == 0) {
			o->torn = true;
			continue;
		}
		if (!value)
			return "an option is unknown or lacks its value";
		i++;
		if (strcmp(key, "--seed") == 0) {
			if (!number(value, &o->seed))
				return "--seed takes a whole number";
			seeded = true;
		} else if (strcmp(key, "--lines") == 0) {
			if (!number(value, &o->lines) || o->lines < LINES_MIN ||
				o->lines > LINES_MAX)
				return "--lines takes a number from 10000 to 100000000";
		} else if (strcmp(key, "--date") == 0) {
			o->date = value;
		} else if (strcmp(key, "--out") == 0) {
			o->out = value;
		} else {
			return "an option is unknown or lacks its value";
		}
	}
	if (!seeded || !o->out)
		return "--seed and --out are needed";
	return NULL;
}

static bool
day_read(const char *text, struct day *day)
{
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm = {0};
	unsigned y, m, d;
	char end;

	if (strlen(text) != 10 || sscanf(text, "%4u-%2u-%2u%c", &y, &m, &d, &end) != 3)
		return false;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	tm.tm_year = (int)y - 1900;
	tm.tm_mon = (int)m - 1;
	tm.tm_mday = (int)d;
	day->epoch = timegm(&tm);
	day->year = y;
	day->month = m;
	day->dom = d;
	memcpy(day->mon, months[m - 1], sizeof day->mon);
	memcpy(day->iso, text, 11);
	return tm.tm_mday == (int)d; /* else timegm has found a later day: 30 February */
}

static int
tell(struct company *co, const struct options *o)
{
	bool ok;

	co->stage = stage_new(o->out, o->by_kind);
	if (!co->stage)
		return 73;
	co->truth = truth_new();
	co->seed = o->seed;
	co->budget = o->lines;
	co->session = 48211000;
	co->conn = 3100200;
	co->serial = 1000;
	rng_init(&co->rng, o->seed);
	people_init(co);
	co->torn = o->torn;
	attack_all(co);
	decoy_all(co);
	if (o->stories)
		story_all(co);
	chores(co);
	life_day(co);
	ok = stage_close(co->stage) && lists_write(co, o->out);
	ok = ok && truth_write(co->truth, o->out, &co->day, o->seed, co->put);
	for (unsigned k = 0; ok && k < KINDS; k++)
		printf("%-9s %ju\n", stage_kind_name((enum kind)k),
			(uintmax_t)stage_count(co->stage, (enum kind)k));
	truth_free(co->truth);
	stage_free(co->stage);
	return ok ? 0 : 74;
}

int
main(int argc, char **argv)
{
	struct options o = {.lines = LINES_DEFAULT, .date = "2026-03-02", .by_kind = true};
	const char *why = options_read(argc, argv, &o);
	struct company *co;
	int rc;

	if (why)
		return usage(why);
	co = calloc(1, sizeof *co);
	if (!co) {
		fputs("company: out of memory\n", stderr);
		return 71;
	}
	if (!day_read(o.date, &co->day))
		rc = usage("--date takes a day such as 2026-03-02");
	else
		rc = tell(co, &o);
	free(co);
	return rc;
}
