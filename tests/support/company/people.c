#include "company.h"

#include <string.h>

#include "truth.h"

const struct unix_host unix_hosts[UNIX_HOSTS] = {
	[UNIX_WEB] = {"web01", IP(10, 50, 0, 20)},
	[UNIX_SFTP] = {"sftp01", IP(10, 50, 0, 25)},
	[UNIX_APP1] = {"app01", IP(10, 10, 3, 11)},
	[UNIX_APP2] = {"app02", IP(10, 10, 3, 12)},
	[UNIX_DB1] = {"db01", IP(10, 10, 3, 21)},
	[UNIX_DB2] = {"db02", IP(10, 10, 3, 22)},
	[UNIX_GIT] = {"git01", IP(10, 10, 3, 31)},
	[UNIX_MON] = {"mon01", IP(10, 10, 3, 41)},
	[UNIX_BACKUP] = {"backup01", IP(10, 10, 9, 20)},
};

static const char *const server_names[WIN_HOSTS] = {"AS-DC01", "AS-DC02", "AS-FS01", "AS-FS02",
	"AS-PRINT01", "AS-ERP01", "AS-ERP02", "AS-SQL01", "AS-MES01", "AS-MES02", "AS-CAD01",
	"AS-WSUS01", "AS-HR01"};

static const char *const families[] = {"sato", "suzuki", "takahashi", "tanaka", "ito", "watanabe",
	"yamamoto", "nakamura", "kobayashi", "kato", "yoshida", "yamada", "sasaki", "yamaguchi",
	"matsumoto", "inoue", "kimura", "hayashi", "saito", "shimizu", "yamazaki", "mori", "abe",
	"ikeda", "hashimoto", "ishikawa", "ogawa", "maeda", "okada", "hasegawa", "fujita", "goto",
	"kondo", "murakami", "endo", "aoki", "sakamoto", "fukuda", "nishimura", "ota"};
static const char *const givens[] = {"kenji", "hiroshi", "takashi", "makoto", "akira", "daisuke",
	"shota", "yuki", "naoki", "ryo", "yoko", "keiko", "yumi", "naomi", "emi", "haruka",
	"misaki", "ayaka", "tomoko", "sachiko", "masaru", "osamu", "jun", "wataru", "chie"};

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof *(a)))

static void
copy(char *to, size_t max, const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n = n < max - 1 ? n : max - 1;
	m = m < max - 1 - n ? m : max - 1 - n;
	memcpy(to, a, n);
	memcpy(to + n, b, m);
	to[n + m] = '\0';
}

static bool
account_taken(const struct company *co, unsigned upto, const char *account)
{
	for (unsigned i = 0; i < upto; i++)
		if (strcmp(co->people[i].account, account) == 0)
			return true;
	return false;
}

/* family.g, and a number where two would be called alike: sato.k, sato.k2 ... */
static void
name_person(struct company *co, unsigned i)
{
	struct person *p = &co->people[i];
	char tail[24] = {'.', 0};

	copy(p->family, sizeof p->family, families[rng_below(&co->rng, COUNT(families))], "");
	copy(p->given, sizeof p->given, givens[rng_below(&co->rng, COUNT(givens))], "");
	tail[1] = p->given[0];
	copy(p->account, sizeof p->account, p->family, tail);
	for (unsigned n = 2; account_taken(co, i, p->account); n++) {
		text_u(tail + 2, n);
		copy(p->account, sizeof p->account, p->family, tail);
	}
}

static bool
mail_taken(const struct company *co, unsigned upto, const char *mail)
{
	for (unsigned i = 0; i < upto; i++)
		if (strcmp(co->people[i].mail, mail) == 0)
			return true;
	return false;
}

/* The same person elsewhere: given.family in mail, g-family at the VPN, numbered like the account.
 */
static void
spell(struct company *co, unsigned i)
{
	struct person *p = &co->people[i];
	char tail[40], vpn[4] = {p->given[0], '-', 0};
	const char *number = strchr(p->account, '.') + 2;
	size_t n;

	copy(tail, sizeof tail, ".", p->family);
	copy(p->mail, sizeof p->mail, p->given, tail);
	n = strlen(p->mail);
	for (unsigned k = 2; mail_taken(co, i, p->mail); k++)
		text_u(p->mail + n, k);
	copy(tail, sizeof tail, vpn, p->family);
	copy(p->vpn, sizeof p->vpn, tail, number);
}

static void
name_machine(struct machine *m, const char *name, uint32_t ip, enum agent agent)
{
	copy(m->name, sizeof m->name, name, "");
	copy(m->fqdn, sizeof m->fqdn, name, "." AD_DOMAIN);
	m->ip = ip;
	m->agent = agent;
}

void
people_init(struct company *co)
{
	char pc[32], num[24];

	for (unsigned i = 0; i < PEOPLE; i++) {
		struct person *p = &co->people[i];
		unsigned dice = rng_below(&co->rng, 100), dice_shift;

		name_person(co, i);
		text_u(num, 10001 + i);
		copy(pc, sizeof pc, "AS-PC", num + 1);
		p->number = i;
		spell(co, i);
		dice_shift = rng_below(&co->rng, 100);
		p->shift = i < IT_DEPT || dice_shift < 78 ? SHIFT_DAY
			   : dice_shift < 87              ? SHIFT_EARLY
			   : dice_shift < 96              ? SHIFT_LATE
							  : SHIFT_NIGHT;
		/* floors of 50 PCs; leases begin at .50 */
		name_machine(&p->pc, pc, IP(10, 20, 1 + i / 50, 50 + i % 50),
			dice < 45   ? AGENT_NXLOG_SYSMON
			: dice < 80 ? AGENT_BEAT_SYSMON
				    : AGENT_NXLOG_AUDIT);
		p->pc.record = 200000 + rng_below(&co->rng, 900000);
		p->mac = 0x001c42000000u | rng_below(&co->rng, 1u << 24);
		p->home_ip = IP(198, 18, i / 100, 10 + i % 100 * 2 + rng_below(&co->rng, 2));
		p->home = rng_percent(&co->rng, 22);
		p->openvpn = rng_percent(&co->rng, 30);
	}
	for (unsigned i = 0; i < WIN_HOSTS; i++) {
		name_machine(&co->servers[i], server_names[i], IP(10, 10, 2, 10 + i),
			i % 2 ? AGENT_BEAT_SYSMON : AGENT_NXLOG_SYSMON);
		co->servers[i].record = 5000000 + rng_below(&co->rng, 9000000);
	}
}

const char *
people_admin(unsigned admin)
{
	static const char *const names[ADMINS] = {
		"adm-infra1", "adm-infra2", "adm-helpdesk1", "adm-helpdesk2"};

	return names[admin % ADMINS];
}

/* Most clocks are right to half a second; a few devices that no time server reaches are not. */
static int64_t
skew(const struct company *co, const char *host)
{
	static const char *const wrong[] = {"nas02", "plc-gw02", "badge01", "ups-b1", "sw-f3-1"};
	uint64_t h = co->seed;

	if (!host)
		return 0;
	for (unsigned i = 0; i < COUNT(wrong); i++)
		if (strcmp(host, wrong[i]) == 0)
			return (int64_t)i * 17000 - 41000;
	for (const char *p = host; *p && *p != '.'; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return (int64_t)((h >> 20) % 900) - 450;
}

struct text *
line_begin(struct company *co, int64_t at, enum kind kind, const char *host)
{
	co->arrives = at < 0 ? 0 : at;
	at += skew(co, host);
	co->at = at < 0 ? 0 : at >= MS_DAY && co->arrives < MS_DAY ? MS_DAY - 1 : at;
	co->kind = kind;
	co->line.n = 0;
	return &co->line;
}

bool
line_room(const struct company *co)
{
	return co->put < co->budget;
}

/* An attack's line is always written; benign life only fills what the day has room for, and what
 * would happen after midnight is not told. A relay sends one line in two thousand twice. */
void
line_end(struct company *co)
{
	unsigned copies = rng_below(&co->rng, 2000) == 0 ? 2 : 1;

	if (!co->mark && (!line_room(co) || co->at >= MS_DAY)) {
		co->decisive = false;
		return;
	}
	text_put(&co->line, "\n");
	for (unsigned i = 0; i < copies; i++) {
		co->put++;
		stage_put(co->stage, co->arrives + i, co->kind, co->line.p, co->line.n, co->mark,
			co->at, co->decisive && i == 0);
	}
	co->decisive = false;
}
