/*
 * sandbox.h - what a role may do once it runs: no new privileges, and for workers a short list of
 * system calls.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <sys/types.h>

#include "base/diag.h"

/*
 * read, write, futex, poll, clock, memory without PROT_EXEC, exit: anything else ends the process.
 * In sanitizer builds the filter is left out (their runtime needs more), which is said once in the
 * log.
 */
int sandbox_enter_worker(struct diag *why);
/* No new privileges, no core dumps of what may hold secrets, die with the parent. */
int sandbox_enter_role(pid_t parent, struct diag *why);

#endif
