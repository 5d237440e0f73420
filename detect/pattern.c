#include "detect/pattern.h"

#include "base/mem.h"
#include "base/utf8.h"

static struct pattern *
add(struct patterns *ps, size_t room)
{
	ps->items = mem_grow(ps->items, ps->n, &ps->cap, sizeof(*ps->items));
	ps->items[ps->n] =
		(struct pattern){.p = arena_alloc(ps->arena, (room ? room : 1) * sizeof(uint32_t))};
	return &ps->items[ps->n++];
}

static void
push(struct pattern *p, uint32_t c)
{
	/* Two stars mean what one means. */
	if (c == PATTERN_STAR && p->n > 0 && p->p[p->n - 1] == PATTERN_STAR)
		return;
	p->p[p->n++] = c;
}

static bool
is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* The length of %name% at the front, or 0. */
static size_t
hole_length(struct str s)
{
	size_t i = 1;

	while (i < s.n && (is_word((unsigned char)s.p[i]) || (unsigned char)s.p[i] >= 0x80))
		i++;
	return i > 1 && i < s.n && s.p[i] == '%' ? i + 1 : 0;
}

static uint32_t
hole(struct patterns *ps, struct str name)
{
	ps->holes = mem_grow(ps->holes, ps->nholes, &ps->cap_holes, sizeof(*ps->holes));
	ps->holes[ps->nholes] = arena_str(ps->arena, name);
	return PATTERN_HOLE + (uint32_t)ps->nholes++;
}

void
pattern_read(struct patterns *ps, struct str s, bool holes)
{
	struct pattern *p = add(ps, s.n + 2);
	const char *escapable = holes ? "*?\\%" : "*?\\";

	while (s.n > 0) {
		char c = s.p[0];
		size_t len;
		uint32_t cp;

		if (c == '\\' && s.n > 1 && s.p[1] && strchr(escapable, s.p[1])) {
			push(p, (unsigned char)s.p[1]);
			str_skip(&s, 2);
		} else if (c == '*' || c == '?') {
			push(p, c == '*' ? PATTERN_STAR : PATTERN_ONE);
			str_skip(&s, 1);
		} else if (holes && c == '%' && (len = hole_length(s)) > 0) {
			push(p, hole(ps, str_make(s.p + 1, len - 2)));
			str_skip(&s, len);
		} else {
			str_skip(&s, utf8_decode(s, &cp));
			push(p, cp);
		}
	}
}

/* Start a new list; the old one is given back to the caller, who frees it. */
static struct pattern *
renew(struct patterns *ps, size_t *n)
{
	struct pattern *old = ps->items;

	*n = ps->n;
	ps->items = NULL;
	ps->n = ps->cap = 0;
	return old;
}

void
pattern_star(struct patterns *ps, bool before, bool behind)
{
	size_t n = ps->n;

	for (size_t i = 0; i < n; i++) {
		struct pattern old = ps->items[i];
		struct pattern p = {.wide = old.wide};

		p.p = arena_alloc(ps->arena, (old.n + 2) * sizeof(uint32_t));
		if (before)
			push(&p, PATTERN_STAR);
		for (size_t k = 0; k < old.n; k++)
			push(&p, old.p[k]);
		if (behind)
			push(&p, PATTERN_STAR);
		ps->items[i] = p;
	}
}

static const uint32_t dashes[] = {'-', '/', 0x2013, 0x2014, 0x2015};
#define NDASHES (sizeof(dashes) / sizeof(dashes[0]))

/* A dash that may be an option's: no ASCII word character before it, one behind it. */
static bool
is_option_dash(const struct pattern *p, size_t at)
{
	for (size_t i = 0; i < NDASHES; i++)
		if (p->p[at] == dashes[i])
			return at + 1 < p->n && is_word(p->p[at + 1]) &&
			       !(at > 0 && is_word(p->p[at - 1]));
	return false;
}

/* All ways to write `old` with its option dashes (at `places`). */
static void
each_dash(struct patterns *ps, const struct pattern *old, const size_t *places, size_t n)
{
	size_t total = 1;

	for (size_t i = 0; i < n; i++)
		total *= NDASHES;
	for (size_t v = 0; v < total; v++) {
		struct pattern *p = add(ps, old->n);
		size_t rest = v;

		p->n = old->n;
		memcpy(p->p, old->p, old->n * sizeof(uint32_t));
		for (size_t i = 0; i < n; i++, rest /= NDASHES)
			p->p[places[i]] = dashes[rest % NDASHES];
	}
}

const char *
pattern_windash(struct patterns *ps)
{
	size_t n, places[6];
	struct pattern *old = renew(ps, &n);
	const char *why = NULL;

	for (size_t i = 0; i < n && !why; i++) {
		size_t found = 0;

		/* As UTF-16 text each dash stands between NULs: none is an option's. */
		for (size_t at = 0; at < old[i].n && old[i].wide == WIDE_NONE; at++) {
			if (!is_option_dash(&old[i], at))
				continue;
			if (found == sizeof(places) / sizeof(places[0])) {
				why = "has more than 6 dashes to vary; split it";
				break;
			}
			places[found++] = at;
		}
		if (ps->n > PATTERN_VARIANTS)
			why = "has too many variants; split the list";
		if (!why && found > 0)
			each_dash(ps, &old[i], places, found);
		else if (!why) {
			struct pattern *p = add(ps, 0);

			*p = old[i];
		}
	}
	mem_free(old);
	return why;
}

const char *
pattern_widen(struct patterns *ps, enum pattern_wide wide)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (ps->items[i].wide != WIDE_NONE)
			return "is made UTF-16 twice; once is enough";
		ps->items[i].wide = wide;
	}
	return NULL;
}

/* The bytes that base64 sees: UTF-8, or UTF-16 if the pattern is wide. */
static const char *
bytes_of(const struct pattern *p, struct buf *out)
{
	if (p->wide == WIDE_BOM)
		BUF_ADD_LIT(out, "\xff\xfe");
	for (size_t i = 0; i < p->n; i++) {
		uint32_t c = p->p[i], units[2] = {c, 0};
		char utf8[4];

		if (c >= PATTERN_STAR)
			return c >= PATTERN_HOLE
				       ? "has a placeholder inside base64; put expand first"
				       : "has a wildcard inside base64; escape it as \\* or \\?";
		if (p->wide == WIDE_NONE) {
			buf_add(out, utf8, utf8_encode(c, utf8));
			continue;
		}
		if (c >= 0x10000) {
			units[0] = 0xd800 + ((c - 0x10000) >> 10);
			units[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		for (size_t k = 0; k < 2 && (k == 0 || units[1]); k++) {
			char hi = (char)(units[k] >> 8), lo = (char)(units[k] & 0xff);

			buf_add_char(out, p->wide == WIDE_BE ? hi : lo);
			buf_add_char(out, p->wide == WIDE_BE ? lo : hi);
		}
	}
	return NULL;
}

static void
base64(struct str in, struct buf *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in.n; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < in.n ? (unsigned char)in.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_add_char(out, i + k > in.n ? '=' : alphabet[v >> (18 - 6 * k) & 63]);
	}
}

static void
add_text(struct patterns *ps, struct str s)
{
	struct pattern *p = add(ps, s.n);

	for (size_t i = 0; i < s.n; i++)
		p->p[p->n++] = (unsigned char)s.p[i];
}

/* The three strings that stand in any base64 text which has these bytes inside. */
static void
add_offsets(struct patterns *ps, struct str bytes)
{
	static const size_t head[] = {0, 2, 3}, tail[] = {0, 3, 2};

	for (size_t shift = 0; shift < 3; shift++) {
		struct buf in = {0}, out = {0};
		size_t drop = tail[(bytes.n + shift) % 3];

		buf_add(&in, "  ", shift);
		buf_add_str(&in, bytes);
		base64(buf_str(&in), &out);
		if (out.n > head[shift] + drop)
			add_text(ps, str_make(out.p + head[shift], out.n - head[shift] - drop));
		buf_done(&in);
		buf_done(&out);
	}
}

const char *
pattern_base64(struct patterns *ps, bool offset)
{
	size_t n;
	struct pattern *old = renew(ps, &n);
	const char *why = NULL;

	for (size_t i = 0; i < n && !why; i++) {
		struct buf bytes = {0}, out = {0};

		why = bytes_of(&old[i], &bytes);
		if (!why && ps->n > PATTERN_VARIANTS)
			why = "has too many variants; split the list";
		if (!why && offset) {
			add_offsets(ps, buf_str(&bytes));
		} else if (!why) {
			base64(buf_str(&bytes), &out);
			add_text(ps, buf_str(&out));
		}
		buf_done(&bytes);
		buf_done(&out);
	}
	if (!why && ps->n == 0)
		why = "is too short for base64offset; use more characters";
	mem_free(old);
	return why;
}

const char *
pattern_finish(struct patterns *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		struct pattern old = ps->items[i], p = {0};

		if (old.wide == WIDE_NONE)
			continue;
		p.p = arena_alloc(ps->arena, (old.n * 2 + 1) * sizeof(uint32_t));
		for (size_t k = 0; k < old.n; k++) {
			uint32_t c = old.p[k];

			if (c >= PATTERN_STAR) {
				push(&p, c);
				continue;
			}
			if (c >= 0x80)
				return "is UTF-16 text beyond ASCII; that works only before base64";
			if (old.wide == WIDE_BE)
				push(&p, 0);
			push(&p, c);
			if (old.wide != WIDE_BE)
				push(&p, 0);
		}
		ps->items[i] = p;
	}
	return NULL;
}

void
patterns_done(struct patterns *ps)
{
	mem_free(ps->items);
	mem_free(ps->holes);
	*ps = (struct patterns){0};
}

void
pattern_glob(const struct pattern *p, bool lower, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		uint32_t c = p->p[i];
		char utf8[4];

		if (c == PATTERN_STAR)
			buf_add_char(out, GLOB_STAR);
		else if (c == PATTERN_ONE)
			buf_add_char(out, GLOB_ONE);
		else {
			size_t len = utf8_encode(lower ? utf8_lower(c) : c, utf8);

			buf_add(out, utf8, len);
		}
	}
}
