/*
 * story.h - what the stories of the scoreboard share: who acts, from where, and short forms of the
 * writers.
 *
 * Threads: none.
 */
#ifndef COMPANY_STORY_H
#define COMPANY_STORY_H

#include "lists.h"
#include "paths.h"
#include "plot.h"
#include "pools.h"
#include "truth.h"
#include "writers.h"

#define PUB "C:\\\\Users\\\\Public\\\\"

/* A story begins; a twin that stands beside one. Both become co->mark. */
struct mark *tale(struct company *co, const char *id, const char *en, const char *ja);
struct mark *twin(
	struct company *co, const char *id, const char *beside, const char *en, const char *ja);

/* Somebody with a PC that tells what runs on it, named in the truth, with a lease before `at`. */
struct person *actor(struct company *co, struct mark *m, int64_t at);

/* An address of an attacker, one of his servers; each call another one, named in the truth. */
uint32_t villain(struct company *co, struct mark *m);
uint32_t lair(struct company *co, struct mark *m);

unsigned dice(struct company *co, unsigned n);
int64_t rest(struct company *co, unsigned least, unsigned most); /* seconds, as ms */

void run(struct company *co, int64_t at, struct machine *on, const char *user, const char *image,
	const char *command, const char *parent);
void decide(struct company *co);

/* A web request of a PC; bytes sent or received. */
void fetch(struct company *co, int64_t at, const struct person *p, uint32_t server, const char *url,
	const char *mime, uint64_t bytes);
void send(struct company *co, int64_t at, const struct person *p, uint32_t server, const char *host,
	uint64_t bytes);

/* A connection that the firewall let out. */
void outward(
	struct company *co, int64_t at, uint32_t from, uint32_t to, unsigned port, uint64_t sent);

/* n files of a share, one every step ms. Returns the time after. */
int64_t read_share(struct company *co, int64_t at, struct machine *fs, const char *user,
	uint32_t ip, unsigned n, int64_t step);

/* Commands that look around, n of them, by the user on that host. */
int64_t look_around(
	struct company *co, int64_t at, struct machine *on, const char *user, unsigned n);

void stories_outside(struct company *co);
void stories_domain(struct company *co);
void stories_inside(struct company *co);

#endif
