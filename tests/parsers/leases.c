/* leases.c - who got which address: OpenVPN and ISC dhcpd. */
#include <criterion/criterion.h>

#include "a_house.h"

#define V "<30>Nov 22 09:59:58 vpn1 openvpn[42]: "
#define D "<30>Nov 22 09:59:58 dhcp1 dhcpd[42]: "

static const struct line_row openvpn[] = {
	{"somebody comes",
		V "192.0.2.7:50412 [sato] Peer Connection Initiated with [AF_INET]192.0.2.7:50412",
		"event.action=vpn_connect|event.outcome=success|user.name=sato|source.ip=192.0.2.7|"
		"source.port=50412"},
	{"over IPv6", V "[sato] Peer Connection Initiated with [AF_INET6]2001:db8::7:50412",
		"user.name=sato|source.ip=2001:db8::7|source.port=50412"},
	{"gets an address", V "sato/192.0.2.7:50412 MULTI: Learn: 10.8.0.6 -> sato/192.0.2.7:50412",
		"event.action=vpn_assign|client.ip=10.8.0.6|user.name=sato|source.ip=192.0.2.7|@"
		"binds=yes"},
	{"his first one",
		V
		"sato/192.0.2.7:50412 MULTI: primary virtual IP for sato/192.0.2.7:50412: 10.8.0.6",
		"event.action=vpn_assign|client.ip=10.8.0.6|@binds=yes"},
	{"a wrong password",
		V "192.0.2.7:50412 TLS Auth Error: Auth Username/Password verification failed for "
		  "peer",
		"event.action=vpn_auth_failed|event.outcome=failure|source.ip=192.0.2.7|user."
		"name="},
	{"a plugin says who",
		V "PLUGIN AUTH-PAM: BACKGROUND: user 'sato' failed to authenticate: Authentication "
		  "failure",
		"event.action=vpn_auth_failed|user.name=sato|event.reason=Authentication failure"},
	{"a right password",
		V "192.0.2.7:50412 TLS: Username/Password authentication succeeded for username "
		  "'sato' ",
		"event.action=vpn_auth|event.outcome=success|user.name=sato|source.ip=192.0.2.7"},
	{"a revoked certificate",
		V "192.0.2.7:50412 VERIFY ERROR: depth=0, error=certificate revoked: C=JP, CN=eve",
		"event.action=vpn_certificate|event.outcome=failure|tls.client.subject=C=JP, "
		"CN=eve|event.reason=certificate revoked"},
	{"no handshake", V "192.0.2.7:50412 TLS Error: TLS handshake failed",
		"event.action=vpn_tls_error|event.outcome=failure|source.ip=192.0.2.7"},
	{"leaves",
		V
		"sato/192.0.2.7:50412 SIGTERM[soft,remote-exit] received, client-instance exiting",
		"event.action=vpn_disconnect|user.name=sato|@binds=yes"},
	{"a name with blanks",
		V "Sato Ken/192.0.2.7:50412 TLS: soft reset sec=3600/3600 bytes=1/-1 pkts=1/0",
		"event.action=vpn_renegotiate|user.name=Sato Ken|source.port=50412"},
	{"pushed",
		V "sato/192.0.2.7:50412 SENT CONTROL [sato]: 'PUSH_REPLY,route 10.0.0.0 "
		  "255.0.0.0,ifconfig 10.8.0.6 10.8.0.5,peer-id 0' (status=1)",
		"event.action=vpn_assign|client.ip=10.8.0.6|user.name=sato"},
	{"what nobody knows, of a known peer", V "sato/192.0.2.7:50412 the moon is full",
		"@unparsed=|event.action=vpn_detail|user.name=sato"},
	{"what nobody knows", V "the moon is full",
		"@unparsed=|event.dataset=syslog|event.action="},
	{0},
};

Test(leases, openvpn)
{
	house_rows((struct house){0}, openvpn);
}

static const struct line_row openvpn_file[] = {
	{"its own log, ISO",
		"2026-11-22 09:59:58 us=250000 192.0.2.7:50412 TLS: Initial packet from "
		"[AF_INET]192.0.2.7:50412, sid=1 2",
		"@time=2026-11-22T09:59:58.250Z|event.action=vpn_start|source.port=50412|host."
		"name="},
	{"its own log, ctime",
		"Sun Nov 22 09:59:58 2026 sato/192.0.2.7:50412 [sato] Inactivity timeout "
		"(--ping-restart), restarting",
		"@time=2026-11-22T09:59:58.000Z|event.action=vpn_disconnect|user.name=sato"},
	{0},
};

Test(leases, openvpn_log_file)
{
	house_rows((struct house){.in = {.source = STR("openvpn")}}, openvpn_file);
}

static const struct line_row dhcpd[] = {
	{"asks", D "DHCPDISCOVER from 00:1b:21:aa:bb:cc via eth0",
		"event.action=dhcp_discover|client.mac=00-1B-21-AA-BB-CC|observer.ingress."
		"interface.name=eth0"},
	{"asks by name, over a relay", D "DHCPDISCOVER from 00:1b:21:aa:bb:cc (pc-12) via 10.1.0.1",
		"client.domain=pc-12|observer.ip=10.1.0.1"},
	{"is offered", D "DHCPOFFER on 10.1.0.5 to 00:1b:21:aa:bb:cc (pc-12) via eth0",
		"event.action=dhcp_offer|client.ip=10.1.0.5"},
	{"wants", D "DHCPREQUEST for 10.1.0.5 (10.1.0.2) from 00:1b:21:aa:bb:cc (pc-12) via eth0",
		"event.action=dhcp_request|client.ip=10.1.0.5|server.ip=10.1.0.2|client.domain=pc-"
		"12"},
	{"gets", D "DHCPACK on 10.1.0.5 to 00:1b:21:aa:bb:cc (pc-12) via eth0",
		"event.action=dhcp_ack|event.outcome=success|client.ip=10.1.0.5|client.mac=00-1B-"
		"21-AA-BB-CC|"
		"client.domain=pc-12|@binds=yes|network.protocol=dhcp"},
	{"has no name", D "DHCPACK on 10.1.0.5 to 00:1b:21:aa:bb:cc via eth0",
		"client.domain=|@binds=yes"},
	{"has a name that forges",
		D "DHCPACK on 10.1.0.5 to 00:1b:21:aa:bb:cc (x) via lo (y) via eth0",
		"client.domain=x) via lo (y|observer.ingress.interface.name=eth0"},
	{"is refused", D "DHCPNAK on 10.1.0.5 to 00:1b:21:aa:bb:cc via eth0",
		"event.action=dhcp_nak|event.outcome=failure|@binds="},
	{"asked for what is not his",
		D "DHCPREQUEST for 10.9.0.5 from 00:1b:21:aa:bb:cc via eth0: wrong network.",
		"event.action=dhcp_refused|event.reason=wrong network."},
	{"gives back", D "DHCPRELEASE of 10.1.0.5 from 00:1b:21:aa:bb:cc (pc-12) via eth0 (found)",
		"event.action=dhcp_release|client.ip=10.1.0.5|@binds=yes"},
	{"finds it taken", D "DHCPDECLINE of 10.1.0.5 from 00:1b:21:aa:bb:cc via eth0: abandoned",
		"event.action=dhcp_decline|event.reason=abandoned"},
	{"only wants to know", D "DHCPINFORM from 10.1.0.5 via eth0",
		"event.action=dhcp_inform|client.ip=10.1.0.5"},
	{"is unknown", D "DHCPDISCOVER from 00:1b:21:aa:bb:cc via eth0: unknown client",
		"event.action=dhcp_unknown_client"},
	{"comes too late",
		D
		"DHCPDISCOVER from 00:1b:21:aa:bb:cc via eth0: network 10.1.0.0/24: no free leases",
		"event.action=dhcp_pool_exhausted|network.name=10.1.0.0/24"},
	{"IPv6",
		D "Reply NA: address 2001:db8::5 to client with duid 00:01:02 iaid = 3 valid for "
		  "600 seconds",
		"event.action=dhcp_ack|client.ip=2001:db8::5|dhcpd.duid=00:01:02|@binds=yes"},
	{0},
};

Test(leases, dhcpd)
{
	house_rows((struct house){0}, dhcpd);
}
