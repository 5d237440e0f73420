/*
 * join_mail.c - Postfix: client, message id, sender and delivery of one queue id, per delivery.
 *
 * Queue ids are short and used again: a client line begins anew. A content filter hands a mail back
 * under a new id; the delivery to it ("queued as ID" by a relay on this host) passes the true
 * client on to the new id and is not told as a delivery.
 */
#include <string.h>

#include "base/logsource.h"
#include "base/record.h"
#include "weave/join.h"

#define MAIL_IDS 8u

struct mail {
	struct thing thing;
	int64_t first;
	uint8_t nids, client_n, user_n, from_n, id_n, subject_n;
	uint8_t from_known, forwarded;
	uint64_t size;
	struct hash128 ids[MAIL_IDS];
	char client[46], user[64], from[160], id[160], subject[200];
};

static uint8_t
keep(char *to, size_t room, struct str s)
{
	size_t n = s.n < room ? s.n : room;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--; /* cut at a character's end */
	if (n)
		memcpy(to, s.p, n);
	return (uint8_t)n;
}

static struct hash128
key_of(struct str host, struct str queue)
{
	char text[400];
	size_t n = host.n < 200 ? host.n : 200, k = queue.n < 150 ? queue.n : 150;

	memcpy(text, host.p, n);
	text[n] = 0;
	memcpy(text + n + 1, queue.p, k);
	return table_key('m', text, n + 1 + k);
}

static void
remember(struct mail *m, struct hash128 id)
{
	if (m->nids < MAIL_IDS)
		m->ids[m->nids++] = id;
	else /* the newest stands last: the delivery itself */
		m->ids[MAIL_IDS - 1] = id;
}

static bool
is_local(struct str client)
{
	return str_starts(client, STR("127.")) || str_eq(client, STR("::1")) || client.n == 0;
}

static struct mail *
mail_of(struct joins *j, struct hash128 key, int64_t time, bool anew)
{
	bool fresh;
	struct mail *m = (struct mail *)table_take(&j->mails, key, sizeof(*m), &fresh);

	if (!m)
		return NULL;
	if (anew && !fresh) {
		struct thing thing = m->thing;

		*m = (struct mail){.thing = thing};
	}
	if (fresh || anew)
		m->first = time;
	return m;
}

/* "250 2.0.0 Ok: queued as 4F21" */
static struct str
queued_as(struct str reason)
{
	ptrdiff_t at = str_find(reason, STR("queued as "));
	size_t n = 0;

	if (at < 0)
		return (struct str){"", 0};
	str_skip(&reason, (size_t)at + 10);
	while (n < reason.n && reason.p[n] != ')' && reason.p[n] != ' ')
		n++;
	return str_make(reason.p, n);
}

/* A filter on this host took it: what is known goes on under the new id. True: that was it. */
static bool
pass_on(struct joins *j, struct batch b, const struct record *r, const struct mail *m,
	struct str host)
{
	struct str next = queued_as(record_text(b, r, FIELD_EVENT_REASON));
	struct str relay = record_text(b, r, FIELD_DESTINATION_IP);
	struct mail old, *to;

	if (next.n == 0 || !is_local(relay) || relay.n == 0)
		return false;
	old = *m; /* taking another thing may move nothing, but may give this one up */
	to = mail_of(j, key_of(host, next), r->time, false);
	if (!to)
		return true;
	if (is_local(str_make(to->client, to->client_n)) && old.client_n) {
		memcpy(to->client, old.client, sizeof(to->client));
		to->client_n = old.client_n;
	}
	if (!to->user_n && old.user_n) {
		memcpy(to->user, old.user, sizeof(to->user));
		to->user_n = old.user_n;
	}
	if (!to->subject_n && old.subject_n) {
		memcpy(to->subject, old.subject, sizeof(to->subject));
		to->subject_n = old.subject_n;
	}
	to->forwarded = 1;
	for (unsigned i = 0; i < old.nids && to->nids < MAIL_IDS - 1; i++)
		remember(to, old.ids[i]);
	return true;
}

static const char *
direction(const struct joins *j, struct str from, struct str to)
{
	struct str fd = from, td = to, local;
	bool in_from, in_to;

	str_cut(&fd, '@', &local);
	str_cut(&td, '@', &local);
	in_from = fd.n > 0 && directory_own_domain(j->directory, fd);
	in_to = td.n > 0 && directory_own_domain(j->directory, td);
	return in_from && in_to ? "internal" : in_from ? "outbound" : in_to ? "inbound" : "unknown";
}

static void
emit(struct joins *j, struct batch b, const struct record *r, const struct mail *m)
{
	struct recs w;
	struct str to = record_text(b, r, FIELD_EMAIL_TO_ADDRESS);
	struct str from = str_make(m->from, m->from_n), done;
	struct str outcome = record_text(b, r, FIELD_EVENT_OUTCOME);
	struct join_origin origin = join_origin(b, r);

	join_open(j, &w, &origin, LOGSOURCE_POSTFIX);
	rec_put(&w, FIELD_EVENT_KIND, STR("event"));
	rec_put(&w, FIELD_EVENT_CATEGORY, STR("email"));
	rec_put(&w, FIELD_EVENT_TYPE, STR("info"));
	done = record_text(b, r, FIELD_EVENT_ACTION);
	rec_put(&w, FIELD_EVENT_ACTION, done);
	if (outcome.n)
		rec_put(&w, FIELD_EVENT_OUTCOME, outcome);
	rec_put(&w, FIELD_EVENT_MODULE, STR("postfix"));
	rec_put(&w, FIELD_EVENT_DATASET, STR("postfix.mail"));
	rec_put(&w, FIELD_HOST_NAME, record_text(b, r, FIELD_HOST_NAME));
	rec_put(&w, FIELD_POSTFIX_QUEUE_ID, record_text(b, r, FIELD_POSTFIX_QUEUE_ID));
	if (m->client_n)
		rec_put_ip(&w, FIELD_SOURCE_IP, str_make(m->client, m->client_n));
	if (m->user_n)
		rec_put(&w, FIELD_USER_NAME, str_make(m->user, m->user_n));
	if (m->from_known)
		rec_put(&w, FIELD_EMAIL_FROM_ADDRESS, from);
	if (to.n)
		rec_put(&w, FIELD_EMAIL_TO_ADDRESS, to);
	if (m->subject_n)
		rec_put(&w, FIELD_EMAIL_SUBJECT, str_make(m->subject, m->subject_n));
	if (m->id_n)
		rec_put(&w, FIELD_EMAIL_MESSAGE_ID, str_make(m->id, m->id_n));
	rec_put(&w, FIELD_EMAIL_DIRECTION, str_of(direction(j, from, to)));
	if (m->size)
		rec_put_u64(&w, FIELD_POSTFIX_SIZE, m->size);
	if (record_text(b, r, FIELD_POSTFIX_STATUS).n)
		rec_put(&w, FIELD_POSTFIX_STATUS, record_text(b, r, FIELD_POSTFIX_STATUS));
	if (record_text(b, r, FIELD_DESTINATION_DOMAIN).n)
		rec_put(&w, FIELD_DESTINATION_DOMAIN, record_text(b, r, FIELD_DESTINATION_DOMAIN));
	if (record_text(b, r, FIELD_DESTINATION_IP).n)
		rec_put(&w, FIELD_DESTINATION_IP, record_text(b, r, FIELD_DESTINATION_IP));
	rec_put(&w, FIELD_NOROSHI_DERIVED, STR("mail"));
	join_close(j, &w, m->ids, m->nids);
}

static void
learn(struct mail *m, struct batch b, const struct record *r)
{
	struct str text;
	const struct entry *from = record_find(b, r, FIELD_EMAIL_FROM_ADDRESS);

	if ((text = record_text(b, r, FIELD_SOURCE_IP)).n && !m->forwarded)
		m->client_n = keep(m->client, sizeof(m->client), text);
	if ((text = record_text(b, r, FIELD_USER_NAME)).n && !m->forwarded)
		m->user_n = keep(m->user, sizeof(m->user), text);
	if (from) {
		m->from_n = keep(m->from, sizeof(m->from), entry_text(b, from));
		m->from_known = 1;
	}
	if ((text = record_text(b, r, FIELD_EMAIL_MESSAGE_ID)).n)
		m->id_n = keep(m->id, sizeof(m->id), text);
	if ((text = record_text(b, r, FIELD_EMAIL_SUBJECT)).n)
		m->subject_n = keep(m->subject, sizeof(m->subject), text);
	text = record_text(b, r, FIELD_POSTFIX_SIZE);
	if (text.n)
		str_u64(text, &m->size);
}

void
join_mail(struct joins *j, struct batch b, const struct record *r, struct hash128 id)
{
	struct str host = record_text(b, r, FIELD_HOST_NAME);
	struct str queue = record_text(b, r, FIELD_POSTFIX_QUEUE_ID);
	struct str action = record_text(b, r, FIELD_EVENT_ACTION);
	struct hash128 key = key_of(host, queue);
	struct mail *m;

	if (queue.n == 0 || str_eq(queue, STR("NOQUEUE")))
		return;
	m = mail_of(j, key, r->time, str_eq(action, STR("mail_client")));
	if (!m)
		return;
	remember(m, id);
	learn(m, b, r);
	if (record_text(b, r, FIELD_POSTFIX_STATUS).n &&
		record_find(b, r, FIELD_EMAIL_TO_ADDRESS)) {
		if (!pass_on(j, b, r, m, host))
			emit(j, b, r, m);
		m = (struct mail *)table_find(&j->mails, key);
		if (m && m->nids == MAIL_IDS)
			m->nids--; /* the next delivery's line takes the place */
		else if (m && m->nids > 0)
			m->nids--;
	} else if (str_eq(action, STR("mail_removed"))) {
		table_drop(&j->mails, (struct thing *)m);
	}
}
