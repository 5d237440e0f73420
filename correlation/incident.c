#include "correlation/incident.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "correlation/incident_inside.h"

#define MAGIC      UINT64_C(0x3130434e49524f4e) /* "NORINC01" */
#define CANDIDATES 16u
#define FLOOD_NS   (600 * NS_PER_S)

const struct incidents_options incidents_options_default = {
	.window_ns = 4 * 3600 * NS_PER_S,
	.longest_ns = 7 * 86400 * NS_PER_S,
	.hub_degree = 3,
	.least = {"medium", 6},
};

/* ---- tables: chains in buckets, and a list in order of use ---- */

static struct incident *
incident_at(const struct incidents *k, roff p)
{
	return p ? region_at(k->region, p) : NULL;
}

static struct fold_key *
key_at(const struct incidents *k, roff p)
{
	return p ? region_at(k->region, p) : NULL;
}

static roff *
bucket(const struct incidents *k, roff table, struct hash128 key)
{
	return (roff *)region_at(k->region, table) + ((key.lo ^ k->root->seed) % BUCKETS);
}

static roff
find_incident(const struct incidents *k, struct hash128 id)
{
	roff p = *bucket(k, k->root->incident_table, id);

	while (p && !hash128_eq(incident_at(k, p)->id, id))
		p = incident_at(k, p)->next;
	return p;
}

static roff
find_key(const struct incidents *k, struct hash128 key)
{
	roff p = *bucket(k, k->root->key_table, key);

	while (p && !hash128_eq(key_at(k, p)->key, key))
		p = key_at(k, p)->next;
	return p;
}

static void
unlink_incident(struct incidents *k, struct incident *i)
{
	if (i->newer)
		incident_at(k, i->newer)->older = i->older;
	else
		k->root->newest_incident = i->older;
	if (i->older)
		incident_at(k, i->older)->newer = i->newer;
	else
		k->root->oldest_incident = i->newer;
}

static void
use_incident(struct incidents *k, roff p, bool fresh)
{
	struct incident *i = incident_at(k, p);

	if (!fresh)
		unlink_incident(k, i);
	i->newer = 0;
	i->older = k->root->newest_incident;
	if (i->older)
		incident_at(k, i->older)->newer = p;
	else
		k->root->oldest_incident = p;
	k->root->newest_incident = p;
}

static void
drop_incident(struct incidents *k, roff p)
{
	struct incident *i = incident_at(k, p);
	roff *at = bucket(k, k->root->incident_table, i->id);

	while (*at != p)
		at = &incident_at(k, *at)->next;
	*at = i->next;
	unlink_incident(k, i);
	k->root->nincidents--;
	region_free_piece(k->region, p, sizeof(*i));
}

static void
unlink_key(struct incidents *k, struct fold_key *x)
{
	if (x->newer)
		key_at(k, x->newer)->older = x->older;
	else
		k->root->newest_key = x->older;
	if (x->older)
		key_at(k, x->older)->newer = x->newer;
	else
		k->root->oldest_key = x->newer;
}

static void
use_key(struct incidents *k, roff p, bool fresh)
{
	struct fold_key *x = key_at(k, p);

	if (!fresh)
		unlink_key(k, x);
	x->newer = 0;
	x->older = k->root->newest_key;
	if (x->older)
		key_at(k, x->older)->newer = p;
	else
		k->root->oldest_key = p;
	k->root->newest_key = p;
}

static void
drop_key(struct incidents *k, roff p)
{
	struct fold_key *x = key_at(k, p);
	roff *at = bucket(k, k->root->key_table, x->key);

	while (*at != p)
		at = &key_at(k, *at)->next;
	*at = x->next;
	unlink_key(k, x);
	k->root->nkeys--;
	region_free_piece(k->region, p, sizeof(*x));
}

/* Room, if need be by giving up what was not used for longest. */
static roff
room(struct incidents *k, size_t n)
{
	roff p;

	while (!(p = region_alloc(k->region, n))) {
		if (k->root->oldest_key)
			drop_key(k, k->root->oldest_key);
		else if (k->root->oldest_incident)
			drop_incident(k, k->root->oldest_incident);
		else
			return 0;
		k->root->evicted++;
	}
	return p;
}

static roff
new_incident(struct incidents *k, struct hash128 id)
{
	roff p, *at;

	if (k->root->nincidents >= k->root->max_incidents) {
		drop_incident(k, k->root->oldest_incident);
		k->root->evicted++;
	}
	p = room(k, sizeof(struct incident));
	if (!p)
		return 0;
	at = bucket(k, k->root->incident_table, id);
	incident_at(k, p)->id = id;
	incident_at(k, p)->next = *at;
	*at = p;
	use_incident(k, p, true);
	k->root->nincidents++;
	incident_at(k, p)->number = ++k->root->opened;
	return p;
}

static roff
take_key(struct incidents *k, struct hash128 key)
{
	roff p = find_key(k, key), *at;

	if (p) {
		use_key(k, p, false);
		return p;
	}
	if (k->root->nkeys >= k->root->max_keys)
		drop_key(k, k->root->oldest_key);
	p = room(k, sizeof(struct fold_key));
	if (!p)
		return 0;
	at = bucket(k, k->root->key_table, key);
	key_at(k, p)->key = key;
	key_at(k, p)->next = *at;
	*at = p;
	use_key(k, p, true);
	k->root->nkeys++;
	return p;
}

/* ---- life ---- */

struct incidents *
incidents_new(const struct incidents_options *opt, const struct names *names,
	const struct lists *lists, struct region *state)
{
	struct incidents *k;
	struct incidents_root *root = region_root(state);

	if (region_limit(state) < (size_t)2 << 20)
		return NULL;
	if (root->magic != MAGIC) {
		*root = (struct incidents_root){.magic = MAGIC, .seed = opt->seed};
		for (unsigned i = 0; i < FAMILY_COUNT; i++)
			root->heard[i] = INT64_MIN;
		root->incident_table = region_alloc(state, BUCKETS * sizeof(roff));
		root->key_table = region_alloc(state, BUCKETS * sizeof(roff));
		root->max_incidents =
			(uint32_t)(region_limit(state) / 2 / region_room(sizeof(struct incident)));
		root->max_keys =
			(uint32_t)(region_limit(state) / 4 / region_room(sizeof(struct fold_key)));
		if (!root->incident_table || !root->key_table)
			return NULL;
	}
	k = mem_zero(1, sizeof(*k));
	k->opt = *opt;
	k->names = names;
	k->lists = lists;
	k->region = state;
	k->root = root;
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
	*ret = (struct incidents_stats){.open = k->root->nincidents,
		.opened = k->root->opened,
		.merged = k->root->merged,
		.evicted = k->root->evicted,
		.hubs = k->root->hubs};
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

/* ---- folding ---- */

struct candidate {
	roff at;
	bool strong; /* by a person, a hash, an event or somebody's own PC */
};

struct fold {
	struct alert *a;
	struct candidate found[CANDIDATES];
	size_t n;
	unsigned severity;
	enum attack_stage stage;
};

static struct hash128
entity_key(const struct alert_entity *e)
{
	char text[ENTITY_BYTES + 2];

	text[0] = 'E';
	text[1] = (char)e->kind;
	memcpy(text + 2, e->value.p, e->value.n);
	return hash_id(text, e->value.n + 2);
}

/* Whom or what alerts fold by; domains, files and outside mail addresses are too common. */
static bool
folds(const struct alert_entity *e)
{
	return !e->hub && (e->kind == ENTITY_PERSON || e->kind == ENTITY_HOST ||
				  e->kind == ENTITY_IP || e->kind == ENTITY_HASH);
}

static roff
follow(const struct incidents *k, roff p)
{
	for (unsigned hops = 0; p && !hash128_is_zero(incident_at(k, p)->into) && hops < 64; hops++)
		p = find_incident(k, incident_at(k, p)->into);
	return p;
}

static bool
in_time(const struct incidents *k, const struct incident *i, const struct alert *a)
{
	return a->time <= i->last + k->opt.window_ns && a->time >= i->first - k->opt.window_ns &&
	       a->time <= i->began + k->opt.longest_ns;
}

static void
consider(struct incidents *k, struct fold *f, const struct fold_key *x, bool strong)
{
	for (unsigned i = 0; x && !x->hub && i < x->n; i++) {
		roff p = follow(k, find_incident(k, x->incidents[i]));
		size_t c = 0;

		if (!p || !in_time(k, incident_at(k, p), f->a))
			continue;
		while (c < f->n && f->found[c].at != p)
			c++;
		if (c == f->n) {
			if (f->n == CANDIDATES)
				return;
			f->found[f->n++] = (struct candidate){.at = p};
		}
		f->found[c].strong |= strong;
	}
}

static bool
has_person(const struct incident *i, struct str who)
{
	for (unsigned e = 0; e < i->nentities; e++)
		if (i->at[e].kind == ENTITY_PERSON &&
			str_eq(str_make(i->at[e].value, i->at[e].n), who))
			return true;
	return false;
}

/* Do alert and incident speak of different persons only? */
static bool
strangers(const struct incident *i, const struct alert *a)
{
	bool any = false;

	for (size_t e = 0; e < a->nentities; e++) {
		if (a->entities[e].kind != ENTITY_PERSON)
			continue;
		any = true;
		if (has_person(i, a->entities[e].value))
			return false;
	}
	return any && i->persons > 0;
}

static struct hash128
event_key(struct hash128 id)
{
	char text[1 + sizeof(id)];

	text[0] = 'R';
	memcpy(text + 1, &id, sizeof(id));
	return hash_id(text, sizeof(text));
}

/* Of the contributing records the first and last few stand for all. */
static bool
event_counts(const struct alert *a, size_t i)
{
	return i < 4 || i + 4 >= a->nrecords;
}

static void
find_candidates(struct incidents *k, struct fold *f)
{
	struct alert *a = f->a;
	size_t kept = 0;

	for (size_t i = 0; i < a->nrecords; i++)
		if (event_counts(a, i))
			consider(k, f, key_at(k, find_key(k, event_key(a->records[i].id))), true);
	for (size_t i = 0; i < a->nentities; i++) {
		const struct alert_entity *e = &a->entities[i];
		struct fold_key *x;

		if (!folds(e))
			continue;
		x = key_at(k, find_key(k, entity_key(e)));
		if (x && x->hub)
			a->entities[i].hub = true;
		/* A server or an address is used by many: alone it does not tie strangers. */
		consider(k, f, x,
			e->kind == ENTITY_PERSON || e->kind == ENTITY_HASH ||
				(e->kind == ENTITY_HOST && !e->important));
	}
	for (size_t c = 0; c < f->n; c++)
		if (f->found[c].strong || !strangers(incident_at(k, f->found[c].at), a))
			f->found[kept++] = f->found[c];
	f->n = kept;
}

static struct hash128
rule_key(struct str id)
{
	char text[128];
	size_t n = id.n < sizeof(text) - 1 ? id.n : sizeof(text) - 1;

	text[0] = 'U';
	memcpy(text + 1, id.p, n);
	return hash_id(text, n + 1);
}

/*
 * A rule that opens one incident after another within minutes tells of one thing, a campaign or a
 * flood: what it opened becomes one, and takes the rest.
 */
static void
find_flood(struct incidents *k, struct fold *f)
{
	struct fold_key *x = key_at(k, find_key(k, rule_key(f->a->rule->id)));

	if (!x || x->n < KEY_INCIDENTS)
		return;
	for (unsigned i = 0; i < KEY_INCIDENTS; i++)
		if ((int64_t)x->persons[i] < f->a->time - FLOOD_NS ||
			(int64_t)x->persons[i] > f->a->time + FLOOD_NS)
			return;
	consider(k, f, x, true);
	/* while it goes on, it is one */
	for (unsigned i = 0; f->n > 0 && i < KEY_INCIDENTS; i++)
		if (f->a->time > (int64_t)x->persons[i])
			x->persons[i] = (uint64_t)f->a->time;
}

/* Opened by this rule: the ring keeps the newest, with their times. */
static void
note_opened(struct incidents *k, const struct alert *a, const struct incident *i)
{
	roff p = take_key(k, rule_key(a->rule->id));
	struct fold_key *x = key_at(k, p);

	if (!x)
		return;
	if (x->n == KEY_INCIDENTS) {
		memmove(x->incidents, x->incidents + 1,
			sizeof(x->incidents) - sizeof(x->incidents[0]));
		memmove(x->persons, x->persons + 1, sizeof(x->persons) - sizeof(x->persons[0]));
		x->n--;
	}
	x->persons[x->n] = (uint64_t)a->time;
	x->incidents[x->n++] = i->id;
}

static void
keep_entity(struct incident *i, uint8_t kind, struct str value, bool own, bool important)
{
	struct kept_entity *e;

	for (unsigned n = 0; n < i->nentities; n++)
		if (i->at[n].kind == kind && str_eq(str_make(i->at[n].value, i->at[n].n), value)) {
			i->at[n].important |= important;
			return;
		}
	i->hosts += kind == ENTITY_HOST;
	i->persons += kind == ENTITY_PERSON;
	if (i->nentities == INCIDENT_ENTITIES) {
		i->more++;
		return;
	}
	e = &i->at[i->nentities++];
	*e = (struct kept_entity){
		.kind = kind, .n = (uint8_t)value.n, .own = own, .important = important};
	memcpy(e->value, value.p, value.n);
}

static void
merge(struct incidents *k, struct fold *f, struct incident *to, struct incident *from)
{
	struct alert_incident *said = &f->a->incident;

	for (unsigned e = 0; e < from->nentities; e++)
		keep_entity(to, from->at[e].kind, str_make(from->at[e].value, from->at[e].n),
			from->at[e].own, from->at[e].important);
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
	from->into = to->id;
	k->root->merged++;
	if (said->nmerged < ALERT_MERGED)
		said->merged[said->nmerged++] = from->id;
}

/* The oldest of the candidates takes the alert, and the others; 0: none. */
static roff
choose(struct incidents *k, struct fold *f)
{
	roff best = 0;

	for (size_t c = 0; c < f->n; c++) {
		const struct incident *i = incident_at(k, f->found[c].at);
		const struct incident *b = incident_at(k, best);

		/* Ids may hang on how the logs came in; the order of opening does not. */
		if (!b || i->began < b->began || (i->began == b->began && i->number < b->number))
			best = f->found[c].at;
	}
	/* not more at once than can be told */
	for (size_t c = 0; c < f->n && f->a->incident.nmerged < ALERT_MERGED; c++)
		if (f->found[c].at != best)
			merge(k, f, incident_at(k, best), incident_at(k, f->found[c].at));
	return best;
}

/* From now on the entity leads to this incident. */
static void
point(struct incidents *k, struct hash128 key, const struct incident *i, const struct alert *a,
	bool may_be_hub)
{
	roff p = take_key(k, key);
	struct fold_key *x = key_at(k, p);
	unsigned n = 0;

	if (!x || x->hub)
		return;
	for (unsigned c = 0; c < x->n; c++) {
		roff other = follow(k, find_incident(k, x->incidents[c]));

		if (other && !hash128_eq(incident_at(k, other)->id, i->id) &&
			incident_at(k, other)->last + k->opt.window_ns >= a->time)
			x->incidents[n++] = x->incidents[c];
	}
	for (size_t e = 0; may_be_hub && e < a->nentities; e++) {
		uint64_t who = hash_text(a->entities[e].value);
		unsigned c = 0;

		if (a->entities[e].kind != ENTITY_PERSON)
			continue;
		while (c < x->npersons && x->persons[c] != who)
			c++;
		if (c == x->npersons && c < KEY_PERSONS)
			x->persons[x->npersons++] = who;
	}
	x->n = (uint8_t)n;
	if (n >= k->opt.hub_degree || n >= KEY_INCIDENTS ||
		(may_be_hub && x->npersons > k->opt.hub_degree)) {
		x->hub = 1;
		x->n = 0;
		k->root->hubs++;
		return;
	}
	x->incidents[x->n++] = i->id;
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
	i->families |= a->families & ~1u;
	i->wider |= a->rule->wider_families;
	for (size_t e = 0; e < a->nentities; e++)
		keep_entity(i, (uint8_t)a->entities[e].kind, a->entities[e].value,
			a->entities[e].own, a->entities[e].important);
	for (size_t e = 0; e < a->nentities; e++)
		if (folds(&a->entities[e]))
			point(k, entity_key(&a->entities[e]), i, a,
				a->entities[e].kind == ENTITY_IP ||
					a->entities[e].kind == ENTITY_HOST);
	for (size_t e = 0; e < a->nrecords; e++)
		if (event_counts(a, e))
			point(k, event_key(a->records[e].id), i, a, false);
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

void
incidents_fold(struct incidents *k, struct alert *a, struct batch b, const struct record *r)
{
	struct fold f = {.a = a};
	roff at;

	a->incident = (struct alert_incident){0};
	incident_entities(k, a, b, r);
	f.severity = severity_of(a->rule->level);
	f.stage = stage_of_tags(a->rule->tags, a->rule->ntags);
	find_candidates(k, &f);
	if (f.n == 0)
		find_flood(k, &f);
	at = choose(k, &f);
	if (!at && f.severity >= severity_of(k->opt.least)) {
		struct hash128 id = hash_id(&a->id, sizeof(a->id));

		at = find_incident(k, id) ? 0 : new_incident(k, id);
		a->incident.opened = at != 0;
	}
	if (!at)
		return;
	use_incident(k, at, false);
	if (a->incident.opened)
		note_opened(k, a, incident_at(k, at));
	take_in(k, &f, incident_at(k, at));
	tell(k, a, incident_at(k, at));
}
