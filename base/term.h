/*
 * term.h - text from logs made safe for a terminal and for a spreadsheet.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include "base/buf.h"

/*
 * Append s so that no terminal can be told anything: control characters (C0, DEL, C1),
 * bidirectional overrides and zero-width characters as \xNN or \u{N}, invalid UTF-8 as \xNN.
 */
void term_show(struct buf *out, struct str s);
/* One CSV cell in quotes; a cell that a spreadsheet would take for a formula gets an apostrophe
 * (OWASP CSV injection). */
void term_csv_cell(struct buf *out, struct str s);

#endif
