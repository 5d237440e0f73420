/*
 * cli_top.h - the table of rules by cost, of a running daemon or of a replay.
 */
#ifndef DAEMON_CLI_TOP_H
#define DAEMON_CLI_TOP_H

#include "base/str.h"

enum top_order { TOP_COST, TOP_HITS, TOP_LOOKED };

/* Print what cost_json wrote, the dearest first. 0, or EXIT_FINDING when it is no such text. */
int top_print(struct str costs, enum top_order by, size_t limit);

#endif
