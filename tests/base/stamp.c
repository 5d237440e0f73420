#include "base/stamp.h"

#include <criterion/criterion.h>

#include "base/diag.h"
#include "base/zone.h"

#define NOW (INT64_C(1795341600) * NS_PER_S) /* 2026-11-22T10:00:00Z */

typedef bool take(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret);

struct stamp_row {
	take *form;
	const char *text, *want; /* NULL: no timestamp of that form */
	const char *rest, *why;
};

static bool
epoch(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	(void)zone;
	(void)arrival;
	return stamp_take_epoch(s, ret);
}

static bool
words(struct str *s, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	if (!stamp_words(*s, zone, arrival, ret))
		return false;
	s->n = 0;
	return true;
}

static const struct stamp_row written[] = {
	{words, "2026/9/6 8:05", "2026-09-06T08:05:00.000Z", "", "as Excel saves it"},
	{words, "2026/09/06 08:05:03.25", "2026-09-06T08:05:03.250Z", "", "a fraction"},
	{words, "2026-9-6 8:05:03 JST", "2026-09-05T23:05:03.000Z", "", "a zone's name"},
	{words, "2026.09.06 08:05:03+09:00", "2026-09-05T23:05:03.000Z", "", "dots"},
	{words, "26/09/06 08:05:03", "2026-09-06T08:05:03.000Z", "", "yy/mm/dd"},
	{words, "20260906080503", "2026-09-06T08:05:03.000Z", "", "fourteen digits"},
	{words, "20260906 080503", "2026-09-06T08:05:03.000Z", "", "eight and six"},
	{words, "20260906T080503Z", "2026-09-06T08:05:03.000Z", "", "basic ISO 8601"},
	{words, "20260906 8:05", "2026-09-06T08:05:00.000Z", "", "eight, and a clock"},
	{words, "2026年9月6日 8時5分3秒", "2026-09-06T08:05:03.000Z", "", "in words"},
	{words, "2026年09月06日(日) 08:05", "2026-09-06T08:05:00.000Z", "", "a weekday"},
	{words, "2026/09/06（日曜日） 08:05", "2026-09-06T08:05:00.000Z", "",
		"in full-width brackets"},
	{words, "2026/09/06(Sun) 08:05", "2026-09-06T08:05:00.000Z", "", "in English"},
	{words, "2026/09/06 午後 8:05:03", "2026-09-06T20:05:03.000Z", "", "afternoon"},
	{words, "2026年9月6日午前0時5分", "2026-09-06T00:05:00.000Z", "", "midnight"},
	{words, "2026/9/6 午後0時5分", "2026-09-06T12:05:00.000Z", "", "noon"},
	{words, "令和8年9月6日 8時5分", "2026-09-06T08:05:00.000Z", "", "an era"},
	{words, "令和元年5月1日 0:00", "2019-05-01T00:00:00.000Z", "", "its first year"},
	{words, "平成31年4月30日 23:59", "2019-04-30T23:59:00.000Z", "", "the one before"},
	{words, "R8.09.06 08:05:03", "2026-09-06T08:05:03.000Z", "", "an era's letter"},
	{words, "R08/09/06 08:05", "2026-09-06T08:05:00.000Z", "", "with slashes"},
	{words, "２０２６／０９／０６　０８：０５：０３", "2026-09-06T08:05:03.000Z", "",
		"full width"},
	{words, "9/6/2026 8:05:03 PM", "2026-09-06T20:05:03.000Z", "", "month first"},
	{words, "9/6/2026 12:05:03 AM", "2026-09-06T00:05:03.000Z", "", "after midnight"},
	{words, "2026-09-06 08:05:03 pm", "2026-09-06T20:05:03.000Z", "", "small letters"},
	{words, "46271.3368", "2026-09-06T08:04:59.520Z", "", "Excel's serial day"},
	{words, "/Date(1795341598000)/", "2026-11-22T09:59:58.000Z", "", ".NET in JSON"},
	{words, "0x01DD3DD66BB06180", "2026-09-06T08:05:03.000Z", "", "FILETIME in hexadecimal"},
	{words, "9/6/2026 8:05:03", NULL, NULL, "day or month first?"},
	{words, "2026/09/06", NULL, NULL, "no time of day"},
	{words, "46271", NULL, NULL, "any number"},
	{words, "2026/13/06 08:05", NULL, NULL, "no such month"},
	{words, "令和8年2月30日 8:05", NULL, NULL, "no such day"},
	{words, "2026/09/06 08:05 x", NULL, NULL, "something behind it"},
	{words, "10.0.0.1 8:05", NULL, NULL, "an address"},
	{words, "2026/09/06 25:05", NULL, NULL, "no such hour"},
	{epoch, "133773983980000000", "2024-11-29T23:59:58.000Z", "", "FILETIME"},
	{epoch, "639309887980000000", "2026-11-22T23:59:58.000Z", "", ".NET ticks"},
	{epoch, "111111111111111111", NULL, NULL, "before 1970"},
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct stamp_row stamps[] = {
	{stamp_take_bsd, "Nov 22 09:59:58 web", "2026-11-22T09:59:58.000Z", " web", "padded"},
	{stamp_take_bsd, "Nov  2 09:59:58", "2026-11-02T09:59:58.000Z", "", "padded with a blank"},
	{stamp_take_bsd, "Nov 2 09:59:58", "2026-11-02T09:59:58.000Z", "", "not padded"},
	{stamp_take_bsd, "*Mar  1 18:46:11.123 UTC: x", "2027-03-01T18:46:11.123Z", ": x",
		"an unsynchronised router, in the year that is nearest"},
	{stamp_take_bsd, "Nov 22 2026 09:59:58.5 x", "2026-11-22T09:59:58.500Z", " x", "a year"},
	{stamp_take_bsd, "2025 Nov 22 09:59:58", "2025-11-22T09:59:58.000Z", "", "year in front"},
	{stamp_take_bsd, "Nov 22 09:59:58 JST", "2026-11-22T00:59:58.000Z", "", "a zone's name"},
	{stamp_take_bsd, "Nov 22 06:59:58 BRT: x", "2026-11-22T09:59:58.000Z", ": x",
		"a zone of the south"},
	{stamp_take_bsd, "Nov 22 09:59:58 ESTHER", "2026-11-22T09:59:58.000Z", " ESTHER",
		"a host that begins like a zone"},
	{stamp_take_bsd, "Nov 22 2026 18:59:58 GMT+09:00 x", "2026-11-22T09:59:58.000Z", " x",
		"from Greenwich"},
	{stamp_take_iso, "2026-11-22 09:59:58 UTC+0", "2026-11-22T09:59:58.000Z", "", "one digit"},
	{stamp_take_iso, "2026-11-22 06:29:58 GMT-0330", "2026-11-22T09:59:58.000Z", "", "west"},
	{stamp_take_bsd, "Nov 22 09:59:58+09:00", "2026-11-22T00:59:58.000Z", "", "an offset"},
	{stamp_take_bsd, "Nov 32 09:59:58", NULL, NULL, "no such day"},
	{stamp_take_bsd, "Nov 00 09:59:58", NULL, NULL, "no such day"},
	{stamp_take_bsd, "Feb 30 09:59:58", NULL, NULL, "no such day"},
	{stamp_take_bsd, "Feb 29 09:59:58", NULL, NULL, "no leap year is near"},
	{stamp_take_bsd, "Nov 22 24:00:00", NULL, NULL, "no such hour"},
	{stamp_take_bsd, "Nov 22 09:60:00", NULL, NULL, "no such minute"},
	{stamp_take_bsd, "Nov 22 09:59:61", NULL, NULL, "no such second"},
	{stamp_take_bsd, "Nov 22 09:59:60", "2026-11-22T10:00:00.000Z", "", "a leap second"},
	{stamp_take_bsd, "Foo 22 09:59:58", NULL, NULL, "no such month"},
	{stamp_take_bsd, "Nov 22 09:59:5", NULL, NULL, "cut"},
	{stamp_take_bsd, "Nov ", NULL, NULL, "cut"},
	{stamp_take_bsd, "", NULL, NULL, "nothing"},
	{stamp_take_iso, "2026-11-22T09:59:58Z", "2026-11-22T09:59:58.000Z", "", "RFC 3339"},
	{stamp_take_iso, "2026-11-22T09:59:58.1234567+09:00 h", "2026-11-22T00:59:58.123456700Z",
		" h", "seven digits"},
	{stamp_take_iso, "2026-11-22 09:59:58,123 x", "2026-11-22T09:59:58.123Z", " x", "comma"},
	{stamp_take_iso, "2026-11-22 09:59:58 +0900]", "2026-11-22T00:59:58.000Z", "]",
		"blank before the offset"},
	{stamp_take_iso, "2026/11/22 09:59:58", "2026-11-22T09:59:58.000Z", "", "slashes"},
	{stamp_take_iso, "2026-11-22T23:59:58+14:00", "2026-11-22T09:59:58.000Z", "",
		"farthest east"},
	{stamp_take_iso, "2026-11-22T09:59:58-99:99", NULL, NULL, "no such offset"},
	{stamp_take_iso, "2026-11-22T09:59:58.Z", NULL, NULL, "a dot without digits"},
	{stamp_take_iso, "2026-13-01T00:00:00Z", NULL, NULL, "no such month"},
	{stamp_take_iso, "2100-02-29T00:00:00Z", NULL, NULL, "2100 is no leap year"},
	{stamp_take_iso, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z", "", "2000 is one"},
	{stamp_take_iso, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "", "the beginning"},
	{stamp_take_iso, "2261-12-31T23:59:59.999999999Z", "2261-12-31T23:59:59.999999999Z", "",
		"the end"},
	{stamp_take_clf, "22/Nov/2026:18:59:58 +0900]", "2026-11-22T09:59:58.000Z", "]", "CLF"},
	{stamp_take_ctime, "Sun Nov 22 09:59:58 2026 x", "2026-11-22T09:59:58.000Z", " x", "ctime"},
	{stamp_take_ctime, "Sun Nov 22 18:59:58 JST 2026", "2026-11-22T09:59:58.000Z", "",
		"date(1)"},
	{epoch, "1795341598.123 5", "2026-11-22T09:59:58.123Z", " 5", "seconds and a fraction"},
	{epoch, "1795341598123", "2026-11-22T09:59:58.123Z", "", "milliseconds"},
	{epoch, "1795341598123456", "2026-11-22T09:59:58.123456000Z", "", "microseconds"},
	{epoch, "1795341598123456789", "2026-11-22T09:59:58.123456789Z", "", "nanoseconds"},
	{epoch, "99999999999999999999", NULL, NULL, "more than any clock"},
	{epoch, "x", NULL, NULL, "no digits"},
	{0},
};

static void
check_forms(const struct stamp_row *row)
{
	for (; row->why; row++) {
		struct str s = str_of(row->text);
		char got[32];
		int64_t ns = -1;
		bool taken = row->form(&s, NULL, NOW, &ns);

		cr_expect_eq(taken, row->want != NULL, "%s: %s", row->text, row->why);
		if (!taken) {
			cr_expect(s.p == row->text, "%s: must stay where it was", row->text);
			continue;
		}
		cr_expect(str_eq(str_make(got, stamp_format(ns, got)), str_of(row->want)),
			"%s is %.*s (%s)", row->text, (int)stamp_format(ns, got), got, row->why);
		if (row->want)
			cr_expect(str_eq(s, str_of(row->rest)), "%s: what is left (%s)", row->text,
				row->why);
	}
}

Test(stamp, forms)
{
	check_forms(stamps);
	check_forms(written);
}

Test(stamp, a_year_beyond_the_clock_is_no_time)
{
	struct str s = STR("9999-12-31T23:59:59Z");
	int64_t ns;

	cr_expect(stamp_take_iso(&s, NULL, NOW, &ns));
	cr_expect_eq(ns, STAMP_BEYOND);
}

struct year_row {
	const char *text, *arrival, *want, *why;
};

static const struct year_row years[] = {
	{"Dec 31 23:59:58", "2027-01-01T00:00:05Z", "2026-12-31T23:59:58.000Z", "last year's"},
	{"Jan  1 00:00:03", "2026-12-31T23:59:58Z", "2027-01-01T00:00:03.000Z", "a fast clock"},
	{"Feb 29 10:00:00", "2027-12-01T00:00:00Z", "2028-02-29T10:00:00.000Z",
		"the year that has it"},
	{"Jul  5 10:00:00", "2026-12-31T00:00:00Z", "2026-07-05T10:00:00.000Z", "half a year ago"},
	{"Jul  5 10:00:00", "2026-01-01T00:00:00Z", "2025-07-05T10:00:00.000Z", "nearer behind"},
	{0},
};

Test(stamp, missing_year_is_the_nearest)
{
	for (const struct year_row *row = years; row->why; row++) {
		struct str s = str_of(row->text), a = str_of(row->arrival);
		int64_t ns = 0, arrival = 0;
		char got[32];

		cr_assert(stamp_take_iso(&a, NULL, 0, &arrival));
		cr_assert(stamp_take_bsd(&s, NULL, arrival, &ns), "%s", row->why);
		cr_expect(str_eq(str_make(got, stamp_format(ns, got)), str_of(row->want)), "%s",
			row->why);
	}
}

Test(stamp, every_day_goes_there_and_back)
{
	struct civil c;

	for (int64_t day = 0; day < 106650; day++) {
		int64_t ns = (day * 86400 + day % 86400) * NS_PER_S + day;

		civil_of_ns(ns, &c);
		cr_assert(civil_valid(&c), "day %lld", (long long)day);
		cr_assert_eq(civil_to_ns(&c), ns, "day %lld", (long long)day);
	}
	civil_of_ns(-1, &c);
	cr_expect(c.year == 1969 && c.month == 12 && c.day == 31 && c.nano == 999999999);
}

/* A leading dot takes the long way; both must agree for every day of the year and any arrival. */
Test(stamp, the_short_way_agrees_with_the_long)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *arrivals[] = {"2026-11-22T10:00:00Z", "2027-01-01T00:00:00Z",
		"2026-12-31T23:59:59Z", "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z",
		"1970-01-01T00:00:01Z", "2099-12-31T23:00:00Z", "2100-03-01T00:00:00Z",
		"2200-07-01T00:00:00Z"};
	const char *zones[] = {"UTC", "Asia/Tokyo", "America/New_York", "-11:00"};

	for (size_t z = 0; z < 4; z++) {
		struct diag why = {0};
		struct zone *zone = NULL;

		cr_assert_eq(zone_load(str_of(zones[z]), &why, &zone), 0);
		for (size_t i = 0; i < sizeof(arrivals) / sizeof(arrivals[0]); i++) {
			struct str a = str_of(arrivals[i]);
			int64_t arrival = 0, one = 1, two = 2;

			cr_assert(stamp_take_iso(&a, NULL, 0, &arrival));
			for (int day = 0; day < 12 * 31; day++) {
				struct buf text = {0};
				struct str s, t;
				bool got;

				buf_printf(&text, ".%.3s %2d 0%d:30:00 host", names + day / 31 * 3,
					day % 31 + 1, day % 10);
				s = buf_str(&text);
				t = str_make(s.p + 1, s.n - 1);
				got = stamp_take_bsd(&t, zone, arrival, &one);
				cr_assert_eq(stamp_take_bsd(&s, zone, arrival, &two), got, "%.*s",
					(int)text.n, text.p);
				if (got)
					cr_assert_eq(one, two, "%.*s, %s, %s", (int)text.n, text.p,
						arrivals[i], zones[z]);
				cr_assert_eq(s.n, t.n + (got ? 0 : 1));
				buf_done(&text);
			}
		}
		zone_free(zone);
	}
}
