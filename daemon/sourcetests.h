/*
 * sourcetests.h - the tests that definitions of an operator's folder carry.
 *
 * Each `line` is read by all definitions together, as the daemon would, in UTC; what it does not
 * give as `want` says is told with file and line. Threads: one owner.
 */
#ifndef DAEMON_SOURCETESTS_H
#define DAEMON_SOURCETESTS_H

#include "base/diag.h"

/* Errors in why; *ran: how many lines were read. */
void sourcetests_run(struct str folder, struct diag *why, size_t *ran);

#endif
