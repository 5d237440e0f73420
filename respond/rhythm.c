#include "respond/rhythm.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stamp.h"

#define MINUTE_NS   (60 * NS_PER_S)
#define HOUR_NS     (3600 * NS_PER_S)
#define WEEK_HOURS  168
#define SAMPLES_MIN 3
#define SAMPLES_MAX 128
/* A silence counts from so many records that should have come, and so long. */
#define EXPECTED_MIN 20.0
#define SILENCE_MIN  10 /* minutes */
#define UNKNOWN      (-1.0)

struct rhythm {
	uint8_t *minutes; /* a bit each */
	uint32_t *hours;
	int first, last; /* minutes; -1 = none */
};

struct rhythm *
rhythm_new(const struct rhythm_span *span)
{
	struct rhythm *r = mem_zero(1, sizeof(*r));

	r->minutes = mem_zero((size_t)span->hours * 60 / 8 + 1, 1);
	r->hours = mem_zero((size_t)span->hours + 1, sizeof(*r->hours));
	r->first = r->last = -1;
	return r;
}

void
rhythm_free(struct rhythm *r)
{
	if (!r)
		return;
	mem_free(r->minutes);
	mem_free(r->hours);
	mem_free(r);
}

void
rhythm_heard(struct rhythm *r, const struct rhythm_span *span, int64_t ns)
{
	int minute;

	if (ns < span->from || ns >= span->from + span->hours * HOUR_NS)
		return;
	minute = (int)((ns - span->from) / MINUTE_NS);
	r->minutes[minute / 8] |= (uint8_t)(1u << (minute % 8));
	if (r->hours[minute / 60] < UINT32_MAX)
		r->hours[minute / 60]++;
	if (r->first < 0 || minute < r->first)
		r->first = minute;
	if (minute > r->last)
		r->last = minute;
}

static bool
heard(const struct rhythm *r, int minute)
{
	return r->minutes[minute / 8] >> (minute % 8) & 1;
}

/* ---- what is usual ---- */

static int
hour_of_week(const struct rhythm_span *span, int hour)
{
	return (span->first_day * 24 + span->first_hour + hour) % WEEK_HOURS;
}

static bool
is_weekend(int of_week)
{
	return of_week >= 5 * 24;
}

enum likeness { SAME_OF_WEEK, SAME_KIND_OF_DAY, SAME_OF_DAY, LIKENESSES };

static bool
is_like(enum likeness how, int a, int b)
{
	if (how == SAME_OF_WEEK)
		return a == b;
	return a % 24 == b % 24 && (how == SAME_OF_DAY || is_weekend(a) == is_weekend(b));
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* From the first hour that was heard to the last: what came before and after tells of no habit. The
 * two at the ends are whole only by chance and are left out. */
static double
usual(const struct rhythm *r, const struct rhythm_span *span, int of_week)
{
	for (enum likeness how = SAME_OF_WEEK; how < LIKENESSES; how++) {
		uint32_t samples[SAMPLES_MAX];
		size_t n = 0;

		for (int h = r->first / 60 + 1; h < r->last / 60 && n < SAMPLES_MAX; h++)
			if (is_like(how, hour_of_week(span, h), of_week))
				samples[n++] = r->hours[h];
		if (n < SAMPLES_MIN)
			continue;
		qsort(samples, n, sizeof(*samples), by_number);
		return samples[n / 2];
	}
	return UNKNOWN;
}

/* Records that the minutes [a, b) promise; UNKNOWN: some of them are of hours without a habit. */
static double
promised(const double *rates, const struct rhythm_span *span, int a, int b)
{
	double sum = 0;

	while (a < b) {
		int end = (a / 60 + 1) * 60 < b ? (a / 60 + 1) * 60 : b;
		double rate = rates[hour_of_week(span, a / 60)];

		if (rate < 0)
			return UNKNOWN;
		sum += rate * (end - a) / 60;
		a = end;
	}
	return sum;
}

/* ---- judging ---- */

struct judge {
	const struct rhythm_span *span;
	double rates[WEEK_HOURS];
	int end; /* of what is judged, minutes */
	struct silence *best;
	int length; /* of the best, minutes */
	bool silent_now, unknown;
};

static int64_t
moment(const struct rhythm_span *span, int minute)
{
	return span->from + minute * MINUTE_NS;
}

static void
weigh(struct judge *j, int a, int b)
{
	double sum;

	if (b - a < 1)
		return;
	sum = promised(j->rates, j->span, a, b);
	if (sum < 0) {
		j->unknown |= b - a >= SILENCE_MIN;
		sum = 0;
	}
	if (b == j->end && sum >= EXPECTED_MIN && b - a >= SILENCE_MIN)
		j->silent_now = true;
	if (sum < j->best->expected || (sum <= j->best->expected && b - a <= j->length))
		return;
	j->best->expected = sum;
	j->best->from = moment(j->span, a);
	j->best->until = moment(j->span, b);
	j->length = b - a;
}

void
rhythm_judge(const struct rhythm *r, const struct rhythm_span *span, int64_t since, int64_t until,
	struct silence *ret)
{
	int begin = (int)((since - span->from) / MINUTE_NS), begun;
	struct judge j = {.span = span, .best = ret};

	*ret = (struct silence){.state = RHYTHM_UNKNOWN, .from = since, .until = since};
	j.end = (int)((until - span->from) / MINUTE_NS);
	if (j.end > span->hours * 60)
		j.end = span->hours * 60;
	if (r->first < 0 || r->first >= j.end)
		return;
	for (int h = 0; h < WEEK_HOURS; h++)
		j.rates[h] = usual(r, span, h);
	/* before a source was first heard it was no source */
	begun = begin = begin > r->first ? begin : r->first;
	for (int m = begun; m < j.end; m++) {
		if (!heard(r, m))
			continue;
		weigh(&j, begun, m);
		begun = m + 1;
	}
	weigh(&j, begun, j.end);
	if (j.silent_now)
		ret->state = RHYTHM_SILENT;
	else if (ret->expected >= EXPECTED_MIN && j.length >= SILENCE_MIN)
		ret->state = RHYTHM_PAUSED;
	else
		ret->state = j.unknown ? RHYTHM_UNKNOWN : RHYTHM_USUAL;
}
