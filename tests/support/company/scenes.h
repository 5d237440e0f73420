/*
 * scenes.h - what people and machines do on an ordinary day, as tables of scenes.
 *
 * Threads: none.
 */
#ifndef COMPANY_SCENES_H
#define COMPANY_SCENES_H

#include "company.h"

/* A kind of scene, its share of the day's lines (permille) and its usual number of lines. */
struct scene {
	void (*play)(struct company *co, int64_t at);
	unsigned share, lines;
};

#define SCENES_PEOPLE   9u
#define SCENES_MACHINES 11u

extern const struct scene scenes_people[SCENES_PEOPLE];
extern const struct scene scenes_machines[SCENES_MACHINES];

/* Anybody who works at that time. */
struct person *scene_person(struct company *co, int64_t at);

/* A lease begins or is renewed. */
void scene_lease(struct company *co, int64_t at, const struct person *p, bool begins);

#endif
