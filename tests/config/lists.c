/* Lists: what a company tells about itself, read exactly or told with a place. */
#include "config/lists.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"

#define JST 32400

static struct buf
packed(const char *name, const char *text)
{
	struct buf b = {0};

	buf_printf(&b, "--- lists/%s.csv %zu\n%s\n", name, strlen(text), text);
	return b;
}

static struct lists *
load(const char *name, const char *text, struct diag *why)
{
	struct buf b = packed(name, text);
	struct lists *l = NULL;

	cr_assert_eq(lists_load(buf_str(&b), why, &l), 0);
	buf_done(&b);
	return l;
}

static int64_t
row_of(const struct lists *l, const char *list, const char *column, enum list_match how,
	const char *value)
{
	const struct list *t = lists_find(l, str_of(list));
	int c = t ? list_column(t, str_of(column)) : -1;

	return c < 0 ? -2 : list_lookup(t, (unsigned)c, how, str_of(value), -1);
}

Test(lists, cells_are_read_as_rfc_4180_writes_them)
{
	struct diag why = {0};
	struct lists *l = load("any",
		"\xef\xbb\xbfName,Note\r\n# a comment\r\n\r\n\"a \"\"b\"\"\",\"two\nlines\"\r\nc , "
		"d \r\n",
		&why);
	const struct list *t = lists_find(l, STR("any"));

	cr_assert(t);
	cr_assert_eq(list_rows(t), 2);
	cr_expect(str_eq(list_cell(t, 0, 0), STR("a \"b\"")));
	cr_expect(str_eq(list_cell(t, 0, 1), STR("two\nlines")));
	cr_expect(str_eq(list_cell(t, 1, 1), STR("d")), "blanks around a cell are not part of it");
	cr_expect_eq(list_column(t, STR("name")), 0, "letter case of headers does not matter");
	cr_expect(str_eq(list_cell(t, 9, 9), STR("")));
	cr_expect_eq(why.n, 0);
	lists_free(l);
}

static const struct bad_row {
	const char *list, *text, *says;
	unsigned line;
	size_t rows;
} bads[] = {
	{"networks", "network,role\n10.0.0.0/8,client\n10.0.0.0/33,x\n", "not an address", 3, 1},
	{"networks", "network,role\n,client\n192.0.2.1,dmz\n", "empty", 2, 1},
	{"leavers", "user,name,last_day\nsato,S,2026-13-01\nito,I,2026-03-31\n", "not a date", 2,
		1},
	{"people", "user,mac\na,00:11:22:33:44:55\nb,00:11\n", "not a MAC", 3, 1},
	{"any", "a,b\n1,2,3\n4,5\n", "more cells", 2, 1},
	{"any", "a\n\"x\" y\nz\n", "quote", 3, 1},
};

Test(lists, a_bad_row_is_told_and_the_rest_loads)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct diag why = {0};
		struct lists *l = load(bads[i].list, bads[i].text, &why);
		const struct list *t = lists_find(l, str_of(bads[i].list));

		cr_assert(t, "%s", bads[i].text);
		cr_expect_eq(list_rows(t), bads[i].rows, "%s", bads[i].text);
		cr_expect_eq(lists_bad_rows(l), 1);
		cr_assert_eq(why.n, 1);
		cr_expect(strstr(why.items[0].text, bads[i].says), "%s", why.items[0].text);
		cr_expect_eq(why.items[0].line, bads[i].line, "%s: line %u", bads[i].text,
			why.items[0].line);
		cr_expect_eq(why.errors, 0);
		lists_free(l);
		diag_done(&why);
	}
}

static const struct {
	const char *list, *text, *says;
} headers[] = {
	{"leavers", "user,name,lastday\na,b,2026-01-01\n", "there is 'lastday'"},
	{"networks", "net\n10.0.0.0/8\n", "the column 'network' is missing"},
	{"any", "a,a\n1,2\n", "two columns"},
	{"any", "", "no header"},
	{"any", "a\n\x83\x5c\n", "not UTF-8"},
};

Test(lists, a_bad_header_leaves_the_list_out_with_words)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct diag why = {0};
		struct lists *l = load(headers[i].list, headers[i].text, &why);

		cr_expect_null(lists_find(l, str_of(headers[i].list)));
		cr_expect_eq(why.errors, 1);
		cr_expect(strstr(diag_first(&why), headers[i].says), "%s", diag_first(&why));
		lists_free(l);
		diag_done(&why);
	}
}

Test(lists, the_longest_prefix_holds_an_address)
{
	struct diag why = {0};
	struct lists *l = load("networks",
		"network,role\n10.0.0.0/8,own\n10.1.0.0/16,client\n10.1.2.3,proxy\n2001:db8::/"
		"32,six\n",
		&why);

	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "10.1.2.3"), 2);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "10.1.2.4"), 1);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "10.200.0.1"), 0);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "::ffff:10.1.2.3"), 2);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "2001:db8:1::1"), 3);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "11.0.0.1"), -1);
	cr_expect_eq(row_of(l, "networks", "network", LIST_CIDR, "no address"), -1);
	cr_expect(str_eq(lists_role_of(l, STR("10.1.2.3")), STR("proxy")));
	cr_expect(str_eq(lists_shared_role(STR("VPN pool")), STR("")), "a pool is handed out");
	cr_expect(str_eq(lists_shared_role(STR("NAT gateway")), STR("nat")));
	cr_expect(lists_own_address(l, STR("2001:db8::9")));
	cr_expect_not(lists_own_address(l, STR("198.51.100.1")));
	lists_free(l);
}

Test(lists, a_domain_holds_what_is_below_it)
{
	struct diag why = {0};
	struct lists *l = load(
		"partner_domains", "domain\nExample.JP\n*.below.example\nmail.example.jp\n", &why);

	cr_expect_eq(row_of(l, "partner_domains", "domain", LIST_DOMAIN, "a@b.example.jp"), 0);
	cr_expect_eq(row_of(l, "partner_domains", "domain", LIST_DOMAIN,
			     "https://MAIL.example.jp:8443/x?y"),
		2, "the most special row");
	cr_expect_eq(row_of(l, "partner_domains", "domain", LIST_DOMAIN, "x.below.example"), 1);
	cr_expect_eq(row_of(l, "partner_domains", "domain", LIST_DOMAIN, "below.example"), -1);
	cr_expect_eq(row_of(l, "partner_domains", "domain", LIST_DOMAIN, "notexample.jp"), -1);
	lists_free(l);
}

Test(lists, equal_values_are_walked_in_file_order)
{
	struct diag why = {0};
	struct lists *l = load("tickets",
		"id,account,what,from,until\n1,Sato,a,2026-03-01,2026-03-02\n2,ito,b,2026-03-01,"
		"2026-03-02\n3,SATO,c,2026-03-05 09:00,2026-03-05 17:00\n",
		&why);
	const struct list *t = lists_find(l, STR("tickets"));
	int64_t day = INT64_C(1772323200) * NS_PER_S; /* 2026-03-01T00:00:00Z */
	int64_t at = list_lookup(t, 1, LIST_VALUE, STR("sato"), -1);

	cr_expect_eq(at, 0);
	at = list_lookup(t, 1, LIST_VALUE, STR("sato"), at);
	cr_expect_eq(at, 2);
	cr_expect_eq(list_lookup(t, 1, LIST_VALUE, STR("sato"), at), -1);
	cr_expect(list_valid(t, 0, day, JST));
	cr_expect(list_valid(t, 0, day - 9 * 3600 * NS_PER_S, JST), "a day begins in its zone");
	cr_expect_not(list_valid(t, 0, day - 9 * 3600 * NS_PER_S - 1, JST));
	cr_expect(
		list_valid(t, 0, day + 39 * 3600 * NS_PER_S - 1, JST), "the last day counts whole");
	cr_expect_not(list_valid(t, 0, day + 39 * 3600 * NS_PER_S, JST));
	cr_expect(list_valid(t, 2, day + 4 * 86400 * NS_PER_S, JST), "09:00 JST is 00:00 UTC");
	cr_expect_not(list_valid(t, 2, day + 4 * 86400 * NS_PER_S - 1, JST));
	lists_free(l);
}

Test(lists, a_folder_is_packed_by_name_and_known_by_content)
{
	char dir[] = "/tmp/listsXXXXXX", path[64];
	struct buf a = {0}, b = {0};
	struct diag why = {0};
	struct lists *l = NULL, *again = NULL;

	cr_assert(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/b.csv", dir);
	cr_assert_eq(file_replace(path, STR("x\n1\n"), 0600), 0);
	snprintf(path, sizeof(path), "%s/a.csv", dir);
	cr_assert_eq(file_replace(path, STR("x\n2\n"), 0600), 0);
	snprintf(path, sizeof(path), "%s/ignored.txt", dir);
	cr_assert_eq(file_replace(path, STR("x"), 0600), 0);
	cr_assert_eq(lists_pack(dir, &why, &a), 0);
	cr_assert_eq(lists_load(buf_str(&a), &why, &l), 0);
	cr_expect_eq(lists_count(l), 2);
	cr_expect(str_eq(list_name(lists_at(l, 0)), STR("a")));
	snprintf(path, sizeof(path), "%s/a.csv", dir);
	cr_assert_eq(file_replace(path, STR("x\n3\n"), 0600), 0);
	cr_assert_eq(lists_pack(dir, &why, &b), 0);
	cr_assert_eq(lists_load(buf_str(&b), &why, &again), 0);
	cr_expect_neq(lists_hash(l).lo, lists_hash(again).lo);
	cr_expect_eq(lists_load(STR("--- nonsense"), &why, &again), ERR_CORRUPT);
	cr_expect_eq(lists_load(STR("--- x.csv 99\nabc\n"), &why, &again), ERR_CORRUPT);
	lists_free(l);
	lists_free(again);
	buf_done(&a);
	buf_done(&b);
}
