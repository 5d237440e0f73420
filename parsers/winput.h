/*
 * winput.h - putting the values of a Windows event: what the shipper already said in ECS, or an
 * earlier row, is not said again (struct win's `seen`). "-" is no value.
 *
 * Threads: pure over the event's struct win.
 */
#ifndef PARSERS_WINPUT_H
#define PARSERS_WINPUT_H

#include "parsers/winevent.h"

bool win_blank(struct str v);
struct str win_value(const struct win *e, enum win_data d);
/* a unless it is blank. */
struct str win_first(struct str a, struct str b);
/* The field is marked as put. False: it was already. */
bool win_fresh(struct win *e, unsigned field);

void win_put(struct win *e, unsigned field, struct str v);
void win_put_number(struct win *e, unsigned field, struct str v);
/* Also with a port: "192.0.2.1:50111", "[2001:db8::1]:50111"; the port goes to source.port. */
void win_put_address(struct win *e, unsigned field, struct str v);
void win_put_port(struct win *e, unsigned field, struct str v);
/* A program's path, and its last part as the name. */
void win_put_image(struct win *e, unsigned path_field, unsigned name_field, struct str v);
/* "DOMAIN\\user" to both. */
void win_put_account(struct win *e, unsigned name, unsigned domain, struct str v);
/* file.path and its kin. */
void win_put_file(struct win *e, struct str path);

struct win_hashes {
	uint16_t md5, sha1, sha256, imphash; /* fields */
};
extern const struct win_hashes win_of_process, win_of_file;
/* "SHA1=..,MD5=..", also "SHA1:..;" */
void win_put_hashes(struct win *e, struct str list, const struct win_hashes *to);

#endif
