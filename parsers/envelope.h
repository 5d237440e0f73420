/*
 * envelope.h - the syslog header in front of a message: RFC 3164 as it is met, RFC 5424, or none.
 *
 * Each reader puts host.name, process.*, log.syslog.* and the time into w's open record, fills
 * ctx->host, program, pid, enveloped, timed, and moves *s to the message. Threads: pure.
 */
#ifndef PARSERS_ENVELOPE_H
#define PARSERS_ENVELOPE_H

#include "parsers/parser.h"

#define ENVELOPE_HOST_MAX 255u
#define ENVELOPE_TAG_MAX  128u

/* Whatever stands in front; *s becomes the message. */
void envelope_read(struct parse_ctx *ctx, struct recs *w, struct str *s);

/*
 * Does a header begin here, in a message whose own header is read already? Sure: it can be nothing
 * else (a PRI, a version with its date); else a time that a host and a tag may follow.
 */
bool envelope_begins(struct str s, bool *sure);
/* "last message repeated 5 times", "message repeated 3 times: [ text]": the number as it stands,
 * and the text inside, if it is there. */
bool envelope_repeats(struct str s, struct str *times, struct str *inside);

/* Behind the PRI. `pri`: there was one (good or bad). */
void syslog3164_read(struct parse_ctx *ctx, struct recs *w, struct str *s, bool pri);

/* Does a VERSION stand here (also a wrong one, in front of what can only be RFC 5424)? */
bool syslog5424_begins(struct str s);
void syslog5424_read(struct parse_ctx *ctx, struct recs *w, struct str *s);

/* Time, host and process as both readers put them. */
void envelope_time(struct parse_ctx *ctx, struct recs *w, int64_t ns);
void envelope_host(struct parse_ctx *ctx, struct recs *w, struct str host);
void envelope_process(struct parse_ctx *ctx, struct recs *w, struct str program, struct str pid);

#endif
