#include "correlation/incident.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "correlation/incident_inside.h"

#define MAGIC      UINT64_C(0x3230434e49524f4e) /* "NORINC02" */
#define CANDIDATES 16u
#define FLOOD_NS   (600 * NS_PER_S)

_Static_assert(sizeof(struct incidents_root) <= REGION_ROOT_BYTES, "the root piece");
_Static_assert(sizeof(struct incident) <= 4096, "a power of two, well filled");
_Static_assert(sizeof(struct fold_key) <= 256, "a power of two, well filled");
_Static_assert(ALERT_ENTITIES <= 32, "bits of `tried`");

const struct incidents_options incidents_options_default = {
	.window_ns = 4 * 3600 * NS_PER_S,
	.longest_ns = 7 * 86400 * NS_PER_S,
	.hub_degree = 3,
	.least = {"medium", 6},
};

/* ---- life ---- */

static bool
root_init(struct incidents *k)
{
	struct incidents_root *root = k->root;
	size_t limit = region_limit(k->region);

	if (root->magic == MAGIC)
		return true;
	if (root->magic)
		region_reset(k->region); /* of another version: begins anew */
	*root = (struct incidents_root){.magic = MAGIC, .seed = k->opt.seed};
	for (unsigned i = 0; i < FAMILY_COUNT; i++)
		root->heard[i] = INT64_MIN;
	return shelf_init(k, &root->incidents, limit / 2, sizeof(struct incident)) &&
	       shelf_init(k, &root->keys, limit / 4, sizeof(struct fold_key)) &&
	       shelf_init(k, &root->events, limit / 8, sizeof(struct event_key)) &&
	       shelf_init(k, &root->rules, limit / 64, sizeof(struct rule_key));
}

struct incidents *
incidents_new(const struct incidents_options *opt, const struct names *names,
	const struct lists *lists, struct region *state)
{
	struct incidents *k;

	if (region_limit(state) < (size_t)2 << 20)
		return NULL;
	k = mem_zero(1, sizeof(*k));
	k->opt = *opt;
	if (k->opt.hub_degree > KEY_MANY)
		k->opt.hub_degree = KEY_MANY;
	k->names = names;
	k->lists = lists;
	k->region = state;
	k->root = region_root(state);
	if (!root_init(k)) {
		mem_free(k);
		return NULL;
	}
	return k;
}

void
incidents_lists(struct incidents *k, const struct lists *lists)
{
	k->lists = lists;
}

void
incidents_heard(struct incidents *k, unsigned family, int64_t time)
{
	if (family < FAMILY_COUNT && time > k->root->heard[family])
		k->root->heard[family] = time;
}

void
incidents_stats(const struct incidents *k, struct incidents_stats *ret)
{
	const struct incidents_root *root = k->root;

	*ret = (struct incidents_stats){.open = root->incidents.n - root->forwards,
		.opened = root->last_number,
		.merged = root->merged,
		.evicted = root->evicted,
		.hubs = root->hubs,
		.unkept = root->unkept};
}

void
incidents_free(struct incidents *k)
{
	if (!k)
		return;
	buf_done(&k->reason_en);
	buf_done(&k->reason_ja);
	mem_free(k);
}

/* ---- what an alert can join ---- */

struct candidate {
	struct incident *i;
	bool strong;  /* more than an address or a server that many use */
	bool address; /* by an address, among others */
};

struct fold {
	struct alert *a;
	struct candidate found[CANDIDATES];
	size_t n;
	unsigned severity;
	enum attack_stage stage;
	bool success;
	int anchor; /* of a->entities: whom the alert is about when nobody is named; -1: none */
};

/* Whom or what alerts fold by; domains, files and outside mail addresses are too common. */
static bool
folds(const struct incidents *k, const struct alert *a, size_t e)
{
	enum entity_kind kind = a->entities[e].kind;

	return !a->entities[e].hub && !(k->tried >> e & 1) &&
	       (kind == ENTITY_PERSON || kind == ENTITY_HOST || kind == ENTITY_IP ||
		       kind == ENTITY_HASH);
}

static void
consider(struct incidents *k, struct fold *f, uint32_t number, bool strong, bool address)
{
	struct incident *i = incident_of(k, number);
	size_t c = 0;

	if (!i || !incident_in_time(k, i, f->a))
		return;
	while (c < f->n && f->found[c].i != i)
		c++;
	if (c == CANDIDATES)
		return;
	if (c == f->n)
		f->found[f->n++] = (struct candidate){.i = i};
	f->found[c].strong |= strong;
	f->found[c].address |= address;
}

/* Which of its entities; -1: not one of them. */
static int
kept(const struct incident *i, uint64_t hash, unsigned kind)
{
	for (unsigned e = 0; e < i->nentities; e++)
		if (i->at[e].hash == hash && i->at[e].kind == kind)
			return (int)e;
	return -1;
}

/*
 * Do alert and incident speak of different persons only? An alert that names nobody but a machine
 * that is not there speaks of another one too, unless an address ties them.
 */
static bool
strange_to_alert(const struct incidents *k, const struct candidate *c, const struct alert *a)
{
	const struct incident *i = c->i;
	bool any = false, machine = false;

	for (size_t e = 0; e < a->nentities; e++) {
		const struct alert_entity *what = &a->entities[e];

		if (k->tried >> e & 1)
			continue;
		machine |= what->kind == ENTITY_HOST && !what->important && !what->hub;
		if (what->kind != ENTITY_PERSON)
			continue;
		any = true;
		if (kept(i, entity_hash(k, &a->entities[e]), ENTITY_PERSON) >= 0)
			return false;
	}
	return (any || (machine && !c->address)) && i->persons > 0;
}

static bool
strangers(const struct incident *a, const struct incident *b)
{
	for (unsigned e = 0; e < a->nentities; e++)
		if (a->at[e].kind == ENTITY_PERSON && kept(b, a->at[e].hash, ENTITY_PERSON) >= 0)
			return false;
	return a->persons > 0 && b->persons > 0;
}

/* Of the contributing records the first and last few stand for all. */
static bool
event_counts(const struct alert *a, size_t i)
{
	return i < 4 || i + 4 >= a->nrecords;
}

/* One attacker's address ties those that he attacked, once an alert was about the address. */
static bool
anchored(const struct incidents *k, const struct fold *f, uint32_t number, size_t e)
{
	const struct incident *i = incident_of(k, number);
	int at = i ? kept(i, entity_hash(k, &f->a->entities[e]), ENTITY_IP) : -1;

	return f->anchor == (int)e || (at >= 0 && i->at[at].anchor);
}

static void
find_candidates(struct incidents *k, struct fold *f)
{
	struct alert *a = f->a;

	for (size_t i = 0; i < a->nrecords; i++) {
		const struct event_key *x;

		if (!event_counts(a, i))
			continue;
		x = shelf_find(k, &k->root->events, key_of_event(a->records[i].id));
		if (x)
			consider(k, f, x->incident, true, false);
	}
	for (size_t e = 0; e < a->nentities; e++) {
		const struct alert_entity *what = &a->entities[e];
		const struct fold_key *x;

		if (!folds(k, a, e))
			continue;
		x = shelf_find(k, &k->root->keys, key_of_entity(what));
		if (x && x->hub)
			a->entities[e].hub = true;
		/* A server or an address is used by many: alone it does not tie strangers. */
		for (unsigned i = 0; x && !x->hub && i < x->n; i++)
			consider(k, f, x->incidents[i],
				what->kind == ENTITY_PERSON || what->kind == ENTITY_HASH ||
					(what->kind == ENTITY_HOST && !what->important) ||
					(what->kind == ENTITY_IP &&
						anchored(k, f, x->incidents[i], e)),
				what->kind == ENTITY_IP);
	}
}

static bool
older(const struct incident *a, const struct incident *b)
{
	/* Ids may hang on how the logs came in; the order of opening does not. */
	return a->began < b->began || (a->began == b->began && a->number < b->number);
}

/* Where only weak ties lead, the one that was active last: addresses change hands. */
static size_t
likeliest(const struct fold *f)
{
	size_t best = 0;

	for (size_t c = 1; c < f->n; c++)
		if (f->found[c].i->last > f->found[best].i->last ||
			(f->found[c].i->last == f->found[best].i->last &&
				older(f->found[c].i, f->found[best].i)))
			best = c;
	return best;
}

/* Keep of the candidates those that really are one with the alert. */
static void
settle(struct incidents *k, struct fold *f)
{
	bool in[CANDIDATES] = {false}, any = false;
	size_t n = 0;

	for (size_t c = 0; c < f->n; c++)
		if (!f->found[c].strong && strange_to_alert(k, &f->found[c], f->a))
			f->found[c].i = NULL;
	for (size_t c = 0; c < f->n; c++)
		if (f->found[c].i)
			f->found[n++] = f->found[c];
	f->n = n;
	for (size_t c = 0; c < f->n; c++) {
		in[c] = f->found[c].strong;
		any |= in[c];
	}
	if (!any && f->n)
		in[likeliest(f)] = true;
	for (size_t c = 0; c < f->n; c++) {
		bool good = true;

		for (size_t o = 0; o < f->n && !in[c]; o++)
			good &= !in[o] || !strangers(f->found[o].i, f->found[c].i);
		in[c] |= good;
	}
	n = 0;
	for (size_t c = 0; c < f->n; c++)
		if (in[c])
			f->found[n++] = f->found[c];
	f->n = n;
}

static struct hash128
key_of_rule(const struct alert *a)
{
	return hash_id(a->rule->id.p, a->rule->id.n);
}

/*
 * A rule that opens one incident after another within minutes tells of one thing, a campaign or a
 * flood: what it opened becomes one, and takes the rest.
 */
static void
find_flood(struct incidents *k, struct fold *f)
{
	struct rule_key *x = shelf_find(k, &k->root->rules, key_of_rule(f->a));

	if (!x || x->n < FLOOD)
		return;
	for (unsigned i = 0; i < FLOOD; i++)
		if (x->times[i] < incident_shift(f->a->time, -FLOOD_NS) ||
			x->times[i] > incident_shift(f->a->time, FLOOD_NS))
			return;
	for (unsigned i = 0; i < FLOOD; i++)
		consider(k, f, x->incidents[i], true, false);
	/* while it goes on, it is one */
	for (unsigned i = 0; f->n > 0 && i < FLOOD; i++)
		if (f->a->time > x->times[i])
			x->times[i] = f->a->time;
}

/* Opened by this rule: the ring keeps the newest. */
static void
note_opened(struct incidents *k, const struct alert *a, const struct incident *i)
{
	struct hash128 key = key_of_rule(a);
	struct rule_key *x = shelf_find(k, &k->root->rules, key);

	if (x)
		shelf_use(k, &k->root->rules, x);
	else
		x = shelf_add(k, &k->root->rules, key);
	if (!x)
		return;
	if (x->n == FLOOD) {
		x->n--;
		memmove(x->incidents, x->incidents + 1, x->n * sizeof(x->incidents[0]));
		memmove(x->times, x->times + 1, x->n * sizeof(x->times[0]));
	}
	x->times[x->n] = a->time;
	x->incidents[x->n++] = i->number;
}

/* ---- taking in ---- */

static void
keep_entity(struct incidents *k, struct incident *i, const struct kept_entity *what)
{
	int old = kept(i, what->hash, what->kind);
	bool first_rank = what->kind == ENTITY_PERSON || what->kind == ENTITY_HOST;

	if (old >= 0) {
		i->at[old].anchor |= what->anchor;
		return;
	}
	if (i->nentities >= (first_rank ? KEPT_ENTITIES : KEPT_OTHERS)) {
		k->root->unkept++;
		return;
	}
	i->hosts += what->kind == ENTITY_HOST;
	i->persons += what->kind == ENTITY_PERSON;
	i->at[i->nentities++] = *what;
}

static void
keep_asset(struct incident *i, struct str value)
{
	if (i->asset_n || value.n == 0 || value.n > ASSET_BYTES)
		return;
	memcpy(i->asset, value.p, value.n);
	i->asset_n = (uint8_t)value.n;
}

static void
merge(struct incidents *k, struct fold *f, struct incident *to, struct incident *from)
{
	struct alert_incident *said = &f->a->incident;

	for (unsigned e = 0; e < from->nentities; e++)
		keep_entity(k, to, &from->at[e]);
	keep_asset(to, str_make(from->asset, from->asset_n));
	if (from->first < to->first)
		to->first = from->first;
	if (from->last > to->last)
		to->last = from->last;
	to->alerts += from->alerts;
	to->families |= from->families;
	to->wider |= from->wider;
	if (from->severity > to->severity)
		to->severity = from->severity;
	if (from->stage > to->stage)
		to->stage = from->stage;
	if (from->done > to->done)
		to->done = from->done;
	from->into = to->number;
	k->root->forwards++;
	k->root->merged++;
	said->merged[said->nmerged++] = from->id;
}

/* The oldest of the candidates takes the alert, and the others; NULL: none. */
static struct incident *
choose(struct incidents *k, struct fold *f)
{
	struct incident *best = NULL;

	for (size_t c = 0; c < f->n; c++)
		if (!best || older(f->found[c].i, best))
			best = f->found[c].i;
	/* not more at once than can be told */
	for (size_t c = 0; c < f->n && f->a->incident.nmerged < ALERT_MERGED; c++)
		if (f->found[c].i != best)
			merge(k, f, best, f->found[c].i);
	return best;
}

static void
keep_entities(struct incidents *k, struct fold *f, struct incident *i)
{
	const struct alert *a = f->a;

	for (size_t e = 0; e < a->nentities; e++) {
		struct kept_entity what = {.hash = entity_hash(k, &a->entities[e]),
			.kind = (uint8_t)a->entities[e].kind,
			.anchor = f->anchor == (int)e};

		if (k->tried >> e & 1)
			continue;
		keep_entity(k, i, &what);
		if (a->entities[e].important)
			keep_asset(i, a->entities[e].value);
	}
}

static void
take_in(struct incidents *k, struct fold *f, struct incident *i)
{
	struct alert *a = f->a;

	if (i->alerts == 0) {
		i->first = a->first_time;
		i->last = i->began = a->time;
	}
	i->alerts++;
	if (a->first_time < i->first)
		i->first = a->first_time;
	if (a->time > i->last)
		i->last = a->time;
	if (f->severity > i->severity)
		i->severity = (uint8_t)f->severity;
	if (f->stage > i->stage)
		i->stage = (uint8_t)f->stage;
	if (f->success && f->stage > i->done)
		i->done = (uint8_t)f->stage;
	i->families |= a->families & ~1u;
	i->wider |= a->rule->wider_families;
	keep_entities(k, f, i);
	for (size_t e = 0; e < a->nentities; e++)
		if (folds(k, a, e))
			key_point(k, e, i, a);
	for (size_t e = 0; e < a->nrecords; e++)
		if (event_counts(a, e))
			key_point_event(k, a->records[e].id, i);
}

static void
tell(struct incidents *k, struct alert *a, const struct incident *i)
{
	struct alert_incident *said = &a->incident;
	uint32_t gap = i->wider & ~i->families & ~1u;

	said->id = i->id;
	said->stage = (enum attack_stage)i->stage;
	said->level = incident_level(k, i);
	said->reason_en = buf_str(&k->reason_en);
	said->reason_ja = buf_str(&k->reason_ja);
	said->families = i->families;
	said->alerts = i->alerts;
	said->first = i->first;
	for (unsigned fam = 1; fam < FAMILY_COUNT && said->nmissing < ALERT_MISSING; fam++)
		if (gap >> fam & 1) {
			said->missing[said->nmissing].family = (enum log_family)fam;
			said->missing[said->nmissing++].last_heard = k->root->heard[fam];
		}
}

static struct incident *
open_incident(struct incidents *k, struct alert *a)
{
	uint32_t number = ++k->root->last_number;
	struct incident *i = shelf_add(k, &k->root->incidents, incident_key(number));

	if (!i)
		return NULL;
	i->number = number;
	i->id = hash_id(&a->id, sizeof(a->id));
	a->incident.opened = true;
	return i;
}

/* The outside address that an alert is about which names nobody: a scan, a spray. */
static int
find_anchor(const struct incidents *k, const struct alert *a)
{
	int at = -1;

	for (size_t e = 0; e < a->nentities; e++) {
		if (a->entities[e].kind == ENTITY_PERSON && !(k->tried >> e & 1))
			return -1;
		for (size_t g = 0; g < a->ngroup && at < 0; g++)
			if (a->entities[e].kind == ENTITY_IP && !a->entities[e].own &&
				!a->entities[e].hub && str_eq(a->group[g].name, STR("source.ip")) &&
				str_eq(a->group[g].value, a->entities[e].value))
				at = (int)e;
	}
	return at;
}

void
incidents_fold(struct incidents *k, struct alert *a, struct batch b, const struct record *r)
{
	struct fold f = {.a = a};
	struct incident *i;

	a->incident = (struct alert_incident){0};
	f.severity = severity_of(a->rule->level);
	f.stage = stage_of_tags(a->rule->tags, a->rule->ntags);
	f.success = !r || !incident_failed(b, r);
	incident_entities(k, a, b, r);
	f.anchor = find_anchor(k, a);
	find_candidates(k, &f);
	settle(k, &f);
	if (f.n == 0)
		find_flood(k, &f);
	i = choose(k, &f);
	if (!i && f.severity >= severity_of(k->opt.least))
		i = open_incident(k, a);
	if (!i)
		return;
	shelf_use(k, &k->root->incidents, i);
	if (a->incident.opened)
		note_opened(k, a, i);
	take_in(k, &f, i);
	tell(k, a, i);
}
