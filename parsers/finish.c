#include "parsers/finish.h"

#include "parsers/put.h"

enum role {
	NOTHING,
	IP,
	USER,
	HOST,
	HASH,
	URL,
	QUESTION,
	CATEGORY,
	KIND,
	RELATED,
	PARTS,
	QUESTIONS
};

/* What a field's value is of, if anything follows from it. */
static const uint8_t roles[FIELD_ECS_END] = {
	[FIELD_SOURCE_IP] = IP,
	[FIELD_SOURCE_NAT_IP] = IP,
	[FIELD_DESTINATION_IP] = IP,
	[FIELD_DESTINATION_NAT_IP] = IP,
	[FIELD_CLIENT_IP] = IP,
	[FIELD_SERVER_IP] = IP,
	[FIELD_HOST_IP] = IP,
	[FIELD_OBSERVER_IP] = IP,
	[FIELD_NETWORK_FORWARDED_IP] = IP,
	[FIELD_DNS_RESOLVED_IP] = IP,
	[FIELD_USER_NAME] = USER,
	[FIELD_USER_EMAIL] = USER,
	[FIELD_USER_TARGET_NAME] = USER,
	[FIELD_USER_EFFECTIVE_NAME] = USER,
	[FIELD_SOURCE_USER_NAME] = USER,
	[FIELD_DESTINATION_USER_NAME] = USER,
	[FIELD_HOST_NAME] = HOST,
	[FIELD_HOST_HOSTNAME] = HOST,
	[FIELD_OBSERVER_HOSTNAME] = HOST,
	[FIELD_SOURCE_DOMAIN] = HOST,
	[FIELD_DESTINATION_DOMAIN] = HOST,
	[FIELD_CLIENT_DOMAIN] = HOST,
	[FIELD_SERVER_DOMAIN] = HOST,
	[FIELD_PROCESS_HASH_MD5] = HASH,
	[FIELD_PROCESS_HASH_SHA1] = HASH,
	[FIELD_PROCESS_HASH_SHA256] = HASH,
	[FIELD_PROCESS_PE_IMPHASH] = HASH,
	[FIELD_FILE_HASH_MD5] = HASH,
	[FIELD_FILE_HASH_SHA1] = HASH,
	[FIELD_FILE_HASH_SHA256] = HASH,
	[FIELD_FILE_PE_IMPHASH] = HASH,
	[FIELD_URL_DOMAIN] = URL,
	[FIELD_DNS_QUESTION_NAME] = QUESTION,
	[FIELD_EVENT_CATEGORY] = CATEGORY,
	[FIELD_EVENT_KIND] = KIND,
	[FIELD_RELATED_IP] = RELATED,
	[FIELD_RELATED_USER] = RELATED,
	[FIELD_RELATED_HOSTS] = RELATED,
	[FIELD_RELATED_HASH] = RELATED,
	[FIELD_URL_REGISTERED_DOMAIN] = PARTS,
	[FIELD_DNS_QUESTION_REGISTERED_DOMAIN] = QUESTIONS,
};

/* related.ip, user, hosts, hash in the order of enum role. */
static const uint16_t related[] = {
	0, FIELD_RELATED_IP, FIELD_RELATED_USER, FIELD_RELATED_HOSTS, FIELD_RELATED_HASH};

struct reading {
	struct str values[HASH + 1][RELATED_MAX];
	uint8_t n[HASH + 1], there[HASH + 1]; /* found in all; those that the parser put */
	unsigned events;
	bool kind, parts, questions, related;
	struct str url, question;
};

static void
begin(struct reading *x)
{
	memset(x->n, 0, sizeof(x->n));
	memset(x->there, 0, sizeof(x->there));
	x->events = 0;
	x->kind = x->parts = x->questions = x->related = false;
	x->url = x->question = (struct str){"", 0};
}

static void
add(struct reading *x, unsigned role, struct str value)
{
	for (unsigned i = 0; i < x->n[role]; i++)
		if (str_eq(x->values[role][i], value))
			return;
	if (x->n[role] < RELATED_MAX)
		x->values[role][x->n[role]++] = value;
}

/* What the parser itself says is related comes first, so that nothing is told twice. */
static void
read_related(struct recs *w, struct reading *x)
{
	const struct entry *e = batch_entries(w->b);

	for (uint32_t i = w->cur->first_entry; i < batch_results(w->b)->nentries; i++)
		for (unsigned role = IP; role <= HASH; role++)
			if (e[i].field == related[role])
				add(x, role, entry_text(w->b, &e[i]));
	memcpy(x->there, x->n, sizeof(x->there));
}

static void
read_fields(struct recs *w, struct reading *x)
{
	const struct entry *e = batch_entries(w->b) + w->cur->first_entry,
			   *end = batch_entries(w->b) + batch_results(w->b)->nentries;

	for (; e < end; e++) {
		unsigned role = e->field < FIELD_ECS_END ? roles[e->field] : NOTHING;
		struct str text;

		if (role == NOTHING)
			continue;
		x->parts |= role == PARTS;
		x->questions |= role == QUESTIONS;
		x->related |= role == RELATED;
		if (e->kind != VALUE_STRING || e->len == 0)
			continue;
		text = entry_text(w->b, e);
		if (role <= HASH)
			add(x, role, text);
		else if (role == URL)
			x->url = text;
		else if (role == QUESTION)
			x->question = text;
		else if (role == CATEGORY)
			x->events |= log_event_of(text);
		else if (role == KIND)
			x->kind = true;
	}
}

static void
put_parts(struct recs *w, struct domains *domains, struct str name, unsigned suffix,
	unsigned registered, unsigned below)
{
	struct domain_parts parts;

	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	if (!domain_split(domains, name, &parts))
		return;
	put_lower(w, registered, parts.registered);
	put_lower(w, suffix, parts.suffix);
	if (parts.below.n)
		put_lower(w, below, parts.below);
}

void
finish_record(struct recs *w, struct domains *domains)
{
	struct reading x;

	if (!w->cur || w->overflow || (w->cur->flags & RECORD_UNPARSED))
		return;
	begin(&x);
	read_fields(w, &x);
	if (x.related) { /* seldom: once more, behind what is there */
		begin(&x);
		read_related(w, &x);
		read_fields(w, &x);
	}
	if (!x.kind)
		rec_put(w, FIELD_EVENT_KIND, x.events & EVENT_ATTACK ? STR("alert") : STR("event"));
	if (x.url.n && !x.parts)
		put_parts(w, domains, x.url, FIELD_URL_TOP_LEVEL_DOMAIN,
			FIELD_URL_REGISTERED_DOMAIN, FIELD_URL_SUBDOMAIN);
	if (x.question.n && !x.questions)
		put_parts(w, domains, x.question, FIELD_DNS_QUESTION_TOP_LEVEL_DOMAIN,
			FIELD_DNS_QUESTION_REGISTERED_DOMAIN, FIELD_DNS_QUESTION_SUBDOMAIN);
	for (unsigned role = IP; role <= HASH; role++)
		for (unsigned i = x.there[role]; i < x.n[role]; i++)
			rec_put_in_array(w, related[role], x.values[role][i]);
}
