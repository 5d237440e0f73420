#include "detect/regexlit.h"

#include "base/buf.h"
#include "base/utf8.h"

#define GROUPS_DEEP 32u

struct walk {
	struct str s; /* what is left */
	struct arena *arena;
	bool caseless, folds, lost; /* lost: something that this reader does not follow */
	unsigned depth;
};

enum unit { UNIT_LITERAL, UNIT_OTHER, UNIT_SET };

static void walk_alternatives(struct walk *w, struct regexlit *ret);

double
literal_cost(struct str text)
{
	static const char *const common[] = {"c:\\windows\\system32\\", ".exe", ".dll",
		"c:\\program files\\", "\\appdata\\local\\", "http://", "https://",
		"hklm\\software\\microsoft\\windows\\currentversion\\",
		"\\registry\\machine\\system\\currentcontrolset\\services\\", "powershell",
		"cmd.exe", "svchost.exe", "/usr/bin/", "microsoft", "users\\", "system"};
	static const double by_length[] = {1e6, 400, 150, 50, 20, 10, 8, 6};
	double cost = text.n < 8 ? by_length[text.n] : 4;

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (text.n > 1 && str_find(str_of(common[i]), text) >= 0)
			cost += 200;
	return cost;
}

static double
set_cost(const struct regexlit *l)
{
	double cost = 0;

	for (size_t i = 0; i < l->n; i++)
		cost += literal_cost(l->items[i]);
	return l->n ? cost : 1e9;
}

/* Hex digits as \xHH or \x{H...} give them. */
static uint32_t
take_hex(struct str *s)
{
	bool braces = str_take(s, STR("{"));
	uint32_t v = 0;

	for (size_t n = 0; s->n > 0 && (braces || n < 2) && v < 0x110000; n++, str_skip(s, 1)) {
		char c = s->p[0];

		if (is_digit(c))
			v = v * 16 + (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + (uint32_t)((c | 32) - 'a' + 10);
		else
			break;
	}
	if (braces)
		str_take(s, STR("}"));
	return v;
}

static void
skip_past(struct walk *w, char c)
{
	struct str head;

	if (!str_cut(&w->s, c, &head))
		w->lost = true;
}

static enum unit
escape(struct walk *w, uint32_t *cp)
{
	static const char plain[] = "tnrfea", means[] = "\t\n\r\f\033\a";
	char c;
	const char *at;

	if (w->s.n == 0) {
		w->lost = true;
		return UNIT_OTHER;
	}
	c = w->s.p[0];
	if ((unsigned char)c >= 0x80) {
		str_skip(&w->s, utf8_decode(w->s, cp));
		return UNIT_LITERAL;
	}
	str_skip(&w->s, 1);
	at = strchr(plain, c);
	if (c && at) {
		*cp = (unsigned char)means[at - plain];
		return UNIT_LITERAL;
	}
	if (c == 'x') {
		*cp = take_hex(&w->s);
		return UNIT_LITERAL;
	}
	if (is_digit(c)) {
		while (w->s.n > 0 && is_digit(w->s.p[0]))
			str_skip(&w->s, 1);
		return UNIT_OTHER;
	}
	if (c == 'p' || c == 'P') {
		if (str_starts(w->s, STR("{")))
			skip_past(w, '}');
		else if (w->s.n > 0)
			str_skip(&w->s, 1);
		return UNIT_OTHER;
	}
	if ((c | 32) >= 'a' && (c | 32) <= 'z') {
		/* Classes and places; the rest (\Q \g \k \c \o ...) is beyond this reader. */
		if (!strchr("dDwWsSbBAZzGhHvVNRXK", c))
			w->lost = true;
		return UNIT_OTHER;
	}
	*cp = (unsigned char)c;
	return UNIT_LITERAL;
}

/* Behind '['. */
static void
skip_class(struct walk *w)
{
	struct str *s = &w->s;

	str_take(s, STR("^"));
	str_take(s, STR("]"));
	while (s->n > 0 && s->p[0] != ']') {
		if (s->p[0] == '\\' && s->n > 1) {
			/* A quoted run inside a class is rare enough to give up on. */
			w->lost = w->lost || s->p[1] == 'Q';
			str_skip(s, 2);
		} else if (s->p[0] == '[' && s->n > 1 && strchr(":.=", s->p[1]) && s->p[1]) {
			char end[2] = {s->p[1], ']'};
			struct str head, rest = str_make(s->p + 2, s->n - 2);

			if (str_cut_at(&rest, str_make(end, 2), &head) &&
				!memchr(head.p, ']', head.n))
				*s = rest;
			else
				str_skip(s, 1);
		} else {
			str_skip(s, 1);
		}
	}
	if (s->n == 0)
		w->lost = true;
	else
		str_skip(s, 1);
}

/* Behind '('. */
static enum unit
group(struct walk *w, struct regexlit *ret)
{
	bool counts = true;

	if (str_starts(w->s, STR("*")) || w->depth++ >= GROUPS_DEEP) {
		w->lost = true;
		return UNIT_OTHER;
	}
	if (str_take(&w->s, STR("?"))) {
		if (str_take(&w->s, STR("=")) || str_take(&w->s, STR("!")) ||
			str_take(&w->s, STR("<=")) || str_take(&w->s, STR("<!"))) {
			counts = false;
		} else if (str_take(&w->s, STR("P<")) || str_take(&w->s, STR("<"))) {
			skip_past(w, '>');
		} else if (str_take(&w->s, STR("'"))) {
			skip_past(w, '\'');
		} else if (!str_take(&w->s, STR(":")) && !str_take(&w->s, STR(">")) &&
			   !str_take(&w->s, STR("|"))) {
			while (w->s.n > 0 && w->s.p[0] && strchr("ims-", w->s.p[0])) {
				w->caseless = w->caseless || w->s.p[0] == 'i';
				str_skip(&w->s, 1);
			}
			w->folds = w->folds || w->caseless;
			if (str_take(&w->s, STR(")"))) {
				w->depth--;
				return UNIT_OTHER;
			}
			if (!str_take(&w->s, STR(":")))
				w->lost = true;
		}
	}
	if (w->lost)
		return UNIT_OTHER;
	walk_alternatives(w, ret);
	if (!str_take(&w->s, STR(")")))
		w->lost = true;
	w->depth--;
	return counts ? UNIT_SET : UNIT_OTHER;
}

static enum unit
next_unit(struct walk *w, uint32_t *cp, struct regexlit *set)
{
	char c = w->s.p[0];

	if ((unsigned char)c >= 0x80) {
		str_skip(&w->s, utf8_decode(w->s, cp));
		return UNIT_LITERAL;
	}
	str_skip(&w->s, 1);
	switch (c) {
	case '(':
		return group(w, set);
	case '[':
		skip_class(w);
		return UNIT_OTHER;
	case '\\':
		return escape(w, cp);
	case '.':
	case '^':
	case '$':
		return UNIT_OTHER;
	default:
		*cp = (unsigned char)c;
		return UNIT_LITERAL;
	}
}

/* A quantifier at the front: how often at least; *once when there is none. */
static uint64_t
quantifier(struct str *s, bool *once)
{
	struct str t = *s;
	uint64_t least = 1, most;

	*once = false;
	if (str_take(&t, STR("*")) || str_take(&t, STR("?"))) {
		least = 0;
	} else if (str_take(&t, STR("{")) && str_take_u64(&t, &least)) {
		if (str_take(&t, STR(",")))
			(void)str_take_u64(&t, &most);
		if (!str_take(&t, STR("}")))
			goto none;
	} else if (!str_take(&t, STR("+"))) {
		goto none;
	}
	if (!str_take(&t, STR("?")))
		(void)str_take(&t, STR("+"));
	*s = t;
	return least;
none:
	*once = true;
	return 1;
}

static void
consider(struct regexlit *best, const struct regexlit *other)
{
	if (set_cost(other) < set_cost(best))
		*best = *other;
}

static void
flush(struct walk *w, struct buf *run, struct regexlit *best)
{
	struct regexlit one = {.n = 1};

	if (run->n >= 2) {
		one.items[0] = arena_str(w->arena, buf_str(run));
		consider(best, &one);
	}
	buf_clear(run);
}

static void
walk_sequence(struct walk *w, struct regexlit *ret)
{
	struct buf run = {0};

	ret->n = 0;
	while (!w->lost && w->s.n > 0 && w->s.p[0] != '|' && w->s.p[0] != ')') {
		struct regexlit set = {0};
		uint32_t cp = 0;
		enum unit u = next_unit(w, &cp, &set);
		bool once;
		uint64_t least = quantifier(&w->s, &once);
		char utf8[4];

		if (u == UNIT_LITERAL && w->caseless && cp >= 0x80)
			u = UNIT_OTHER; /* it may fold to what lower-casing does not */
		if (u == UNIT_LITERAL && least > 0) {
			size_t len = utf8_encode(utf8_lower(cp), utf8);

			buf_add(&run, utf8, len);
			if (!once)
				flush(w, &run, ret);
			continue;
		}
		flush(w, &run, ret);
		if (u == UNIT_SET && least > 0)
			consider(ret, &set);
	}
	flush(w, &run, ret);
	buf_done(&run);
}

static void
walk_alternatives(struct walk *w, struct regexlit *ret)
{
	struct regexlit all = {0};
	bool every = true;

	do {
		struct regexlit one;

		walk_sequence(w, &one);
		if (one.n == 0 || all.n + one.n > REGEXLIT_MAX)
			every = false;
		for (size_t i = 0; every && i < one.n; i++)
			all.items[all.n++] = one.items[i];
	} while (!w->lost && str_take(&w->s, STR("|")));
	*ret = all;
	if (!every)
		ret->n = 0;
}

void
regex_literals(struct str re, bool caseless, struct arena *a, struct regexlit *ret)
{
	struct walk w = {.s = re, .arena = a, .caseless = caseless, .folds = caseless};

	walk_alternatives(&w, ret);
	if (w.lost || w.s.n > 0)
		ret->n = 0;
	ret->folds = w.folds;
}
