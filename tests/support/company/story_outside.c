/* story_outside.c - stories that come from outside: mail, remote access, clouds, web, names. */
#include <stdio.h>
#include <string.h>

#include "story.h"

/* A mail, a document, a loader, several servers of the attacker, data out. */
static void
macro_malware(struct company *co)
{
	static const struct {
		const char *parent, *image, *command;
	} ways[] = {{OFF "EXCEL.EXE", WIN "regsvr32.exe", "regsvr32.exe /s " PUB "ze.ocx"},
		{OFF "WINWORD.EXE", WIN "wscript.exe", "wscript.exe " PUB "invoice.js"},
		{OFF "OUTLOOK.EXE", WIN "mshta.exe", "mshta.exe " PUB "order.hta"},
		{OFF "WINWORD.EXE", POWERSHELL,
			"powershell.exe -w hidden -enc SQBFAFgAIAAoAGkAdwByACAAaAB0AHQAcAA="},
		{OFF "EXCEL.EXE", WIN "rundll32.exe",
			"rundll32.exe C:\\\\ProgramData\\\\qz.dat,Start"}};
	static const unsigned ports[] = {8080, 7080, 443};
	struct mark *m = tale(co, "S01-macro-malware", "A document's loader calls several servers",
		"添付ファイルのマクロから外部複数サーバーへの通信");
	int64_t at = plot_time(co, 8, 18);
	struct person *p = actor(co, m, at);
	unsigned w = dice(co, 5);

	mail_from(co, at, p, "seikyu-center.example");
	at += rest(co, 60, 5400);
	decide(co);
	run(co, at, &p->pc, p->account, ways[w].image, ways[w].command, ways[w].parent);
	for (unsigned i = 0; i < 3; i++) {
		uint32_t to = lair(co, m);

		at += rest(co, 5, 60);
		if (p->pc.agent != AGENT_NXLOG_AUDIT)
			win_connected(co, at, &p->pc, p->account, ways[w].image, to, ports[i]);
		outward(co, at + 400, p->pc.ip, to, ports[i], 4000 + dice(co, 60000));
	}
	send(co, at + rest(co, 60, 600), p, lair(co, m), "cdn-gate.badhost.example",
		20000000 + dice(co, 40000000));
	m = twin(co, "T01-work-macro", "S01-macro-malware",
		"A work macro starts a batch file, drawings go to a partner",
		"業務マクロと取引先への図面送付");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	mail_from(co, at, p, "kyowa-motors.example");
	run(co, at + 600000, &p->pc, p->account, WIN "cmd.exe",
		"cmd.exe /c S:\\\\tool\\\\seisan.bat", OFF "EXCEL.EXE");
	send(co, at + 900000, p, IP(198, 19, 10, 9), "share.partner-portal.example", 60000000);
}

/* A password given away, a tunnel beside the owner's own, files read. */
static void
stolen_password(struct company *co)
{
	struct mark *m = tale(co, "S02-stolen-vpn-password",
		"A phished password opens a second tunnel", "窃取パスワードによる二重VPN接続");
	int64_t at = plot_time(co, 9, 20);
	struct person *p = actor(co, m, at);
	uint32_t ip = villain(co, m), inner = IP(10, 212, 135, 20 + dice(co, 100));
	bool openvpn = dice(co, 2);

	mail_from(co, at - 3 * MS_HOUR, p, "account-check.example");
	send(co, at - 2 * MS_HOUR, p, lair(co, m), "login-cloud.account-check.example", 700);
	if (openvpn)
		openvpn_up(co, at, p->vpn, p->home_ip, pool_port(&co->rng),
			IP(10, 8, 2, 20 + dice(co, 200)));
	else
		forti_vpn_up(co, at, p->vpn, p->home_ip, 1700000000u + dice(co, 9000),
			IP(10, 212, 135, 150));
	at += rest(co, 100, 480);
	decide(co);
	forti_vpn_up(co, at, p->vpn, ip, 1710000000u + dice(co, 9000), inner);
	at = read_share(co, at + rest(co, 60, 600), &co->servers[WIN_FS1], p->account, inner,
		100 + dice(co, 200), 4000);
	m = twin(co, "T02-line-drops", "S02-stolen-vpn-password",
		"A home worker's line drops twice, he comes back", "在宅勤務者の回線断と再接続");
	at = plot_time(co, 9, 17);
	p = actor(co, m, at);
	for (unsigned i = 0; i < 3; i++, at += rest(co, 120, 500))
		forti_vpn_up(co, at, p->vpn, p->home_ip, 1720000000u + i, IP(10, 212, 135, 160));
	forti_vpn_up(co, at + 50 * MS_MINUTE, p->vpn, IP(198, 18, 3, 220 + dice(co, 20)),
		1720000009u, IP(10, 212, 135, 161));
}

/* Passwords tried at the remote access, then the whole way to the backups. */
static void
vpn_ransomware(struct company *co)
{
	struct mark *m = tale(co, "S03-vpn-to-ransomware",
		"VPN opened, hosts reached, services stopped, backups deleted",
		"VPN突破から横展開・バックアップ削除まで");
	int64_t at = plot_time(co, 0, 20);
	struct person *p = actor(co, m, at);
	uint32_t ip = villain(co, m), inner = IP(10, 212, 135, 180 + dice(co, 20));
	unsigned n = 11 + dice(co, 9), first = 20 + dice(co, 300);
	bool spray = dice(co, 2);
	struct machine *last = &co->servers[WIN_FS2];

	for (unsigned i = 0; i < (spray ? n + 12 : n);
		i++, at += spray ? rest(co, 10, 50) : rest(co, 10, 30))
		forti_vpn_failed(co, at, spray ? co->people[first + i].vpn : p->vpn, ip, true);
	decide(co);
	forti_vpn_up(co, at += 8000, p->vpn, ip, 1730000000u, inner);
	at += rest(co, 120, 900);
	for (unsigned i = 0; i < 5; i++, at += rest(co, 40, 300)) {
		struct machine *to = i == 4 ? last
					    : &co->servers[(unsigned[]){
						      WIN_ERP2, WIN_MES2, WIN_CAD1, WIN_PRINT}[i]];

		plot_host(m, to);
		win_logon(co, at, to, p->account, dice(co, 2) ? 3 : 10, inner);
	}
	at = look_around(co, at, last, p->account, 4 + dice(co, 3));
	for (unsigned i = 0; i < 6; i++, at += rest(co, 1, 8)) {
		char command[64];

		snprintf(command, sizeof command, "net stop %s /y",
			(const char *[]){"MSSQLSERVER", "VeeamBackupSvc", "SQLAgent", "vss",
				"MSExchangeIS", "BackupExec"}[i]);
		run(co, at, last, p->account, WIN "net.exe", command, WIN "cmd.exe");
	}
	run(co, at + 5000, last, p->account, WIN "vssadmin.exe",
		"vssadmin.exe delete shadows /all /quiet", WIN "cmd.exe");
	m = twin(co, "T03-maintenance-from-home", "S03-vpn-to-ransomware",
		"An administrator works from home over the jump host",
		"管理者の自宅からの保守作業");
	at = plot_time(co, 19, 22);
	p = &co->people[1];
	plot_names(m, p);
	lists_ticket(co, people_admin(1), "サーバー再起動", at - MS_HOUR, at + 2 * MS_HOUR);
	forti_vpn_up(co, at, p->vpn, p->home_ip, 1730000077u, IP(10, 212, 135, 201));
	for (unsigned i = 0; i < 6; i++)
		win_logon(co, at += rest(co, 60, 200), &co->servers[i + 2], people_admin(1), 10,
			IP_JUMP);
	for (unsigned i = 0; i < 3; i++)
		run(co, at += 20000, &co->servers[WIN_ERP1], people_admin(1), WIN "net.exe",
			(const char *[]){
				"net stop ErpService", "net start ErpService", "net start"}[i],
			WIN "cmd.exe");
}

/* A page is laid down and commands are given to it. */
static void
webshell(struct company *co)
{
	struct mark *m = tale(co, "S08-webshell", "A page laid down on a web server runs commands",
		"Webシェルの設置とコマンド実行");
	struct machine *on = &co->servers[dice(co, 2) ? WIN_ERP2 : WIN_HR1];
	const char *parent =
		dice(co, 2) ? WIN "inetsrv\\\\w3wp.exe" : "C:\\\\tomcat\\\\jre\\\\bin\\\\java.exe";
	int64_t at = plot_time(co, 0, 23);
	uint32_t ip = villain(co, m);
	static const char *const commands[][2] = {{"whoami.exe", "whoami"},
		{"ipconfig.exe", "ipconfig /all"}, {"net.exe", "net user"},
		{"systeminfo.exe", "systeminfo"}};

	plot_host(m, on);
	web_request(co, at, on->name, ip, "POST", "/upload/handler.aspx", 200, 310);
	at += rest(co, 5, 90);
	decide(co);
	for (unsigned i = 0; i < 4; i++, at += rest(co, 4, 60)) {
		char path[64], image[64];

		snprintf(path, sizeof path, "/upload/img/t.aspx?cmd=%s",
			(const char *[]){"whoami", "ipconfig", "net+user", "systeminfo"}[i]);
		snprintf(image, sizeof image, WIN "%s", commands[i][0]);
		web_request(co, at, on->name, ip, "GET", path, 200, 900);
		run(co, at + 600, on, "svc-web", image, commands[i][1], parent);
	}
	m = twin(co, "T08-web-scan", "S08-webshell",
		"The vulnerability scanner asks for webshells that are not there; a page is "
		"compiled",
		"脆弱性スキャナーによるWebシェル探索");
	at = plot_time(co, 18, 22);
	plot_address(m, IP_SCANNER);
	for (unsigned i = 0; i < 40; i++, at += 700) {
		char path[64];

		snprintf(path, sizeof path, "/a%u/shell.aspx?cmd=whoami", i);
		web_request(co, at, "AS-ERP02", IP_SCANNER, "GET", path, 404, 210);
	}
	run(co, at, &co->servers[WIN_ERP2], "svc-web",
		"C:\\\\Windows\\\\Microsoft.NET\\\\Framework64\\\\v4.0.30319\\\\csc.exe",
		"csc.exe /noconfig /fullpaths @App_Web.cmdline", WIN "inetsrv\\\\w3wp.exe");
}

/* SSH guessed slowly, then ways to stay. */
static void
ssh_stay(struct company *co)
{
	struct mark *m =
		tale(co, "S09-ssh-and-stay", "SSH guessed slowly, then an account, a key, a job",
			"SSH推測後のアカウント・鍵・ジョブ設置");
	unsigned h = (unsigned[]){UNIX_SFTP, UNIX_WEB, UNIX_APP2, UNIX_GIT}[dice(co, 4)],
		 n = 11 + dice(co, 14);
	struct ssh_try t = {.host = unix_hosts[h].name,
		.user = dice(co, 2) ? "deploy" : "oracle",
		.ip = villain(co, m),
		.port = pool_port(&co->rng),
		.pid = 10000 + dice(co, 50000)};
	int64_t at = plot_time(co, 0, 22), step = 540000 / n;

	truth_name(m, t.host);
	for (unsigned i = 0; i < n; i++, at += step)
		ssh_failed(co, at, &t);
	decide(co);
	ssh_accepted(co, at + 3000, &t, false);
	at += rest(co, 30, 300);
	switch (dice(co, 3)) {
	case 0:
		sudo_ran(co, at, t.host, t.user, "/usr/sbin/useradd -m -s /bin/bash sysupd");
		user_added(co, at + 300, t.host, "sysupd", 1901);
		break;
	case 1:
		sudo_ran(co, at, t.host, t.user, "/usr/bin/tee -a /root/.ssh/authorized_keys");
		break;
	default:
		sudo_ran(co, at, t.host, t.user, "/usr/bin/crontab -u root /tmp/.c");
		break;
	}
	sudo_ran(co, at + 60000, t.host, t.user, "/usr/bin/cat /etc/shadow");
	m = twin(co, "T09-forgotten-password", "S09-ssh-and-stay",
		"A developer mistypes seven times, gets in, installs a package",
		"開発者の入力誤りとパッケージ導入");
	at = plot_time(co, 9, 17);
	struct person *p = actor(co, m, at);
	struct ssh_try d = {.host = "app01",
		.user = p->account,
		.ip = p->pc.ip,
		.port = pool_port(&co->rng),
		.pid = 22222};

	for (unsigned i = 0; i < 4 + dice(co, 4); i++, at += 9000)
		ssh_failed(co, at, &d);
	ssh_accepted(co, at, &d, false);
	sudo_ran(co, at + 60000, "app01", p->account, "/usr/bin/apt-get install htop");
}

/* The same person in two countries, then his mail goes elsewhere. */
static void
mailbox(struct company *co)
{
	struct mark *m =
		tale(co, "S10-mailbox-taken", "A sign-in from abroad, then mail is forwarded",
			"海外からのサインインとメール転送設定");
	int64_t at = plot_time(co, 8, 20);
	struct person *p = actor(co, m, at);
	uint32_t ip = villain(co, m);

	entra_signin(co, at, p, IP(203, 0, 113, 1), "JP", 0, "");
	at += rest(co, 300, 3000);
	entra_signin(co, at, p, ip, (const char *[]){"NL", "BR", "US"}[dice(co, 3)], 0, "");
	at += rest(co, 60, 900);
	decide(co);
	if (dice(co, 3))
		m365(co, at, p, ip, "Exchange", "New-InboxRule",
			"{\"Name\":\"Name\",\"Value\":\"..\"},{\"Name\":\"ForwardTo\",\"Value\":"
			"\"box77@freemail.example\"}");
	else
		m365(co, at, p, ip, "Exchange", "Set-Mailbox",
			"{\"Name\":\"ForwardingSmtpAddress\",\"Value\":\"smtp:box77@freemail."
			"example\"}");
	m = twin(co, "T10-business-trip", "S10-mailbox-taken",
		"A traveller signs in abroad and sorts his mail",
		"海外出張者のサインインと振り分けルール");
	at = plot_time(co, 8, 16);
	p = actor(co, m, at);
	for (unsigned i = 0; i < 4; i++, at += rest(co, 600, 3000))
		entra_signin(co, at, p, IP(198, 19, 97, 10), "TH", 0, "");
	m365(co, at, p, IP(198, 19, 97, 10), "Exchange", "New-InboxRule",
		"{\"Name\":\"Name\",\"Value\":\"news\"},{\"Name\":\"MoveToFolder\",\"Value\":"
		"\"news\"}");
}

static void
push_fatigue(struct company *co)
{
	struct mark *m = tale(co, "S11-push-fatigue",
		"Pushes denied until one is approved, an application is let in",
		"多要素認証の連続要求とアプリ許可");
	int64_t at = plot_time(co, 0, 22);
	struct person *p = actor(co, m, at);
	uint32_t ip = villain(co, m);

	for (unsigned i = 0; i < 6 + dice(co, 6); i++, at += rest(co, 15, 70))
		entra_signin(co, at, p, ip, "JP", 500121,
			"MFA denied; user declined the authentication");
	decide(co);
	entra_signin(co, at, p, ip, "JP", 0, "");
	m365(co, at + rest(co, 60, 600), p, ip, "AzureActiveDirectory", "Consent to application.",
		"{\"Name\":\"ConsentAction.Permissions\",\"Value\":\"Mail.Read Files.Read.All\"}");
	m = twin(co, "T11-telephone-without-net", "S11-push-fatigue",
		"Two pushes run out in a tunnel, the third is approved",
		"電波の届かない端末での認証やり直し");
	at = plot_time(co, 7, 10);
	p = actor(co, m, at);
	for (unsigned i = 0; i < 2; i++, at += 60000)
		entra_signin(
			co, at, p, IP(203, 0, 113, 1), "JP", 500121, "MFA denied; no response");
	entra_signin(co, at, p, IP(203, 0, 113, 1), "JP", 0, "");
}

/* Data inside the names that are asked for. */
static void
names_asked(struct company *co, int64_t at, struct person *p, unsigned n, unsigned width,
	const char *domain, bool wall)
{
	for (unsigned i = 0; i < n; i++, at += 500 + dice(co, 3500)) {
		char name[128];
		struct text t;

		t.n = 0;
		if (width)
			text_put(&t, "%h%h%h.%s", width, rng_next(&co->rng), width,
				rng_next(&co->rng), width, rng_next(&co->rng), domain);
		else
			text_put(&t, "img%u.%s", dice(co, 400), domain);
		memcpy(name, t.p, t.n);
		name[t.n] = '\0';
		if (i == 99)
			decide(co);
		if (wall || p->pc.agent == AGENT_NXLOG_AUDIT)
			forti_dns(co, at, p->pc.ip, name, dice(co, 2) ? "TXT" : "A");
		else
			win_asked(co, at, &p->pc, p->account, PUB "svchost32.exe", name);
	}
}

static void
tunnel(struct company *co)
{
	struct mark *m =
		tale(co, "S12-dns-tunnel", "Data leaves inside names", "DNSトンネルによる持ち出し");
	int64_t at = plot_time(co, 0, 22);
	struct person *p = actor(co, m, at);

	names_asked(co, at, p, 160 + dice(co, 150), 10 + dice(co, 5), "t.upd-check.example",
		dice(co, 2));
	m = twin(co, "T12-many-names", "S12-dns-tunnel",
		"A page with pictures from many names; virus protection asks its maker",
		"多数の画像ホスト名とウイルス対策の照会");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	names_asked(co, at, p, 250, 0, "cdn.shop.example", true);
	names_asked(co, at + MS_HOUR, p, 40, 11, "lookup.av-vendor.example", true);
}

/* The intrusion detection sees it, nobody stops it, the server calls back. */
static void
exploited(struct company *co)
{
	struct mark *m = tale(co, "S26-exploited-server",
		"An attack is seen, not stopped, and the server calls back",
		"検知のみの攻撃とサーバーからの逆接続");
	uint32_t ip = villain(co, m);
	unsigned h = dice(co, 2) ? UNIX_WEB : UNIX_SFTP;
	int64_t at = plot_time(co, 0, 23);
	struct packet p = {ip, unix_hosts[h].ip, pool_port(&co->rng), 443, false};

	plot_address(m, unix_hosts[h].ip);
	truth_name(m, unix_hosts[h].name);
	forti_ips(co, at, &p, "Apache.Struts.OGNL.RCE", "detected");
	at += rest(co, 10, 400);
	decide(co);
	outward(co, at, unix_hosts[h].ip, ip, (unsigned[]){4444, 443, 8443}[dice(co, 3)], 23000);
	m = twin(co, "T26-attack-stopped", "S26-exploited-server",
		"Attacks are dropped; the server fetches its updates",
		"遮断された攻撃とサーバーの更新取得");
	p.src = IP(198, 19, 98, 7);
	plot_address(m, p.src);
	at = plot_time(co, 1, 22);
	for (unsigned i = 0; i < 9; i++, at += 30000)
		forti_ips(co, at, &p, "Apache.Struts.OGNL.RCE", "dropped");
	outward(co, at + 60000, p.dst, IP(198, 19, 3, 7), 443, 9000);
}

void
stories_outside(struct company *co)
{
	macro_malware(co);
	stolen_password(co);
	vpn_ransomware(co);
	webshell(co);
	ssh_stay(co);
	mailbox(co);
	push_fatigue(co);
	tunnel(co);
	exploited(co);
}
