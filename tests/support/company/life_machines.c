#include "scenes.h"

#include "pools.h"
#include "writers.h"

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof *(a)))

static unsigned
dice(struct company *co, unsigned n)
{
	return rng_below(&co->rng, n);
}

/* Fewer ports than a scan needs, however the dice fall. */
static const unsigned knocked[] = {22, 23, 80, 443, 445, 1433, 3306, 3389, 5060, 5900, 8080, 8443};

static struct packet
knock(struct company *co)
{
	return (struct packet){pool_bot(&co->rng), pool_own(&co->rng), pool_port(&co->rng),
		knocked[dice(co, COUNT(knocked))], false};
}

static void
forti_noise(struct company *co, int64_t at)
{
	struct flow f = {.p = knock(co),
		.action = "deny",
		.policy = "",
		.from = "wan1",
		.to = "root",
		.extra = ""};

	for (unsigned i = 1 + dice(co, 3); i > 0; i--) {
		forti_traffic(co, at, &f);
		f.p.sport = pool_port(&co->rng);
		at += 1000 + dice(co, 3000);
	}
}

static void
asa_noise(struct company *co, int64_t at)
{
	struct packet p = knock(co);

	for (unsigned i = 1 + dice(co, 3); i > 0; i--) {
		asa_denied(co, at, &p);
		at += 1000 + dice(co, 3000);
	}
}

static void
ipt_noise(struct company *co, int64_t at)
{
	struct packet p = knock(co);
	bool web = rng_percent(&co->rng, 50);

	p.dst = unix_hosts[web ? UNIX_WEB : UNIX_SFTP].ip;
	for (unsigned i = 1 + dice(co, 3); i > 0; i--) {
		if (web)
			ipt_ufw(co, at, "web01", &p, rng_percent(&co->rng, 85) ? "BLOCK" : "ALLOW");
		else
			ipt_dropped(co, at, "sftp01", &p);
		at += 1000 + dice(co, 3000);
	}
}

static void
ssh_bot(struct company *co, int64_t at)
{
	static const char *const names[] = {"root", "admin", "test", "oracle", "ubuntu", "pi",
		"postgres", "git", "ftpuser", "user", "deploy", "guest"};
	struct ssh_try t = {.host = rng_percent(&co->rng, 70) ? "sftp01" : "web01",
		.ip = pool_bot(&co->rng),
		.port = pool_port(&co->rng),
		.pid = 10000 + dice(co, 50000)};
	unsigned n = 1 + dice(co, 4), who = dice(co, COUNT(names));

	t.user = names[who];
	t.invalid = who != 0;
	for (unsigned i = 0; i < n; i++) {
		ssh_failed(co, at, &t);
		at += 2500 + dice(co, 9000);
	}
	ssh_closed(co, at, &t, false);
}

static void
sasl_bot(struct company *co, int64_t at)
{
	uint32_t ip = pool_bot(&co->rng);
	unsigned pid = 4000 + dice(co, 800), n = 1 + dice(co, 3);

	mail_connect(co, at, "mx1", pid, ip, true);
	for (unsigned i = 0; i < n; i++)
		mail_auth_failed(co, at += 1500 + dice(co, 4000), "mx1", pid, ip);
	say(co, at + 900, KIND_MAIL, 22, "mx1", "postfix/submission/smtpd", pid,
		"disconnect from unknown[%i] ehlo=1 auth=0/%u rset=1 commands=2/%u", ip, n, 2 + n);
}

static void
cron(struct company *co, int64_t at)
{
	static const char *const jobs[] = {"/usr/local/sbin/backup.sh --incremental",
		"cd / && run-parts --report /etc/cron.hourly", "/usr/lib/nagios/collect.sh",
		"test -x /usr/sbin/anacron || exit 0", "/opt/mes/bin/shukei.sh"};
	const char *host = unix_hosts[dice(co, UNIX_HOSTS)].name;
	unsigned pid = 10000 + dice(co, 50000);

	say(co, at, KIND_OTHER, 86, host, "CRON", pid,
		"pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)");
	say(co, at + 8, KIND_OTHER, 78, host, "CRON", pid + 1, "(root) CMD (%s)",
		jobs[dice(co, COUNT(jobs))]);
	say(co, at + 900, KIND_OTHER, 86, host, "CRON", pid,
		"pam_unix(cron:session): session closed for user root");
}

static void
machine_ssh(struct company *co, int64_t at)
{
	bool backup = rng_percent(&co->rng, 30);
	struct ssh_try t = {.host = unix_hosts[dice(co, UNIX_MON)].name,
		.user = backup ? "backup" : "nagios",
		.ip = unix_hosts[backup ? UNIX_BACKUP : UNIX_MON].ip,
		.port = pool_port(&co->rng),
		.pid = 10000 + dice(co, 50000)};

	ssh_accepted(co, at, &t, true);
	ssh_closed(co, at + (backup ? 60000 + dice(co, 600000) : 1200), &t, true);
}

void
scene_lease(struct company *co, int64_t at, const struct person *p, bool begins)
{
	uint64_t m = p->mac;
	struct text mac;

	mac.n = 0;
	text_put(&mac, "%h:%h:%h:%h:%h:%h", 2u, m >> 40, 2u, m >> 32, 2u, m >> 24, 2u, m >> 16, 2u,
		m >> 8, 2u, m);
	mac.p[mac.n] = '\0';
	if (begins) {
		say(co, at - 1100, KIND_OTHER, 190, "dhcp01", "dhcpd", 812,
			"DHCPDISCOVER from %s (%s) via ens192", mac.p, p->pc.name);
		say(co, at - 90, KIND_OTHER, 190, "dhcp01", "dhcpd", 812,
			"DHCPOFFER on %i to %s (%s) via ens192", p->pc.ip, mac.p, p->pc.name);
	}
	say(co, at, KIND_OTHER, 190, "dhcp01", "dhcpd", 812,
		"DHCPREQUEST for %i from %s (%s) via ens192", p->pc.ip, mac.p, p->pc.name);
	say(co, at + 4, KIND_OTHER, 190, "dhcp01", "dhcpd", 812,
		"DHCPACK on %i to %s (%s) via ens192", p->pc.ip, mac.p, p->pc.name);
}

static void
dhcp(struct company *co, int64_t at)
{
	scene_lease(co, at, scene_person(co, at), rng_percent(&co->rng, 20));
}

/* Devices and programs that no parser knows. */
static void
noise(struct company *co, int64_t at)
{
	const char *host = unix_hosts[dice(co, UNIX_HOSTS)].name;
	unsigned v = dice(co, 1000);

	switch (dice(co, 8)) {
	case 0:
		say(co, at, KIND_OTHER, 30, host, "systemd", 1,
			"Started Session %u of User nagios.", v);
		break;
	case 1:
		say(co, at, KIND_OTHER, 30, host, "systemd", 1, "logrotate.service: Succeeded.");
		break;
	case 2:
		say(co, at, KIND_OTHER, 134, "ups-b1", "upsmon", 401,
			"UPS b1@localhost load %u%% on line", 20 + v % 40);
		break;
	case 3:
		say(co, at, KIND_OTHER, 189, "sw-f3-1", "LINK", 0,
			"port 1/0/%u changed state to %s", 1 + v % 48, v & 1 ? "up" : "down");
		break;
	case 4:
		say(co, at, KIND_OTHER, 134, "plc-gw02", "mesgw", 77,
			"ライン%u号機 生産数=%u 不良=%u 稼働率=%u%%", 1 + v % 6, v * 3, v % 7,
			70 + v % 30);
		break;
	case 5:
		say(co, at, KIND_OTHER, 28, host, "ntpd", 611,
			"kernel reports TIME_ERROR: 0x%x: Clock Unsynchronized",
			(uint64_t)(v & 7) << 5);
		break;
	case 6:
		say(co, at, KIND_OTHER, 134, "nas02", "smartd", 902,
			"Device: /dev/sd%s, SMART Usage Attribute: 194 Temperature_Celsius changed "
			"from %u to %u",
			v & 1 ? "a" : "b", 30 + v % 5, 31 + v % 5);
		break;
	default:
		say(co, at, KIND_OTHER, 134, "badge01", "gate", 0,
			"ENTRY gate=%u card=%6 result=%s", 1 + v % 5, v * 37, v % 50 ? "OK" : "NG");
		break;
	}
}

/* Servers fetch updates through the proxy without a user. */
static void
update(struct company *co, int64_t at)
{
	struct request r = {.client = co->servers[dice(co, WIN_HOSTS)].ip,
		.server = IP(198, 19, 3, 7),
		.user = "-",
		.method = "GET",
		.status = "TCP_MISS/200",
		.mime = "application/octet-stream",
		.elapsed = 100 + dice(co, 9000),
		.sent = 300 + dice(co, 300)};

	for (unsigned i = 2 + dice(co, 4); i > 0; i--) {
		r.reply = 40000 + dice(co, 20000000);
		squid(co, at, &r, "http://update.vendor.example/c/%h.cab", 8u, rng_next(&co->rng));
		at += 2000 + dice(co, 9000);
	}
}

const struct scene scenes_machines[SCENES_MACHINES] = {{forti_noise, 45, 2}, {asa_noise, 25, 2},
	{ipt_noise, 30, 2}, {ssh_bot, 25, 6}, {mail_rejected, 18, 3}, {sasl_bot, 6, 4},
	{cron, 25, 3}, {machine_ssh, 20, 5}, {dhcp, 20, 2}, {noise, 25, 1}, {update, 11, 4}};
