/* A directory as LDAP tools write it becomes people. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"
#include "config/lists.h"

struct given {
	struct lists *lists;
	struct diag why;
	struct buf packed;
};

static struct given
load(const char *text)
{
	struct given g = {0};

	buf_printf(&g.packed, "--- w/directory.ldif %zu\n%s\n", strlen(text), text);
	cr_assert_eq(lists_load(buf_str(&g.packed), &g.why, &g.lists), 0);
	return g;
}

static void
done(struct given *g)
{
	lists_free(g->lists);
	diag_done(&g->why);
	buf_done(&g->packed);
}

static void
expect(const struct given *g, size_t row, const char *column, const char *want)
{
	const struct list *t = lists_find(g->lists, STR("directory"));
	struct str got;

	cr_assert(t, "no list");
	got = list_cell(t, row, (unsigned)list_column(t, str_of(column)));
	cr_expect(str_eq(got, str_of(want)), "%s: %.*s", column, STR_ARG(got));
}

static const char active_directory[] =
	"# extended LDIF\n"
	"#  a comment that is\n"
	"  folded\n"
	"version: 1\n"
	"\n"
	"dn: CN=Sato Kenji,OU=Sales,DC=aoba,DC=example\r\n"
	"changetype: add\r\n"
	"objectClass: top\r\n"
	"objectClass: user\r\n"
	"cn: Sato Kenji\r\n"
	"displayName:: 5L2Q6JekIOWBpeS6jA==\r\n"
	"sAMAccountName: sato.k\r\n"
	"userPrincipalName: k.sato@ad.aoba.exam\r\n"
	" ple\r\n"
	"department: Sales\r\n"
	"mail: kenji.sato@aoba.example\r\n"
	"proxyAddresses: SMTP:kenji.sato@aoba.example\r\n"
	"proxyAddresses: smtp:sato@sales.aoba.example\r\n"
	"proxyAddresses: X500:/o=Aoba/cn=sato\r\n"
	"manager: CN=Ito Mika,OU=Sales,DC=aoba,DC=example\r\n"
	"employeeID: 1001\r\n"
	"userAccountControl: 514\r\n"
	"objectGUID:: AP/+gA==\r\n"
	"jpegPhoto:< file:///photo.jpg\r\n"
	"\r\n"
	"dn:: Q049SXRvIE1pa2EsT1U9U2FsZXMsREM9YW9iYSxEQz1leGFtcGxl\r\n"
	"objectClass: person\r\n"
	"sAMAccountName: ito.m\r\n"
	"userAccountControl: 512\r\n"
	"cn;lang-ja:: 5LyK6Jek\r\n"
	"\n"
	"dn: CN=PC1,DC=aoba,DC=example\n"
	"objectClass: user\n"
	"objectClass: computer\n"
	"sAMAccountName: PC1$\n"
	"\n"
	"dn: CN=Group,DC=aoba,DC=example\n"
	"objectClass: group\n"
	"sAMAccountName: everybody\n"
	"\n"
	"# search result\n"
	"search: 2\n"
	"result: 0 Success\n"
	"\n"
	"# numEntries: 4\n";

Test(ldif, what_active_directory_says_of_people)
{
	struct given g = load(active_directory);

	cr_expect_eq(g.why.n, 0, "%s", g.why.n ? g.why.items[0].text : "");
	cr_expect_eq(lists_rows(g.lists), 2, "machines and groups are no people");
	expect(&g, 0, "user", "sato.k");
	expect(&g, 0, "name", "\xe4\xbd\x90\xe8\x97\xa4 \xe5\x81\xa5\xe4\xba\x8c");
	expect(&g, 0, "department", "Sales");
	expect(&g, 0, "upn", "k.sato@ad.aoba.example");
	expect(&g, 0, "account", "AOBA\\sato.k");
	expect(&g, 0, "mail", "kenji.sato@aoba.example");
	expect(&g, 0, "mails",
		"kenji.sato@aoba.example kenji.sato@aoba.example sato@sales.aoba.example");
	expect(&g, 0, "manager", "ito.m");
	expect(&g, 0, "employee_no", "1001");
	expect(&g, 0, "disabled", "yes");
	expect(&g, 1, "user", "ito.m");
	expect(&g, 1, "name", "\xe4\xbc\x8a\xe8\x97\xa4");
	expect(&g, 1, "disabled", "");
	done(&g);
}

#define GOOD "dn: uid=abe,dc=x\nobjectClass: inetOrgPerson\nuid: abe\nmail: abe@x.example\n"

static const struct {
	const char *why, *text, *told;
	unsigned line;
	size_t rows;
} bad[] = {{"a line that is none", "dn: uid=a,dc=x\nobjectClass: person\nuid a\n\n" GOOD,
		   "no attribute", 3, 1},
	{"a continuation of nothing", " x\n\n" GOOD, "no attribute", 1, 1},
	{"a continuation behind a gap", GOOD "\n x\n", "no attribute", 6, 1},
	{"base64 that is none", "dn: uid=a,dc=x\nobjectClass: person\nuid:: YW*j\n\n" GOOD,
		"not base64", 3, 1},
	{"bytes that are no text", "dn: uid=a,dc=x\nobjectClass: person\nuid:: AAEC\n\n" GOOD,
		"not text", 3, 1},
	{"no dn in front", "objectClass: person\nuid: a\n\n" GOOD, "begins with dn", 1, 1},
	{"a person without an account", "dn: cn=a,dc=x\nobjectClass: person\ncn: a\n\n" GOOD,
		"without sAMAccountName", 1, 1},
	{"a change", "dn: uid=a,dc=x\nchangetype: delete\n\n" GOOD, "a change", 2, 1},
	{"a value elsewhere", "dn: uid=a,dc=x\nobjectClass: person\nuid:< file:///x\n\n" GOOD,
		"elsewhere", 3, 1},
	{NULL, NULL, NULL, 0, 0}};

Test(ldif, what_is_wrong_is_told_with_its_line_and_the_rest_loads)
{
	for (unsigned i = 0; bad[i].why; i++) {
		struct given g = load(bad[i].text);

		cr_assert_eq(g.why.n, 1, "%s: told %zu", bad[i].why, g.why.n);
		cr_expect(strstr(g.why.items[0].text, bad[i].told), "%s: %s", bad[i].why,
			g.why.items[0].text);
		cr_expect_eq(g.why.items[0].line, bad[i].line, "%s: line %u", bad[i].why,
			g.why.items[0].line);
		cr_expect_str_eq(g.why.items[0].path, "w/directory.ldif");
		cr_expect_eq(lists_rows(g.lists), bad[i].rows, "%s", bad[i].why);
		cr_expect_eq(lists_bad_rows(g.lists), 1, "%s", bad[i].why);
		done(&g);
	}
}

Test(ldif, a_person_with_endless_mail_addresses_is_left_out)
{
	struct buf text = {0};
	struct given g;

	buf_printf(&text, GOOD);
	for (unsigned i = 0; i < 2000; i++)
		buf_printf(&text, "proxyAddresses: smtp:a%u@x.example\n", i);
	g = load(buf_z(&text));
	cr_expect_eq(lists_rows(g.lists), 0);
	cr_expect_eq(lists_bad_rows(g.lists), 1);
	buf_done(&text);
	done(&g);
}
