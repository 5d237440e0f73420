/* Who asks behind a proxy, and who sits behind a network card. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/logsource.h"
#include "house.h"

static const char cards[] = "host,address,role,important,mac\n"
			    "AS-PRN01,10.10.1.9,printer,no,00:1c:42:00:00:99\n"
			    "AS-VDI01,10.10.2.7,vdi host,no,00:1c:42:00:00:77\n"
			    "AS-LB01,10.9.0.20,load balancer,no,\n";
static const char *const company[] = {
	"people", people, "networks", networks, "assets", cards, NULL};

#define ROOM          ((size_t)64 << 20)
#define T0            (INT64_C(1772438400) * S)
#define IS(json, who) strstr(json, "\"noroshi.identity.user\":\"" who "\"")
#define AT(json, pc)  strstr(json, "\"noroshi.identity.host\":\"" pc "\"")

/* 10.9.0.10 is a listed proxy, 10.9.0.20 a listed load balancer; 203.0.113.1 translates. */
static const struct {
	const char *why, *peer, *list, *client;
} rows[] = {{"one proxy", "10.9.0.10", "198.51.100.7", "198.51.100.7"},
	{"the right end counts, what stands left of it is the client's own word", "10.9.0.10",
		"10.20.1.5,~198.51.100.7", "198.51.100.7"},
	{"two proxies of ours", "10.9.0.20", "198.51.100.7,10.9.0.10", "198.51.100.7"},
	{"elements of several headers", "10.9.0.20",
		"192.0.2.1 http.request.x_forwarded_for=198.51.100.7 "
		"http.request.x_forwarded_for=10.9.0.10",
		"198.51.100.7"},
	{"with a port", "10.9.0.10", "198.51.100.7:4711", "198.51.100.7"},
	{"IPv6 with a port", "10.9.0.10", "[2001:DB8:0::7]:4711", "2001:db8::7"},
	{"from one that is not listed: kept, not believed", "198.51.100.99", "198.51.100.7", NULL},
	{"a translation is no proxy", "203.0.113.1", "198.51.100.7", NULL},
	{"a client of ours is no proxy", "10.20.1.5", "198.51.100.7", NULL},
	{"not told: nobody vouches for what stands left", "10.9.0.10", "198.51.100.7,~unknown",
		NULL},
	{"text", "10.9.0.10", "198.51.100.7,<script>", NULL},
	{"an empty end", "10.9.0.10", "198.51.100.7,", NULL},
	{"proxies all the way", "10.9.0.10", "10.9.0.20,10.9.0.10", NULL},
	{"the machine itself", "10.9.0.10", "127.0.0.1", NULL}, {NULL, NULL, NULL, NULL}};

Test(cards, forwarded_for_is_believed_from_listed_proxies_only)
{
	struct house h = house_open(company, ROOM);

	for (unsigned i = 0; rows[i].why; i++) {
		char text[300], want[80];
		const char *json;

		snprintf(text, sizeof(text), "source.ip=%s http.request.x_forwarded_for=%s",
			rows[i].peer, rows[i].list);
		json = house_say(&h, T0, LOGSOURCE_WEBSERVER, text);
		snprintf(want, sizeof(want), "\"client.ip\":\"%s\"",
			rows[i].client ? rows[i].client : "");
		cr_expect(!rows[i].client == !strstr(json, "\"client.ip\""), "%s: %s", rows[i].why,
			json);
		cr_expect(!rows[i].client || strstr(json, want), "%s: %s", rows[i].why, json);
		snprintf(want, sizeof(want), "\"source.ip\":\"%s\"", rows[i].peer);
		cr_expect(strstr(json, want), "%s: the proxy is kept: %s", rows[i].why, json);
	}
	house_close(&h);
}

#define LEASE(ip, mac, host)                                                                       \
	"event.action=dhcp_ack client.ip=" ip " client.mac=" mac " client.domain=" host

Test(cards, a_person_behind_a_listed_proxy_is_named)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_DHCPD, LEASE("10.20.1.5", "00-1C-42-00-00-01", "AS-PC0001"));
	json = house_say(&h, T0 + S, LOGSOURCE_WEBSERVER,
		"source.ip=10.9.0.10 http.request.x_forwarded_for=10.20.1.5");
	cr_expect(IS(json, "sato.k"), "%s", json);
	cr_expect(strstr(json, "\"related.ip\":[\"10.20.1.5\",\"10.9.0.10\"]"), "%s", json);
	cr_expect_not(strstr(json, "identity.shared"));
	json = house_say(&h, T0 + S, LOGSOURCE_WEBSERVER,
		"source.ip=198.51.100.9 http.request.x_forwarded_for=10.20.1.5");
	cr_expect_not(strstr(json, "identity.user"), "a stranger names whom he likes: %s", json);
	json = house_say(&h, T0 + S, LOGSOURCE_WEBSERVER, "source.ip=10.9.0.10");
	cr_expect(strstr(json, "\"noroshi.identity.shared\":\"proxy\""));
	house_close(&h);
}

Test(cards, a_line_that_names_only_a_card)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	json = house_say(&h, T0, LOGSOURCE_GENERIC, "source.mac=00:1C:42:00:00:01");
	cr_expect(IS(json, "sato.k") && AT(json, "as-pc0001"), "his own PC: %s", json);
	json = house_say(&h, T0, LOGSOURCE_GENERIC, "client.mac=001c.4200.0099");
	cr_expect(AT(json, "as-prn01"), "assets.csv: %s", json);
	json = house_say(&h, T0, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-77");
	cr_expect(strstr(json, "\"noroshi.identity.shared\":\"vdi\"") && !IS(json, ""), "%s", json);
	json = house_say(&h, T0, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-55");
	cr_expect_not(strstr(json, "noroshi.identity"), "nobody knows it: %s", json);
	json = house_say(&h, T0, LOGSOURCE_GENERIC, "source.mac=rubbish");
	cr_expect_not(strstr(json, "noroshi.identity"));
	house_close(&h);
}

Test(cards, a_card_moves_with_its_leases)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_DHCPD, LEASE("10.20.1.8", "00-1C-42-00-00-55", "LOAN01"));
	house_say(
		&h, T0 + 2 * H, LOGSOURCE_DHCPD, LEASE("10.20.1.9", "00-1C-42-00-00-55", "LOAN02"));
	json = house_say(&h, T0 + 3 * H, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-55");
	cr_expect(AT(json, "loan02") && strstr(json, "\"related.ip\":[\"10.20.1.9\"]"), "%s", json);
	json = house_say(&h, T0 + H, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-55");
	cr_expect(AT(json, "loan01") && strstr(json, "10.20.1.8"), "a late line: %s", json);
	house_restart(&h);
	json = house_say(&h, T0 + 3 * H, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-55");
	cr_expect(AT(json, "loan02"), "the checkpoint holds it");
	house_say(&h, T0 + 4 * H, LOGSOURCE_DHCPD,
		"event.action=dhcp_release client.ip=10.20.1.9 client.mac=00-1C-42-00-00-55");
	json = house_say(&h, T0 + 5 * H, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-55");
	cr_expect_not(strstr(json, "noroshi.identity"), "given back: %s", json);
	house_close(&h);
}

#define DOT1X(user, mac, outcome)                                                                  \
	"event.category=authentication event.outcome=" outcome " user.name=" user " source."       \
	"mac=" mac

Test(cards, who_logged_in_to_the_network_with_it)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_GENERIC, DOT1X("AOBA\\ito.m", "00-1C-42-00-00-66", "failure"));
	json = house_say(&h, T0 + S, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-66");
	cr_expect_not(IS(json, "ito.m"), "who fails shows nothing");
	house_say(&h, T0, LOGSOURCE_GENERIC, DOT1X("AOBA\\ito.m", "00-1C-42-00-00-66", "success"));
	json = house_say(&h, T0 + S, LOGSOURCE_GENERIC, "source.mac=00:1c:42:00:00:66");
	cr_expect(IS(json, "ito.m") && strstr(json, "\"noroshi.identity.sure\":false"), "%s", json);
	house_say(&h, T0 + H, LOGSOURCE_GENERIC, DOT1X("abe.y", "00-1C-42-00-00-66", "success"));
	json = house_say(&h, T0 + 2 * H, LOGSOURCE_GENERIC, "source.mac=00-1C-42-00-00-66");
	cr_expect(IS(json, "abe.y"), "%s", json);
	house_close(&h);
}

Test(cards, a_lease_without_a_name_gets_it_from_the_card)
{
	struct house h = house_open(company, ROOM);
	const char *json;

	house_say(&h, T0, LOGSOURCE_DHCPD,
		"event.action=dhcp_ack client.ip=10.20.1.7 client.mac=00-1C-42-00-00-03");
	json = house_say(&h, T0 + S, LOGSOURCE_SQUID, "source.ip=10.20.1.7");
	cr_expect(IS(json, "abe.y") && AT(json, "as-pc0003"), "%s", json);
	house_close(&h);
}

Test(cards, cards_without_end_are_bounded)
{
	struct house h = house_open(company, (size_t)4 << 20);
	struct weave_stats st;
	char text[120];

	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text),
			"event.action=dhcp_ack client.ip=10.20.%u.%u "
			"client.mac=02-00-00-00-%02X-%02X",
			i / 250, i % 250 + 1, i >> 8, i & 255);
		house_say(&h, T0 + i, LOGSOURCE_DHCPD, text);
	}
	weave_stats(h.w, &st);
	cr_expect_gt(st.evicted, 4000u);
	house_close(&h);
}
