/*
 * life.h - an ordinary day: people work, machines hum, the internet knocks.
 *
 * Nothing here may meet the condition of a shipped rule. Outside addresses come from pools that
 * attacks and decoys do not use (pools.h). Threads: none.
 */
#ifndef COMPANY_LIFE_H
#define COMPANY_LIFE_H

#include "company.h"

/* What happens every day at its hour: leases, backups, distribution, administrators' rounds. */
void chores(struct company *co);
void chores_noon(struct company *co, int64_t at);

/* Fill the day with benign lines until the budget is spent, releasing lines as time passes. */
void life_day(struct company *co);

#endif
