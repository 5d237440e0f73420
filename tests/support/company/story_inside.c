/* story_inside.c - stories of people inside: those who leave, who take, who change; and strangers'
 * tools. */
#include <stdio.h>

#include "story.h"

/* Who is about to leave, the n-th; who has left. */
static struct person *
leaver(struct company *co, struct mark *m, unsigned n, int64_t at)
{
	struct person *p = &co->people[LEAVERS_FIRST + n];

	plot_names(m, p);
	plot_lease(co, at, p);
	return p;
}

static int64_t
to_stick(struct company *co, int64_t at, struct person *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++, at += 2000 + dice(co, 12000)) {
		char file[48];

		snprintf(file, sizeof file, "F-%u.dwg", 20000 + dice(co, 9000));
		if (i == 9)
			decide(co);
		win_usb_file(co, at, &p->pc, p->account, file);
	}
	return at;
}

static void
leaver_usb(struct company *co)
{
	struct mark *m = tale(co, "S04-leaver-usb", "Somebody who leaves copies a share to a stick",
		"退職予定者のUSBへの持ち出し");
	int64_t at = plot_time(co, 9, 19);
	struct person *p = leaver(co, m, 0, at);

	at = read_share(
		co, at, &co->servers[WIN_FS1], p->account, p->pc.ip, 40 + dice(co, 150), 6000);
	win_usb(co, at += rest(co, 60, 1500), &p->pc, "07B21A4C");
	to_stick(co, at + 30000, p, 35 + dice(co, 100));
	m = twin(co, "T04-approved-usb", "S04-leaver-usb",
		"A designer takes drawings to a customer, approved", "承認済みの図面持ち出し");
	at = plot_time(co, 8, 13);
	p = actor(co, m, at);
	lists_usb(co, at, p->account, "TransMemory", "客先打合せ");
	at = read_share(
		co, at, &co->servers[WIN_FS2], p->account, p->pc.ip, 40 + dice(co, 60), 6000);
	win_usb(co, at, &p->pc, "1C0977D2");
	to_stick(co, at + 30000, p, 60 + dice(co, 40));
}

static void
leaver_mail(struct company *co)
{
	struct mark *m = tale(co, "S05-leaver-mail",
		"Somebody who leaves mails drawings to himself", "退職予定者の私用メールへの送信");
	int64_t at = plot_time(co, 9, 20);
	struct person *p = leaver(co, m, 1, at);
	struct letter l = {.from = p, .to = "my.box", .domain = "freemail.example", .n = 1};

	at = read_share(
		co, at, &co->servers[WIN_FS2], p->account, p->pc.ip, 15 + dice(co, 80), 8000);
	for (unsigned i = 0; i < 3 + dice(co, 4); i++, at += rest(co, 100, 1500)) {
		l.size = 3000000 + dice(co, 6000000);
		if (i == 1)
			decide(co);
		mail_letter(co, at, "mx1", 4100 + dice(co, 500), p->pc.ip, &l);
	}
	m = twin(co, "T05-drawings-to-partner", "S05-leaver-mail",
		"Sales mails drawings to a partner", "取引先への図面送付");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	l = (struct letter){.from = p, .to = "sekkei", .domain = "hinode-press.example", .n = 1};
	for (unsigned i = 0; i < 6; i++, at += rest(co, 100, 1500)) {
		l.size = 7000000 + dice(co, 2000000);
		mail_letter(co, at, "mx2", 4100 + dice(co, 500), p->pc.ip, &l);
	}
}

static void
leaver_returns(struct company *co)
{
	struct mark *m = tale(co, "S06-leaver-returns",
		"An account of somebody who has left is used", "退職者アカウントの利用");
	int64_t at = plot_time(co, 0, 22);
	struct person *p = leaver(co, m, 3 + dice(co, 3), at);
	uint32_t ip = villain(co, m), inner = IP(10, 212, 135, 210 + dice(co, 20));

	decide(co);
	if (dice(co, 2))
		forti_vpn_up(co, at, p->vpn, ip, 1740000000u, inner);
	else
		openvpn_up(co, at, p->vpn, ip, pool_port(&co->rng), inner = IP(10, 8, 3, 210));
	win_logon(co, at += rest(co, 60, 600), &co->servers[WIN_FS1], p->account, 3, inner);
	read_share(
		co, at + 5000, &co->servers[WIN_FS1], p->account, inner, 20 + dice(co, 60), 5000);
	m = twin(co, "T06-last-days", "S06-leaver-returns",
		"Somebody in his last days works from home", "退職予定者の通常の在宅勤務");
	at = plot_time(co, 8, 15);
	p = leaver(co, m, 2, at);
	forti_vpn_up(co, at, p->vpn, p->home_ip, 1740000009u, IP(10, 212, 135, 232));
	win_logon(co, at + 60000, &co->servers[WIN_FS1], p->account, 3, IP(10, 212, 135, 232));
	read_share(co, at + 70000, &co->servers[WIN_FS1], p->account, IP(10, 212, 135, 232), 12,
		60000);
}

static void
night_files(struct company *co)
{
	struct mark *m = tale(co, "S17-night-files", "Hundreds of files read by night over the VPN",
		"深夜VPN経由の大量ファイル閲覧");
	int64_t at = plot_time(co, 0, 4);
	struct person *p = actor(co, m, at);
	uint32_t inner = IP(10, 212, 135, 240 + dice(co, 10));
	unsigned n = 330 + dice(co, 200);

	forti_vpn_up(co, at, p->vpn, p->home_ip, 1750000000u, inner);
	win_logon(co, at += rest(co, 60, 300), &co->servers[WIN_FS2], p->account, 3, inner);
	at = read_share(co, at + 5000, &co->servers[WIN_FS2], p->account, inner, 299, 5000);
	decide(co);
	read_share(co, at, &co->servers[WIN_FS2], p->account, inner, n - 299, 5000);
	m = twin(co, "T17-project-files", "S17-night-files",
		"A project's eighty files read in an afternoon", "業務での80ファイルの閲覧");
	at = plot_time(co, 12, 16);
	p = actor(co, m, at);
	read_share(co, at, &co->servers[WIN_FS2], p->account, p->pc.ip, 60 + dice(co, 30), 30000);
}

static void
remote_tool(struct company *co)
{
	static const char *const tools[][2] = {{"AnyDesk", "anydesk"}, {"rustdesk", "rustdesk"},
		{"AteraAgent", "atera"}, {"ngrok", "ngrok"}};
	struct mark *m = tale(co, "S19-remote-tool",
		"A remote control program is fetched, run and kept", "遠隔操作ツールの導入");
	int64_t at = plot_time(co, 9, 19);
	struct person *p = actor(co, m, at);
	unsigned k = dice(co, 4);
	uint32_t to = lair(co, m);
	char url[80], image[96], service[48];

	snprintf(url, sizeof url, "http://dl.%s-get.example/%s.exe", tools[k][1], tools[k][0]);
	snprintf(image, sizeof image, "C:\\\\Users\\\\%s\\\\Downloads\\\\%s.exe", p->account,
		tools[k][0]);
	snprintf(service, sizeof service, "%s Service", tools[k][0]);
	fetch(co, at, p, to, url, "application/x-msdownload", 5200000);
	at += rest(co, 20, 200);
	decide(co);
	run(co, at, &p->pc, p->account, image, image, EXP);
	win_service(co, at + rest(co, 5, 60), &p->pc, service, image);
	outward(co, at + 70000, p->pc.ip, to, 443, 3000000);
	m = twin(co, "T19-help-desk-tool", "S19-remote-tool",
		"The help desk uses the allowed program", "ヘルプデスクの許可済みツール");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	run(co, at, &p->pc, p->account, "C:\\\\Program Files\\\\AssistDesk\\\\AssistDesk.exe",
		"AssistDesk.exe --join 4411", EXP);
	outward(co, at + 9000, p->pc.ip, IP(198, 19, 5, 5), 443, 900000);
}

static void
indicator(struct company *co)
{
	struct mark *m = tale(co, "S20-known-server",
		"A PC reaches a server that threat intelligence knows", "脅威情報に一致する通信");
	int64_t at = plot_time(co, 0, 22);
	struct person *p = actor(co, m, at);
	uint32_t to = lair(co, m);

	lists_indicator(co, to);
	for (unsigned i = 0; i < 4; i++, at += rest(co, 60, 900)) {
		if (p->pc.agent != AGENT_NXLOG_AUDIT)
			win_connected(co, at, &p->pc, p->account, PUB "s.exe", to, 443);
		if (i == 0)
			decide(co);
		outward(co, at + 300, p->pc.ip, to, 443, 2100);
	}
	m = twin(co, "T20-known-server-blocked", "S20-known-server",
		"The firewall denies a known bad address", "脅威情報の宛先の遮断");
	at = plot_time(co, 8, 20);
	p = actor(co, m, at);
	to = lair(co, m);
	lists_indicator(co, to);
	for (unsigned i = 0; i < 3; i++, at += 30000) {
		struct flow f = {.p = {p->pc.ip, to, pool_port(&co->rng), 443, false},
			.action = "deny",
			.policy = "block-feed",
			.from = "internal1",
			.to = "wan1",
			.policyid = 2,
			.extra = ""};

		forti_traffic(co, at, &f);
	}
}

static void
firewall_opened(struct company *co)
{
	struct mark *m = tale(co, "S21-firewall-opened",
		"A firewall policy is opened without approval", "承認のないファイアウォール変更");
	int64_t at = plot_time(co, 0, 23);
	unsigned a = dice(co, 2);
	struct person *p = &co->people[a];

	plot_names(m, p);
	truth_name(m, people_admin(a));
	truth_name(m, "FG-AOBA-01");
	forti_admin_login(co, at, people_admin(a), p->pc.ip);
	at += rest(co, 60, 900);
	decide(co);
	forti_changed(co, at, people_admin(a), p->pc.ip,
		dice(co, 2) ? "firewall.policy" : "firewall.address", "action[deny->accept]");
	m = twin(co, "T21-approved-change", "S21-firewall-opened",
		"A firewall policy is changed as approved", "承認済みのファイアウォール変更");
	at = plot_time(co, 18, 22);
	truth_name(m, people_admin(2));
	lists_ticket(co, people_admin(2), "ポリシー変更", at - MS_HOUR, at + MS_HOUR);
	forti_admin_login(co, at, people_admin(2), IP_JUMP);
	forti_changed(
		co, at + 120000, people_admin(2), IP_JUMP, "firewall.policy", "dstaddr[all->erp]");
}

static void
cloud_upload(struct company *co)
{
	struct mark *m = tale(co, "S25-cloud-upload",
		"A share is read, packed and sent to a private cloud over hours",
		"私用クラウドへの分割アップロード");
	int64_t at = plot_time(co, 8, 17);
	struct person *p = actor(co, m, at);
	unsigned n = 12 + dice(co, 10);

	at = read_share(
		co, at, &co->servers[WIN_FS1], p->account, p->pc.ip, 35 + dice(co, 60), 5000);
	run(co, at, &p->pc, p->account, "C:\\\\Program Files\\\\7-Zip\\\\7z.exe",
		"7z.exe a -v40m " PUB "b.7z R:\\\\zumen", EXP);
	for (unsigned i = 0; i < n; i++, at += rest(co, 200, 700)) {
		if (i == 8)
			decide(co);
		send(co, at + 60000, p, IP(192, 0, 2, 60), "api.mybox-drive.example",
			30000000 + dice(co, 9000000));
	}
	m = twin(co, "T25-sanctioned-upload", "S25-cloud-upload",
		"A video for training goes to the groupware", "グループウェアへの研修動画");
	at = plot_time(co, 9, 16);
	p = actor(co, m, at);
	for (unsigned i = 0; i < 15; i++, at += 120000)
		send(co, at, p, IP(198, 19, 4, 20), "api.groupware.example", 28000000);
}

void
stories_inside(struct company *co)
{
	leaver_usb(co);
	leaver_mail(co);
	leaver_returns(co);
	night_files(co);
	remote_tool(co);
	indicator(co);
	firewall_opened(co);
	cloud_upload(co);
}
