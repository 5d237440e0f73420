/*
 * asa.h - the parts of a Cisco ASA message, and the patterns that take it apart.
 *
 * A pattern is text as Cisco prints it with letters for what varies. A letter's value ends where
 * the text behind it begins, %z where it begins last: whoever fails to log in chose the name.
 * {...} may be missing. A blank stands for one or more; blanks before a colon do not matter.
 *
 *   %S %D %G  endpoint: [interface:]address[/port], mapped address and user in parentheses
 *   %p protocol   %u user   %z user, the last such   %q user, a word with or without quotes
 *   %g group   %i source address
 *   %d destination address   %a access list   %k word that decides   %n connection   %t duration
 *   %b bytes   %x bytes sent   %y bytes received   %r reason   %I interface   %c command
 *   %f TCP flags   %T %C ICMP type and code   %h count   %A %B assigned address   %s session type
 *   %o inbound or outbound   %U URL   %F file   %M MAC address   %W client   %m program
 *   %w a word   %* anything
 */
#ifndef PARSERS_ASA_H
#define PARSERS_ASA_H

#include "parsers/parser.h"

struct endpoint {
	struct str interface, address, port, mapped, mapped_port, user;
};

struct asa_parts {
	struct endpoint source, destination, global;
	struct str part[64]; /* by letter - '@' */
};

static inline struct str
asa_part(const struct asa_parts *p, char letter)
{
	return p->part[letter - '@'];
}

/* Does the text fit the pattern? Linear in the text. */
bool asa_match(const char *pattern, struct str text, struct asa_parts *ret);
/* An endpoint at the front of *s. */
bool asa_endpoint(struct str *s, struct endpoint *ret);

/* FTD's "Key: value, Key: value" (430001 to 430005). */
void ftd_put(struct parse_ctx *ctx, struct recs *w, struct str text, struct str code);

#endif
