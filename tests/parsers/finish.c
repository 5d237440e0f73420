/* finish.c - domains by the public suffix list, related.*, event.kind. */
#include <criterion/criterion.h>

#include "a_house.h"
#include "parsers/domain.h"

static const struct {
	const char *name, *suffix, *registered, *below;
} names[] = {
	{"www.example.com", "com", "example.com", "www"},
	{"example.com", "com", "example.com", ""},
	{"a.b.example.co.jp", "co.jp", "example.co.jp", "a.b"},
	{"WWW.Example.CO.JP", "CO.JP", "Example.CO.JP", "WWW"},
	{"city.kawasaki.jp", "kawasaki.jp", "city.kawasaki.jp", ""}, /* an exception of the list */
	{"shop.example.kawasaki.jp", "example.kawasaki.jp", "shop.example.kawasaki.jp", ""},
	{"co.jp", NULL, NULL, NULL},
	{"com", NULL, NULL, NULL},
	{"srv1", NULL, NULL, NULL},
	{"srv1.corp.invalid", NULL, NULL, NULL}, /* no suffix of the list */
	{"192.0.2.1", NULL, NULL, NULL},
	{"2001:db8::1", NULL, NULL, NULL},
	{"", NULL, NULL, NULL},
	{".example.com", NULL, NULL, NULL},
	{"a_very_long_label_that_is_not_kept_in_the_memory_of_the_worker_1.example.com", "com",
		"example.com", "a_very_long_label_that_is_not_kept_in_the_memory_of_the_worker_1"},
};

Test(finish, a_name_is_split_by_public_suffixes_and_always_alike)
{
	static struct domains memory;
	struct domains *d = &memory;

	/* The second time from the worker's memory. */
	for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
		size_t at = i % (sizeof(names) / sizeof(names[0]));
		struct domain_parts p = {0};
		bool has = domain_split(d, str_of(names[at].name), &p);

		cr_expect_eq(has, names[at].suffix != NULL, "%s", names[at].name);
		if (!has || !names[at].suffix)
			continue;
		cr_expect(str_eq(p.suffix, str_of(names[at].suffix)), "%s: %.*s", names[at].name,
			STR_ARG(p.suffix));
		cr_expect(str_eq(p.registered, str_of(names[at].registered)), "%s: %.*s",
			names[at].name, STR_ARG(p.registered));
		cr_expect(str_eq(p.below, str_of(names[at].below)), "%s: %.*s", names[at].name,
			STR_ARG(p.below));
	}
}

static const struct line_row rows[] = {
	{"who, where from and to",
		"<38>Apr  2 10:02:03 srv1 sshd[7]: Accepted password for abe from 192.0.2.7 port "
		"50001 ssh2",
		"event.kind=event|related.ip=192.0.2.7|related.user=abe|related.hosts=srv1|"
		"@kind=auth|@excused="},
	{"a name at the machine itself needs no address",
		"<86>Apr  2 10:02:03 srv1 login[7]: pam_unix(login:auth): authentication failure; "
		"logname=LOGIN uid=0 euid=0 tty=tty1 ruser= rhost=  user=abe",
		"event.kind=event|related.user=abe|@kind=auth|@excused=local"},
	{"a proxy's URL in its parts",
		"1772438460.000 5 192.0.2.7 TCP_MISS/200 512 GET "
		"http://a.www.example.co.jp/x.html?q=1#top abe HIER_DIRECT/203.0.113.7 text/html",
		"url.domain=a.www.example.co.jp|url.registered_domain=example.co.jp|"
		"url.top_level_domain=co.jp|url.subdomain=a.www|url.query=q=1|url.fragment=top|"
		"url.extension=html|related.ip=192.0.2.7,203.0.113.7|@kind=proxy"},
	{"a session's end is a record of no kind of log",
		"<86>Apr  2 10:02:03 srv1 sshd[7]: pam_unix(sshd:session): session closed for user "
		"abe",
		"event.kind=event|@kind=none"},
	{NULL, NULL, NULL},
};

Test(finish, what_follows_from_the_fields)
{
	house_rows((struct house){0}, rows);
}
