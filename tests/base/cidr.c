/* cidr.c - networks, the addresses in them, and the address of a peer. */
#include "base/cidr.h"

#include <criterion/criterion.h>

static const struct cidr_row {
	const char *net, *address;
	bool has;
} cidrs[] = {
	{"10.0.0.0/8", "10.255.0.1", true},
	{"10.0.0.0/8", "11.0.0.1", false},
	{"192.0.2.128/25", "192.0.2.127", false},
	{"192.0.2.7", "192.0.2.7", true},
	{"0.0.0.0/0", "255.255.255.255", true},
	{"0.0.0.0/0", "1.2.3", false},
	{"0.0.0.0/0", "01.2.3.4", false},
	{"0.0.0.0/0", " 1.2.3.4", false},
	{"fe80::/10", "FE80::1", true},
	{"fe80::/10", "fe80::1%eth0", false},
	{"fe80::/10", "fec0::1", false},
	{"::ffff:0.0.0.0/96", "::ffff:1.2.3.4", true},
	{NULL, NULL, false},
};

Test(cidr, networks)
{
	struct cidr c;

	for (const struct cidr_row *row = cidrs; row->net; row++) {
		cr_assert_null(cidr_read(str_of(row->net), &c), "%s", row->net);
		cr_expect_eq(cidr_has(&c, str_of(row->address)), row->has, "%s in %s", row->address,
			row->net);
	}
	cr_expect_not(cidr_has(&c, STR("1.2.3.4\0")), "a NUL is no part of an address");
	cr_expect(cidr_read(STR("10.0.0.1/31"), &c));
	cr_expect(cidr_read(STR("10.0.0.0/"), &c));
	cr_expect(cidr_read(STR("10.0.0.0/-1"), &c));
	cr_expect(cidr_read(STR("1::1/64"), &c));
	cr_expect(cidr_read(STR(""), &c));
}

static const struct peer_row {
	const char *why, *peer, *net;
	bool has;
} peers[] = {
	{"with a port", "192.0.2.7:514", "192.0.2.0/24", true},
	{"without, as UDP has it", "192.0.2.7", "192.0.2.0/24", true},
	{"IPv6 without", "2001:db8::7", "2001:db8::/32", true},
	{"another network", "192.0.3.7:514", "192.0.2.0/24", false},
	{"brackets", "[2001:db8::7]:514", "2001:db8::/32", true},
	{"another family", "[2001:db8::7]:514", "0.0.0.0/0", false},
	{"one address", "192.0.2.7:514", "192.0.2.7", true},
	{"a unix socket", "unix", "0.0.0.0/0", false},
	{"a process", "pid:42", "0.0.0.0/0", false},
	{"a file", "/var/log/a:1", "0.0.0.0/0", false},
	{"nothing", "", "0.0.0.0/0", false},
	{NULL, NULL, NULL, false},
};

Test(cidr, peers)
{
	for (const struct peer_row *row = peers; row->why; row++) {
		struct cidr net, who;

		cr_assert_null(cidr_read(str_of(row->net), &net));
		cr_expect_eq(cidr_of_peer(str_of(row->peer), &who) && cidr_holds(&net, &who),
			row->has, "%s", row->why);
	}
}

Test(cidr, the_same_network)
{
	struct cidr a, b;

	cidr_read(STR("192.0.2.0/24"), &a);
	cidr_read(STR("192.0.2.0/25"), &b);
	cr_expect(cidr_same(&a, &a));
	cr_expect_not(cidr_same(&a, &b));
	cr_expect(cidr_holds(&a, &b));
	cr_expect_not(cidr_holds(&b, &a), "the larger is not in the smaller");
}
