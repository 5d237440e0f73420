/*
 * columns.h - rows of a table whose header travels with them: CSV with a header line, W3C extended
 * log files (IIS, Exchange, proxies), Zeek's tab-separated logs.
 *
 * The header is ctx->lead: what stood in force in the file where the row stands (intake), or the
 * columns that the configuration names. So a row is read alike wherever it is read. Threads: pure.
 */
#ifndef PARSERS_COLUMNS_H
#define PARSERS_COLUMNS_H

#include "parsers/parser.h"

/* The frame as a row under its header: by a definition that knows the names, else by one that knows
 * the text, else by the names that many products share. False: it is no row of that table, nothing
 * was put. */
bool columns_read(struct parse_ctx *ctx, struct recs *w, struct str text);

#endif
