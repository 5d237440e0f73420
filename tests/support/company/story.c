#include "story.h"

#include <stdio.h>

struct mark *
tale(struct company *co, const char *id, const char *en, const char *ja)
{
	return co->mark = truth_attack(co->truth, id, NULL, en, ja);
}

struct mark *
twin(struct company *co, const char *id, const char *beside, const char *en, const char *ja)
{
	struct mark *m = truth_decoy(co->truth, id, NULL, en, ja);

	truth_beside(m, beside);
	return co->mark = m;
}

struct person *
actor(struct company *co, struct mark *m, int64_t at)
{
	struct person *p = plot_sysmon_person(co);

	plot_names(m, p);
	plot_lease(co, at, p);
	return p;
}

uint32_t
villain(struct company *co, struct mark *m)
{
	uint32_t ip = IP(198, 51, 100, 200 + co->villains++ % 54);

	plot_address(m, ip);
	return ip;
}

uint32_t
lair(struct company *co, struct mark *m)
{
	uint32_t ip = IP(192, 0, 2, 90 + co->lairs++ % 80);

	plot_address(m, ip);
	return ip;
}

unsigned
dice(struct company *co, unsigned n)
{
	return rng_below(&co->rng, n);
}

int64_t
rest(struct company *co, unsigned least, unsigned most)
{
	return (int64_t)rng_range(&co->rng, least * 1000, most * 1000);
}

void
run(struct company *co, int64_t at, struct machine *on, const char *user, const char *image,
	const char *command, const char *parent)
{
	struct started s = {user, image, command, parent, parent};

	win_process(co, at, on, &s);
}

void
decide(struct company *co)
{
	co->decisive = true;
}

void
fetch(struct company *co, int64_t at, const struct person *p, uint32_t server, const char *url,
	const char *mime, uint64_t bytes)
{
	struct request r = {.client = p->pc.ip,
		.server = server,
		.user = p->account,
		.method = "GET",
		.status = "TCP_MISS/200",
		.mime = mime,
		.elapsed = 300 + dice(co, 4000),
		.reply = bytes,
		.sent = 260 + dice(co, 300)};

	squid(co, at, &r, "%s", url);
}

void
send(struct company *co, int64_t at, const struct person *p, uint32_t server, const char *host,
	uint64_t bytes)
{
	struct request r = {.client = p->pc.ip,
		.server = server,
		.user = p->account,
		.method = dice(co, 3) ? "POST" : "PUT",
		.status = "TCP_MISS/200",
		.mime = "application/json",
		.elapsed = 900 + dice(co, 9000),
		.reply = 300 + dice(co, 500),
		.sent = bytes};

	squid(co, at, &r, "http://%s/u/%x", host, rng_next(&co->rng) & 0xffffff);
}

void
outward(struct company *co, int64_t at, uint32_t from, uint32_t to, unsigned port, uint64_t sent)
{
	struct flow f = {.p = {from, to, pool_port(&co->rng), port, false},
		.action = "close",
		.policy = "clients-to-internet",
		.from = "internal1",
		.to = "wan1",
		.policyid = 12,
		.seconds = 5 + dice(co, 300),
		.sent = sent,
		.received = 900 + dice(co, 90000),
		.extra = ""};

	forti_traffic(co, at, &f);
}

int64_t
read_share(struct company *co, int64_t at, struct machine *fs, const char *user, uint32_t ip,
	unsigned n, int64_t step)
{
	static const char *const folders[] = {"zumen", "mitsumori", "kokyaku", "genka"};
	const char *folder = folders[dice(co, 4)];

	for (unsigned i = 0; i < n; i++, at += step / 2 + dice(co, (unsigned)step)) {
		char file[64];

		snprintf(file, sizeof file, "%s\\\\F-%u.%s", folder, 20000 + dice(co, 9000),
			dice(co, 2) ? "dwg" : "xlsx");
		win_share(co, at, fs, user, ip, "R$", file);
	}
	return at;
}

int64_t
look_around(struct company *co, int64_t at, struct machine *on, const char *user, unsigned n)
{
	static const char *const tools[][2] = {{"whoami.exe", "whoami /all"},
		{"net.exe", "net group \\\"Domain Admins\\\" /domain"},
		{"nltest.exe", "nltest /dclist:"}, {"ipconfig.exe", "ipconfig /all"},
		{"systeminfo.exe", "systeminfo"}, {"klist.exe", "klist"}, {"quser.exe", "quser"},
		{"arp.exe", "arp -a"}};
	unsigned first = dice(co, 8);

	for (unsigned i = 0; i < n; i++, at += rest(co, 4, 50)) {
		char image[64];

		snprintf(image, sizeof image, WIN "%s", tools[(first + i) % 8][0]);
		run(co, at, on, user, image, tools[(first + i) % 8][1], WIN "cmd.exe");
	}
	return at;
}

void
story_all(struct company *co)
{
	stories_outside(co);
	stories_domain(co);
	stories_inside(co);
	co->mark = NULL;
}
