/*
 * notice.h - an alert as people read it: a sentence, who and where, when, what to do first.
 *
 * Whatever stands in an alert may have been written by an attacker. It appears as text only:
 * control characters and characters that hide or turn others are shown by their numbers, lengths
 * are bounded, and nothing of it is offered inside a command line unless it is harmless there.
 * Threads: values of their owner.
 */
#ifndef RESPOND_NOTICE_H
#define RESPOND_NOTICE_H

#include <jansson.h>

#include "respond/cases.h"

struct notice {
	json_t *root; /* NULL: the alert could not be read; its bytes are shown */
	struct str raw;
	enum level level;
};

/* `json` is lent until notice_done. */
void notice_init(struct notice *n, struct str json);
void notice_done(struct notice *n);

struct str notice_text_of(const struct notice *n, const char *member);
/* The alert's time, ns; 0 when it has none. */
int64_t notice_time(const struct notice *n);
/* One line each, shown safely, cut at max bytes at a character's end. */
void notice_title(const struct notice *n, bool ja, size_t max, struct buf *out);
void notice_sentence(const struct notice *n, bool ja, size_t max, struct buf *out);
/* The whole text, lines ended by \n. */
void notice_body(const struct notice *n, bool ja, struct buf *out);

/* Shown safely and cut: "... (N bytes more)" tells what is left out. */
void show(struct buf *out, struct str s, size_t max, bool ja);
const char *word_for_field(struct str ecs, bool ja);
const char *word_for_level(enum level l, bool ja);
/* "2026-03-02 19:00:00 JST (2026-03-02 10:00:00 UTC)". */
void show_time(struct buf *out, int64_t ns);

#endif
