/*
 * plot.h - the ten attacks of the day and their harmless twins; the seed decides who, where,
 * when, and in which variant.
 *
 * Threads: none.
 */
#ifndef COMPANY_PLOT_H
#define COMPANY_PLOT_H

#include "company.h"

/* Write all attacks, all decoys. Both draw from co->rng: call them in this order. */
void attack_all(struct company *co);
void decoy_all(struct company *co);

/* The stories of the scoreboard with their twins. */
void story_all(struct company *co);

/* Somebody whom no other plot uses; IT people are never drawn. */
struct person *plot_person(struct company *co);

/* The same, with a PC that runs Sysmon. */
struct person *plot_sysmon_person(struct company *co);

/* A moment between two full hours. */
int64_t plot_time(struct company *co, unsigned from, unsigned until);

/* All the ways in which logs spell a person, his PC included; a machine; an address. */
void plot_names(struct mark *m, const struct person *p);
void plot_host(struct mark *m, const struct machine *on);
void plot_address(struct mark *m, uint32_t ip);

/* The address of his PC is handed out anew shortly before; not part of any plot. */
void plot_lease(struct company *co, int64_t before, const struct person *p);

/* Another person in a torn story, else the same. */
struct person *plot_other(struct company *co, struct person *p);

/* Some ms within a span of seconds. */
int64_t plot_ms(struct company *co, unsigned seconds);

#endif
