/*
 * company.h - a made-up Japanese car-parts supplier: its people and machines, and the state of
 * the generator that tells one day of its life.
 *
 * Threads: none; main owns the company.
 */
#ifndef COMPANY_COMPANY_H
#define COMPANY_COMPANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rng.h"
#include "stage.h"
#include "text.h"

#define MS_SECOND ((int64_t)1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR   (60 * MS_MINUTE)
#define MS_DAY    (24 * MS_HOUR)

#define IP(a, b, c, d)                                                                             \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

#define PEOPLE  400u
#define IT_DEPT 12u /* the first ones are the IT department, */
#define ADMINS  4u  /* the first of them the administrators */

/* The next days: those who leave, and the one who has left. */
#define LEAVERS_FIRST (PEOPLE - 6u)
#define STAFF         (PEOPLE - 3u) /* who still works here */

#define MAIL_DOMAIN "aoba-seiko.example"
#define AD_DOMAIN   "ad.aoba-seiko.example"
#define AD_SHORT    "AOBA"

/* Fixed addresses that config/rules/filters-site.yml names. */
#define IP_JUMP    IP(10, 10, 9, 10)
#define IP_SCANNER IP(10, 10, 9, 50)

/* How a Windows host's events reach the collector, and what it records. */
enum agent {
	AGENT_NXLOG_SYSMON,
	AGENT_BEAT_SYSMON,
	AGENT_NXLOG_AUDIT, /* no Sysmon: process creation as event 4688 */
};

struct machine {
	char fqdn[48];
	char name[16];
	uint32_t ip;
	enum agent agent;
	uint64_t record;
};

/* When somebody works: the plant has three shifts. */
enum shift { SHIFT_DAY, SHIFT_EARLY, SHIFT_LATE, SHIFT_NIGHT };

struct person {
	char account[16];
	char family[12], given[12];
	char mail[32]; /* before the @: kenji.sato */
	char vpn[20];  /* what the remote access calls him: k-sato */
	unsigned number;
	enum shift shift;
	struct machine pc;
	uint64_t mac;
	uint32_t home_ip;
	bool home, openvpn;
};

struct unix_host {
	const char *name;
	uint32_t ip;
};

enum {
	UNIX_WEB,
	UNIX_SFTP,
	UNIX_APP1,
	UNIX_APP2,
	UNIX_DB1,
	UNIX_DB2,
	UNIX_GIT,
	UNIX_MON,
	UNIX_BACKUP,
	UNIX_HOSTS
};

enum {
	WIN_DC1,
	WIN_DC2,
	WIN_FS1,
	WIN_FS2,
	WIN_PRINT,
	WIN_ERP1,
	WIN_ERP2,
	WIN_SQL1,
	WIN_MES1,
	WIN_MES2,
	WIN_CAD1,
	WIN_WSUS,
	WIN_HR1,
	WIN_HOSTS
};

struct day {
	int64_t epoch; /* seconds at midnight, UTC */
	unsigned year, month, dom;
	char iso[16];
	char mon[4];
};

/* Rows of the company's lists that stories ask for. */
enum list_rows { ROWS_TICKETS, ROWS_USB, ROWS_INDICATORS, ROWS_LISTS };

struct rows {
	size_t n;
	char p[4096];
};

struct truth;
struct mark;

struct company {
	uint64_t seed, budget, put;
	struct rng rng;
	struct day day;
	struct stage *stage;
	struct truth *truth;
	struct mark *mark; /* the attack or decoy whose lines are being written, or NULL */
	bool decisive;     /* the next line is the one that decides */
	bool torn;         /* the sources of a story speak of different people */
	unsigned tickets, villains, lairs;
	struct rows rows[ROWS_LISTS];
	struct text line;
	int64_t at, arrives; /* what the line says, and when the collector hears it */
	enum kind kind;
	uint32_t session, conn, serial;
	bool taken[PEOPLE]; /* whom an attack or a decoy has used */
	struct person people[PEOPLE];
	struct machine servers[WIN_HOSTS];
};

extern const struct unix_host unix_hosts[UNIX_HOSTS];

/* Fill people and machines from the seed. */
void people_init(struct company *co);

/* Administrators' second account. */
const char *people_admin(unsigned admin);

/*
 * Begin a line at a time (ms of the day), end it: the stage has it then. The host's clock may be
 * wrong (NULL: right); the line's own time is then co->at, while it arrives at `at`.
 */
struct text *line_begin(struct company *co, int64_t at, enum kind kind, const char *host);
void line_end(struct company *co);

/* Whether the day still has room for a line of benign life. */
bool line_room(const struct company *co);

#endif
