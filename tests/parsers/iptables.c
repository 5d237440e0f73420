#include <criterion/criterion.h>

#include "a_house.h"

static const struct line_row rows[] = {
	{"the prefix's word is the verdict",
		"<4>Nov 22 09:59:58 gw kernel: [12345.678901] FW-DROP: IN=eth0 OUT= "
		"MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC=198.51.100.9 DST=192.0.2.1 "
		"LEN=60 "
		"TOS=0x00 PREC=0x00 TTL=52 ID=1 DF PROTO=TCP SPT=44123 DPT=22 WINDOW=1024 RES=0x00 "
		"SYN URGP=0",
		"host.name=gw|event.action=drop|event.type=denied|event.outcome=failure|"
		"event.category=network|source.ip=198.51.100.9|source.port=44123|"
		"destination.ip=192.0.2.1|destination.port=22|network.transport=tcp|"
		"network.iana_number=6|observer.ingress.interface.name=eth0|"
		"observer.egress.interface.name=|network.direction=inbound|"
		"destination.mac=00-00-5E-00-53-01|source.mac=00-00-5E-00-53-02|rule.name=FW-DROP|"
		"iptables.tcp_flags=SYN|iptables.ttl=52|source.bytes=60|@product=iptables"},
	{"UFW lets through",
		"[UFW ALLOW] IN= OUT=eth0 SRC=192.0.2.1 DST=198.51.100.1 LEN=60 TTL=64 "
		"PROTO=UDP SPT=5 DPT=53 LEN=40",
		"event.action=allow|event.type=allowed|event.outcome=success|"
		"network.direction=outbound|source.bytes=60|rule.name=UFW ALLOW"},
	{"UFW blocks, its last word counts",
		"[UFW LIMIT BLOCK] IN=eth0 OUT= SRC=198.51.100.9 DST=192.0.2.1 PROTO=TCP SPT=1 "
		"DPT=2",
		"event.action=block|event.type=denied"},
	{"a prefix without a verdict promises nothing",
		"NEW: IN=eth0 OUT=eth1 SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=1 DPT=2",
		"event.action=|event.type=connection|event.outcome=|network.direction="},
	{"a word inside a word is no verdict",
		"DROPBOX IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=1 DPT=2",
		"event.outcome=|rule.name=DROPBOX"},
	{"IPv6 and its own words",
		"REJECT IN=eth0 OUT= MAC= SRC=2001:0db8:0000:0000:0000:0000:0000:0001 "
		"DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=72 TC=0 HOPLIMIT=255 FLOWLBL=0 "
		"PROTO=ICMPv6 TYPE=135 CODE=0",
		"source.ip=2001:db8::1|network.type=ipv6|network.iana_number=58|"
		"iptables.icmp_type=135|iptables.hoplimit=255|event.type=denied"},
	{"the packet inside an ICMP error is not the event",
		"DROP IN=eth0 OUT= SRC=198.51.100.1 DST=192.0.2.1 LEN=56 PROTO=ICMP TYPE=3 CODE=1 "
		"[SRC=192.0.2.1 DST=203.0.113.5 LEN=60 PROTO=TCP SPT=9 DPT=80 ]",
		"source.ip=198.51.100.1|destination.ip=192.0.2.1|source.port=|network.transport="
		"icmp|"
		"iptables.icmp_type=3"},
	{"a protocol by number", "DROP IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 PROTO=89",
		"network.iana_number=89|network.transport=ospf"},
	{"only OUT", "ACCEPT: OUT=eth0 SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=1 DPT=2",
		"event.type=allowed|network.direction=outbound"},
	{0}};

Test(iptables, lines)
{
	struct house house = {.in.name = STR("x"), .in.history = true};

	house_rows(house, rows);
}
