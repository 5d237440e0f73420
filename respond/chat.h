/*
 * chat.h - an alert as a message for a chat room, as Slack's incoming webhooks and Teams' workflows
 * take it.
 *
 * Source: Slack "Formatting text for app surfaces" (escape & < >; plain_text is not parsed),
 * Adaptive Cards 1.4 (a TextRun is not Markdown). What logs say can thus call nobody and link
 * nowhere. Threads: pure functions.
 */
#ifndef RESPOND_CHAT_H
#define RESPOND_CHAT_H

#include "base/buf.h"
#include "config/settings.h"

/* The request's body. */
void chat_compose(const struct sink_settings *set, struct str alert, struct buf *out);
/* Bytes of a peer, shown safely on one line. */
void chat_shown(struct buf *out, struct str s);

#endif
