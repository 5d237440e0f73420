#include "scenes.h"

#include "paths.h"
#include "pools.h"
#include "writers.h"

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof *(a)))

static unsigned
dice(struct company *co, unsigned n)
{
	return rng_below(&co->rng, n);
}

static bool
on_duty(const struct person *p, int64_t at)
{
	int64_t hour = at / MS_HOUR;

	switch (p->shift) {
	case SHIFT_EARLY:
		return hour >= 5 && hour < 14;
	case SHIFT_LATE:
		return hour >= 13 && hour < 23;
	case SHIFT_NIGHT:
		return hour >= 21 || hour < 6;
	default:
		return hour >= 7 && hour < 20;
	}
}

/* Somebody whose shift it is; now and then somebody else stays or comes early. */
struct person *
scene_person(struct company *co, int64_t at)
{
	struct person *p;

	do
		p = &co->people[rng_below(&co->rng, STAFF)];
	while (!on_duty(p, at) && !rng_percent(&co->rng, 6));
	return p;
}

static void
browse(struct company *co, int64_t at)
{
	static const char *const sites[] = {"www.jidosha-news.example",
		"portal.kyowa-motors.example", "cdn.static.example", "www.tenki.example",
		"img.shop.example", "api.groupware.example", "login.cloud-office.example",
		"maps.chizu.example", "docs.parts-catalog.example", "www.bank-sakura.example",
		"update.vendor.example", "video.kenshu.example"};
	static const char *const tails[][2] = {{"index.html", "text/html"},
		{"app.js", "application/javascript"}, {"style.css", "text/css"},
		{"logo.png", "image/png"}, {"photo.jpg", "image/jpeg"},
		{"list.json", "application/json"}, {"catalog.pdf", "application/pdf"},
		{"font.woff2", "font/woff2"}};
	const struct person *p = scene_person(co, at);
	unsigned n = 4 + dice(co, 21), site = dice(co, COUNT(sites));

	for (unsigned i = 0; i < n; i++) {
		unsigned d = dice(co, 100), tail = dice(co, COUNT(tails));
		struct request r = {.client = p->pc.ip,
			.server = pool_web(&co->rng),
			.user = p->account,
			.method = "GET",
			.status = "TCP_MISS/200",
			.mime = tails[tail][1],
			.elapsed = 5 + dice(co, 900),
			.reply = 300 + dice(co, 60000),
			.sent = 280 + dice(co, 1400)};

		at += 50 + dice(co, 4000);
		if (d < 38) {
			r.method = "CONNECT";
			r.status = "TCP_TUNNEL/200";
			r.mime = "-";
			r.elapsed += dice(co, 60000);
			squid(co, at, &r, "%s:443", sites[site]);
			continue;
		}
		if (d < 46) {
			r.method = "POST";
			r.mime = "application/json";
			r.sent = 600 + dice(co, d == 45 ? 2000000 : 40000);
			squid(co, at, &r, "http://%s/api/%x", sites[site],
				(uint64_t)dice(co, 4096));
			continue;
		}
		if (d < 49) {
			r.status = "TCP_DENIED/403";
			r.server = 0;
			r.mime = "text/html";
		} else if (d < 64) {
			r.status = "TCP_MEM_HIT/200";
			r.server = 0;
		} else if (d < 70) {
			r.status = "TCP_MISS/304";
		} else if (d == 99 && p->number < IT_DEPT) {
			r.mime = "application/x-msdownload";
			r.reply = 9000000 + dice(co, 40000000);
			squid(co, at, &r, "http://%s/tools/setup-%u.exe", sites[site],
				dice(co, 90));
			continue;
		}
		squid(co, at, &r, "http://%s/%x/%s", sites[site], (uint64_t)dice(co, 65536),
			tails[tail][0]);
		site = rng_percent(&co->rng, 30) ? dice(co, COUNT(sites)) : site;
	}
}

static void
mail_out(struct company *co, int64_t at)
{
	const struct person *p = scene_person(co, at);
	const char *mx = p->number & 1 ? "mx1" : "mx2";
	unsigned pid = 4000 + dice(co, 800);

	mail_connect(co, at, mx, pid, p->pc.ip, true);
	if (rng_percent(&co->rng, 2))
		mail_auth_failed(co, at + 400, mx, pid, p->pc.ip);
	mail_submit(co, at + 1500, mx, pid, p->pc.ip, p, 1 + dice(co, 4), NULL);
}

static void
mail_in(struct company *co, int64_t at)
{
	mail_receive(co, at, scene_person(co, at));
}

static const struct started works[] = {
	{NULL, OFF "EXCEL.EXE", "\\\"" OFF "EXCEL.EXE\\\" \\\"S:\\\\seisan\\\\keikaku.xlsx\\\"",
		EXP, EXP},
	{NULL, OFF "WINWORD.EXE",
		"\\\"" OFF "WINWORD.EXE\\\" /n \\\"S:\\\\eigyo\\\\mitsumori.docx\\\"", EXP, EXP},
	{NULL, OFF "OUTLOOK.EXE", "\\\"" OFF "OUTLOOK.EXE\\\"", EXP, EXP},
	{NULL, OFF "POWERPNT.EXE", "\\\"" OFF "POWERPNT.EXE\\\" \\\"S:\\\\kaigi\\\\teirei.pptx\\\"",
		EXP, EXP},
	{NULL, EDG, "\\\"" EDG "\\\" --single-argument https://api.groupware.example/",
		OFF "OUTLOOK.EXE", "\\\"" OFF "OUTLOOK.EXE\\\""},
	{NULL, EDG, "\\\"" EDG "\\\" --type=renderer --lang=ja", EDG, "\\\"" EDG "\\\""},
	{NULL, WIN "notepad.exe", "\\\"" WIN "notepad.exe\\\" memo.txt", EXP, EXP},
	{NULL, WIN "splwow64.exe", WIN "splwow64.exe 12288", OFF "EXCEL.EXE",
		"\\\"" OFF "EXCEL.EXE\\\""},
	{NULL, WIN "conhost.exe", "\\\\??\\\\" WIN "conhost.exe 0xffffffff -ForceV1", WIN "cmd.exe",
		WIN "cmd.exe /c S:\\\\tool\\\\nippo.bat"},
	{NULL, WIN "cmd.exe", WIN "cmd.exe /c S:\\\\tool\\\\nippo.bat", EXP, EXP},
	{NULL, POWERSHELL,
		"powershell.exe -NoProfile -ExecutionPolicy Bypass -File "
		"S:\\\\tool\\\\inventory.ps1",
		WIN "svchost.exe", WIN "svchost.exe -k netsvcs -p -s Schedule"},
	{NULL, WIN "gpupdate.exe", WIN "gpupdate.exe /target:computer", WIN "svchost.exe",
		WIN "svchost.exe -k netsvcs -p -s Schedule"},
	{NULL, "C:\\\\CAD\\\\bin\\\\jcad.exe",
		"C:\\\\CAD\\\\bin\\\\jcad.exe R:\\\\zumen\\\\A-20417.dwg", EXP, EXP},
};

static void
pc_work(struct company *co, int64_t at)
{
	struct person *p = scene_person(co, at);
	unsigned n = 1 + dice(co, 5);

	for (unsigned i = 0; i < n; i++) {
		struct started s = works[dice(co, COUNT(works))];

		at += 200 + dice(co, 20000);
		s.user = p->account;
		win_process(co, at, &p->pc, &s);
		if (p->pc.agent == AGENT_NXLOG_AUDIT)
			continue;
		switch (dice(co, 6)) {
		case 0:
			win_asked(co, at + 300, &p->pc, p->account, EDG, "api.groupware.example");
			break;
		case 1:
			win_connected(
				co, at + 350, &p->pc, p->account, EDG, IP(10, 10, 1, 21), 3128);
			break;
		case 2:
			win_file(co, at + 500, &p->pc, p->account, EXP,
				"C:\\\\Users\\\\Public\\\\Documents\\\\~$memo.xlsx");
			break;
		case 3:
			win_connected(co, at + 350, &p->pc, p->account, OFF "OUTLOOK.EXE",
				IP(10, 10, 1, 25), 443);
			break;
		case 4:
			if (rng_percent(&co->rng, 30))
				win_opened(co, at + 900, &p->pc, NULL, MSMPENG, WIN "lsass.exe",
					"0x1410");
			break;
		default:
			break;
		}
	}
}

/* Each PC talks to one domain controller, one file server, the printers and one business server:
 * four hosts, below what the lateral-movement rule counts. */
static void
logons(struct company *co, int64_t at)
{
	static const unsigned business[] = {
		WIN_ERP1, WIN_MES1, WIN_CAD1, WIN_HR1, WIN_ERP2, WIN_MES2};
	struct person *p = scene_person(co, at);
	struct machine *dc = &co->servers[p->number & 1 ? WIN_DC1 : WIN_DC2];
	struct machine *fs = &co->servers[p->number & 2 ? WIN_FS1 : WIN_FS2];
	struct machine *app = &co->servers[business[p->number / 4 % COUNT(business)]];

	if (rng_percent(&co->rng, 6))
		win_logon_failed(co, at, &p->pc, p->account, 0);
	if (rng_percent(&co->rng, 60)) {
		win_kerberos(co, at + 3000, dc, p->account, p->pc.ip, NULL);
		win_logon(co, at + 3100, &p->pc, p->account, rng_percent(&co->rng, 40) ? 2 : 7, 0);
		win_logon(co, at + 3600, dc, p->account, 3, p->pc.ip);
	}
	win_kerberos(co, at + 5000, dc, p->account, p->pc.ip, fs->name);
	win_logon(co, at + 5050, fs, p->account, 3, p->pc.ip);
	if (rng_percent(&co->rng, 40))
		win_logon(co, at + 9000 + dice(co, 9000), app, p->account, 3, p->pc.ip);
	if (rng_percent(&co->rng, 20))
		win_logon(co, at + 9000 + dice(co, 9000), &co->servers[WIN_PRINT], p->account, 3,
			p->pc.ip);
}

static void
forti_out(struct company *co, int64_t at)
{
	static const struct {
		const char *service;
		unsigned port, policy;
		bool udp;
	} kinds[] = {{"HTTPS", 443, 12, false}, {"HTTPS", 443, 12, false}, {"DNS", 53, 5, true},
		{"TEAMS-UDP", 3478, 14, true}, {"NTP", 123, 6, true}, {"HTTPS", 443, 12, false}};
	static const char *const ends[] = {
		"close", "accept", "close", "client-rst", "server-rst", "timeout"};
	const struct person *p = scene_person(co, at);
	unsigned n = 2 + dice(co, 7);

	for (unsigned i = 0; i < n; i++) {
		unsigned k = dice(co, COUNT(kinds));
		struct flow f = {.p = {p->pc.ip, pool_web(&co->rng), pool_port(&co->rng),
					 kinds[k].port, kinds[k].udp},
			.action = kinds[k].udp ? "accept" : ends[dice(co, COUNT(ends))],
			.policy = "clients-to-internet",
			.service = kinds[k].service,
			.from = "internal1",
			.to = "wan1",
			.policyid = kinds[k].policy,
			.seconds = 1 + dice(co, 180),
			.sent = 60 + dice(co, 30000),
			.received = 80 + dice(co, 400000),
			.extra = ""};

		forti_traffic(co, at, &f);
		at += 100 + dice(co, 8000);
	}
	if (rng_percent(&co->rng, 8)) {
		/* what a policy blocks, its session is reported as closed with utmaction="block" */
		struct packet b = {p->pc.ip, IP(198, 19, 200, 1 + dice(co, 40)),
			pool_port(&co->rng), 443, false};
		bool bad = rng_percent(&co->rng, 5);

		forti_web_blocked(co, at, &b, bad ? "lucky-prize.example" : "ads.tracker.example",
			bad ? 26 : 17, bad ? "Malicious Websites" : "Advertising");
	}
}

static void
asa_out(struct company *co, int64_t at)
{
	unsigned n = 2 + dice(co, 5);
	uint32_t src = IP(10, 30, 1 + dice(co, 4), 10 + dice(co, 120));

	for (unsigned i = 0; i < n; i++) {
		bool udp = rng_percent(&co->rng, 25);
		struct packet p = {
			src, pool_web(&co->rng), pool_port(&co->rng), udp ? 53 : 443, udp};

		asa_connection(co, at, &p, udp ? 30 : 500 + dice(co, 90000), 120 + dice(co, 90000));
		at += 300 + dice(co, 9000);
	}
}

static void
ssh_admin(struct company *co, int64_t at)
{
	static const char *const commands[] = {"/usr/bin/systemctl restart postgresql",
		"/usr/bin/apt-get update", "/usr/bin/journalctl -u nginx -n 200", "/usr/bin/df -h",
		"/usr/sbin/nft list ruleset", "/usr/bin/tail -n 100 /var/log/syslog", "/bin/bash"};
	const struct person *p = &co->people[dice(co, IT_DEPT)];
	struct ssh_try t = {.host = unix_hosts[dice(co, UNIX_HOSTS)].name,
		.user = p->account,
		.ip = p->pc.ip,
		.port = pool_port(&co->rng),
		.pid = 10000 + dice(co, 50000)};
	unsigned n = dice(co, 4);

	if (rng_percent(&co->rng, 20)) {
		ssh_failed(co, at, &t);
		at += 5000;
	}
	ssh_accepted(co, at, &t, rng_percent(&co->rng, 60));
	for (unsigned i = 0; i < n; i++) {
		at += 4000 + dice(co, 90000);
		sudo_ran(co, at, t.host, t.user, commands[dice(co, COUNT(commands))]);
	}
	ssh_closed(co, at + 20000 + dice(co, 600000), &t, true);
	if (rng_percent(&co->rng, 6))
		forti_admin_login(co, at, people_admin(p->number), p->pc.ip);
}

static void
vpn_session(struct company *co, int64_t at)
{
	const struct person *p = scene_person(co, at);
	unsigned seconds = 600 + dice(co, 20000), id = 1000000000u + dice(co, 900000000);
	int64_t end = at + (int64_t)seconds * MS_SECOND;

	while (!p->home || co->taken[p->number])
		p = scene_person(co, at);
	if (p->openvpn) {
		unsigned port = pool_port(&co->rng);

		if (rng_percent(&co->rng, 8))
			openvpn_failed(co, at, p->vpn, p->home_ip, port - 1);
		openvpn_up(co, at + 9000, p->vpn, p->home_ip, port,
			IP(10, 8, p->number / 200, 6 + p->number % 200));
		openvpn_down(co, end, p->vpn, p->home_ip, port);
		return;
	}
	for (unsigned i = rng_percent(&co->rng, 10) ? 1 + dice(co, 3) : 0; i > 0; i--)
		forti_vpn_failed(co, at - (int64_t)i * 7000, p->vpn, p->home_ip, true);
	forti_vpn_up(co, at, p->vpn, p->home_ip, id,
		IP(10, 212, 130 + p->number / 200, 10 + p->number % 200));
	forti_vpn_down(co, end, p->vpn, p->home_ip, id,
		IP(10, 212, 130 + p->number / 200, 10 + p->number % 200), seconds);
}

const struct scene scenes_people[SCENES_PEOPLE] = {{browse, 250, 14}, {mail_out, 60, 9},
	{mail_in, 50, 7}, {pc_work, 100, 5}, {logons, 70, 5}, {forti_out, 120, 5}, {asa_out, 70, 9},
	{ssh_admin, 14, 10}, {vpn_session, 16, 7}};
