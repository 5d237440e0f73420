/*
 * truth.h - what is hidden in the day: the attacks that must be found, and their harmless twins
 * that must not.
 *
 * Threads: none; main owns it.
 */
#ifndef COMPANY_TRUTH_H
#define COMPANY_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "stage.h"

#define MARK_ENTITIES   2u
#define MARK_ALSO       4u
#define MARK_INDICATORS 12u
#define MARK_NAMES      96u

struct mark;
struct truth;
struct day;

struct truth *truth_new(void);
void truth_free(struct truth *t);

/* Strings given to these three are copied; names must outlive the truth. */
struct mark *truth_attack(struct truth *t, const char *id, const char *rule, const char *name_en,
	const char *name_ja);
struct mark *truth_decoy(struct truth *t, const char *id, const char *rule, const char *name_en,
	const char *name_ja);
void truth_entity(struct mark *m, const char *field, const char *value);

/* Another rule that may rightly fire on this attack. */
void truth_also(struct mark *m, const char *rule);

/* A further value (host, address, account) that marks an alert as this attack's. */
void truth_indicator(struct mark *m, const char *value);

/* One of the names of somebody or something that an alert may rightly name. */
void truth_name(struct mark *m, const char *value);

/* Beside which attack a decoy stands; and what a story is made of, see README. */
void truth_beside(struct mark *m, const char *attack);

/* One line of it: its number in the day's log, its own time, its kind, whether it decides. */
void truth_line(struct mark *m, uint64_t line, int64_t at, enum kind kind, bool decisive);

/* Write truth.json. False: it failed, said on stderr. */
bool truth_write(const struct truth *t, const char *dir, const struct day *day, uint64_t seed,
	uint64_t lines);

#endif
