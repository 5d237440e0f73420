#include <stdarg.h>

#include "writers.h"

#define PRI_KERN     4u  /* kern.warning */
#define PRI_AUTH     38u /* auth.info: sshd */
#define PRI_AUTHPRIV 85u /* authpriv.notice: sudo, su, PAM failures */
#define PRI_SESSION  86u /* authpriv.info */

void
say(struct company *co, int64_t at, enum kind kind, unsigned pri, const char *host,
	const char *prog, unsigned pid, const char *fmt, ...)
{
	struct text *t = line_begin(co, at, kind, host);
	unsigned s = (unsigned)(co->at / MS_SECOND);
	va_list ap;

	text_put(t, co->day.dom < 10 ? "<%u>%s  %u " : "<%u>%s %u ", pri, co->day.mon, co->day.dom);
	text_put(t, "%2:%2:%2 %s %s", s / 3600, s / 60 % 60, s % 60, host, prog);
	if (pid)
		text_put(t, "[%u]", pid);
	text_put(t, ": ");
	va_start(ap, fmt);
	text_vput(t, fmt, ap);
	va_end(ap);
	line_end(co);
}

void
ssh_failed(struct company *co, int64_t at, const struct ssh_try *t)
{
	if (t->invalid)
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Invalid user %s from %i port %u", t->user, t->ip, t->port);
	else
		say(co, at, KIND_AUTH, PRI_AUTHPRIV, t->host, "sshd", t->pid,
			"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 "
			"tty=ssh "
			"ruser= rhost=%i  user=%s",
			t->ip, t->user);
	say(co, at + 1800, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
		"Failed password for %s%s from %i port %u ssh2", t->invalid ? "invalid user " : "",
		t->user, t->ip, t->port);
}

/* One key per address: 43 characters of Base64 without padding. */
static const char *
fingerprint(char print[44], uint32_t ip)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct rng r;

	rng_init(&r, ip);
	for (unsigned i = 0; i < 43; i++)
		print[i] = digits[rng_below(&r, 64)];
	print[43] = '\0';
	return print;
}

void
ssh_accepted(struct company *co, int64_t at, const struct ssh_try *t, bool key)
{
	char print[44];

	if (key)
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Accepted publickey for %s from %i port %u ssh2: ED25519 SHA256:%s",
			t->user, t->ip, t->port, fingerprint(print, t->ip));
	else
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Accepted password for %s from %i port %u ssh2", t->user, t->ip, t->port);
	say(co, at + 40, KIND_AUTH, PRI_SESSION, t->host, "sshd", t->pid,
		"pam_unix(sshd:session): session opened for user %s(uid=%u) by (uid=0)", t->user,
		1000 + t->pid % 400);
}

void
ssh_closed(struct company *co, int64_t at, const struct ssh_try *t, bool in)
{
	if (in) {
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Received disconnect from %i port %u:11: disconnected by user", t->ip,
			t->port);
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Disconnected from user %s %i port %u", t->user, t->ip, t->port);
		say(co, at + 10, KIND_AUTH, PRI_SESSION, t->host, "sshd", t->pid,
			"pam_unix(sshd:session): session closed for user %s", t->user);
	} else {
		say(co, at, KIND_AUTH, PRI_AUTH, t->host, "sshd", t->pid,
			"Connection closed by %s user %s %i port %u [preauth]",
			t->invalid ? "invalid" : "authenticating", t->user, t->ip, t->port);
	}
}

void
sudo_ran(struct company *co, int64_t at, const char *host, const char *user, const char *command)
{
	say(co, at, KIND_AUTH, PRI_AUTHPRIV, host, "sudo", 0,
		"  %s : TTY=pts/%u ; PWD=/home/%s ; USER=root ; COMMAND=%s", user,
		rng_below(&co->rng, 4), user, command);
	say(co, at + 5, KIND_AUTH, PRI_SESSION, host, "sudo", 0,
		"pam_unix(sudo:session): session opened for user root(uid=0) by %s(uid=1001)",
		user);
	say(co, at + 700, KIND_AUTH, PRI_SESSION, host, "sudo", 0,
		"pam_unix(sudo:session): session closed for user root");
}

static void
packet(struct company *co, int64_t at, const char *host, const struct packet *p, const char *prefix)
{
	uint64_t dice = rng_next(&co->rng);
	unsigned up = (unsigned)(at / MS_SECOND) + 500000;

	if (p->udp)
		say(co, at, KIND_FIREWALL, PRI_KERN, host, "kernel", 0,
			"[%u.%6] %sIN=ens192 OUT= MAC=00:50:56:9a:%h:%h:00:09:0f:09:00:%h:08:00 "
			"SRC=%i "
			"DST=%i LEN=%u TOS=0x00 PREC=0x00 TTL=%u ID=%u PROTO=UDP SPT=%u DPT=%u "
			"LEN=%u ",
			up, (unsigned)(dice % 1000000), prefix, 2u, dice >> 8, 2u, dice >> 16, 2u,
			dice >> 24, p->src, p->dst, 28 + (unsigned)(dice >> 40 & 127),
			32 + (unsigned)(dice >> 32 & 31), (unsigned)(dice >> 48), p->sport,
			p->dport, 8 + (unsigned)(dice >> 40 & 127));
	else
		say(co, at, KIND_FIREWALL, PRI_KERN, host, "kernel", 0,
			"[%u.%6] %sIN=ens192 OUT= MAC=00:50:56:9a:%h:%h:00:09:0f:09:00:%h:08:00 "
			"SRC=%i "
			"DST=%i LEN=%u TOS=0x00 PREC=0x00 TTL=%u ID=%u DF PROTO=TCP SPT=%u DPT=%u "
			"WINDOW=%u RES=0x00 SYN URGP=0 ",
			up, (unsigned)(dice % 1000000), prefix, 2u, dice >> 8, 2u, dice >> 16, 2u,
			dice >> 24, p->src, p->dst, 40 + 4 * (unsigned)(dice >> 40 & 5),
			32 + (unsigned)(dice >> 32 & 31), (unsigned)(dice >> 48), p->sport,
			p->dport, 1024 * (1 + (unsigned)(dice >> 44 & 63)));
}

void
ipt_dropped(struct company *co, int64_t at, const char *host, const struct packet *p)
{
	packet(co, at, host, p, "IPT-INPUT-DROP: ");
}

void
ipt_ufw(struct company *co, int64_t at, const char *host, const struct packet *p,
	const char *verdict)
{
	char prefix[24];
	size_t n = 0;

	for (const char *s = "[UFW "; *s; s++)
		prefix[n++] = *s;
	for (const char *s = verdict; *s && n < sizeof prefix - 3; s++)
		prefix[n++] = *s;
	prefix[n++] = ']';
	prefix[n++] = ' ';
	prefix[n] = '\0';
	packet(co, at, host, p, prefix);
}
