/* propose.c - what the columns of a CSV mean: names against column.def, checked by the values. */
#include "parsers/propose.h"
#include "base/utf8.h"

#define NAME_MAX_BYTES 256u
#define EXACT          1000u /* scores: the whole name, without its brackets, its end */
#define BARE           900u
#define TAIL           500u

static const struct {
	const char *row, *names;
	enum form form;
} meanings[MEAN_NONE] = {
#define M(id, row, form, names) {row, names, FORM_##form},
#include "parsers/column.def"
#undef M
};

const char *
proposal_row(const struct proposed_column *c)
{
	return c->meaning == MEAN_NONE ? "" : meanings[c->meaning].row;
}

/* "{to: source.ip, as: peer}" is source.ip to people. */
static struct str
target(enum meaning m)
{
	struct str row = str_of(meanings[m].row), ret;

	if (row.n == 0)
		return str_of(form_word(meanings[m].form));
	if (!str_take(&row, STR("{to: ")) && !str_take(&row, STR("[")))
		return row;
	for (ret = row, ret.n = 0; ret.n < row.n && !strchr(",}]", row.p[ret.n]);)
		ret.n++;
	return ret;
}

struct str
proposal_target(const struct proposed_column *c)
{
	if (c->meaning == MEAN_NONE)
		return STR("");
	if (c->meaning == MEAN_TIME || c->meaning == MEAN_DATE || c->meaning == MEAN_CLOCK)
		return STR("@timestamp");
	return *proposal_row(c) ? target(c->meaning) : STR("");
}

/* ---- names ---- */

/* U+FF66 to U+FF9D in the order of their blocks. */
static const uint16_t kana[] = {0x30f2, 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, 0x30e3, 0x30e5,
	0x30e7, 0x30c3, 0, 0x30a2, 0x30a4, 0x30a6, 0x30a8, 0x30aa, 0x30ab, 0x30ad, 0x30af, 0x30b1,
	0x30b3, 0x30b5, 0x30b7, 0x30b9, 0x30bb, 0x30bd, 0x30bf, 0x30c1, 0x30c4, 0x30c6, 0x30c8,
	0x30ca, 0x30cb, 0x30cc, 0x30cd, 0x30ce, 0x30cf, 0x30d2, 0x30d5, 0x30d8, 0x30db, 0x30de,
	0x30df, 0x30e0, 0x30e1, 0x30e2, 0x30e4, 0x30e6, 0x30e8, 0x30e9, 0x30ea, 0x30eb, 0x30ec,
	0x30ed, 0x30ef, 0x30f3};

/* Signs that two spellings of one name differ by; U+30FC: コンピュータ, コンピューター. */
static bool
is_sign(uint32_t cp)
{
	if (cp < 0x80)
		return cp <= ' ' || strchr("_-./:;'\"*[]<>{}|\\", (int)cp) != NULL;
	return cp == 0x3000 || cp == 0x30fc || cp == 0x30fb || cp == 0x3010 || cp == 0x3011 ||
	       cp == 0xfeff;
}

/* One spelling for comparison: lower case, full-width letters narrow, half-width kana wide, no
 * signs. Brackets stay. */
static struct str
plain_name(struct str s, char *out)
{
	size_t n = 0, last = 0;

	while (s.n && n + 8 < NAME_MAX_BYTES) {
		uint32_t cp;

		str_skip(&s, utf8_decode(s, &cp));
		if (cp >= 0xff01 && cp <= 0xff5e)
			cp -= 0xfee0;
		else if (cp == 0xff70)
			cp = 0x30fc;
		else if (cp >= 0xff66 && cp <= 0xff9d)
			cp = kana[cp - 0xff66];
		if ((cp == 0xff9e || cp == 0xff9f) && n > last) {
			uint32_t base;

			/* ﾊ and ﾞ are バ, ﾊ and ﾟ are パ: the next ones of their block */
			utf8_decode(str_make(out + last, n - last), &base);
			n = last + utf8_encode(base + (cp == 0xff9e ? 1 : 2), out + last);
			continue;
		}
		if (is_sign(cp))
			continue;
		last = n;
		n += utf8_encode(utf8_lower(cp), out + n);
	}
	return str_make(out, n);
}

/* "操作日時(UTC)": what stands before the bracket. */
static struct str
bare(struct str s)
{
	ptrdiff_t at = str_chr(s, '(');

	return at > 0 ? str_make(s.p, (size_t)at) : s;
}

/* How well one of the names fits; 0: not at all. A part counts only if it is long enough to be no
 * accident: two characters of Japanese, four letters. */
static size_t
name_score(struct str header, const char *names)
{
	struct str list = str_of(names), one, inner = bare(header);
	size_t best = 0;

	while (list.n) {
		char room[NAME_MAX_BYTES];
		struct str name;
		size_t score = 0;
		bool part;

		str_cut(&list, '|', &one);
		name = plain_name(one, room);
		if (name.n == 0)
			continue;
		part = (unsigned char)name.p[0] >= 0x80 ? name.n >= 6 : name.n >= 4;
		if (str_eq(header, name))
			score = EXACT + name.n;
		else if (str_eq(inner, name))
			score = BARE + name.n;
		else if (part && str_ends(inner, name))
			score = TAIL + name.n;
		best = score > best ? score : best;
	}
	return best;
}

/* ---- values ---- */

static bool
is_time(enum form f)
{
	return f == FORM_TIME || f == FORM_DATE || f == FORM_CLOCK;
}

/* May values of this look stand in a column of that meaning? */
static bool
suits(enum meaning m, enum form have)
{
	enum form want = meanings[m].form;

	if (have == FORM_EMPTY || have == want)
		return true;
	switch (want) {
	case FORM_ANY:
		return !is_time(have) && have != FORM_IP && have != FORM_MAC && have != FORM_MAIL;
	case FORM_TIME:
		return have == FORM_DATE && m == MEAN_TIME;
	case FORM_IP: /* names stand there, too */
	case FORM_URL:
		return have == FORM_ANY;
	case FORM_PATH:
		return have == FORM_ANY || have == FORM_URL;
	case FORM_NUMBER:
		return have == FORM_ANY && m == MEAN_NUMBER;
	default:
		return false;
	}
}

/* Names that a person may carry in a column whose values look like something else. */
static bool
tolerates(enum meaning m, enum form have)
{
	return have == FORM_MAIL && (m == MEAN_USER || m == MEAN_MESSAGE_ID || m == MEAN_ACTION ||
					    m == MEAN_MESSAGE || m == MEAN_REASON)
		       ? true
		       : (m == MEAN_HOST || m == MEAN_URL_HOST || m == MEAN_MESSAGE) &&
				 have == FORM_IP;
}

static void
look_at_values(struct proposal *p)
{
	size_t(*count)[FORM_COUNT] = arena_alloc(&p->arena, p->ncolumns * sizeof(*count));
	struct str cells[PROPOSE_COLUMNS];

	for (size_t r = 0; r < p->nrows; r++) {
		propose_cells(&p->arena, p->rows[r], p->separator, cells, PROPOSE_COLUMNS);
		for (size_t i = 0; i < p->ncolumns; i++) {
			struct proposed_column *c = &p->columns[i];
			struct form_look look;

			count[i][form_of(cells[i], &look)]++;
			c->paths |= look.path;
			c->wide |= look.wide;
			/* One day after the twelfth tells. */
			if (look.order != DATE_PLAIN && c->order != DATE_DMY)
				c->order = look.order;
		}
	}
	for (size_t i = 0; i < p->ncolumns; i++) {
		struct proposed_column *c = &p->columns[i];
		size_t filled = p->nrows - count[i][FORM_EMPTY];

		c->form = filled ? FORM_ANY : FORM_EMPTY;
		c->full = filled == p->nrows;
		for (unsigned f = FORM_TIME; f < FORM_COUNT; f++)
			if (filled && count[i][f] * 5 >= filled * 4) {
				c->form = (enum form)f;
				c->always = count[i][f] == p->nrows && !c->wide;
			}
	}
}

/* What values of such a look mean where the name says nothing. */
static enum meaning
by_values(enum form form)
{
	switch (form) {
	case FORM_TIME:
		return MEAN_TIME;
	case FORM_IP:
		return MEAN_SRC_IP;
	case FORM_MAC:
		return MEAN_SRC_MAC;
	case FORM_MAIL:
		return MEAN_USER_MAIL;
	case FORM_URL:
		return MEAN_URL;
	case FORM_PATH:
		return MEAN_FILE;
	case FORM_HASH:
		return MEAN_HASH;
	default:
		return MEAN_NONE;
	}
}

/* ---- one column ---- */

static void
decide(struct proposal *p, struct proposed_column *c)
{
	char room[NAME_MAX_BYTES];
	struct str name = plain_name(c->name, room);
	enum meaning best = MEAN_NONE, second = MEAN_NONE, unfit = MEAN_NONE;
	size_t score = 0, next = 0, refused = 0;

	c->meaning = MEAN_NONE;
	for (unsigned m = 0; name.n && m < MEAN_NONE; m++) {
		size_t s = name_score(name, meanings[m].names);

		if (s == 0)
			continue;
		if (!suits((enum meaning)m, c->form) && !tolerates((enum meaning)m, c->form)) {
			unfit = s > refused ? (enum meaning)m : unfit;
			refused = s > refused ? s : refused;
			continue;
		}
		/* Values of just that look weigh more than words that would do. */
		s = s * 2 + (meanings[m].form != FORM_ANY && meanings[m].form == c->form ? 401 : 0);
		if (s > score) {
			next = score;
			second = best;
			score = s;
			best = (enum meaning)m;
		} else if (s > next) {
			next = s;
			second = (enum meaning)m;
		}
	}
	/* The whole name says what the values are not: a part of it says less. */
	if (refused >= BARE && score < BARE * 2)
		best = MEAN_NONE;
	c->score = score;
	if (best != MEAN_NONE && next == score) {
		c->how = HOW_AMBIGUOUS;
		c->remark = arena_printf(&p->arena, "ambiguous: %.*s or %.*s; left unmapped",
			STR_ARG(target(best)), STR_ARG(target(second)));
		return;
	}
	if (best == MEAN_NONE) {
		c->remark = STR("no known name");
		if (unfit != MEAN_NONE)
			c->remark = arena_printf(&p->arena, "the name says %s, the values are %s",
				form_word(meanings[unfit].form), form_word(c->form));
		return;
	}
	c->meaning = best;
	c->how = score / 2 >= BARE ? HOW_NAME : HOW_PART;
}

/* Two columns that say the same: the better name comes first, the other fills what is left. */
static void
tell_doubles(struct proposal *p)
{
	for (size_t i = 0; i < p->ncolumns; i++) {
		struct proposed_column *c = &p->columns[i], *first = NULL;

		if (c->meaning == MEAN_NONE || *proposal_row(c) == 0)
			continue;
		for (size_t k = 0; k < p->ncolumns; k++) {
			struct proposed_column *o = &p->columns[k];

			if (k != i && o->meaning == c->meaning &&
				(o->score > c->score || (o->score == c->score && k < i)) &&
				(!first || o->score > first->score))
				first = o;
		}
		if (first && c->remark.n == 0)
			c->remark = arena_printf(
				&p->arena, "used where '%.*s' is empty", STR_ARG(first->name));
	}
}

static bool
has(const struct proposal *p, enum meaning m)
{
	for (size_t i = 0; i < p->ncolumns; i++)
		if (p->columns[i].meaning == m)
			return true;
	return false;
}

static const char *
kind_of(const struct proposal *p)
{
	if (has(p, MEAN_DOOR) && (has(p, MEAN_CARD) || has(p, MEAN_IN_OUT) || !has(p, MEAN_HOST)))
		return "entry";
	if (has(p, MEAN_MAIL_FROM) && has(p, MEAN_MAIL_TO))
		return "mail";
	if (has(p, MEAN_FILE) || has(p, MEAN_NEW_FILE) || has(p, MEAN_PRINTER) ||
		has(p, MEAN_TITLE) || has(p, MEAN_DEVICE))
		return "endpoint";
	if (has(p, MEAN_URL))
		return "proxy";
	if ((has(p, MEAN_SRC_IP) || has(p, MEAN_HOST_IP)) && has(p, MEAN_DST_IP))
		return "firewall";
	if (has(p, MEAN_PROCESS) || has(p, MEAN_HOST))
		return "endpoint";
	return has(p, MEAN_USER) ? "authentication" : "";
}

static void
decide_by_values(struct proposal *p, struct proposed_column *c)
{
	enum meaning m = by_values(c->form);

	if (m == MEAN_NONE)
		return;
	for (size_t i = 0; i < p->ncolumns; i++)
		if (p->columns[i].meaning == m) {
			/* Which of the two is which, the values do not say. */
			c->how = HOW_AMBIGUOUS;
			c->remark = arena_printf(&p->arena,
				"ambiguous: no known name, and '%.*s' has %s already; left "
				"unmapped",
				STR_ARG(p->columns[i].name), form_word(c->form));
			return;
		}
	c->meaning = m;
	c->how = HOW_VALUES;
	if (str_eq(c->remark, STR("no known name")))
		c->remark = arena_printf(
			&p->arena, "no known name; the values are %s", form_word(c->form));
}

static void
tell_order(struct proposed_column *c)
{
	if (c->meaning != MEAN_TIME && c->meaning != MEAN_DATE)
		return;
	if (c->order == DATE_YMD)
		c->remark = STR("read as year, month, day");
	else if (c->order == DATE_MDY)
		c->remark = STR("ambiguous: read as month, day, year");
	else if (c->order == DATE_DMY)
		c->remark = STR("read as day, month, year");
}

void
propose_meanings(struct proposal *p)
{
	look_at_values(p);
	for (size_t i = 0; i < p->ncolumns; i++)
		decide(p, &p->columns[i]);
	for (size_t i = 0; i < p->ncolumns; i++)
		if (p->columns[i].meaning == MEAN_NONE && p->columns[i].how != HOW_AMBIGUOUS)
			decide_by_values(p, &p->columns[i]);
	/* Which kind of log a row is says what was done where nothing else does. */
	for (size_t i = 0; i < p->ncolumns && !has(p, MEAN_ACTION); i++)
		if (p->columns[i].meaning == MEAN_LOG_KIND)
			p->columns[i].meaning = MEAN_ACTION;
	for (size_t i = 0; i < p->ncolumns; i++)
		tell_order(&p->columns[i]);
	tell_doubles(p);
	p->kind = kind_of(p);
}
