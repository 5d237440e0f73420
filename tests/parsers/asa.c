#include <criterion/criterion.h>

#include "a_house.h"
#include "parsers/asa.h"

static const struct line_row rows[] = {
	{"a collector cut the number off",
		"Deny tcp src outside:198.51.100.7/50240 dst inside:192.0.2.5/23 by access-group "
		"\"edge\" [0x1, 0x0]",
		"source.ip=198.51.100.7|destination.ip=192.0.2.5|destination.port=23|"
		"rule.name=edge|event.outcome=failure|@product=cisco_asa"},
	{"the same of a VPN",
		"Group <staff> User <sato> IP <198.51.100.7> AnyConnect session lost connection. "
		"Waiting to resume.",
		"source.ip=198.51.100.7|user.name=sato|@product=cisco_asa"},
	{"ASDM's export leaves level, time and number",
		"6|Nov 22 2026 09:59:58|302015: Built inbound UDP connection 4711 for "
		"outside:198.51.100.7/3424 (198.51.100.7/3424) to inside:192.0.2.5/53 "
		"(192.0.2.5/53)",
		"source.ip=198.51.100.7|destination.port=53|event.code=302015|@product=cisco_asa"},
	{"a sentence that only begins like one", "Deny tcp src of evil and be happy",
		"source.ip=|event.outcome="},
	{"outbound: who opened the connection stands second",
		"%ASA-6-302013: Built outbound TCP connection 77 for outside:198.51.100.7/443 "
		"(198.51.100.7/443) to inside:192.0.2.5/50001 (203.0.113.1/40001)",
		"source.ip=192.0.2.5|source.port=50001|destination.ip=198.51.100.7|"
		"destination.port=443|source.nat.ip=203.0.113.1|source.nat.port=40001|"
		"destination.nat.ip=|observer.ingress.interface.name=inside|"
		"observer.egress.interface.name=outside|network.transport=tcp|"
		"network.direction=outbound|event.code=302013|event.type=connection,start,allowed|"
		"event.outcome=success|cisco.asa.connection_id=77|event.severity=6|"
		"log.level=informational"},
	{"inbound, with users of both sides",
		"%ASA-6-302015: Built inbound UDP connection 7 for outside:198.51.100.7/3424 "
		"(198.51.100.7/3424)(LOCAL\\sato, 12) to inside:192.0.2.5/53 (192.0.2.5/53) (sato)",
		"source.ip=198.51.100.7|destination.ip=192.0.2.5|destination.port=53|user.name="
		"sato|"
		"user.domain=LOCAL|source.user.name=sato"},
	{"a teardown: time, bytes, reason; the service's side is the server",
		"%ASA-6-302014: Teardown TCP connection 77 for outside:198.51.100.7/443 to "
		"inside:192.0.2.5/50001 duration 0:01:05 bytes 12345 TCP FINs",
		"source.ip=192.0.2.5|destination.ip=198.51.100.7|network.bytes=12345|"
		"event.duration=65000000000|event.reason=TCP FINs|event.type=connection,end"},
	{"an access list's no",
		"%ASA-4-106023: Deny tcp src outside:198.51.100.9/4444 dst inside:192.0.2.1/22 by "
		"access-group \"outside_in\" [0x0, 0x0]",
		"event.type=denied|event.outcome=failure|event.category=network|source.ip=198.51."
		"100.9|"
		"source.port=4444|destination.port=22|rule.name=outside_in|network.iana_number=6"},
	{"ICMP has a type and a code instead of ports",
		"%ASA-4-106023: Deny icmp src inside:192.0.2.1 dst outside:198.51.100.9 (type 8, "
		"code "
		"0) by access-group \"inside_in\" [0x0, 0x0]",
		"source.ip=192.0.2.1|source.port=|cisco.asa.icmp_type=8|cisco.asa.icmp_code=0|"
		"network.transport=icmp|rule.name=inside_in"},
	{"a protocol by its number",
		"%ASA-4-106023: Deny protocol 47 src outside:198.51.100.9 dst inside:192.0.2.1 by "
		"access-group \"outside_in\"",
		"network.iana_number=47|network.transport=gre|rule.name=outside_in"},
	{"IPv6 keeps its colons",
		"%ASA-4-106023: Deny tcp src outside:2001:db8::9/4444 dst inside:2001:db8:1::2/22 "
		"by "
		"access-group \"six\" [0x0, 0x0]",
		"source.ip=2001:db8::9|source.port=4444|destination.ip=2001:db8:1::2|"
		"observer.ingress.interface.name=outside"},
	{"106100 permits",
		"%ASA-6-106100: access-list in permitted udp dmz/192.0.2.1(53) -> "
		"inside/198.51.100.1(5353) hit-cnt 1 first hit [0x1, 0x2]",
		"event.type=allowed|event.outcome=success|source.port=53|destination.port=5353|"
		"rule.name=in|observer.ingress.interface.name=dmz"},
	{"106100 denies",
		"%ASA-6-106100: access-list in denied tcp dmz/192.0.2.1(5) -> "
		"inside/198.51.100.1(6) hit-cnt 9 300-second interval [0x1, 0x2]",
		"event.type=denied|event.outcome=failure"},
	{"106001 counts the flags",
		"%ASA-2-106001: Inbound TCP connection denied from 198.51.100.9/5 to 192.0.2.1/25 "
		"flags SYN on interface outside",
		"source.ip=198.51.100.9|destination.port=25|cisco.asa.tcp_flags=SYN|"
		"observer.ingress.interface.name=outside|event.type=denied|network.transport=tcp"},
	{"an address translation is no destination",
		"%ASA-6-305011: Built dynamic TCP translation from inside:192.0.2.5/50001 to "
		"outside:203.0.113.1/40001",
		"source.ip=192.0.2.5|source.nat.ip=203.0.113.1|source.nat.port=40001|destination."
		"ip="},
	{"ICMP connections name three addresses",
		"%ASA-6-302020: Built inbound ICMP connection for faddr 198.51.100.9/0 gaddr "
		"203.0.113.5/0 laddr 192.0.2.5/0 type 8 code 0",
		"source.ip=198.51.100.9|destination.ip=192.0.2.5|destination.nat.ip=203.0.113.5|"
		"cisco.asa.icmp_type=8"},
	{"AAA says yes",
		"%ASA-6-113004: AAA user authentication Successful : server =  192.0.2.88 "
		": user = sato",
		"user.name=sato|event.outcome=success|event.category=authentication|"
		"destination.ip=192.0.2.88|event.action=authentication-success"},
	{"AAA says no, and the address is the device's word, not the name's",
		"%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = "
		"192.0.2.88 : user = x : user IP = 192.0.2.1 : user IP = 198.51.100.9",
		"user.name=x : user IP = 192.0.2.1|source.ip=198.51.100.9|event.outcome=failure|"
		"event.reason=AAA failure"},
	{"local users, hidden names",
		"%ASA-6-113015: AAA user authentication Rejected : reason = "
		"Invalid password : local database : user = ***** : user IP = "
		"198.51.100.9",
		"user.name=|source.ip=198.51.100.9|event.reason=Invalid password"},
	{"the end of a VPN session",
		"%ASA-4-113019: Group = staff, Username = sato, IP = 198.51.100.9, Session "
		"disconnected. Session Type: AnyConnect-Parent, Duration: 2h:28m:09s, Bytes xmt: "
		"100, "
		"Bytes rcv: 50, Reason: User Requested",
		"user.name=sato|source.ip=198.51.100.9|event.duration=8889000000000|source.bytes="
		"50|"
		"destination.bytes=100|event.reason=User Requested|event.type=end,connection|"
		"source.user.group.name=staff"},
	{"AnyConnect begins, with brackets",
		"%ASA-6-113039: Group <staff> User <sato> IP <198.51.100.9> AnyConnect parent "
		"session "
		"started.",
		"user.name=sato|source.ip=198.51.100.9|event.category=session,network|"
		"event.action=client-vpn-connected"},
	{"and without them",
		"%ASA-6-113039: Group staff User sato IP 198.51.100.9 AnyConnect parent "
		"session started.",
		"user.name=sato|source.ip=198.51.100.9|source.user.group.name=staff"},
	{"an assigned address binds",
		"%ASA-4-722051: Group <staff> User <sato> IP <198.51.100.9> IPv4 Address "
		"<10.9.0.7> "
		"IPv6 address <::> assigned to session",
		"source.ip=198.51.100.9|cisco.asa.assigned_ip=10.9.0.7|@binds=yes|user.name=sato"},
	{"WebVPN logon refused",
		"%ASA-6-716039: Group <staff> User <a> IP <192.0.2.3> b> IP "
		"<198.51.100.9> Authentication: rejected, Session Type: WebVPN.",
		"event.outcome=failure|event.category=authentication|source.ip=198.51.100.9"},
	{"a number without a row of its own still tells who",
		"%ASA-5-722099: Group <staff> User <sato> IP <198.51.100.9> Something new happened",
		"user.name=sato|source.ip=198.51.100.9|event.code=722099|"
		"event.reason=Something new happened"},
	{"login to the device by service name",
		"%ASA-6-605005: Login permitted from 192.0.2.1/11 to outside:192.0.2.2/ssh for "
		"user "
		"\"admin\"",
		"user.name=admin|destination.port=22|network.protocol=ssh|event.outcome=success|"
		"event.category=authentication"},
	{"a command",
		"%ASA-5-111010: User 'admin', running 'CLI' from IP 192.0.2.1, executed 'write "
		"memory'",
		"user.name=admin|process.command_line=write memory|source.ip=192.0.2.1|"
		"event.category=configuration"},
	{"names instead of addresses",
		"%ASA-4-106023: Deny tcp src outside:scanner.example/4 dst inside:192.0.2.1/22 by "
		"access-group \"a\"",
		"source.domain=scanner.example|source.ip=|destination.ip=192.0.2.1"},
	{"FTD's connection event",
		"%FTD-1-430003: EventPriority: Low, FirstPacketSecond: 2026-11-22T09:00:00Z, "
		"ConnectionID: 5, AccessControlRuleAction: Block, SrcIP: 192.0.2.1, DstIP: "
		"198.51.100.2, SrcPort: 5, DstPort: 80, Protocol: tcp, IngressZone: in, "
		"AccessControlRuleName: No, really, Prefilter Policy: Unknown, InitiatorBytes: 10, "
		"URL: http://www.example.com/a",
		"source.ip=192.0.2.1|destination.port=80|event.type=denied|event.outcome=failure|"
		"rule.name=No, really|cisco.ftd.Prefilter Policy=Unknown|source.bytes=10|"
		"url.domain=www.example.com|observer.product=ftd|@time=2026-11-22T09:00:00.000Z"},
	{"PIX says the same",
		"%PIX-4-106023: Deny udp src a:192.0.2.1/1 dst b:192.0.2.2/2 by "
		"access-group \"x\"",
		"network.transport=udp|event.type=denied"},
	{"an unknown number is kept by its number", "%ASA-5-999999: Something else entirely",
		"event.code=999999|@unparsed=|source.ip="},
	{0}};

Test(asa, lines)
{
	struct house house = {.in.source = STR("cisco_asa")};

	house_rows(house, rows);
}

static const struct line_row headed[] = {
	{"behind a BSD header",
		"<166>Nov 22 09:59:58 asa01 %ASA-6-302021: Teardown ICMP connection for "
		"faddr 198.51.100.9/1 gaddr 192.0.2.5/0 laddr 192.0.2.5/0",
		"host.name=asa01|event.code=302021|@product=cisco_asa|source.ip=198.51.100.9"},
	{"behind Cisco's own header, with a year",
		"<166>Nov 22 2026 09:59:58 asa01 : %ASA-4-106023: Deny tcp src o:192.0.2.1/1 dst "
		"i:192.0.2.2/2 by access-group \"x\"",
		"host.name=asa01|event.code=106023|@time=2026-11-22T09:59:58.000Z"},
	{"with nothing in front",
		"%ASA-4-106023: Deny tcp src o:192.0.2.1/1 dst i:192.0.2.2/2 by "
		"access-group \"x\"",
		"event.code=106023|@product=cisco_asa"},
	{0}};

Test(asa, behind_headers)
{
	struct house house = {.in.name = STR("x")};

	house_rows(house, headed);
}

Test(asa_pattern, optional_parts_and_ends)
{
	struct asa_parts p;

	cr_expect(asa_match("a %p b{ [%r]} c", STR("a tcp b c"), &p));
	cr_expect(str_eq(asa_part(&p, 'p'), STR("tcp")));
	cr_expect(asa_match("a %p b{ [%r]} c", STR("a  tcp b [x y] c and more"), &p));
	cr_expect(str_eq(asa_part(&p, 'r'), STR("x y")));
	cr_expect_not(asa_match("a %p b", STR("a tcp"), &p));
	cr_expect_not(asa_match("a %S b", STR("a "), &p));
	cr_expect(asa_match("x : y = %u", STR("x: y = z"), &p),
		"blanks before a colon do not matter");
	cr_expect(str_eq(asa_part(&p, 'u'), STR("z")));
}
