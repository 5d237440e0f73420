/*
 * incident_inside.h - how incidents lie in their region. Private to correlation/incident*.c.
 */
#ifndef CORRELATION_INCIDENT_INSIDE_H
#define CORRELATION_INCIDENT_INSIDE_H

#include "correlation/incident.h"

#define ENTITY_BYTES      64u
#define INCIDENT_ENTITIES 96u
#define KEY_INCIDENTS     4u
#define KEY_PERSONS       4u
#define BUCKETS           4096u

struct kept_entity {
	uint8_t kind, n, own, important;
	char value[ENTITY_BYTES];
};

/* One open incident. */
struct incident {
	struct hash128 id, into; /* into: merged, look there */
	roff next;               /* in its bucket */
	roff newer, older;
	int64_t first, last, began; /* event times; began: of its first alert */
	uint64_t alerts, number;    /* number: in order of opening */
	uint32_t families, wider;
	uint8_t severity, stage;
	uint16_t nentities;
	uint32_t hosts, persons, more; /* more: entities that found no room */
	struct kept_entity at[INCIDENT_ENTITIES];
};

/* What an entity folds into, and whether it is a hub. */
struct fold_key {
	struct hash128 key;
	roff next, newer, older;
	uint8_t n, npersons, hub, spare;
	struct hash128 incidents[KEY_INCIDENTS];
	uint64_t persons[KEY_PERSONS];
};

struct incidents_root {
	uint64_t magic, seed;
	int64_t heard[FAMILY_COUNT];
	roff incident_table, key_table; /* roff[BUCKETS] */
	roff newest_incident, oldest_incident, newest_key, oldest_key;
	uint32_t nincidents, nkeys, max_incidents, max_keys;
	uint64_t opened, merged, evicted, hubs;
};

struct incidents {
	struct incidents_options opt;
	const struct names *names;
	const struct lists *lists;
	struct region *region;
	struct incidents_root *root;
	char values[ALERT_ENTITIES][ENTITY_BYTES];
	struct buf reason_en, reason_ja;
};

/* incident_entity.c: what the alert is about; fills a->entities. */
void incident_entities(
	struct incidents *k, struct alert *a, struct batch b, const struct record *r);
/* incident_level.c */
enum attack_stage stage_of_tags(const struct str *tags, size_t n);
unsigned severity_of(struct str level);
/* Level 0 .. 4 and the reason in words, into k->reason_*. */
unsigned incident_level(struct incidents *k, const struct incident *i);

#endif
