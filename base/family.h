/*
 * family.h - the kinds of logs that incidents tell apart: mail, firewall, proxy ...
 *
 * One place decides a record's family: who parses it writes it into record.flags (record.h). A row
 * of logsource.def names its own; a definition's comes from its `kind:`. Threads: pure functions.
 */
#ifndef BASE_FAMILY_H
#define BASE_FAMILY_H

#include "base/logsource.h"

/* The kinds of logs of control 143, and what else incidents tell apart. Bits in masks. */
enum log_family {
	FAMILY_OTHER,
	FAMILY_MAIL,
	FAMILY_FIREWALL,
	FAMILY_PROXY,
	FAMILY_ENDPOINT,
	FAMILY_REMOTE,
	FAMILY_AUTH,
	FAMILY_SERVER, /* web servers, file servers, databases, applications */
	FAMILY_COUNT
};

/* "mail", "firewall" ... */
struct str family_name(enum log_family f);
/* Of a row of logsource.def. */
enum log_family family_of_logsource(unsigned logsource);
/* Of a category that a rule or a record names, or a list of them with commas; FAMILY_OTHER: it says
 * nothing. */
enum log_family family_of_category(struct str category);
/* Of a definition's `kind:`. False: there is no such kind; *ret is left alone. */
bool family_of_kind(struct str kind, enum log_family *ret);
/* The words for kinds, for messages; *n of them. */
const char *const *family_kinds(size_t *n);

#endif
