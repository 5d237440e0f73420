#include <stdarg.h>

#include "writers.h"

#define OWN_OUTSIDE IP(203, 0, 113, 2)

/* ---- Cisco ASA, `logging timestamp` and `logging device-id hostname` ---- */

static void
asa(struct company *co, int64_t at, unsigned sev, const char *id, const char *fmt, ...)
{
	struct text *t = line_begin(co, at, KIND_FIREWALL, "asa-plant");
	unsigned s = (unsigned)(co->at / MS_SECOND);
	va_list ap;

	/* facility local4 */
	text_put(t, "<%u>%s %2 %u %2:%2:%2 asa-plant : %%ASA-%u-%s: ", 160 + sev, co->day.mon,
		co->day.dom, co->day.year, s / 3600, s / 60 % 60, s % 60, sev, id);
	va_start(ap, fmt);
	text_vput(t, fmt, ap);
	va_end(ap);
	line_end(co);
}

void
asa_denied(struct company *co, int64_t at, const struct packet *p)
{
	if (rng_percent(&co->rng, 80))
		asa(co, at, 4, "106023",
			"Deny %s src outside:%i/%u dst inside:%i/%u by access-group \"outside_in\" "
			"[0x0, 0x0]",
			p->udp ? "udp" : "tcp", p->src, p->sport, p->dst, p->dport);
	else
		asa(co, at, 4, "106100",
			"access-list outside_in denied %s outside/%i(%u) -> inside/%i(%u) hit-cnt "
			"1 "
			"first hit [0x7a1f03c2, 0x0]",
			p->udp ? "udp" : "tcp", p->src, p->sport, p->dst, p->dport);
}

/* From inside to outside: address translation, the connection, and its end after ms. */
void
asa_connection(struct company *co, int64_t at, const struct packet *p, int64_t ms, uint64_t bytes)
{
	unsigned conn = co->conn++, s = (unsigned)(ms / MS_SECOND);
	unsigned mapped = 1024 + conn % 60000;
	const char *proto = p->udp ? "UDP" : "TCP";

	if (conn % 3 == 0)
		asa(co, at, 6, "305011",
			"Built dynamic %s translation from inside:%i/%u to outside:%i/%u", proto,
			p->src, p->sport, OWN_OUTSIDE, mapped);
	asa(co, at, 6, p->udp ? "302015" : "302013",
		"Built outbound %s connection %u for outside:%i/%u (%i/%u) to inside:%i/%u (%i/%u)",
		proto, conn, p->dst, p->dport, p->dst, p->dport, p->src, p->sport, OWN_OUTSIDE,
		mapped);
	asa(co, at + ms, 6, p->udp ? "302016" : "302014",
		p->udp ? "Teardown %s connection %u for outside:%i/%u to inside:%i/%u duration "
			 "%u:%2:%2 bytes %U"
		       : "Teardown %s connection %u for outside:%i/%u to inside:%i/%u duration "
			 "%u:%2:%2 bytes %U TCP FINs",
		proto, conn, p->dst, p->dport, p->src, p->sport, s / 3600, s / 60 % 60, s % 60,
		bytes);
}

/* ---- FortiGate: no header of RFC 3164, the line begins with the date ---- */

static struct text *
forti(struct company *co, int64_t at, enum kind kind, unsigned sev, const char *logid,
	const char *type, const char *level)
{
	struct text *t = line_begin(co, at, kind, "FG-AOBA-01");
	unsigned s = (unsigned)(co->at / MS_SECOND);
	uint64_t ns = ((uint64_t)co->day.epoch * 1000 + (uint64_t)co->at) * 1000000 +
		      (rng_next(&co->rng) & 0xfffff) % 1000000;

	text_put(t,
		"<%u>date=%s time=%2:%2:%2 devname=\"FG-AOBA-01\" devid=\"FG100FTK20081347\" "
		"eventtime=%U tz=\"+0000\" logid=\"%s\" %s level=\"%s\" vd=\"root\" ",
		184 + sev, co->day.iso, s / 3600, s / 60 % 60, s % 60, ns, logid, type, level);
	return t;
}

static void
ends(struct company *co, struct text *t, const struct packet *p, const char *from, const char *to)
{
	bool out = to[0] == 'w';

	text_put(t,
		"srcip=%i srcport=%u srcintf=\"%s\" srcintfrole=\"%s\" dstip=%i dstport=%u "
		"dstintf=\"%s\" dstintfrole=\"%s\" srccountry=\"%s\" dstcountry=\"%s\" "
		"sessionid=%u "
		"proto=%u ",
		p->src, p->sport, from, from[0] == 'w' ? "wan" : "lan", p->dst, p->dport, to,
		out              ? "wan"
		: from[0] == 'w' ? "dmz"
				 : "lan",
		out ? "Reserved" : "Japan", out ? "Japan" : "Reserved", co->session++,
		p->udp ? 17u : 6u);
}

void
forti_traffic(struct company *co, int64_t at, const struct flow *f)
{
	bool inbound = f->from[0] == 'w' && f->policyid == 0;
	struct text *t = forti(co, at, KIND_FIREWALL, 5, inbound ? "0001000014" : "0000000013",
		inbound ? "type=\"traffic\" subtype=\"local\""
			: "type=\"traffic\" subtype=\"forward\"",
		"notice");

	ends(co, t, &f->p, f->from, f->to);
	text_put(t, "action=\"%s\" policyid=%u policytype=\"%s\" ", f->action, f->policyid,
		inbound ? "local-in-policy" : "policy");
	if (f->policyid)
		text_put(t, "poluuid=\"6b1c2f0a-58d1-51ee-8f0c-%h\" policyname=\"%s\" ", 12u,
			(uint64_t)f->policyid * 0x1357913579u, f->policy);
	if (f->service)
		text_put(t, "service=\"%s\" ", f->service);
	else
		text_put(t, "service=\"tcp/%u\" ", f->p.dport);
	text_put(t, "trandisp=\"%s\" ", f->to[0] == 'w' && f->policyid ? "snat" : "noop");
	if (f->to[0] == 'w' && f->policyid)
		text_put(t, "transip=203.0.113.1 transport=%u ", f->p.sport);
	text_put(t,
		"%sduration=%u sentbyte=%U rcvdbyte=%U sentpkt=%u rcvdpkt=%u "
		"appcat=\"unscanned\"%s",
		inbound ? "app=\"unknown\" " : "", f->seconds, f->sent, f->received,
		(unsigned)(f->sent / 900 + 1), (unsigned)(f->received / 1200), f->extra);
	if (f->action[0] == 'd')
		text_put(t, " crscore=5 craction=262144 crlevel=\"low\"");
	line_end(co);
}

void
forti_web_blocked(struct company *co, int64_t at, const struct packet *p, const char *host,
	unsigned cat, const char *catdesc)
{
	struct text *t = forti(co, at, KIND_FIREWALL, 4, "0316013056",
		"type=\"utm\" subtype=\"webfilter\" eventtype=\"ftgd_blk\"", "warning");

	text_put(t, "policyid=12 poluuid=\"6b1c2f0a-58d1-51ee-8f0c-00e8b6f4a36c\" "
		    "policytype=\"policy\" ");
	ends(co, t, p, "internal1", "wan1");
	text_put(t,
		"service=\"%s\" hostname=\"%s\" profile=\"wf-standard\" action=\"blocked\" "
		"reqtype=\"direct\" url=\"%s://%s/\" sentbyte=%u rcvdbyte=0 direction=\"outgoing\" "
		"msg=\"URL belongs to a denied category in policy\" ratemethod=\"domain\" cat=%u "
		"catdesc=\"%s\" crscore=30 craction=4194304 crlevel=\"high\"",
		p->dport == 80 ? "HTTP" : "HTTPS", host, p->dport == 80 ? "http" : "https", host,
		p->sport % 400 + 180, cat, catdesc);
	line_end(co);
}

void
forti_botnet(struct company *co, int64_t at, const struct packet *p, const char *attack)
{
	struct text *t = forti(co, at, KIND_FIREWALL, 4, "0422016400",
		"type=\"utm\" subtype=\"ips\" eventtype=\"botnet\"", "warning");

	text_put(t, "severity=\"critical\" ");
	ends(co, t, p, "internal1", "wan1");
	text_put(t,
		"service=\"tcp/%u\" policyid=12 policytype=\"policy\" action=\"dropped\" "
		"attack=\"%s\" attackid=7630239 profile=\"ips-clients\" direction=\"outgoing\" "
		"msg=\"Botnet C&C Communication.\" ref=\"http://www.fortinet.com/be?bid=7630239\" "
		"crscore=50 craction=4 crlevel=\"critical\"",
		p->dport, attack);
	line_end(co);
}

void
forti_admin_login(struct company *co, int64_t at, const char *user, uint32_t ip)
{
	struct text *t = forti(co, at, KIND_AUTH, 6, "0100032001",
		"type=\"event\" subtype=\"system\"", "information");

	text_put(t,
		"logdesc=\"Admin login successful\" sn=\"%U\" user=\"%s\" ui=\"https(%i)\" "
		"method=\"https\" srcip=%i dstip=10.10.9.1 action=\"login\" status=\"success\" "
		"reason=\"none\" profile=\"super_admin\" msg=\"Administrator %s logged in "
		"successfully "
		"from https(%i)\"",
		(uint64_t)co->day.epoch + (uint64_t)(at / MS_SECOND), user, ip, ip, user, ip);
	line_end(co);
}

void
forti_dns(struct company *co, int64_t at, uint32_t from, const char *name, const char *type)
{
	struct packet p = {from, IP(10, 10, 2, 10), 1024 + rng_below(&co->rng, 60000), 53, true};
	struct text *t = forti(co, at, KIND_FIREWALL, 5, "1501054802",
		"type=\"utm\" subtype=\"dns\" eventtype=\"dns-response\"", "notice");

	text_put(t, "policyid=5 ");
	ends(co, t, &p, "internal1", "dmz");
	text_put(t,
		"profile=\"dns-clients\" xid=%u qname=\"%s\" qtype=\"%s\" qtypeval=16 "
		"qclass=\"IN\" "
		"msg=\"Domain is monitored\" action=\"pass\" cat=52 catdesc=\"Information "
		"Technology\"",
		rng_below(&co->rng, 65536), name, type);
	line_end(co);
}

void
forti_changed(struct company *co, int64_t at, const char *user, uint32_t ip, const char *path,
	const char *attributes)
{
	struct text *t = forti(co, at, KIND_FIREWALL, 6, "0100044547",
		"type=\"event\" subtype=\"system\"", "information");

	text_put(t,
		"logdesc=\"Object attribute configured\" user=\"%s\" ui=\"GUI(%i)\" "
		"action=\"Edit\" "
		"cfgtid=%u cfgpath=\"%s\" cfgobj=\"12\" cfgattr=\"%s\" msg=\"Edit %s 12\"",
		user, ip, 40000 + rng_below(&co->rng, 9999), path, attributes, path);
	line_end(co);
}

void
forti_ips(struct company *co, int64_t at, const struct packet *p, const char *attack,
	const char *action)
{
	struct text *t = forti(co, at, KIND_FIREWALL, 1, "0419016384",
		"type=\"utm\" subtype=\"ips\" eventtype=\"signature\"", "alert");

	text_put(t, "severity=\"high\" ");
	ends(co, t, p, "wan1", "dmz");
	text_put(t,
		"policyid=44 policytype=\"policy\" service=\"HTTPS\" action=\"%s\" attack=\"%s\" "
		"attackid=49513 profile=\"ips-servers\" direction=\"incoming\" msg=\"web_app: %s\" "
		"crscore=30 craction=8192 crlevel=\"high\"",
		action, attack, attack);
	line_end(co);
}

/* ---- FortiGate SSL-VPN ---- */

void
forti_vpn_failed(struct company *co, int64_t at, const char *user, uint32_t ip, bool known)
{
	struct text *t = forti(
		co, at, KIND_REMOTE, 1, "0101039426", "type=\"event\" subtype=\"vpn\"", "alert");

	text_put(t,
		"logdesc=\"SSL VPN login fail\" action=\"ssl-login-fail\" tunneltype=\"ssl-web\" "
		"tunnelid=0 remip=%i srccountry=\"Reserved\" user=\"%s\" group=\"N/A\" "
		"dst_host=\"N/A\" "
		"reason=\"%s\" msg=\"SSL user failed to logged in\"",
		ip, user, known ? "sslvpn_login_permission_denied" : "sslvpn_login_unknown_user");
	line_end(co);
}

void
forti_vpn_up(
	struct company *co, int64_t at, const char *user, uint32_t ip, unsigned id, uint32_t inner)
{
	struct text *t = forti(co, at, KIND_REMOTE, 6, "0101039943",
		"type=\"event\" subtype=\"vpn\"", "information");

	text_put(t,
		"logdesc=\"SSL VPN new connection\" action=\"ssl-new-con\" tunneltype=\"ssl\" "
		"tunnelid=0 remip=%i srccountry=\"Reserved\" user=\"N/A\" group=\"N/A\" "
		"dst_host=\"N/A\" reason=\"N/A\" msg=\"SSL new connection\"",
		ip);
	line_end(co);
	t = forti(co, at + 900, KIND_REMOTE, 6, "0101039424", "type=\"event\" subtype=\"vpn\"",
		"information");
	text_put(t,
		"logdesc=\"SSL VPN tunnel up\" action=\"tunnel-up\" tunneltype=\"ssl-web\" "
		"tunnelid=%u remip=%i srccountry=\"Reserved\" user=\"%s\" group=\"GG-VPN\" "
		"dst_host=\"N/A\" reason=\"login successfully\" msg=\"SSL tunnel established\"",
		id, ip, user);
	line_end(co);
	t = forti(co, at + 1700, KIND_REMOTE, 6, "0101039947", "type=\"event\" subtype=\"vpn\"",
		"information");
	text_put(t,
		"logdesc=\"SSL VPN tunnel up\" action=\"tunnel-up\" tunneltype=\"ssl-tunnel\" "
		"tunnelid=%u remip=%i tunnelip=%i srccountry=\"Reserved\" user=\"%s\" "
		"group=\"GG-VPN\" dst_host=\"N/A\" reason=\"tunnel established\" "
		"msg=\"SSL tunnel established\"",
		id, ip, inner, user);
	line_end(co);
}

void
forti_vpn_down(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned id,
	uint32_t inner, unsigned seconds)
{
	uint64_t dice = rng_next(&co->rng);
	struct text *t = forti(co, at, KIND_REMOTE, 6, "0101039948",
		"type=\"event\" subtype=\"vpn\"", "information");

	text_put(t,
		"logdesc=\"SSL VPN tunnel down\" action=\"tunnel-down\" tunneltype=\"ssl-tunnel\" "
		"tunnelid=%u remip=%i tunnelip=%i srccountry=\"Reserved\" user=\"%s\" "
		"group=\"GG-VPN\" dst_host=\"N/A\" reason=\"User requested termination of "
		"service\" "
		"duration=%u sentbyte=%U rcvdbyte=%U msg=\"SSL tunnel shutdown\"",
		id, ip, inner, user, seconds, (uint64_t)seconds * (dice % 9000),
		(uint64_t)seconds * (dice >> 32) % 40000000);
	line_end(co);
}
