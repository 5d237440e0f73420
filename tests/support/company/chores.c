#include "life.h"
#include "paths.h"
#include "pools.h"
#include "scenes.h"
#include "writers.h"

static unsigned
dice(struct company *co, unsigned n)
{
	return rng_below(&co->rng, n);
}

/* Every PC's lease is renewed about every four hours; the first is there before anybody works. */
static void
leases(struct company *co)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		int64_t at = 2000 + dice(co, 1200000);

		for (; at < MS_DAY; at += 4 * MS_HOUR - dice(co, 600000))
			scene_lease(co, at, &co->people[i], at < MS_HOUR);
	}
}

/* The backup server reaches every server and reads what there is, as a service account. */
static void
backup(struct company *co)
{
	int64_t at = 70 * MS_MINUTE + dice(co, 600000);
	uint32_t from = unix_hosts[UNIX_BACKUP].ip;

	for (unsigned i = 0; i < WIN_HOSTS; i++) {
		win_logon(co, at, &co->servers[i], "svc-backup", 3, from);
		at += 15000 + dice(co, 40000);
	}
	for (unsigned i = 0; i < 400; i++) {
		char file[48];
		struct text t;

		t.n = 0;
		text_put(&t, "bk\\\\\\\\set%3\\\\\\\\%3.dat", i / 20, i);
		t.p[t.n] = '\0';
		for (unsigned k = 0; k <= t.n && k < sizeof file; k++)
			file[k] = t.p[k];
		win_share(co, at, &co->servers[i % 2 ? WIN_FS1 : WIN_FS2], "svc-backup", from, "S$",
			file);
		at += 500 + dice(co, 3000);
	}
	win_process(co, at, &co->servers[WIN_FS2],
		&(struct started){"svc-backup", WIN "wbadmin.exe",
			"wbadmin.exe start backup -backupTarget:\\\\\\\\nas02\\\\bk -quiet",
			WIN "cmd.exe", "cmd.exe /c C:\\\\bk\\\\daily.bat"});
}

/* Software distribution: one server, many PCs, a service on each. */
static void
distribution(struct company *co)
{
	int64_t at = 12 * MS_HOUR + dice(co, 900000);

	for (unsigned i = 0; i < 80; i++) {
		struct machine *pc = &co->people[IT_DEPT + i * 4].pc;

		win_logon(co, at, pc, "svc-deploy", 3, co->servers[WIN_WSUS].ip);
		win_service(co, at + 900, pc, "DeployAgentUpd",
			"C:\\\\Program Files\\\\DeployAgent\\\\upd.exe");
		win_process(co, at + 1900, pc,
			&(struct started){"svc-deploy", WIN "msiexec.exe",
				"msiexec.exe /i \\\\\\\\AS-WSUS01\\\\dist\\\\viewer.msi /qn",
				WIN "services.exe", WIN "services.exe"});
		at += 3000 + dice(co, 6000);
	}
}

/* An administrator's morning round: from the jump host to a handful of servers. */
static void
rounds(struct company *co)
{
	for (unsigned a = 0; a < ADMINS; a++) {
		int64_t at = 8 * MS_HOUR + dice(co, 3600000);

		for (unsigned i = 0; i < 6; i++) {
			win_logon(co, at, &co->servers[dice(co, WIN_HOSTS)], people_admin(a), 10,
				IP_JUMP);
			at += 60000 + dice(co, 300000);
		}
	}
}

void
chores(struct company *co)
{
	leases(co);
	backup(co);
	distribution(co);
	rounds(co);
}

/* At noon one PC in ten is moved, and two at a time get each other's address. */
void
chores_noon(struct company *co, int64_t at)
{
	for (unsigned i = IT_DEPT; i + 1 < PEOPLE; i += 20) {
		struct person *a = &co->people[i], *b = &co->people[i + 1];
		uint32_t ip = a->pc.ip;

		if (co->taken[i] || co->taken[i + 1])
			continue;
		a->pc.ip = b->pc.ip;
		b->pc.ip = ip;
		scene_lease(co, at + i * 20, a, true);
		scene_lease(co, at + i * 20 + 9000, b, true);
	}
}
