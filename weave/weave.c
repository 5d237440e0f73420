#include "weave/weave.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/logsource.h"
#include "base/mem.h"
#include "weave/inside.h"

#define WEAVE_MAGIC UINT64_C(0x3230455641455757) /* "WWEAVE02" */
#define REGION_MIN  ((size_t)1 << 20)

const struct weave_options weave_options_default = {
	.lease_ns = 24 * 3600 * NS_PER_S,
	.vpn_ns = 24 * 3600 * NS_PER_S,
	.logon_ns = 12 * 3600 * NS_PER_S,
	.audit_ns = 10 * NS_PER_S,
	.shared_from = 4,
	.shared_ns = 3600 * NS_PER_S,
};

static void
on_derived(void *ctx, struct batch b, struct record *r)
{
	struct weave *w = ctx;

	w->root->derived++;
	weave_attribute(w, b, r);
	w->sink.derived(w->sink.ctx, b, r);
}

static void
on_unfinished(void *ctx, struct thing *t)
{
	struct weave *w = ctx;

	(void)t;
	w->root->unfinished++;
}

/* So many of a kind as a part of the region can hold; the rest of the room is for the tables. */
static uint32_t
share(const struct region *r, unsigned percent, size_t bytes)
{
	size_t n = region_limit(r) / 100 * percent / (region_room(bytes) + 16);

	return n > 4000000 ? 4000000u : n < 64 ? 64u : (uint32_t)n;
}

static void
attach(struct weave *w)
{
	struct weave_root *root = w->root;

	table_attach(&w->addresses, w->region, &root->addresses, root->seed,
		share(w->region, 50, sizeof(struct address)));
	table_attach(&w->hosts, w->region, &root->hosts, root->seed,
		share(w->region, 5, sizeof(struct host)));
	table_attach(&w->nats, w->region, &root->nats, root->seed,
		share(w->region, 8, sizeof(struct nat)));
	table_attach(&w->cards, w->region, &root->cards, root->seed,
		share(w->region, 5, sizeof(struct card)));
	table_attach(
		&w->joins.mails, w->region, &root->mails, root->seed, share(w->region, 10, 1024));
	table_attach(
		&w->joins.audits, w->region, &root->audits, root->seed, share(w->region, 10, 8192));
	table_attach(&w->joins.audit_hosts, w->region, &root->audit_hosts, root->seed,
		share(w->region, 2, 512));
	w->joins.audits.leaving = on_unfinished;
	w->joins.audits.ctx = w;
}

struct weave *
weave_new(const struct weave_options *opt, const struct names *names, const struct lists *lists,
	struct region *state, const struct weave_sink *sink)
{
	struct weave *w;
	struct weave_root *root = region_root(state);

	if (region_limit(state) < REGION_MIN)
		return NULL;
	if (root->magic != WEAVE_MAGIC) {
		if (root->magic)
			region_reset(state); /* of another version: nothing in it can be read */
		*root = (struct weave_root){
			.magic = WEAVE_MAGIC, .seed = opt->seed, .now = INT64_MIN};
	}
	w = mem_zero(1, sizeof(*w));
	w->opt = *opt;
	w->names = names;
	w->region = state;
	w->root = root;
	w->sink = *sink;
	w->batch = batch_new();
	directory_init(&w->directory, lists, opt);
	w->joins = (struct joins){.opt = &w->opt,
		.names = names,
		.directory = &w->directory,
		.batch = w->batch,
		.unfinished = &root->unfinished,
		.derived = on_derived,
		.ctx = w};
	attach(w);
	return w;
}

void
weave_lists(struct weave *w, const struct lists *lists)
{
	directory_done(&w->directory);
	directory_init(&w->directory, lists, &w->opt);
}

void
weave_free(struct weave *w)
{
	if (!w)
		return;
	directory_done(&w->directory);
	batch_free(w->batch);
	mem_free(w);
}

/* Four decimals without leading zeros, as nearly all addresses are; inet_pton takes the same. */
static bool
v4_bytes(struct str text, unsigned char out[4])
{
	unsigned part = 0, digits = 0, at = 0;

	for (size_t i = 0; i <= text.n; i++) {
		char c = i < text.n ? text.p[i] : '.';

		if (is_digit(c)) {
			if (digits > 0 && part == 0)
				return false;
			part = part * 10 + (unsigned)(c - '0');
			if (++digits > 3 || part > 255)
				return false;
		} else {
			if (c != '.' || digits == 0 || at == 4)
				return false;
			out[at++] = (unsigned char)part;
			part = digits = 0;
		}
	}
	return at == 4;
}

size_t
address_bytes(struct str text, unsigned char out[16])
{
	char z[INET6_ADDRSTRLEN];

	if (v4_bytes(text, out))
		return 4;
	if (text.n < 2 || text.n >= sizeof(z))
		return 0;
	memcpy(z, text.p, text.n);
	z[text.n] = 0;
	if (inet_pton(AF_INET, z, out) == 1)
		return 4;
	return inet_pton(AF_INET6, z, out) == 1 ? 16 : 0;
}

bool
is_loopback(struct str address)
{
	return str_starts(address, STR("127.")) || str_eq(address, STR("::1")) ||
	       str_eq(address, STR("0.0.0.0")) || str_eq(address, STR("::"));
}

struct address *
weave_address(const struct weave *w, struct str text)
{
	unsigned char raw[16];
	size_t n = address_bytes(text, raw);

	return n ? (struct address *)table_find(&w->addresses, table_key('a', raw, n)) : NULL;
}

struct address *
weave_address_take(struct weave *w, struct str text)
{
	unsigned char raw[16];
	size_t n = address_bytes(text, raw);
	bool fresh;
	struct thing *t, *wide;
	struct address *a;
	uint32_t places;

	if (n == 0 || is_loopback(text))
		return NULL;
	t = table_take(
		&w->addresses, table_key('a', raw, n), address_bytes_for(ADDRESS_FIRST), &fresh);
	a = (struct address *)t;
	if (!a || a->n < address_places(a) || a->n >= BINDINGS)
		return a;
	/* A place for what may come; without room the oldest binding gives up its own. */
	places = a->n * 2 + 1 < BINDINGS ? a->n * 2 + 1 : BINDINGS;
	wide = table_widen(&w->addresses, t, address_bytes_for(places));
	return (struct address *)(wide ? wide : t);
}

struct str
weave_person(struct weave *w, struct str account, bool *known)
{
	return directory_person(&w->directory, account, w->scratch, known);
}

struct str
weave_account(struct weave *w, struct str account)
{
	bool known;

	return weave_person(w, account, &known);
}

static void
move_time(struct weave *w, int64_t to)
{
	if (to > w->root->now)
		w->root->now = to;
}

void
weave_record(struct weave *w, struct batch b, struct record *r, struct str input_name)
{
	uint32_t before = r->nentries;

	w->joins.nth = r->nth;
	weave_attribute(w, b, r);
	w->root->woven += r->nentries > before;
	if (!(r->flags & RECORD_JOINS))
		return;
	if (record_find(b, r, FIELD_POSTFIX_QUEUE_ID))
		join_mail(&w->joins, b, r, record_id(b, r, input_name));
	else if (r->logsource == LOGSOURCE_AUDITD)
		join_audit(&w->joins, b, r, record_id(b, r, input_name), w->root->now);
}

void
weave_tick(struct weave *w, int64_t now)
{
	move_time(w, now);
	if (w->joins.audits.root->n == 0)
		return;
	w->joins.nth = 0;
	join_audit_due(&w->joins, w->root->now);
}

int64_t
weave_last_due(const struct weave *w)
{
	return join_audit_last_due(&w->joins);
}

/* ---- who had it ---- */

/* Persons of one trust at that time, each once. */
static size_t
collect(struct weave *w, const struct address *a, enum via via, int64_t time, struct weave_who *ret,
	size_t max)
{
	size_t n = 0;

	for (uint32_t i = a->n; i-- > 0;) {
		const struct binding *x = &a->at[i];
		struct str user = binding_user(x), host = binding_host(x);
		bool again = false;

		if (x->via != via || x->since > time || x->until < time)
			continue;
		if (user.n == 0 && via == VIA_LEASE)
			user = directory_owner(&w->directory, host, binding_mac(x));
		if (host.n == 0 && via == VIA_LEASE && n < 7)
			host = directory_card_host(&w->directory, binding_mac(x), w->answer[n][1]);
		for (size_t k = 0; k < n && k < max; k++)
			again |= str_eq(ret[k].user, user);
		if (again)
			continue;
		if (n < max)
			ret[n] = (struct weave_who){.user = user,
				.host = host,
				.via = via_name(via),
				.since = x->since,
				.until = x->until,
				.sure = via != VIA_LOGON};
		n++;
	}
	return n;
}

/* A lease names a host: who sits there, if the directory does not know its owner. */
static void
sitting(struct weave *w, struct weave_who *p, int64_t time)
{
	struct host *h;

	if (p->user.n || p->host.n == 0)
		return;
	h = (struct host *)table_find(&w->hosts, table_key('h', p->host.p, p->host.n));
	if (!h || h->others || time < h->since || time > h->until)
		return;
	p->user = str_make(h->user, h->user_n);
	p->via = STR("logon");
	p->sure = false;
}

static size_t
by_directory(struct weave *w, struct str address, struct weave_who *ret, size_t max)
{
	struct str host = directory_asset_host(&w->directory, address, w->answer[7][0]);
	struct str owner;

	if (host.n == 0 || max == 0)
		return 0;
	owner = directory_many_users(&w->directory, host)
			? (struct str){"", 0}
			: directory_owner(&w->directory, host, STR(""));
	ret[0] = (struct weave_who){.user = owner,
		.host = host,
		.via = STR("directory"),
		.since = INT64_MIN,
		.until = INT64_MAX,
		.sure = true};
	return owner.n ? 1 : 0;
}

size_t
weave_who(struct weave *w, struct str address, int64_t time, struct weave_who *ret, size_t max,
	struct str *shared)
{
	const struct address *a = weave_address(w, address);
	size_t n = 0;

	if (max > 0)
		ret[0] = (struct weave_who){.user = STR(""), .host = STR(""), .via = STR("")};
	*shared = directory_shared(&w->directory, address);
	if (shared->n == 0 && a && time <= a->shared_until &&
		time > a->shared_until - 2 * w->opt.shared_ns)
		*shared = STR("learned");
	for (int via = VIA_VPN; a && n == 0 && via > VIA_NONE; via--)
		n = collect(w, a, (enum via)via, time, ret, max);
	if (n == 0)
		n = by_directory(w, address, ret, max);
	else if (n == 1 && max > 0)
		sitting(w, &ret[0], time);
	for (size_t i = 0; i < n && i < max; i++)
		if (directory_many_users(&w->directory, ret[i].host))
			*shared = STR("vdi");
	if (n == 1 && max > 0 && ret[0].user.n == 0)
		n = 0; /* the host is known, the person is not */
	if (shared->n) {
		if (max > 0)
			ret[0].user = STR("");
		return 0;
	}
	return n;
}

void
weave_stats(const struct weave *w, struct weave_stats *ret)
{
	const struct weave_root *r = w->root;

	*ret = (struct weave_stats){.bindings = r->addresses.n,
		.joins = (uint64_t)r->mails.n + r->audits.n,
		.derived = r->derived,
		.woven = r->woven,
		.evicted = r->addresses.evicted + r->hosts.evicted + r->nats.evicted +
			   r->cards.evicted + r->mails.evicted + r->audits.evicted,
		.unfinished = r->unfinished,
		.no_room = r->no_room};
}
