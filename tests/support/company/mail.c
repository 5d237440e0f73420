#include "writers.h"

#define PRI_INFO 22u /* mail.info */
#define PRI_WARN 20u /* mail.warning */

static const char *const partners[] = {"kyowa-motors.example", "hinode-press.example",
	"toyo-bearing.example", "minato-logi.example", "sakura-bank.example", "fuji-denshi.example",
	"news.jidosha.example", "freemail.example"};

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof *(a)))

static const char *
partner(struct company *co)
{
	return partners[rng_below(&co->rng, COUNT(partners))];
}

/* Short queue ids, unique over the day: a counter spread over 44 bits by an odd factor. */
static uint64_t
queue_id(struct company *co)
{
	return ((uint64_t)co->serial++ * 0x9e3779b97fu) & 0xfffffffffffu;
}

void
mail_connect(
	struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip, bool submission)
{
	say(co, at, KIND_MAIL, PRI_INFO, mx,
		submission ? "postfix/submission/smtpd" : "postfix/smtpd", pid,
		"connect from unknown[%i]", ip);
}

void
mail_auth_failed(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip)
{
	say(co, at, KIND_MAIL, PRI_WARN, mx, "postfix/submission/smtpd", pid,
		"warning: unknown[%i]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", ip);
}

int64_t
mail_submit(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip,
	const struct person *from, unsigned n, const char *domain)
{
	struct letter l = {.from = from,
		.n = n,
		.domain = domain ? domain : partner(co),
		.size = 1500 + rng_below(&co->rng, 240000)};

	return mail_letter(co, at, mx, pid, ip, &l);
}

int64_t
mail_letter(struct company *co, int64_t at, const char *mx, unsigned pid, uint32_t ip,
	const struct letter *l)
{
	uint64_t qid = queue_id(co);
	const char *domain = l->domain;
	unsigned n = l->n;

	say(co, at, KIND_MAIL, PRI_INFO, mx, "postfix/submission/smtpd", pid,
		"%H: client=unknown[%i], sasl_method=LOGIN, sasl_username=%s", 11u, qid, ip,
		l->from->account);
	say(co, at + 60, KIND_MAIL, PRI_INFO, mx, "postfix/cleanup", pid + 7,
		"%H: message-id=<%h.%h@" MAIL_DOMAIN ">", 11u, qid, 8u, rng_next(&co->rng), 8u,
		rng_next(&co->rng));
	say(co, at + 90, KIND_MAIL, PRI_INFO, mx, "postfix/qmgr", 1402,
		"%H: from=<%s@" MAIL_DOMAIN ">, size=%u, nrcpt=%u (queue active)", 11u, qid,
		l->from->mail, l->size, n);
	for (unsigned i = 0; i < n; i++) {
		unsigned ms = 200 + rng_below(&co->rng, 2500);

		say(co, at + 90 + ms, KIND_MAIL, PRI_INFO, mx, "postfix/smtp", pid + 11,
			"%H: to=<%s%u@%s>, relay=mx.%s[198.18.130.%u]:25, delay=%u.%2, "
			"delays=0.09/0.01/0.%2/0.%2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued "
			"as %H)",
			11u, qid,
			l->to   ? l->to
			: i & 1 ? "info"
				: "contact",
			l->to ? 0 : rng_below(&co->rng, 900), domain, domain,
			1 + rng_below(&co->rng, 250), ms / 1000, ms / 10 % 100, ms % 97, ms % 89,
			10u, rng_next(&co->rng));
	}
	say(co, at + 2800, KIND_MAIL, PRI_INFO, mx, "postfix/qmgr", 1402, "%H: removed", 11u, qid);
	say(co, at + 2900, KIND_MAIL, PRI_INFO, mx, "postfix/submission/smtpd", pid,
		"disconnect from unknown[%i] ehlo=2 starttls=1 auth=1 mail=1 rcpt=%u data=1 quit=1 "
		"commands=%u",
		ip, n, 7 + n);
	return at + 2900;
}

int64_t
mail_receive(struct company *co, int64_t at, const struct person *to)
{
	return mail_from(co, at, to, partner(co));
}

int64_t
mail_from(struct company *co, int64_t at, const struct person *to, const char *from)
{
	const char *mx = rng_percent(&co->rng, 60) ? "mx1" : "mx2";
	uint64_t qid = queue_id(co);
	unsigned pid = 3000 + rng_below(&co->rng, 900), host = 1 + rng_below(&co->rng, 250);
	unsigned size = 900 + rng_below(&co->rng, 180000);

	say(co, at, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
		"connect from mail%u.%s[198.18.131.%u]", host, from, host);
	say(co, at + 120, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
		"%H: client=mail%u.%s[198.18.131.%u]", 11u, qid, host, from, host);
	say(co, at + 180, KIND_MAIL, PRI_INFO, mx, "postfix/cleanup", pid + 7,
		"%H: message-id=<%h%h@mail%u.%s>", 11u, qid, 8u, rng_next(&co->rng), 8u,
		rng_next(&co->rng), host, from);
	say(co, at + 260, KIND_MAIL, PRI_INFO, mx, "postfix/qmgr", 1402,
		"%H: from=<eigyo%u@%s>, size=%u, nrcpt=1 (queue active)", 11u, qid, host, from,
		size);
	say(co, at + 900, KIND_MAIL, PRI_INFO, mx, "postfix/lmtp", pid + 13,
		"%H: to=<%s@" MAIL_DOMAIN ">, relay=10.10.1.25[10.10.1.25]:24, delay=0.%2, "
		"delays=0.3/0.01/0.01/0.%2, dsn=2.0.0, status=sent (250 2.0.0 <%s@" MAIL_DOMAIN
		"> Saved)",
		11u, qid, to->mail, 40 + pid % 50, pid % 60, to->mail);
	say(co, at + 920, KIND_MAIL, PRI_INFO, mx, "postfix/qmgr", 1402, "%H: removed", 11u, qid);
	say(co, at + 1300, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
		"disconnect from mail%u.%s[198.18.131.%u] ehlo=1 mail=1 rcpt=1 data=1 quit=1 "
		"commands=5",
		host, from, host);
	return at + 1300;
}

/* What an MX hears all day: relay attempts and unknown addresses. */
void
mail_rejected(struct company *co, int64_t at)
{
	uint32_t ip = IP(198, 18, 132 + rng_below(&co->rng, 20), 1 + rng_below(&co->rng, 250));
	unsigned pid = 3000 + rng_below(&co->rng, 900);
	const char *mx = rng_percent(&co->rng, 50) ? "mx1" : "mx2";
	bool relay = rng_percent(&co->rng, 30);

	mail_connect(co, at, mx, pid, ip, false);
	if (relay)
		say(co, at + 400, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
			"NOQUEUE: reject: RCPT from unknown[%i]: 454 4.7.1 "
			"<test%u@freemail.example>: Relay "
			"access denied; from=<spam@%s> to=<test%u@freemail.example> proto=ESMTP "
			"helo=<ylmf-pc>",
			ip, pid, partner(co), pid);
	else
		say(co, at + 400, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
			"NOQUEUE: reject: RCPT from unknown[%i]: 550 5.1.1 <staff%u@" MAIL_DOMAIN
			">: Recipient address rejected: User unknown in local recipient table; "
			"from=<promo@%s> to=<staff%u@" MAIL_DOMAIN
			"> proto=ESMTP helo=<mta%u.invalid>",
			ip, pid, partner(co), pid, pid % 9);
	say(co, at + 800, KIND_MAIL, PRI_INFO, mx, "postfix/smtpd", pid,
		"disconnect from unknown[%i] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", ip);
}
