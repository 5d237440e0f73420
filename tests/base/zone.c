#include "base/zone.h"

#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/stamp.h"

static int64_t
ns_of(const char *text)
{
	struct str s = str_of(text);
	int64_t ns = 0;

	cr_assert(stamp_take_iso(&s, NULL, 0, &ns), "%s", text);
	return ns;
}

static struct zone *
load(const char *name)
{
	struct diag why = {0};
	struct zone *z = NULL;

	cr_assert_eq(zone_load(str_of(name), &why, &z), 0, "%s: %s", name, diag_first(&why));
	diag_done(&why);
	return z;
}

struct zone_row {
	const char *zone, *local, *near, *want, *why;
};

static const struct zone_row rows[] = {
	{"UTC", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "UTC"},
	{"+09:00", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T01:00:00Z", "east"},
	{"-0530", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T15:30:00Z", "west"},
	{"Asia/Tokyo", "2026-07-01T09:00:00Z", "2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z",
		"no summer time"},
	{"America/New_York", "2026-07-01T08:00:00Z", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z",
		"summer"},
	{"America/New_York", "2026-01-01T07:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z",
		"winter"},
	{"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T06:30:02Z", "2026-11-01T06:30:00Z",
		"twice: the second is nearer"},
	{"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:29:00Z", "2026-11-01T05:30:00Z",
		"twice: the first is nearer"},
	{"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:30:00Z", "2026-03-08T07:30:00Z",
		"never: as if the change had not come"},
	{"America/New_York", "2199-07-01T08:00:00Z", "2199-07-01T12:00:00Z", "2199-07-01T12:00:00Z",
		"the footer's rules go on"},
	{"Australia/Sydney", "2100-01-15T11:00:00Z", "2100-01-15T00:00:00Z", "2100-01-15T00:00:00Z",
		"summer over the turn of the year"},
	{"Asia/Kathmandu", "2026-01-01T05:45:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z",
		"a quarter of an hour"},
	{0},
};

Test(zone, local_to_utc)
{
	for (const struct zone_row *row = rows; row->why; row++) {
		struct zone *z = load(row->zone);
		int64_t got = zone_to_utc(z, ns_of(row->local), ns_of(row->near));

		cr_expect_eq(got, ns_of(row->want), "%s: %s: off by %lld s", row->zone, row->why,
			(long long)((got - ns_of(row->want)) / NS_PER_S));
		zone_free(z);
	}
}

Test(zone, names_that_are_none)
{
	const char *bad[] = {"", "Asia/Tokio", "../../etc/passwd", "/etc/localtime", "+25:00",
		"+09:77", "Asia/", "a b"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct diag why = {0};
		struct zone *z = NULL;

		cr_expect_lt(zone_load(str_of(bad[i]), &why, &z), 0, "'%s'", bad[i]);
		cr_expect_null(z);
		cr_expect_gt(why.errors, 0, "'%s' without a word", bad[i]);
		diag_done(&why);
	}
}

Test(zone, no_zone_is_utc)
{
	cr_expect_eq(zone_to_utc(NULL, 5, 0), 5);
	cr_expect_eq(zone_offset(NULL, 5), 0);
	cr_expect_str_eq(zone_name(NULL), "UTC");
}
