/* decode.c - a frame's bytes as UTF-8, and what is said of them that is no text. */
#include "parsers/decode.h"

#include "base/utf8.h"
#include "parsers/put.h"

struct str
decode_trim(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == 0))
		s.n--;
	return s;
}

/* `lines`: a file's record may have several, and CR LF between them is no control. */
static bool
has_control(struct str s, bool lines)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0x7f ||
			(c < 0x20 && c != '\t' && c != '\n' &&
				!(lines && c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')))
			return true;
	}
	return false;
}

struct str
decode_trim_spelled(struct str s)
{
	while (str_ends(s, STR("#015")) || str_ends(s, STR("#012")) || str_ends(s, STR("#000")))
		s.n -= 4;
	return s;
}

/* C1 controls (U+0080 to U+009F) of valid text: C2 80 to C2 9F. */
static bool
has_c1(struct str s)
{
	ptrdiff_t at;

	while ((at = str_chr(s, '\xc2')) >= 0 && (size_t)at + 1 < s.n) {
		if ((unsigned char)s.p[at + 1] < 0xa0)
			return true;
		str_skip(&s, (size_t)at + 2);
	}
	return false;
}

/* The same of text that is not valid, where the bare byte counts that a terminal of eight bits
 * obeys. */
static bool
has_bare_c1(struct str s)
{
	while (s.n > 0) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);
		bool bare = cp == 0xfffd && n == 1 && (unsigned char)s.p[0] >= 0x80 &&
			    (unsigned char)s.p[0] < 0xa0;

		if (bare || (cp >= 0x80 && cp < 0xa0))
			return true;
		str_skip(&s, n);
	}
	return false;
}

static enum charset
charset_of_file(unsigned flags)
{
	return flags & FRAME_UTF16LE   ? CHARSET_UTF16LE
	       : flags & FRAME_UTF16BE ? CHARSET_UTF16BE
				       : CHARSET_NONE;
}

struct str
decode_lead(const struct parsers *p, enum charset charset, const struct frame *f, struct recs *w)
{
	struct str raw = batch_lead(w->b, f);
	enum charset marked = charset_of_file(f->flags);
	struct text_kind kind = text_look(raw);
	char *room;
	bool bad;

	if (marked != CHARSET_NONE)
		charset = marked;
	else if (!kind.high && !(charset == CHARSET_ISO_2022_JP && kind.escape))
		return raw;
	if (charset == CHARSET_UTF8 && utf8_valid(raw))
		return raw;
	room = raw.n ? rec_text_room(w, raw.n * 3) : NULL;
	if (!room)
		return STR("");
	return rec_text_take(w, room, charset_decode(&p->charsets, charset, raw, room, &bad));
}

void
decode_frame(const struct parsers *p, enum charset charset, struct parse_ctx *ctx, struct recs *w,
	struct str raw)
{
	struct text_kind kind = text_look(raw);
	enum charset marked = charset_of_file(ctx->frame->flags);
	char *room;
	bool bad, late = false, lines = (ctx->frame->flags & FRAME_LATE_READ) != 0;

	ctx->text = raw;
	if (marked == CHARSET_NONE) {
		marked = charset_marked(raw);
		/* Well written, but nobody said that it would be. */
		if (marked != CHARSET_NONE)
			rec_flag(w, REASON_ENCODING);
	}
	if (marked != CHARSET_NONE) {
		/* Every second byte is a NUL: only the decoded text shows what is a control. */
		charset = marked;
		raw = batch_raw(w->b, ctx->frame);
		kind = (struct text_kind){.high = true};
		late = true;
	}
	/* The escapes of ISO-2022-JP are how it is written: the decoded text has what is left. */
	if (charset == CHARSET_ISO_2022_JP && kind.escape)
		late = true;
	else if (kind.control && has_control(raw, lines))
		rec_flag(w, REASON_CONTROL_CHAR);
	if (!kind.high && !(charset == CHARSET_ISO_2022_JP && kind.escape))
		return;
	if (charset == CHARSET_UTF8) {
		bool valid = utf8_valid(raw);

		if (valid ? has_c1(raw) : has_bare_c1(raw))
			rec_flag(w, REASON_CONTROL_CHAR);
		if (valid)
			return;
	}
	room = rec_text_room(w, raw.n * 3);
	if (!room)
		return;
	ctx->text = rec_text_take(w, room, charset_decode(&p->charsets, charset, raw, room, &bad));
	if (marked != CHARSET_NONE)
		ctx->text = decode_trim(ctx->text);
	if (late && has_control(ctx->text, lines))
		rec_flag(w, REASON_CONTROL_CHAR);
	if (bad)
		rec_flag(w, REASON_ENCODING);
	w->cur->flags |= RECORD_RAW;
	w->cur->original_off = (uint32_t)(ctx->text.p - w->b.base);
	w->cur->original_len = (uint32_t)ctx->text.n;
	rec_put(w, FIELD_NOROSHI_CHARSET, str_of(charset_name(charset)));
}
