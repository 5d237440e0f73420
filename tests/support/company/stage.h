/*
 * stage.h - lines wait here for their time and leave in order of time, into the day's log and
 * into the file of their kind.
 *
 * Threads: none; one owner.
 */
#ifndef COMPANY_STAGE_H
#define COMPANY_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_MAIL,
	KIND_FIREWALL,
	KIND_PROXY,
	KIND_ENDPOINT,
	KIND_REMOTE,
	KIND_AUTH,
	KIND_OTHER,
	KINDS
};

struct stage;
struct mark;

/* "mail", "firewall" ... */
const char *stage_kind_name(enum kind kind);

/* Make DIR, DIR/day.log and, if wanted, DIR/files. NULL: it cannot be done, said on stderr. */
struct stage *stage_new(const char *dir, bool by_kind);

/*
 * Keep a line until its time, in milliseconds of the day; lines of one time keep their order. The
 * mark (or NULL) is told the line's number in the day's log when it is written; `says` is the
 * line's own time.
 */
void stage_put(struct stage *st, int64_t at, enum kind kind, const char *p, size_t n,
	struct mark *mark, int64_t says, bool decisive);

/* Write what is due before the given time. */
void stage_release(struct stage *st, int64_t before);

uint64_t stage_count(const struct stage *st, enum kind kind);

/* Write the rest and close. False: some write failed, said on stderr. */
bool stage_close(struct stage *st);
void stage_free(struct stage *st);

#endif
