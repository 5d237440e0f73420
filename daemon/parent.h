/*
 * parent.h - the supervisor: opens ports, forks the roles, restarts them, reloads, stops in order.
 * Sees no hostile byte.
 *
 * Threads: one.
 */
#ifndef DAEMON_PARENT_H
#define DAEMON_PARENT_H

#include "base/diag.h"

/* Runs until told to stop. Returns the process's exit code. */
int parent_run(const char *config);

#endif
