/*
 * writers.h - one function per kind of message, each writing it the way its product does.
 *
 * `at` is always the time in milliseconds of the day. Threads: none.
 */
#ifndef COMPANY_WRITERS_H
#define COMPANY_WRITERS_H

#include "company.h"

/* A syslog message with the header of RFC 3164; pid 0: none. */
void say(struct company *co, int64_t at, enum kind kind, unsigned pri, const char *host,
	const char *prog, unsigned pid, const char *fmt, ...);

/* ---- Linux: sshd, sudo, su, iptables ---- */
struct ssh_try {
	const char *host, *user;
	uint32_t ip;
	unsigned port, pid;
	bool invalid; /* no such account there */
};

void ssh_failed(struct company *co, int64_t at, const struct ssh_try *t);
void ssh_accepted(struct company *co, int64_t at, const struct ssh_try *t, bool key);
void ssh_closed(struct company *co, int64_t at, const struct ssh_try *t, bool in);
void sudo_ran(
	struct company *co, int64_t at, const char *host, const char *user, const char *command);

struct packet {
	uint32_t src, dst;
	unsigned sport, dport;
	bool udp;
};

void ipt_dropped(struct company *co, int64_t at, const char *host, const struct packet *p);
void ipt_ufw(struct company *co, int64_t at, const char *host, const struct packet *p,
	const char *verdict);

/* ---- Cisco ASA ---- */
void asa_denied(struct company *co, int64_t at, const struct packet *p);
void asa_connection(
	struct company *co, int64_t at, const struct packet *p, int64_t ms, uint64_t bytes);

/* ---- FortiGate ---- */
struct flow {
	struct packet p;
	const char *action, *policy;
	const char *service;   /* NULL: named by its port */
	const char *from, *to; /* interfaces */
	unsigned policyid, seconds;
	uint64_t sent, received;
	const char *extra; /* further keys, "" for none */
};

void forti_traffic(struct company *co, int64_t at, const struct flow *f);
void forti_web_blocked(struct company *co, int64_t at, const struct packet *p, const char *host,
	unsigned cat, const char *catdesc);
void forti_botnet(struct company *co, int64_t at, const struct packet *p, const char *attack);
void forti_admin_login(struct company *co, int64_t at, const char *user, uint32_t ip);
void forti_vpn_failed(struct company *co, int64_t at, const char *user, uint32_t ip, bool known);
void forti_vpn_up(
	struct company *co, int64_t at, const char *user, uint32_t ip, unsigned id, uint32_t inner);
void forti_vpn_down(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned id,
	uint32_t inner, unsigned seconds);

/* ---- OpenVPN ---- */
void openvpn_failed(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port);
void openvpn_up(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port,
	uint32_t inner);
void openvpn_down(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port);

/* ---- Squid ---- */
struct request {
	uint32_t client, server;
	const char *user, *method, *status, *mime;
	unsigned elapsed;
	uint64_t reply, sent;
};

/* The URL by a format of text_put. */
void squid(struct company *co, int64_t at, const struct request *r, const char *url, ...);

/* ---- Postfix ---- */
void mail_auth_failed(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip);
void mail_connect(
	struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip, bool submission);

/* One message of an authenticated sender to n recipients outside; returns its last line's time. */
int64_t mail_submit(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip,
	const struct person *from, unsigned n, const char *domain);

struct letter {
	const struct person *from;
	const char *to, *domain; /* to NULL: many of that domain */
	unsigned n, size;
};

int64_t mail_letter(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip,
	const struct letter *l);
int64_t mail_receive(struct company *co, int64_t at, const struct person *to);
int64_t mail_from(struct company *co, int64_t at, const struct person *to, const char *domain);
void mail_rejected(struct company *co, int64_t at);

/* ---- Windows ---- */

/*
 * One event with its data as pairs of name and value, NULL at the end. Values are put into the
 * JSON as they are: backslashes come doubled.
 */
void win_event(struct company *co, int64_t at, enum kind kind, struct machine *m, unsigned id, ...);

struct started {
	const char *user, *image, *command, *parent, *parent_command;
};

void win_process(struct company *co, int64_t at, struct machine *m, const struct started *s);
void win_logon(struct company *co, int64_t at, struct machine *m, const char *user, unsigned type,
	uint32_t ip);
void win_logon_failed(
	struct company *co, int64_t at, struct machine *m, const char *user, uint32_t ip);
void win_kerberos(struct company *co, int64_t at, struct machine *dc, const char *user, uint32_t ip,
	const char *service);
void win_connected(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, uint32_t to, unsigned port);
void win_file(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, const char *file);
void win_asked(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, const char *name);
void win_opened(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, const char *target, const char *access);
void win_account_made(
	struct company *co, int64_t at, struct machine *dc, const char *by, const char *account);
void win_group_joined(struct company *co, int64_t at, struct machine *dc, const char *by,
	const char *account, const char *group, const char *rid);
void win_log_cleared(struct company *co, int64_t at, struct machine *dc, const char *by);
void win_service(
	struct company *co, int64_t at, struct machine *m, const char *name, const char *path);
void win_share(struct company *co, int64_t at, struct machine *m, const char *user, uint32_t ip,
	const char *share, const char *file);
void win_usb(struct company *co, int64_t at, struct machine *m, const char *serial);
void win_usb_file(
	struct company *co, int64_t at, struct machine *m, const char *user, const char *file);
void win_ticket(struct company *co, int64_t at, struct machine *dc, const char *user, uint32_t ip,
	const char *service, const char *encryption);
void win_replicated(struct company *co, int64_t at, struct machine *dc, const char *user);
void win_task(struct company *co, int64_t at, struct machine *m, const char *user, const char *name,
	const char *command);
void win_run_key(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, const char *value);
void win_malware(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *threat, const char *path, const char *action);

/* ---- clouds, web server ---- */
void entra_signin(struct company *co, int64_t at, const struct person *p, uint32_t ip,
	const char *country, unsigned error, const char *reason);
void m365(struct company *co, int64_t at, const struct person *p, uint32_t ip, const char *workload,
	const char *operation, const char *parameters);
void web_request(struct company *co, int64_t at, const char *host, uint32_t ip, const char *method,
	const char *path, unsigned status, unsigned bytes);
void user_added(struct company *co, int64_t at, const char *host, const char *name, unsigned uid);

/* ---- FortiGate: names asked for, settings changed, attacks seen ---- */
void forti_dns(struct company *co, int64_t at, uint32_t from, const char *name, const char *type);
void forti_changed(struct company *co, int64_t at, const char *user, uint32_t ip, const char *path,
	const char *attributes);
void forti_ips(struct company *co, int64_t at, const struct packet *p, const char *attack,
	const char *action);

#endif
