/*
 * mail.h - an alert, or a summary of many, as a mail (RFC 5322, MIME, UTF-8).
 *
 * What comes from logs reaches a header only as an RFC 2047 encoded word of shown text, bounded; so
 * it can neither begin a header nor end the header part. The body is base64: no line of it can look
 * like anything to a mail server.
 */
#ifndef RESPOND_MAIL_H
#define RESPOND_MAIL_H

#include "respond/notice.h"
#include "respond/sink.h"

/* An address without control characters, blanks and angle brackets, with something before and
 * behind its @. */
bool mail_address_ok(struct str address);
/* In one of the domains or below it, by the bytes: no other spelling of a domain counts, and a
 * local part that some servers would route onwards (a%b@c, b!a@c, a@b@c) makes it nobody's. */
bool mail_address_in(struct str address, struct str domain);
void mail_compose(
	const struct sink_settings *set, const struct item *it, int64_t wall, struct buf *out);
/* The same, addressed to a list of texts instead of the sink's `to`. */
void mail_compose_to(const struct sink_settings *set, const json_t *to, const struct item *it,
	int64_t wall, struct buf *out);
void mail_compose_digest(
	const struct sink_settings *set, const struct digest *d, int64_t wall, struct buf *out);
/* On one line. */
void mail_base64(struct buf *out, struct str s);
/* For tests: one header with a free text, folded. */
void mail_header_text(struct buf *out, const char *name, struct str text);

#endif
