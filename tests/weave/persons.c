/* Who it was: one person behind many names, one address behind many persons. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/logsource.h"
#include "house.h"

static const char *const company[] = {"people", people, "networks", networks, "assets", assets,
	"service_accounts", "account,note\nsvc-backup,nightly\n", "shared_ids",
	"account,where\nline1,plant\n", NULL};

#define ROOM            ((size_t)64 << 20)
#define T0              (INT64_C(1772438400) * S)
#define IS(json, who)   strstr(json, "\"noroshi.identity.user\":\"" who "\"")
#define NOBODY_IN(json) (!strstr(json, "\"noroshi.identity.user\""))

static const struct {
	const char *account, *person;
} spellings[] = {{"AOBA\\sato.k", "sato.k"}, {"sato.k@ad.aoba.example", "sato.k"},
	{"SATO.K", "sato.k"}, {"k-sato", "sato.k"}, {"adm-sato", "sato.k"},
	{"kenji.sato@aoba.example", "sato.k"}, {"\xef\xbd\x93\xef\xbd\x81to.k", "sato.k"},
	{"newcomer", "newcomer"}, {"AOBA\\newcomer", "newcomer"}, {"svc-backup", ""}, {"LINE1", ""},
	{"AS-PC0001$", ""}, {"SYSTEM", ""}, {"root", ""}, {"sato.k@elsewhere.example", ""},
	{"", ""}};

Test(persons, one_person_behind_many_spellings)
{
	struct house h = house_open(company, ROOM);

	house_say(&h, T0, LOGSOURCE_SQUID, "source.ip=192.0.2.9");
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct str who = weave_account(h.w, str_of(spellings[i].account));

		cr_expect(str_eq(who, str_of(spellings[i].person)), "%s: %.*s",
			spellings[i].account, STR_ARG(who));
	}
	house_close(&h);
}

#define LEASE(ip, mac, host)                                                                       \
	"event.action=dhcp_ack client.ip=" ip " client.mac=" mac " client.domain=" host

Test(persons, an_address_that_two_people_had_one_after_the_other)
{
	struct house h = house_open(company, ROOM);
	struct weave_who p[2];
	struct str shared;

	house_say(&h, T0, LOGSOURCE_DHCPD, LEASE("10.20.1.5", "00-1C-42-00-00-01", "AS-PC0001"));
	cr_expect(IS(house_say(&h, T0 + H, LOGSOURCE_SQUID, "source.ip=10.20.1.5"), "sato.k"));
	house_say(&h, T0 + 2 * H, LOGSOURCE_DHCPD,
		LEASE("10.20.1.5", "00-1C-42-00-00-02", "AS-PC0002"));
	cr_expect(IS(house_say(&h, T0 + 3 * H, LOGSOURCE_SQUID, "source.ip=10.20.1.5"), "ito.m"));
	cr_expect(IS(house_say(&h, T0 + H, LOGSOURCE_FORTIGATE_TRAFFIC, "source.ip=10.20.1.5"),
			  "sato.k"),
		"a late line asks for who had it then");
	cr_expect_eq(weave_who(h.w, STR("10.20.1.5"), T0 - 1, p, 2, &shared), 0,
		"nobody before the first lease");
	house_say(&h, T0 + 4 * H, LOGSOURCE_DHCPD, "event.action=dhcp_release client.ip=10.20.1.5");
	cr_expect(NOBODY_IN(house_say(&h, T0 + 5 * H, LOGSOURCE_SQUID, "source.ip=10.20.1.5")));
	cr_expect(strstr(house_say(&h, T0 + 3 * H, LOGSOURCE_SQUID, "source.ip=10.20.1.5"),
		"\"noroshi.identity.host\":\"as-pc0002\""));
	house_close(&h);
}

Test(persons, a_tunnel_address_is_the_one_who_opened_the_tunnel)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_FORTIGATE_VPN,
		"event.action=tunnel-up event.outcome=success event.type=start "
		"source.ip=198.51.100.7 "
		"source.nat.ip=10.8.0.9 user.name=k-sato");
	json = house_say(&h, T0 + S, LOGSOURCE_WIN_SECURITY,
		"event.code=4624 event.outcome=success source.ip=10.8.0.9 user.name=AOBA\\ito.m "
		"host.name=AS-FS01.ad.aoba.example winlog.logon.type=3");
	cr_expect(IS(json, "ito.m"), "a name in the line is surer than the address");
	json = house_say(&h, T0 + 2 * S, LOGSOURCE_FORTIGATE_TRAFFIC, "source.ip=10.8.0.9");
	cr_expect(IS(json, "sato.k"), "%s", json);
	cr_expect(strstr(json, "\"noroshi.identity.via\":[\"vpn\"]"));
	house_say(&h, T0 + H, LOGSOURCE_FORTIGATE_VPN,
		"event.action=tunnel-down event.type=end source.ip=198.51.100.7 "
		"source.nat.ip=10.8.0.9 "
		"user.name=k-sato");
	cr_expect_not(
		IS(house_say(&h, T0 + 2 * H, LOGSOURCE_FORTIGATE_TRAFFIC, "source.ip=10.8.0.9"),
			"sato.k"));
	house_close(&h);
}

Test(persons, what_many_share_is_nobodys)
{
	struct house h = house_open(company, ROOM);
	const char *json;
	char text[256];

	json = house_say(&h, T0, LOGSOURCE_FORTIGATE_TRAFFIC, "source.ip=10.9.0.10");
	cr_expect(NOBODY_IN(json) && strstr(json, "\"noroshi.identity.shared\":\"proxy\""), "%s",
		json);
	json = house_say(&h, T0, LOGSOURCE_WEBSERVER, "source.ip=203.0.113.1");
	cr_expect(strstr(json, "\"noroshi.identity.shared\":\"nat\""), "%s", json);
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text),
			"event.outcome=success source.ip=10.10.2.7 user.name=user%02d "
			"host.name=AS-DC01 winlog.logon.type=3",
			i);
		house_say(&h, T0 + i * S, LOGSOURCE_WIN_SECURITY, text);
	}
	json = house_say(&h, T0 + 60 * S, LOGSOURCE_SQUID, "source.ip=10.10.2.7");
	cr_expect(NOBODY_IN(json) && strstr(json, "\"vdi\""), "%s", json);
	json = house_say(&h, T0 + 61 * S, LOGSOURCE_SQUID, "source.ip=10.10.2.7 user.name=user07");
	cr_expect(IS(json, "user07"), "his own name in the line still counts");
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			"event.outcome=success source.ip=10.20.9.9 user.name=u%d host.name=AS-DC01 "
			"winlog.logon.type=3",
			i);
		json = house_say(&h, T0 + i * 60 * S, LOGSOURCE_WIN_SECURITY, text);
	}
	json = house_say(&h, T0 + 300 * S, LOGSOURCE_SQUID, "source.ip=10.20.9.9");
	cr_expect(NOBODY_IN(json) && strstr(json, "\"learned\""), "%s", json);
	house_close(&h);
}

Test(persons, a_translated_port_leads_back_inside)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_DHCPD, LEASE("10.20.1.5", "00-1C-42-00-00-03", "AS-PC0003"));
	house_say(&h, T0 + S, LOGSOURCE_ASA_FIREWALL,
		"event.action=flow-creation source.ip=10.20.1.5 source.port=4000 "
		"source.nat.ip=203.0.113.1 source.nat.port=41224");
	json = house_say(
		&h, T0 + 2 * S, LOGSOURCE_WEBSERVER, "source.ip=203.0.113.1 source.port=41224");
	cr_expect(IS(json, "abe.y"), "%s", json);
	cr_expect(strstr(json, "\"related.ip\":[\"10.20.1.5\""), "%s", json);
	json = house_say(
		&h, T0 + 2 * S, LOGSOURCE_WEBSERVER, "source.ip=203.0.113.1 source.port=41225");
	cr_expect(NOBODY_IN(json), "another port is another connection");
	house_close(&h);
}

/* A thousand random bindings and questions; the answers as one text. */
static void
wander(uint64_t seed, unsigned restart, struct buf *out)
{
	struct house h = house_open(company, ROOM);
	uint64_t x = 88172645463325252u;

	h.seed = seed;
	for (unsigned i = 0; i < 3000; i++) {
		char text[256];
		unsigned ip, who;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		ip = (unsigned)(x >> 8) % 40;
		who = (unsigned)(x >> 32) % 3 + 1;
		if (x % 3 == 0)
			snprintf(text, sizeof(text),
				"event.action=dhcp_ack client.ip=10.20.3.%u "
				"client.mac=00-1C-42-00-00-0%u "
				"client.domain=AS-PC000%u",
				ip, who, who);
		else
			snprintf(text, sizeof(text), "source.ip=10.20.3.%u", ip);
		buf_printf(out, "%s\n",
			house_say(&h, T0 + (int64_t)i * 30 * S - (int64_t)(x % 100) * S,
				x % 3 == 0 ? LOGSOURCE_DHCPD : LOGSOURCE_SQUID, text));
		if (restart && i % restart == restart - 1)
			house_restart(&h);
	}
	house_close(&h);
}

Test(persons, neither_seed_nor_restart_changes_an_answer)
{
	struct buf a = {0}, b = {0}, c = {0};

	wander(1, 0, &a);
	wander(987654321, 0, &b);
	wander(1, 333, &c);
	cr_expect(str_eq(buf_str(&a), buf_str(&b)));
	cr_expect(str_eq(buf_str(&a), buf_str(&c)));
	cr_expect(strstr(buf_z(&a), "sato.k") && strstr(buf_z(&a), "abe.y"));
	buf_done(&a);
	buf_done(&b);
	buf_done(&c);
}

Test(persons, an_endless_flood_of_addresses_is_bounded)
{
	struct house h = house_open(company, (size_t)2 << 20);
	struct weave_stats st;
	char text[160];

	for (unsigned i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text),
			"event.action=dhcp_ack client.ip=10.%u.%u.%u "
			"client.mac=02-00-00-%02X-%02X-%02X",
			i >> 16 & 255, i >> 8 & 255, i & 255, i >> 16 & 255, i >> 8 & 255, i & 255);
		house_say(&h, T0 + i * S, LOGSOURCE_DHCPD, text);
	}
	weave_stats(h.w, &st);
	cr_expect_gt(st.evicted, 10000u);
	cr_expect_lt(st.bindings, 5000u);
	house_say(&h, T0, LOGSOURCE_DHCPD, LEASE("10.20.1.5", "00-1C-42-00-00-01", "AS-PC0001"));
	cr_expect(IS(house_say(&h, T0 + S, LOGSOURCE_SQUID, "source.ip=10.20.1.5"), "sato.k"),
		"the newest is always known");
	house_close(&h);
}
