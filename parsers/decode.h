/*
 * decode.h - a frame's bytes as UTF-8, by the input's charset or the file's own mark.
 *
 * Inside parsers/ only. Threads: pure.
 */
#ifndef PARSERS_DECODE_H
#define PARSERS_DECODE_H

#include "parsers/charset.h"
#include "parsers/inside.h"

/* Line ends are framing; so is the NUL that C libraries put behind each message. */
struct str decode_trim(struct str s);
/* CR, LF and NUL at the end as rsyslog spells them (`$EscapeControlCharactersOnReceive`). */
struct str decode_trim_spelled(struct str s);
/* The header in force, as the text is written that stands under it. */
struct str decode_lead(
	const struct parsers *p, enum charset charset, const struct frame *f, struct recs *w);
/* Valid UTF-8 in ctx->text, pointing into the batch; what is odd is flagged. */
void decode_frame(const struct parsers *p, enum charset charset, struct parse_ctx *ctx,
	struct recs *w, struct str raw);

#endif
