#include "daemon/mind.h"

#include "base/clock.h"

#include "base/err.h"
#include "base/mem.h"
#include "daemon/cost.h"

#define MATCHES_MAX 4096u
/* Shares of state_max: correlation keeps windows, weave who had which address, incidents little. */
#define WEAVE_PART     4u
#define INCIDENTS_PART 16u
#define REGION_LEAST   ((size_t)4 << 20)

struct mind {
	struct mind_options opt;
	struct mind_sink sink;
	const struct lists *lists;
	struct region *correlation, *woven, *folded;
	struct correlator *correlator;
	struct weave *weave;
	struct incidents *incidents;
	struct matcher *late, *all;
	struct late_facts facts;
	struct batch now; /* the record in hand; r NULL: a tick */
	const struct record *record;
	struct str input;
	uint64_t seq, unheld, limits;
	int64_t heard[FAMILY_COUNT];
	uint32_t matches[MATCHES_MAX];
};

static size_t
part(size_t whole, unsigned n)
{
	return whole / n > REGION_LEAST ? whole / n : REGION_LEAST;
}

struct mind *
mind_new(const struct mind_options *opt, const struct mind_sink *sink)
{
	struct mind *m = mem_zero(1, sizeof(*m));

	m->opt = *opt;
	m->sink = *sink;
	m->lists = opt->lists;
	m->correlation = region_new(opt->state_max);
	m->woven = region_new(part(opt->state_max, WEAVE_PART));
	m->folded = region_new(part(opt->state_max, INCIDENTS_PART));
	return m;
}

int
mind_save(const struct mind *m, int fd)
{
	int rc = region_save(m->correlation, fd);

	if (rc == 0)
		rc = region_save(m->woven, fd);
	if (rc == 0)
		rc = region_save(m->folded, fd);
	return rc;
}

void
mind_reset(struct mind *m)
{
	region_reset(m->correlation);
	region_reset(m->woven);
	region_reset(m->folded);
}

int
mind_load(struct mind *m, int fd)
{
	int rc = region_load(m->correlation, fd);

	if (rc == 0)
		rc = region_load(m->woven, fd);
	if (rc == 0)
		rc = region_load(m->folded, fd);
	if (rc < 0)
		mind_reset(m);
	return rc;
}

/* ---- what comes out of the stages ---- */

static void
on_alert(void *ctx, const struct alert *a)
{
	struct mind *m = ctx;
	struct alert own = *a;

	incidents_fold(m->incidents, &own, m->now, m->record);
	m->sink.alert(m->sink.ctx, &own);
}

static void
on_match(void *ctx, const struct correlation_match *match)
{
	struct mind *m = ctx;

	m->sink.match(m->sink.ctx, match);
}

static void
on_text(void *ctx, struct buf *out)
{
	struct mind *m = ctx;

	m->sink.record_text(m->sink.ctx, out);
}

static size_t
who(void *ctx, struct str address, int64_t time, struct session *ret, size_t max,
	struct str *shared)
{
	struct mind *m = ctx;
	struct weave_who p[8];
	size_t cap = max < 8 ? max : 8, n = weave_who(m->weave, address, time, p, cap, shared);

	for (size_t i = 0; i < n && i < cap; i++)
		ret[i] = (struct session){
			.user = p[i].user, .host = p[i].host, .via = p[i].via, .sure = p[i].sure};
	return n;
}

static struct str
person(void *ctx, struct str account)
{
	struct mind *m = ctx;

	return weave_account(m->weave, account);
}

/* ---- the way of a record ---- */

/* The worker's matches and the late ones, ascending, without those that a list does not confirm. */
static uint32_t
settle_matches(struct mind *m, struct batch b, struct record *r, const uint32_t *early,
	uint32_t nearly, const uint32_t *late, uint32_t nlate)
{
	uint32_t n = 0, i = 0, k = 0;

	while ((i < nearly || k < nlate) && n < MATCHES_MAX) {
		bool first = early && i < nearly && (k == nlate || early[i] <= late[k]);
		uint32_t rule = first ? early[i++] : late[k++];

		if (rule >= ruleset_count(m->opt.brain->rules))
			continue; /* a worker's number: checked, not trusted */
		if (ruleset_rule(m->opt.brain->rules, rule)->watched) {
			struct watch_adds adds = {0};

			if (!rule_holds(m->opt.brain->rules, rule, b, r, &m->facts, &adds)) {
				m->unheld++;
				continue;
			}
			for (unsigned a = 0; a < adds.n; a++)
				rec_weave(b, r, adds.add[a].field, VALUE_STRING, adds.add[a].value,
					0);
		}
		m->matches[n++] = rule;
	}
	return n;
}

static void
hear(struct mind *m, const struct record *r)
{
	enum log_family f = record_family(r);
	int64_t second = r->time - r->time % NS_PER_S;

	/* Whole seconds are enough to say when a source was last heard of; so what is told does not
	 * depend on where this process began. */
	if (f == FAMILY_OTHER || second <= m->heard[f])
		return;
	m->heard[f] = second;
	incidents_heard(m->incidents, f, second);
}

static void
think(struct mind *m, struct batch b, struct record *r, const uint32_t *early, uint32_t nearly,
	struct matcher *more, bool derived)
{
	uint32_t late[MATCHES_MAX / 4], nlate = 0, n;

	m->now = b;
	m->record = r;
	hear(m, r);
	if (more && matcher_find(more, b, r, late, MATCHES_MAX / 4, &nlate) < 0)
		r->reasons |= UINT64_C(1) << REASON_CARDINALITY;
	n = settle_matches(m, b, r, early, nearly, late, nlate);
	if (m->sink.record)
		m->sink.record(m->sink.ctx, b, r, derived);
	if (m->sink.matched)
		m->sink.matched(m->sink.ctx, m->matches, n);
	correlator_record(m->correlator, b, r, m->matches, n, m->seq, record_id(b, r, m->input));
	m->record = NULL;
}

static void
on_derived(void *ctx, struct batch b, struct record *r)
{
	struct mind *m = ctx;

	/* Stored and told under the number of the entry that completed it: order stays. */
	batch_head(b)->first_seq = m->seq;
	think(m, b, r, NULL, 0, m->all, true);
}

void
mind_record(struct mind *m, struct batch b, struct record *r, uint64_t seq, struct str input_name)
{
	uint32_t n;
	const uint32_t *early = record_matches(b, r, &n);

	m->seq = seq;
	m->input = input_name;
	weave_tick(m->weave, correlator_time(m->correlator));
	if (r->flags & RECORD_WOVEN)
		weave_record(m->weave, b, r, input_name);
	think(m, b, r, early, n, m->late, false);
}

void
mind_tick(struct mind *m, int64_t now, uint64_t seq)
{
	m->seq = seq;
	m->record = NULL;
	m->input = STR(""); /* a tick has none, whatever came before it */
	correlator_tick(m->correlator, now);
	weave_tick(m->weave, correlator_time(m->correlator));
}

void
mind_until_end(struct mind *m)
{
	int64_t due;

	while ((due = weave_last_due(m->weave)) != INT64_MIN)
		mind_tick(m, due, m->seq);
}

void
mind_set_lists(struct mind *m, const struct lists *lists)
{
	m->lists = lists;
}

void
mind_settings(const struct settings *s, struct mind_options *ret)
{
	for (size_t i = 0; i < s->nown_domains && i < 16; i++)
		ret->weave.own_domains[ret->weave.nown_domains++] = s->own_domains[i];
	ret->incidents.hubs = s->hubs;
	ret->incidents.nhubs = s->nhubs;
	ret->incidents.window_ns = s->incident_window_ns;
	ret->incidents.hub_degree = (uint32_t)s->incident_hub_degree;
}

int
mind_begin(struct mind *m)
{
	struct correlator_sink cs = {.alert = m->sink.alert ? on_alert : NULL,
		.match = m->sink.match ? on_match : NULL,
		.record_text = on_text,
		.ctx = m};
	struct weave_sink ws = {.derived = on_derived, .ctx = m};
	const struct brain *b = m->opt.brain;

	for (unsigned i = 0; i < FAMILY_COUNT; i++)
		m->heard[i] = INT64_MIN / 2;
	m->correlator =
		correlator_new(b->correlations, b->rules, m->correlation, &m->opt.correlator, &cs);
	m->weave = weave_new(&m->opt.weave, b->names, m->lists, m->woven, &ws);
	m->incidents = incidents_new(&m->opt.incidents, b->names, m->lists, m->folded);
	if (!m->correlator || !m->weave || !m->incidents)
		return ERR_LIMIT;
	if (ruleset_has(b->rules, MATCH_LATE))
		m->late = matcher_new(b->rules, MATCH_LATE);
	m->all = matcher_new(b->rules, MATCH_ALL);
	m->facts = (struct late_facts){.lists = m->lists,
		.zone_offset_s = b->zone_offset_s,
		.who = who,
		.person = person,
		.ctx = m};
	return 0;
}

void
mind_lists(struct mind *m, const struct lists *lists)
{
	m->lists = lists;
	m->facts.lists = lists;
	weave_lists(m->weave, lists);
	incidents_lists(m->incidents, lists);
}

int64_t
mind_time(const struct mind *m)
{
	return correlator_time(m->correlator);
}

void
mind_stats(struct mind *m, struct mind_stats *ret)
{
	correlator_stats(m->correlator, &ret->correlator);
	weave_stats(m->weave, &ret->weave);
	incidents_stats(m->incidents, &ret->incidents);
	cost_take(m->opt.brain->costs, m->late);
	cost_take(m->opt.brain->costs, m->all);
	m->limits += m->late ? matcher_take_limits(m->late) : 0;
	m->limits += matcher_take_limits(m->all);
	ret->late_limits = m->limits;
	ret->unheld = m->unheld;
}

struct weave *
mind_weave(const struct mind *m)
{
	return m->weave;
}

void
mind_free(struct mind *m)
{
	if (!m)
		return;
	matcher_free(m->late);
	matcher_free(m->all);
	incidents_free(m->incidents);
	weave_free(m->weave);
	correlator_free(m->correlator);
	region_destroy(m->correlation);
	region_destroy(m->woven);
	region_destroy(m->folded);
	mem_free(m);
}
