/* gate.c - which addresses are the company's own, tried to be broken. */
#include <criterion/criterion.h>

#include "respond/duty.h"
#include "respond/mail.h"

static const struct {
	const char *address;
	bool own;
	const char *why;
} rows[] = {{"a@example.jp", true, "its own"},
	{"A@EXAMPLE.JP", true, "case means nothing in a domain"},
	{"a@mail.example.jp", true, "below it"},
	{"a+soc@example.jp", true, "plus addresses stay inside"},
	{"a@example.jp.evil.com", false, "a look-alike in front"},
	{"a@evilexample.jp", false, "an ending that is no label"},
	{"a@example.jp.", false, "another spelling"}, {"a@.example.jp", false, "no label in front"},
	{"a@example.jp@evil.com", false, "the last @ counts"},
	{"a@evil.com@example.jp", false, "two @: some servers route by the first"},
	{"a%evil.com@example.jp", false, "percent routing"},
	{"evil.com!a@example.jp", false, "bang path"},
	{"Boss <a@evil.com>", false, "a display name"},
	{"a@example.jp <a@evil.com>", false, "the same"},
	{"\"a@evil.com\"@example.jp", false, "a quoted local part"},
	{"a@example.jp\nBcc: b@evil.com", false, "a bare LF"},
	{"b@evil.com\n@example.jp", false, "a bare LF in front"},
	{"a@example.jp\rb@evil.com", false, "a bare CR"}, {"a@example.jp,b@evil.com", false, "two"},
	{"a@example.jp b@example.jp", false, "a blank"}, {"@example.jp", false, "nobody"},
	{"example.jp", false, "no @"}, {"", false, "nothing"},
	{"a@ex\xd0\xb0mple.jp", false, "a Cyrillic letter"},
	{"a@example\xef\xbc\x8ejp", false, "a fullwidth dot"},
	{"a@xn--exmple-cua.jp", false, "another domain in ASCII form"},
	{"a@[192.0.2.1]", false, "an address literal"}, {"a@example.jp\t", false, "a tab"}};

Test(respond_gate, only_addresses_of_its_domains_are_the_companys)
{
	struct str domains[] = {STR("example.jp"), STR("jp")};
	struct settings s = {.own_domains = domains, .nown_domains = 2};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(duty_is_own(&s, str_of(rows[i].address)), rows[i].own, "%s: %s",
			rows[i].address, rows[i].why);
	cr_expect_not(duty_is_own(&s, STR("a@other.jp")), "a domain of one word holds nobody");
	cr_expect_not(duty_is_own(&s, (struct str){"a@example.jp\0@evil.com", 22}), "a NUL");
}

Test(respond_gate, without_domains_the_senders_counts)
{
	struct sink_settings sinks[] = {{.kind = SINK_SMTP, .from = STR("noroshi@aoba.example")}};
	struct settings s = {.sinks = sinks, .nsinks = 1};

	cr_expect(duty_is_own(&s, STR("x@aoba.example")));
	cr_expect_not(duty_is_own(&s, STR("x@aoba.example.evil.com")));
	cr_expect_not(duty_is_own(&s, STR("x@other.example")));
}
