/*
 * pam.h - PAM's own lines, which stand among those of the program that asked it.
 */
#ifndef PARSERS_PAM_H
#define PARSERS_PAM_H

#include "parsers/parser.h"

/* Reads "pam_unix(sshd:auth): …" and "PAM 2 more authentication failures; …". False: not PAM's, and
 * nothing was put. */
bool pam_read(struct parse_ctx *ctx, struct str s, struct recs *w);

#endif
