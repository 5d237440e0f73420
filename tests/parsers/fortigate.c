#include <criterion/criterion.h>

#include "a_house.h"

static const struct line_row rows[] = {
	{"FortiProxy behind a relay that doubles quotes",
		"logid=\"\"1000234512\"\" type=\"\"traffic\"\" subtype=\"\"http-transaction\"\" "
		"vd=\"\"root\"\" srcip=192.0.2.10 user=\"\"sato\"\" group=\"\" "
		"forwardedfor=\"\"192.0.2.1,192.0.2.2\"\" reqlength=474 resplength=9 "
		"statuscode=200",
		"source.ip=192.0.2.10|user.name=sato|http.request.bytes=474|http.response.bytes=9|"
		"http.response.status_code=200|http.request.x_forwarded_for=192.0.2.1,192.0.2.2"},
	{"whom the device saw without asking stands in for the user",
		"logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" vd=\"root\" "
		"srcip=192.0.2.10 unauthuser=\"EXAMPLE\\\\sato\"",
		"user.name=sato|user.domain=EXAMPLE"},
	{"a forwarded session: who, where, how much, by which policy",
		"date=2026-11-22 time=18:59:58 devname=\"fw-01\" devid=\"FG100F0000000001\" "
		"eventtime=1795341598123456789 tz=\"+0900\" logid=\"0000000013\" type=\"traffic\" "
		"subtype=\"forward\" level=\"notice\" vd=\"root\" srcip=192.0.2.10 srcport=50001 "
		"srcintf=\"lan\" srcintfrole=\"lan\" dstip=198.51.100.7 dstport=443 "
		"dstintf=\"wan1\" "
		"dstcountry=\"Japan\" srccountry=\"Reserved\" sessionid=7 proto=6 action=\"close\" "
		"policyid=3 policyname=\"out\" service=\"HTTPS\" trandisp=\"snat\" "
		"transip=203.0.113.1 transport=50001 duration=12 sentbyte=1000 rcvdbyte=234 "
		"sentpkt=5 "
		"rcvdpkt=4 user=\"EXAMPLE\\\\sato\" group=\"staff\" srcmac=\"00:00:5e:00:53:01\"",
		"@time=2026-11-22T09:59:58.123456789Z|event.category=network|event.type=allowed|"
		"event.outcome=success|event.action=close|source.ip=192.0.2.10|source.port=50001|"
		"destination.ip=198.51.100.7|destination.port=443|network.transport=tcp|"
		"network.iana_number=6|source.bytes=1000|destination.bytes=234|network.bytes=1234|"
		"network.packets=9|event.duration=12000000000|rule.id=3|rule.name=out|"
		"source.nat.ip=203.0.113.1|user.name=sato|user.domain=EXAMPLE|observer.name=fw-01|"
		"observer.ingress.interface.name=lan|observer.egress.interface.name=wan1|"
		"source.geo.country_name=|destination.geo.country_name=Japan|"
		"source.mac=00-00-5E-00-53-01|event.dataset=fortigate.traffic|"
		"fortigate.sessionid=7|fortigate.subtype=forward|@binds=|@product=fortigate"},
	{"a denied session is denied and failed",
		"date=2026-11-22 time=09:00:00 logid=\"0001000014\" type=\"traffic\" "
		"subtype=\"local\" level=\"notice\" vd=\"root\" srcip=2001:db8::1 srcport=1 "
		"dstip=2001:db8::2 dstport=23 proto=17 action=\"deny\" policyid=0",
		"@time=2026-11-22T09:00:00.000Z|event.type=denied|event.outcome=failure|"
		"source.ip=2001:db8::1|network.transport=udp|rule.id=0"},
	{"seconds in eventtime, commas between the pairs",
		"date=2026-11-22,time=09:00:00,logid=\"1501054802\",type=\"dns\","
		"subtype=\"dns-response\",level=\"notice\",vd=\"root\",eventtime=1795341590,"
		"srcip=192.0.2.1,dstip=192.0.2.53,proto=17,qname=\"www.example.com\",qtype=\"A\","
		"ipaddr=\"198.51.100.1, 198.51.100.2\",msg=\"Domain, monitored\",action=\"pass\"",
		"@time=2026-11-22T09:59:50.000Z|dns.question.name=www.example.com|"
		"dns.resolved_ip=198.51.100.1,198.51.100.2|message=Domain, monitored|"
		"event.dataset=fortigate.dns|event.type=allowed"},
	{"milliseconds and microseconds in eventtime",
		"eventtime=1795341590123 logid=\"1\" type=\"event\" subtype=\"system\" vd=\"root\"",
		"@time=2026-11-22T09:59:50.123Z"},
	{"microseconds",
		"eventtime=1795341590123456 logid=\"1\" type=\"event\" subtype=\"system\" "
		"vd=\"root\"",
		"@time=2026-11-22T09:59:50.123456000Z"},
	{"date and time with the device's own zone",
		"date=2026-11-22 time=18:00:00 tz=\"+0900\" logid=\"1\" type=\"event\" "
		"subtype=\"system\" vd=\"root\"",
		"@time=2026-11-22T09:00:00.000Z"},
	{"a date that does not exist is flagged, not believed",
		"date=2026-13-41 time=18:00:00 logid=\"1\" type=\"event\" subtype=\"system\" "
		"vd=\"root\"",
		"@flags=timestamp|@arrival=yes"},
	{"quotes and backslashes inside a value",
		"logid=\"1\" type=\"event\" subtype=\"system\" vd=\"root\" msg=\"he said "
		"\\\"no\\\"\" "
		"user=\"a\" action=\"Edit\"",
		"message=he said "
		"\"no\"|user.name=a|event.category=configuration|event.type=change"},
	{"a value that ends in one backslash does not swallow what follows",
		"logid=\"1\" type=\"utm\" subtype=\"virus\" vd=\"root\" filename=\"C:\\temp\\\" "
		"srcip=192.0.2.9 action=\"blocked\" virus=\"EICAR\"",
		"source.ip=192.0.2.9|event.type=denied|threat.indicator.name=EICAR|"
		"event.category=network,malware"},
	{"a web filter hit",
		"logid=\"0316013056\" type=\"utm\" subtype=\"webfilter\" eventtype=\"ftgd_blk\" "
		"level=\"warning\" vd=\"root\" srcip=192.0.2.1 srcport=5 dstip=198.51.100.9 "
		"dstport=443 proto=6 service=\"HTTPS\" hostname=\"Bad.Example.COM\" "
		"action=\"blocked\" url=\"https://bad.example.com/x/a.exe?q=1\" "
		"catdesc=\"Malicious\" "
		"direction=\"outgoing\"",
		"url.full=https://bad.example.com/x/a.exe?q=1|url.domain=bad.example.com|url.path=/"
		"x/a.exe|"
		"url.query=q=1|url.extension=exe|url.scheme=https|event.category=network,web|"
		"event.type=denied|event.outcome=failure|rule.category=Malicious|"
		"network.direction=outbound|destination.domain=bad.example.com"},
	{"an IPS signature is the rule; the policy is kept beside it",
		"logid=\"0419016384\" type=\"utm\" subtype=\"ips\" vd=\"root\" srcip=192.0.2.1 "
		"dstip=198.51.100.9 proto=6 action=\"dropped\" attack=\"Some.Exploit\" attackid=7 "
		"policyid=12 severity=\"high\"",
		"rule.name=Some.Exploit|rule.id=7|fortigate.policyid=12|fortigate.severity=high|"
		"event.category=network,intrusion_detection|event.type=denied"},
	{"a VPN tunnel says who has an address",
		"logid=\"0101039947\" type=\"event\" subtype=\"vpn\" level=\"information\" "
		"vd=\"root\" "
		"logdesc=\"SSL VPN tunnel up\" action=\"tunnel-up\" tunneltype=\"ssl-tunnel\" "
		"remip=203.0.113.9 tunnelip=10.212.134.200 user=\"suzuki\" group=\"vpn\" "
		"dst_host=\"N/A\" reason=\"N/A\"",
		"event.category=authentication,session,network|event.type=start|event.outcome="
		"success|"
		"source.ip=203.0.113.9|source.nat.ip=10.212.134.200|user.name=suzuki|"
		"destination.domain=|event.reason=|@binds=yes"},
	{"a failed VPN logon",
		"logid=\"0101039426\" type=\"event\" subtype=\"vpn\" level=\"alert\" vd=\"root\" "
		"action=\"ssl-login-fail\" remip=203.0.113.9 user=\"suzuki\" "
		"reason=\"sslvpn_login_permission_denied\"",
		"event.category=authentication,network|event.type=start|event.outcome=failure|"
		"event.reason=sslvpn_login_permission_denied|event.action=ssl-login-fail|@binds="},
	{"a tunnel that ends",
		"logid=\"0101039948\" type=\"event\" subtype=\"vpn\" vd=\"root\" "
		"action=\"tunnel-down\" remip=203.0.113.9 sentbyte=10 rcvdbyte=20 "
		"duration=60 user=\"suzuki\"",
		"event.category=session,network|event.type=end|network.bytes=30|"
		"event.duration=60000000000"},
	{"an administrator by his browser",
		"logid=\"0100032002\" type=\"event\" subtype=\"system\" vd=\"root\" user=\"admin\" "
		"ui=\"https(192.0.2.44)\" action=\"login\" status=\"failed\" "
		"reason=\"name_invalid\"",
		"source.ip=192.0.2.44|event.category=authentication|event.outcome=failure|"
		"fortigate.status=failed"},
	{"without type it is none of FortiGate's", "logid=\"1\" subtype=\"x\" vd=\"root\" a=b",
		"@unparsed=yes|source.ip="},
	{0}};

Test(fortigate, lines)
{
	struct house house = {.in.source = STR("fortigate"), .in.history = true};

	house_rows(house, rows);
}

Test(fortigate, is_recognised_behind_a_syslog_priority)
{
	static const struct line_row own[] = {
		{"the priority alone",
			"<189>date=2026-11-22 time=09:00:00 devname=\"f\" logid=\"1\" "
			"type=\"traffic\" "
			"subtype=\"forward\" vd=\"root\" srcip=192.0.2.1 dstip=192.0.2.2 "
			"action=\"accept\"",
			"@product=fortigate|log.syslog.priority=189|source.ip=192.0.2.1"},
		{0}};
	struct house house = {.in.history = true};

	house_rows(house, own);
}
