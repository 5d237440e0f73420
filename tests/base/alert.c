#include "base/alert.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const struct {
	double v;
	const char *text, *why;
} numbers[] = {
	{0, "0", "nothing"},
	{250, "250", "a count has no fraction"},
	{37.5, "37.5", "a median"},
	{999999999999999, "999999999999999", "the largest that is written as a whole number"},
	{1e15, "1e+15", "an exponent from there on"},
	{-0.0, "-0", "its sign stays"},
	{0.1 + 0.2, "0.30000000000000004", "reads back as the same number"},
	{-4, "-4", "a sum may be negative"},
	{1e300, "1e+300", "JSON allows it"},
	{INFINITY, "0", "JSON has no infinity"},
	{NAN, "0", "nor this"},
};

Test(alert, numbers)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct buf b = {0};

		alert_number(numbers[i].v, &b);
		cr_expect_str_eq(buf_z(&b), numbers[i].text, "%s", numbers[i].why);
		buf_done(&b);
	}
}

static struct alert
plain(const struct alert_rule *rule)
{
	struct alert a = {.rule = rule, .count = 3, .number = 3, .ngroup = 2};

	a.group[0].name = STR("user.name");
	a.group[0].value = STR("o\"neil");
	a.group[1].name = STR("n");
	a.group[1].value = STR("");
	return a;
}

static const struct {
	const char *pattern, *want, *why;
} sentences[] = {
	{"%user.name% failed", "o\"neil failed", "the group's value"},
	{"50% of %n%!", "50% of !", "a lone percent sign stays; an empty value is one"},
	{"%host% and %user.name%", "%host% and o\"neil", "an unknown name stands as it is"},
	{"%", "%", "at the end"},
	{"%%", "%%", "an empty name"},
	{"", "", "nothing"},
};

Test(alert, sentences)
{
	const struct alert_rule rule = {.id = STR("r")};
	const struct alert a = plain(&rule);

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		struct buf b = {0};

		alert_sentence(&a, str_of(sentences[i].pattern), &b);
		cr_expect_str_eq(
			buf_z(&b), sentences[i].want, "%s: %s", sentences[i].why, buf_z(&b));
		buf_done(&b);
	}
}

Test(alert, json)
{
	const struct alert_rule rule = {
		.id = STR("r"), .title = STR("T"), .sentence_en = STR("%user.name%")};
	struct alert a = plain(&rule);
	struct buf b = {0};

	alert_json(&a, &b);
	cr_expect(strstr(buf_z(&b),
			  "\"noroshi.alert.group\":{\"user.name\":\"o\\\"neil\",\"n\":\"\"}"),
		"text from logs is escaped");
	cr_expect(strstr(buf_z(&b), "\"message\":\"o\\\"neil\""), "also in the sentence");
	cr_expect_null(strstr(buf_z(&b), "alert.number"), "a count needs no second figure");
	cr_expect_null(strchr(buf_z(&b), '\n'), "one line");
	a.number = 3.5;
	buf_clear(&b);
	alert_json(&a, &b);
	cr_expect(strstr(buf_z(&b), "\"noroshi.alert.count\":3,\"noroshi.alert.number\":3.5,"));
	buf_done(&b);
}

Test(alert, ids_differ_where_anything_differs)
{
	const struct hash128 one = {1, 2}, two = {2, 1};
	const struct hash128 id = alert_id(STR("r"), STR("g"), one, two);
	const struct hash128 others[] = {alert_id(STR("rg"), STR(""), one, two),
		alert_id(STR("r"), STR("h"), one, two), alert_id(STR("r"), STR("g"), two, one),
		alert_id(STR("r"), STR("g"), one, one)};
	const struct hash128 again = alert_id(STR("r"), STR("g"), one, two);

	cr_expect(id.lo == again.lo && id.hi == again.hi);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect(others[i].lo != id.lo || others[i].hi != id.hi, "%zu", i);
}

Test(alert, entities_and_incident)
{
	const struct alert_rule rule = {.id = STR("r"), .title = STR("T")};
	struct alert a = plain(&rule);
	struct buf b = {0};

	alert_json(&a, &b);
	cr_expect(strstr(buf_z(&b), ",\"noroshi.alert.families\":[]"));
	cr_expect_null(strstr(buf_z(&b), "noroshi.incident"), "no incident, no word of it");
	cr_expect_null(strstr(buf_z(&b), "noroshi.alert.entities"));
	cr_expect_null(strstr(buf_z(&b), "noroshi.alert.drill"));
	a.families = 1u << FAMILY_OTHER | 1u << FAMILY_MAIL | 1u << FAMILY_SERVER;
	a.drill = true;
	a.nentities = 2;
	a.entities[0] = (struct alert_entity){
		.kind = ENTITY_HOST, .value = STR("a\"\n<b>"), .own = true, .important = true};
	a.entities[1] =
		(struct alert_entity){.kind = ENTITY_IP, .value = STR("198.51.100.1"), .hub = true};
	a.incident = (struct alert_incident){.id = {.lo = 0x2b, .hi = 0x1a},
		.opened = true,
		.nmerged = 1,
		.stage = STAGE_SPREAD,
		.level = 3,
		.reason_en = STR("severity high"),
		.reason_ja = STR("重大度「高」"),
		.families = 1u << FAMILY_AUTH,
		.nmissing = 2,
		.alerts = 7,
		.first = 1500000000};
	a.incident.merged[0].lo = 0xc;
	a.incident.missing[0].family = FAMILY_PROXY;
	a.incident.missing[0].last_heard = INT64_MIN;
	a.incident.missing[1].family = FAMILY_REMOTE;
	a.incident.missing[1].last_heard = 2000000000;
	buf_clear(&b);
	alert_json(&a, &b);
	cr_expect(strstr(buf_z(&b), ",\"noroshi.alert.drill\":true,"));
	cr_expect(
		strstr(buf_z(&b), ",\"noroshi.alert.families\":[\"mail\",\"server\"],"
				  "\"noroshi.alert.entities\":[{\"kind\":\"host\",\"value\":"
				  "\"a\\\"\\n<b>\",\"own\":true,\"important\":true,\"hub\":false},"
				  "{\"kind\":\"ip\",\"value\":\"198.51.100.1\",\"own\":false,"
				  "\"important\":false,\"hub\":true}],"),
		"%s", buf_z(&b));
	cr_expect(strstr(buf_z(&b),
			  ",\"noroshi.incident.id\":\"000000000000001a000000000000002b\","
			  "\"noroshi.incident.opened\":true,\"noroshi.incident.merged\":"
			  "[\"0000000000000000000000000000000c\"],"
			  "\"noroshi.incident.stage\":\"spread\",\"noroshi.incident.level\":3,"
			  "\"noroshi.incident.level_reason_en\":\"severity high\","
			  "\"noroshi.incident.level_reason_ja\":\"重大度「高」\","
			  "\"noroshi.incident.families\":[\"auth\"],\"noroshi.incident.missing\":"
			  "[{\"family\":\"proxy\",\"last_heard\":null},{\"family\":\"remote\","
			  "\"last_heard\":\"1970-01-01T00:00:02"),
		"%s", buf_z(&b));
	cr_expect(strstr(buf_z(&b), "],\"noroshi.incident.alerts\":7,"
				    "\"noroshi.incident.first\":\"1970-01-01T00:00:01.5"));
	buf_done(&b);
}
