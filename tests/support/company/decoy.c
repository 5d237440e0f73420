#include "plot.h"

#include "lists.h"
#include "paths.h"
#include "pools.h"
#include "rules.h"
#include "truth.h"
#include "writers.h"

static struct mark *
begin(struct company *co, const char *id, const char *rule, const char *en, const char *ja)
{
	return co->mark = truth_decoy(co->truth, id, rule, en, ja);
}

static void
entity_ip(struct mark *m, const char *field, uint32_t ip)
{
	char buf[24];

	truth_entity(m, field, text_ip(buf, ip));
}

/* The n-th decoy's own part of the addresses. */
static uint32_t
outside(struct company *co, unsigned n)
{
	return IP(198, 19, 96, n * 16 + 1 + rng_below(&co->rng, 15));
}

/* ---- logins ---- */

static void
ssh_tries(struct company *co, const char *id, const char *en, const char *ja, uint32_t ip,
	unsigned n, int64_t step, bool gets_in)
{
	struct mark *m = begin(co, id, RULE_SSH_GUESSED, en, ja);
	struct ssh_try t = {.host = "sftp01",
		.user = "deploy",
		.ip = ip,
		.port = pool_port(&co->rng),
		.pid = 10000 + rng_below(&co->rng, 50000)};
	int64_t at = plot_time(co, 7, 22);

	entity_ip(m, "source.ip", ip);
	for (unsigned i = 0; i < n; i++, at += step)
		ssh_failed(co, at, &t);
	if (gets_in) {
		ssh_accepted(co, at, &t, false);
		ssh_closed(co, at + 300000, &t, true);
	}
}

static void
logins(struct company *co)
{
	ssh_tries(co, "D01a-few-typos", "8 failed logins, then in", "8回の失敗の後に成功",
		plot_person(co)->pc.ip, 8, 5000, true);
	ssh_tries(co, "D01b-never-in", "30 failed logins, never in", "30回失敗のみ", outside(co, 0),
		30, 1500, false);
	ssh_tries(co, "D01c-slow", "12 failures 3 minutes apart, then in",
		"3分おきに12回失敗の後に成功", outside(co, 1), 12, 180000, true);
}

static void
vpn(struct company *co)
{
	struct mark *m = begin(co, "D04a-branch-behind-one-address", RULE_VPN_SPRAY,
		"12 people behind one address mistype, then get in",
		"拠点NAT配下の12人の入力誤りと成功");
	const struct person *caller = plot_person(co);
	uint32_t ip = outside(co, 2);
	int64_t at = plot_time(co, 8, 10);

	entity_ip(m, "source.ip", ip);
	for (unsigned i = 0; i < 12; i++) {
		const struct person *p = plot_person(co);

		forti_vpn_failed(co, at, p->vpn, ip, true);
		forti_vpn_up(co, at + 9000, p->vpn, ip, 1500000000u + i, IP(10, 212, 134, 200 + i));
		at += 20000 + plot_ms(co, 60);
	}
	m = begin(co, "D04b-spray-without-success", RULE_VPN_SPRAY, "30 users tried, none opened",
		"30ユーザーへの試行、成功なし");
	ip = outside(co, 3);
	at = plot_time(co, 1, 22);
	entity_ip(m, "source.ip", ip);
	for (unsigned i = 0; i < 30; i++, at += 30000)
		forti_vpn_failed(co, at, co->people[40 + i * 7].vpn, ip, i % 3 != 0);
	m = begin(co, "D04c-old-saved-password", RULE_VPN_GUESSED,
		"OpenVPN client with an old saved password, 8 times, then in",
		"古い保存パスワードで8回失敗の後に成功");
	ip = outside(co, 4);
	at = plot_time(co, 7, 22);
	entity_ip(m, "source.ip", ip);
	for (unsigned i = 0; i < 8; i++, at += 15000)
		openvpn_failed(co, at, caller->vpn, ip, pool_port(&co->rng));
	openvpn_up(co, at + 60000, caller->vpn, ip, pool_port(&co->rng), IP(10, 8, 0, 249));
}

static void
mail_tries(struct company *co, const char *id, const char *en, const char *ja, uint32_t ip,
	unsigned n, bool gets_in)
{
	struct mark *m = begin(co, id, RULE_MAIL_TAKEOVER, en, ja);
	const struct person *p = plot_person(co);
	int64_t at = plot_time(co, 1, 22);

	entity_ip(m, "source.ip", ip);
	mail_connect(co, at, "mx2", 4321, ip, true);
	for (unsigned i = 0; i < n; i++)
		mail_auth_failed(co, at += 8000, "mx2", 4321, ip);
	if (gets_in)
		mail_submit(co, at + 20000, "mx2", 4321, ip, p, 2, NULL);
}

static void
mail(struct company *co)
{
	mail_tries(co, "D08a-phone-with-old-password", "12 failed mail logins by a phone, then in",
		"旧パスワードのスマホ12回失敗の後に成功", outside(co, 5), 12, true);
	mail_tries(co, "D08b-mail-guessing-in-vain", "60 failed mail logins, never in",
		"メール認証60回失敗のみ", outside(co, 6), 60, false);
}

/* ---- network ---- */

static void
scans(struct company *co)
{
	struct mark *m = begin(
		co, "D02a-slow-scan", RULE_PORT_SCAN, "25 ports, 15 s apart", "15秒おきに25ポート");
	struct packet p = {
		.src = outside(co, 7), .dst = pool_own(&co->rng), .sport = pool_port(&co->rng)};
	int64_t at = plot_time(co, 1, 22);

	entity_ip(m, "source.ip", p.src);
	for (unsigned i = 0; i < 25; i++, at += 15000) {
		p.dport = 100 + i * 31;
		asa_denied(co, at, &p);
	}
	m = begin(co, "D02b-own-scanner", RULE_PORT_SCAN, "The company's own vulnerability scanner",
		"自社の脆弱性スキャナー");
	p.src = IP_SCANNER;
	p.dst = unix_hosts[UNIX_SFTP].ip;
	at = plot_time(co, 19, 22);
	entity_ip(m, "source.ip", p.src);
	for (unsigned i = 0; i < 120; i++, at += 300) {
		p.dport = 20 + i * 17;
		ipt_dropped(co, at, "sftp01", &p);
	}
	m = begin(co, "D02c-sweep", RULE_PORT_SCAN, "One port on 200 addresses",
		"200台への1ポート走査");
	p.src = outside(co, 8);
	p.dport = 3389;
	at = plot_time(co, 1, 22);
	entity_ip(m, "source.ip", p.src);
	for (unsigned i = 0; i < 200; i++, at += 200) {
		struct flow f = {.action = "deny",
			.policy = "",
			.from = "wan1",
			.to = "root",

			.extra = ""};

		p.dst = IP(203, 0, 113, 1 + i % 14);
		p.sport = pool_port(&co->rng);
		f.p = p;
		forti_traffic(co, at, &f);
	}
}

static void
upload(struct company *co, const char *id, const char *en, const char *ja, unsigned n,
	uint64_t bytes, int64_t step, bool down)
{
	struct mark *m = begin(co, id, RULE_PROXY_EXFIL, en, ja);
	const struct person *p = plot_person(co);
	struct request r = {.client = p->pc.ip,
		.server = IP(198, 19, 10, 9),
		.user = p->account,
		.method = down ? "GET" : "POST",
		.status = "TCP_MISS/200",
		.mime = "application/zip",
		.elapsed = 9000};
	int64_t at = plot_time(co, 8, 22);

	entity_ip(m, "source.ip", p->pc.ip);
	for (unsigned i = 0; i < n; i++, at += step) {
		r.sent = down ? 410 : bytes;
		r.reply = down ? bytes : 512;
		squid(co, at, &r, "http://share.partner-portal.example/drawings/%u", i);
	}
}

static void
uploads(struct company *co)
{
	upload(co, "D03a-400-megabytes", "400 MB uploaded in 8 minutes", "8分で400MBのアップロード",
		10, 40000000, 48000, false);
	upload(co, "D03b-slow-upload", "720 MB uploaded in 40 minutes", "40分かけて720MB", 40,
		18000000, 60000, false);
	upload(co, "D03c-download", "2 GB downloaded", "2GBのダウンロード", 20, 100000000, 20000,
		true);
}

/* Blocks of a site, each session also reported as closed, then an allowed connection or not. */
static void
blocked(struct company *co, const char *id, const char *en, const char *ja, unsigned n,
	unsigned last, bool bad, bool allowed)
{
	struct mark *m = begin(co, id, RULE_C2_ALLOWED, en, ja);
	const struct person *p = plot_person(co);
	struct packet k = {.src = p->pc.ip, .dst = IP(198, 19, 200, 100 + last), .dport = 443};
	struct flow f = {.action = "close",
		.policy = "clients-to-internet",
		.service = "HTTPS",
		.from = "internal1",
		.to = "wan1",
		.policyid = 12,
		.seconds = 2,
		.sent = 900,
		.received = 0,
		.extra = " utmaction=\"block\" countweb=1"};
	int64_t at = plot_time(co, 8, 21);

	entity_ip(m, "source.ip", k.src);
	entity_ip(m, "destination.ip", k.dst);
	for (unsigned i = 0; i < n; i++, at += 20000) {
		k.sport = pool_port(&co->rng);
		f.p = k;
		forti_web_blocked(co, at, &k,
			bad ? "free-gift.badhost.example" : "ads.tracker.example", bad ? 26 : 17,
			bad ? "Malicious Websites" : "Advertising");
		forti_traffic(co, at + 400, &f);
	}
	if (allowed) {
		f.extra = " utmaction=\"allow\" countweb=1";
		forti_traffic(co, at + 5000, &f);
	}
}

static void
blocks(struct company *co)
{
	blocked(co, "D10a-advertising", "Advertising blocked ten times, the site itself allowed",
		"広告は遮断、同一アドレスの本体は許可", 10, 1, false, true);
	blocked(co, "D10b-few-blocks", "Malicious site blocked three times, then allowed",
		"不正サイト3回遮断の後に許可", 3, 2, true, true);
	blocked(co, "D10c-always-blocked", "Malicious site blocked eight times, never allowed",
		"不正サイト8回遮断のみ", 8, 3, true, false);
}

/* ---- Windows ---- */

static void
office(struct company *co, const char *id, const char *en, const char *ja, bool child,
	int64_t download)
{
	struct mark *m = begin(co, id, RULE_PHISHING, en, ja);
	struct person *p = plot_sysmon_person(co);
	struct started s = {p->account, WIN "cmd.exe", "cmd.exe /c S:\\\\tool\\\\seisan-shukei.bat",
		OFF "EXCEL.EXE", "\\\"" OFF "EXCEL.EXE\\\" \\\"S:\\\\seisan\\\\shukei.xlsm\\\""};
	struct request r = {.client = p->pc.ip,
		.server = IP(198, 19, 7, 70),
		.user = p->account,
		.method = "GET",
		.status = "TCP_MISS/200",
		.mime = "application/x-msdownload",
		.elapsed = 900,
		.reply = 30000000,
		.sent = 420};
	int64_t at = plot_time(co, 9, 16);

	truth_entity(m, "user.name", p->account);
	if (child)
		win_process(co, at, &p->pc, &s);
	if (download)
		squid(co, at + download, &r, "http://update.vendor.example/viewer/setup.exe");
}

static void
offices(struct company *co)
{
	office(co, "D05a-macro", "A workbook's macro runs a script, nothing is downloaded",
		"業務マクロのみ", true, 0);
	office(co, "D05b-download", "A program is downloaded, no macro before", "ダウンロードのみ",
		false, 1000);
	office(co, "D05c-other-order", "A download, then a macro", "順序が逆", true, -60000);
	office(co, "D05d-much-later", "A macro, a download 40 minutes later",
		"40分後のダウンロード", true, 40 * MS_MINUTE);
}

static void
reach(struct company *co, const char *id, const char *en, const char *ja, uint32_t from,
	const char *account, unsigned n, int64_t step)
{
	struct mark *m = begin(co, id, RULE_LATERAL, en, ja);
	int64_t at = plot_time(co, 9, 18);

	entity_ip(m, "source.ip", from);
	for (unsigned i = 0; i < n; i++, at += step)
		win_logon(co, at, &co->people[60 + i * 3].pc, account, 3, from);
}

static void
reaches(struct company *co)
{
	const struct person *a = plot_person(co), *b = plot_person(co);

	/* from the VPN's pool, whose addresses do not log on to anything else */
	reach(co, "D06a-help-desk", "The help desk works on 15 PCs from the jump host",
		"踏み台からの15台の保守作業", IP_JUMP, "adm-helpdesk1", 15, 30000);
	reach(co, "D06b-four-hosts", "One PC reaches four others", "4台への接続",
		IP(10, 212, 134, 253), a->account, 4, 60000);
	reach(co, "D06c-slow", "One PC reaches nine others over three hours", "3時間かけて9台",
		IP(10, 212, 134, 254), b->account, 9, 20 * MS_MINUTE);
}

static void
harmless_commands(struct company *co)
{
	static const struct {
		const char *image, *command;
	} orders[] = {{WIN "vssadmin.exe", "vssadmin.exe list shadows"},
		{WIN "wbadmin.exe",
			"wbadmin.exe start backup -backupTarget:\\\\\\\\AS-FS02\\\\bk -quiet"},
		{WIN "bcdedit.exe", "bcdedit.exe /enum"},
		{WIN "wbem\\\\WMIC.exe", "wmic.exe shadowcopy list brief"},
		{WIN "certutil.exe", "certutil.exe -verify -urlfetch C:\\\\cert\\\\server.cer"}};
	struct mark *m = begin(co, "D07a-backup-work", RULE_SHADOW_COPIES,
		"Shadow copies listed, a backup started", "バックアップ作業（一覧と取得）");
	struct machine *fs = &co->servers[WIN_FS2];
	int64_t at = plot_time(co, 18, 22);

	truth_entity(m, "host.name", fs->fqdn);
	for (unsigned i = 0; i < sizeof orders / sizeof *orders; i++, at += 30000) {
		struct started s = {"svc-backup", orders[i].image, orders[i].command, WIN "cmd.exe",
			"cmd.exe /c C:\\\\bk\\\\daily.bat"};

		win_process(co, at, fs, &s);
	}
}

static void
accounts(struct company *co)
{
	struct machine *dc = &co->servers[WIN_DC1];
	struct mark *m = begin(co, "D09a-new-employee", RULE_PRIVILEGE,
		"A new employee's account, put into the sales group", "新入社員のアカウント作成");
	int64_t at = plot_time(co, 9, 12);

	truth_entity(m, "user.name", "adm-helpdesk1");
	win_account_made(co, at, dc, "adm-helpdesk1", "shinnyu.t");
	win_group_joined(co, at + 40000, dc, "adm-helpdesk1", "shinnyu.t", "GG-Eigyo", "2210");
	m = begin(co, "D09b-new-administrator", RULE_PRIVILEGE,
		"A new administrator's account, no log cleared", "管理者の追加（ログ消去なし）");
	at = plot_time(co, 13, 16);
	truth_entity(m, "user.name", "adm-helpdesk2");
	lists_ticket(co, "adm-helpdesk2", "管理者の追加", at - MS_HOUR, at + MS_HOUR);
	win_account_made(co, at, dc, "adm-helpdesk2", "adm-infra3");
	win_group_joined(co, at + 60000, dc, "adm-helpdesk2", "adm-infra3", "Domain Admins", "512");
}

void
decoy_all(struct company *co)
{
	logins(co);
	scans(co);
	uploads(co);
	vpn(co);
	offices(co);
	reaches(co);
	harmless_commands(co);
	mail(co);
	accounts(co);
	blocks(co);
	co->mark = NULL;
}
