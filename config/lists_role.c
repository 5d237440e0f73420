/* lists_role.c - what roles in networks.csv and assets.csv mean. */
#include <string.h>

#include "base/utf8.h"
#include "config/lists.h"

/* The first that stands in the role decides. */
static const struct {
	struct str word, why;
} many[] = {
#define W(word, why) {{word, sizeof(word) - 1}, {why, sizeof(why) - 1}},
	W("proxy", "proxy") W("nat", "nat") W("vdi", "vdi") W("terminal server", "vdi")
		W("citrix", "vdi") W("rds", "vdi") W("concentrator", "vpn") W("vpn gateway", "vpn")
			W("vpn-gateway", "vpn") W("gateway", "nat") W("load balancer", "proxy")
				W("load-balancer", "proxy") W("cdn", "proxy") W("shared", "shared")
					W("jump", "jump") W("relay", "proxy")
#undef W
};

struct str
lists_shared_role(struct str role)
{
	char low[192];
	struct str s = {low, role.n <= sizeof(low) / 3 ? utf8_lower_to(role, low) : 0};

	if (s.n == 0)
		return (struct str){"", 0};
	/* A pool's addresses are handed out, one person each - unless they translate. */
	if (str_find(s, STR("pool")) >= 0 && str_find(s, STR("nat")) < 0)
		return (struct str){"", 0};
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		if (str_find(s, many[i].word) >= 0)
			return many[i].why;
	return (struct str){"", 0};
}

bool
lists_forwards(struct str role)
{
	static const char *const words[] = {
		"proxy", "load balancer", "load-balancer", "waf", "cdn", "application gateway"};
	char low[192];
	struct str s = {low, role.n <= sizeof(low) / 3 ? utf8_lower_to(role, low) : 0};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(s, str_of(words[i])) >= 0)
			return true;
	return false;
}

static struct str
role_in(const struct list *t, struct str column, struct str address)
{
	int where = t ? list_column(t, column) : -1, role = t ? list_column(t, STR("role")) : -1;
	int64_t row = where >= 0 && role >= 0
			      ? list_lookup(t, (unsigned)where, LIST_CIDR, address, -1)
			      : -1;

	return row >= 0 ? list_cell(t, (size_t)row, (unsigned)role) : (struct str){"", 0};
}

struct str
lists_role_of(const struct lists *l, struct str address)
{
	struct str role = role_in(lists_find(l, STR("assets")), STR("address"), address);

	return role.n ? role : role_in(lists_find(l, STR("networks")), STR("network"), address);
}

bool
lists_own_address(const struct lists *l, struct str a)
{
	const struct list *t = lists_find(l, STR("networks"));
	int column = t ? list_column(t, STR("network")) : -1;
	struct str rest = a, head;
	uint64_t second = 0;

	if (column >= 0 && list_lookup(t, (unsigned)column, LIST_CIDR, a, -1) >= 0)
		return true;
	if (str_starts(a, STR("10.")) || str_starts(a, STR("192.168.")) ||
		str_starts(a, STR("127.")) || str_starts(a, STR("169.254.")) ||
		str_eq(a, STR("::1")))
		return true;
	if (str_take(&rest, STR("172.")) && str_cut(&rest, '.', &head) && str_u64(head, &second))
		return second >= 16 && second <= 31;
	return str_starts(a, STR("fc")) || str_starts(a, STR("fd")) || str_starts(a, STR("fe80:"));
}

static struct str
short_name(struct str s)
{
	struct str head;

	str_cut(&s, '.', &head);
	return head;
}

static bool
is_yes(struct str s)
{
	static const char *const no[] = {"", "no", "false", "0", "n", "-", "low", "normal"};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (str_eq_nocase(s, str_of(no[i])))
			return false;
	return true;
}

bool
lists_important(const struct lists *l, struct str what)
{
	const struct list *t = lists_find(l, STR("assets"));
	int host = t ? list_column(t, STR("host")) : -1;
	int address = t ? list_column(t, STR("address")) : -1;
	int important = t ? list_column(t, STR("important")) : -1;
	int64_t row = -1;

	if (important < 0 || what.n == 0)
		return false;
	if (address >= 0)
		row = list_lookup(t, (unsigned)address, LIST_CIDR, what, -1);
	/* assets.csv is a company's list of servers: some thousand rows, asked per alert */
	for (size_t i = 0; row < 0 && host >= 0 && i < list_rows(t); i++)
		if (str_eq_nocase(short_name(list_cell(t, i, (unsigned)host)), short_name(what)))
			row = (int64_t)i;
	return row >= 0 && is_yes(list_cell(t, (size_t)row, (unsigned)important));
}
