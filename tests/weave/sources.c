/* Products that are described in YAML teach weave as the built-in rows do. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/logsource.h"
#include "house.h"

#define ROOM ((size_t)64 << 20)
#define T0   (INT64_C(1772438400) * S) /* 2026-03-02 08:00:00 UTC */

static const char *const company[] = {
	"people", people, "networks", networks, "assets", assets, NULL};

/* The line that teaches, and a line of another product that names the address alone. */
static const struct {
	const char *why, *teaches, *asks, *want;
} lessons[] = {
	{"a tunnel of a product of kind remote-access",
		"id=firewall time=\"2026-03-02 08:00:00\" pri=6 fw=192.0.2.1 vpn=gw1 ivs=Root "
		"user=k-sato realm=\"Staff\" roles=\"Staff\" proto= src=198.51.100.7 dst= dstname= "
		"type=vpn op= arg=\"\" result= sent= rcvd= agent=\"\" duration= msg=\"NWC30477: "
		"VPN "
		"Tunneling: User with IP 10.8.0.9 connected with ESP transport mode.\"",
		"1772438460.000 5 10.8.0.9 TCP_MISS/200 512 GET http://www.example.com/ - "
		"HIER_DIRECT/203.0.113.7 text/html",
		"\"noroshi.identity.user\":\"sato.k\""},
	{"a tunnel of a firewall: the record's category says vpn",
		"1,2026/03/02 08:00:00,0123456789,GLOBALPROTECT,0,2817,2026/03/02 "
		"08:00:00,vsys1,gateway-connected,connected,,IPSec,aoba\\ito.m,JP,AS-PC0002,"
		"198.51.100.8,::,10.8.0.10,::,00000000-0000-0000-0000-000000000001,,6.0.0,Windows,"
		"\"Microsoft Windows 11\",1,,,\"\",success,,0,,0,gw1,1,0x0",
		"1772438460.000 5 10.8.0.10 TCP_MISS/200 512 GET http://www.example.com/ - "
		"HIER_DIRECT/203.0.113.7 text/html",
		"\"noroshi.identity.user\":\"ito.m\""},
	{"a lease of a router's DHCP server",
		"<142>Mar  2 08:00:00 rt1 [DHCPD] LAN1(port1) Allocates 10.20.1.8: "
		"00:1c:42:00:00:02",
		"1772438460.000 5 10.20.1.8 TCP_MISS/200 512 GET http://www.example.com/ - "
		"HIER_DIRECT/203.0.113.7 text/html",
		"\"noroshi.identity.user\":\"ito.m\""},
	{"a firewall that names both sides of a translation",
		"<14>1 2026-03-02T08:00:00.000Z srx1 RT_FLOW - RT_FLOW_SESSION_CREATE "
		"[junos@2636.1.1.1.2.129 source-address=\"10.20.1.5\" source-port=\"50001\" "
		"destination-address=\"203.0.113.34\" destination-port=\"443\" "
		"nat-source-address=\"203.0.113.1\" nat-source-port=\"1024\" protocol-id=\"6\" "
		"policy-name=\"out\"] session created",
		"<134>Mar  2 08:01:00 fw2 kernel: IN=eth0 OUT= SRC=203.0.113.1 DST=203.0.113.34 "
		"LEN=60 TTL=64 PROTO=TCP SPT=1024 DPT=443 SYN",
		"\"10.20.1.5\""},
	{"a logon at a server of kind authentication",
		"<38>Mar  2 08:00:00 radius1 radiusd[77]: (12) Login OK: [abe.y] (from client sw1 "
		"port 7 cli 10.20.1.7)",
		"1772438460.000 5 10.20.1.7 TCP_MISS/200 512 GET http://www.example.com/ - "
		"HIER_DIRECT/203.0.113.7 text/html",
		"\"noroshi.identity.user\":\"abe.y\""},
};

Test(sources, products_in_yaml_teach_who_is_where)
{
	for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
		struct house h = house_open(company, ROOM);
		struct buf both = {0}, all = {0};
		char *second;

		buf_printf(&both, "%s\n%s\n", lessons[i].teaches, lessons[i].asks);
		house_lines(&h, buf_z(&both), T0, 8, &all);
		second = strchr(buf_z(&all), '\n');
		cr_expect(second && strstr(second, lessons[i].want), "%s: %s", lessons[i].why,
			buf_z(&all));
		buf_done(&both);
		buf_done(&all);
		house_close(&h);
	}
}

/* Whose networks a connection crosses: by networks.csv and the private ranges. */
static const struct {
	const char *why, *from, *to, *want;
} ways[] = {
	{"from the company out", "10.20.1.5", "198.51.100.9", "\"network.direction\":\"outbound\""},
	{"into the company", "198.51.100.9", "10.20.1.5", "\"network.direction\":\"inbound\""},
	{"inside", "10.20.1.5", "192.168.7.7", "\"network.direction\":\"internal\""},
	{"a listed address of the company's is inside", "198.51.100.9", "203.0.113.1",
		"\"network.direction\":\"inbound\""},
	{"a group's address leaves no network", "10.20.1.5", "239.255.255.250",
		"\"network.direction\":\"internal\""},
	{"strangers", "198.51.100.9", "203.0.113.9", "\"network.direction\":\"external\""},
};

Test(sources, a_connection_has_a_direction_by_the_companys_networks)
{
	struct house h = house_open(company, ROOM);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct buf text = {0};

		buf_printf(&text, "source.ip=%s destination.ip=%s", ways[i].from, ways[i].to);
		cr_expect(strstr(house_say(&h, T0, LOGSOURCE_IPTABLES, buf_z(&text)), ways[i].want),
			"%s", ways[i].why);
		buf_done(&text);
	}
	cr_expect(strstr(house_say(&h, T0, LOGSOURCE_IPTABLES,
				 "source.ip=10.20.1.5 destination.ip=198.51.100.9 "
				 "network.direction=ingress"),
			  "\"network.direction\":\"ingress\""),
		"the product's own word stays");
	house_close(&h);
}
