/*
 * incident_inside.h - how incidents lie in their region. Private to correlation/incident*.c.
 */
#ifndef CORRELATION_INCIDENT_INSIDE_H
#define CORRELATION_INCIDENT_INSIDE_H

#include "correlation/incident.h"

#define VALUE_BYTES   256u /* longest value of an entity */
#define KEPT_ENTITIES 240u
#define KEPT_OTHERS   176u /* of them for what is neither person nor host */
#define KEY_MANY      12u  /* the highest hub_degree */
#define FLOOD         4u   /* so many of one rule within minutes are one */
#define ASSET_BYTES   64u

/* Every piece begins so: found by key, given up in order of use. */
struct link {
	struct hash128 key;
	roff next; /* in its bucket */
	roff newer, older;
	uint32_t unused;
};

/* Pieces of one kind, with a bound of their own: one kind cannot push out another. */
struct shelf {
	roff table; /* roff[] */
	roff newest, oldest;
	uint32_t n, max, size;
};

/* Of an entity an incident keeps what it must recognise; its text is in the alerts. */
struct kept_entity {
	uint64_t hash;
	uint8_t kind;
	bool anchor; /* an outside address that an alert was about, with nobody named */
	uint8_t unused[6];
};

/* One open incident; its key is its number. */
struct incident {
	struct link link;
	struct hash128 id;
	uint32_t number, into;      /* in order of opening; merged into this one, 0: not */
	int64_t first, last, began; /* event times; began: of its first alert */
	uint64_t alerts;
	uint32_t families, wider;
	uint8_t severity, stage;
	uint8_t done; /* the furthest stage of alerts that tell of success */
	uint8_t asset_n;
	uint32_t nentities, hosts, persons;
	char asset[ASSET_BYTES]; /* the first important one */
	struct kept_entity at[KEPT_ENTITIES];
};

/* An entity that alerts fold by: the open incidents it stands in, and with whom it was seen. */
struct fold_key {
	struct link link;
	uint8_t n, npersons;
	bool hub;
	uint8_t unused;
	uint32_t incidents[KEY_MANY];
	int32_t seen[KEY_MANY]; /* of a person, last; minutes of event time */
	uint64_t persons[KEY_MANY];
};

/* A contributing record. */
struct event_key {
	struct link link;
	uint32_t incident;
};

/* A rule: the incidents that it opened last, and when. */
struct rule_key {
	struct link link;
	uint32_t n;
	uint32_t incidents[FLOOD];
	int64_t times[FLOOD];
};

struct incidents_root {
	uint64_t magic, seed;
	int64_t heard[FAMILY_COUNT];
	struct shelf incidents, keys, events, rules;
	uint32_t last_number, forwards;
	uint64_t merged, evicted, hubs, unkept;
};

struct incidents {
	struct incidents_options opt;
	const struct names *names;
	const struct lists *lists;
	struct region *region;
	struct incidents_root *root;
	char values[ALERT_ENTITIES][VALUE_BYTES];
	uint32_t tried; /* bits of a->entities: told, but not what the alert folds by */
	struct buf reason_en, reason_ja;
};

static inline struct hash128
incident_key(uint32_t number)
{
	return (struct hash128){.lo = number};
}

/* ---- incident_shelf.c ---- */
bool shelf_init(struct incidents *k, struct shelf *s, size_t bytes, size_t piece);
void *shelf_find(const struct incidents *k, const struct shelf *s, struct hash128 key);
/* Now the newest in use. */
void shelf_use(struct incidents *k, struct shelf *s, void *piece);
/* Zeroed, the newest; makes room by giving up the oldest. NULL: not even that helps. */
void *shelf_add(struct incidents *k, struct shelf *s, struct hash128 key);
void *shelf_oldest(const struct incidents *k, const struct shelf *s);
void shelf_drop(struct incidents *k, struct shelf *s, void *piece);

/* ---- incident_key.c ---- */
struct hash128 key_of_entity(const struct alert_entity *e);
struct hash128 key_of_event(struct hash128 id);
/* How an incident remembers an entity. */
uint64_t entity_hash(const struct incidents *k, const struct alert_entity *e);
/* Times come out of logs: the sum stops at the ends of what can be said. */
int64_t incident_shift(int64_t time, int64_t by);
/* By its number, or the one that it became part of. NULL: gone. */
struct incident *incident_of(const struct incidents *k, uint32_t number);
bool incident_in_time(const struct incidents *k, const struct incident *i, const struct alert *a);
/* From now on the alert's entity leads to this incident; or it has become a hub. */
void key_point(struct incidents *k, size_t e, const struct incident *i, const struct alert *a);
void key_point_event(struct incidents *k, struct hash128 id, const struct incident *i);

/* ---- incident_entity.c ---- */
/* What the alert is about: fills a->entities and k->tried. */
void incident_entities(
	struct incidents *k, struct alert *a, struct batch b, const struct record *r);
/* Was it a failure, or stopped? */
bool incident_failed(struct batch b, const struct record *r);

/* ---- incident_stage.c ---- */
enum attack_stage stage_of_tags(const struct str *tags, size_t n);

/* ---- incident_level.c ---- */
unsigned severity_of(struct str level);
/* Level 0 .. 4 and the reason in words, into k->reason_*. */
unsigned incident_level(struct incidents *k, const struct incident *i);

#endif
