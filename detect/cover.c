/*
 * For each rule the cheapest set of witnesses of which one must be seen when it matches: an AND
 * needs one child's, an OR those of all, a NOT has none.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "detect/regexlit.h"
#include "detect/ruleset.h"

#define LITERAL_MAX 64u

struct cover {
	bool ok;
	double cost;
	uint32_t *items;
	size_t n;
};

static uint32_t
witness(struct ruleset *rs, uint32_t slot, enum witness_kind kind, struct str text)
{
	struct buf key = {0};
	uint64_t *id;
	bool fresh;

	buf_printf(&key, "%u %u ", slot, (unsigned)kind);
	buf_add_str(&key, text);
	id = map_put(&rs->witness_ids, buf_str(&key), &fresh);
	buf_done(&key);
	if (fresh) {
		*id = rs->nwitnesses;
		rs->witnesses = mem_grow(
			rs->witnesses, rs->nwitnesses, &rs->cap_witnesses, sizeof(*rs->witnesses));
		rs->witnesses[rs->nwitnesses++] = (struct witness){
			.slot = slot, .kind = (uint8_t)kind, .text = arena_str(&rs->arena, text)};
	}
	return (uint32_t)*id;
}

static double
cost_of(const struct witness *w)
{
	static const char *const busy[] = {"\\cmd.exe", "\\powershell.exe", "\\svchost.exe",
		"\\rundll32.exe", "\\explorer.exe", "\\services.exe", "\\conhost.exe"};
	struct number n;
	double cost = 0;

	switch ((enum witness_kind)w->kind) {
	case WITNESS_PRESENT:
		return 300;
	case WITNESS_EQUALS:
		if (str_eq(w->text, STR("true")) || str_eq(w->text, STR("false")))
			return 200;
		return number_of(w->text, &n) ? 40 : w->text.n < 3 ? 30 : 5;
	case WITNESS_TAIL:
		cost = 12;
		for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
			if (str_eq(w->text, str_of(busy[i])))
				cost = 60;
		return cost;
	case WITNESS_LITERAL:
		cost = literal_cost(w->text);
		return w->slot == SLOT_EVERY ? cost * 4 : cost;
	}
	return cost;
}

static void
add(struct ruleset *rs, struct arena *a, struct cover *c, uint32_t w)
{
	/* Doubling whenever n is a power of two keeps this linear without a capacity. */
	if ((c->n & (c->n - 1)) == 0) {
		uint32_t *more = arena_alloc(a, (c->n ? c->n * 2 : 1) * sizeof(*more));

		if (c->n)
			memcpy(more, c->items, c->n * sizeof(*more));
		c->items = more;
	}
	c->items[c->n++] = w;
	c->cost += cost_of(&rs->witnesses[w]);
	c->ok = true;
}

/* The best run between wildcards. */
static struct str
best_run(struct str glob)
{
	struct str best = {glob.p, 0};
	size_t from = 0;

	for (size_t i = 0; i <= glob.n; i++) {
		struct str run = str_make(glob.p + from, i - from);

		if (i < glob.n && glob.p[i] != GLOB_STAR && glob.p[i] != GLOB_ONE)
			continue;
		if (run.n > 0 && (best.n == 0 || literal_cost(run) < literal_cost(best)))
			best = run;
		from = i + 1;
	}
	return best;
}

static void
text_cover(struct ruleset *rs, struct arena *a, struct atom *at, struct cover *c)
{
	struct str text = at->shape == TEXT_GLOB ? best_run(at->text) : at->text, tail;
	char *low = arena_alloc(a, text.n * 3 + 1);
	uint32_t w;

	text = str_make(low, utf8_lower_to(text, low));
	if (at->shape == TEXT_EQUALS) {
		w = witness(rs, at->slot, WITNESS_EQUALS, text);
		at->exact = at->cased ? NONE : w;
		add(rs, a, c, w);
		return;
	}
	if (text.n == 0) {
		if (at->slot != SLOT_EVERY)
			add(rs, a, c, witness(rs, at->slot, WITNESS_PRESENT, text));
		return;
	}
	tail = scan_tail(text);
	if (at->shape == TEXT_ENDS && tail.n > 1 && at->slot != SLOT_EVERY) {
		w = witness(rs, at->slot, WITNESS_TAIL, tail);
		at->exact = !at->cased && tail.n == text.n ? w : NONE;
		add(rs, a, c, w);
		return;
	}
	tail = text;
	tail.n = text.n < LITERAL_MAX ? text.n : LITERAL_MAX;
	w = witness(rs, at->slot, WITNESS_LITERAL, tail);
	if (at->shape == TEXT_CONTAINS && !at->cased && tail.n == text.n)
		at->exact = w;
	add(rs, a, c, w);
}

static void
regex_cover(struct ruleset *rs, struct arena *a, struct atom *at, struct cover *c)
{
	struct regexlit l;

	regex_literals(at->text, at->re_options & PCRE2_CASELESS, a, &l);
	for (size_t i = 0; i < l.n; i++) {
		struct str text = l.items[i];
		uint32_t w;

		text.n = text.n < LITERAL_MAX ? text.n : LITERAL_MAX;
		w = witness(rs, at->slot, WITNESS_LITERAL, text);
		rs->witnesses[w].folds = rs->witnesses[w].folds || l.folds;
		add(rs, a, c, w);
	}
}

static void
atom_cover(struct ruleset *rs, struct arena *a, struct atom *at, struct cover *c)
{
	char canon[NUMBER_CANON_MAX];

	switch ((enum atom_kind)at->kind) {
	case ATOM_TEXT:
		text_cover(rs, a, at, c);
		return;
	case ATOM_NUMBER:
		add(rs, a, c,
			witness(rs, at->slot, WITNESS_EQUALS,
				str_make(canon, number_canon(at->number, canon))));
		if (!str_eq(rs->witnesses[c->items[0]].text, at->text)) {
			char *low = arena_alloc(a, at->text.n * 3 + 1);

			add(rs, a, c,
				witness(rs, at->slot, WITNESS_EQUALS,
					str_make(low, utf8_lower_to(at->text, low))));
		}
		return;
	case ATOM_BOOL:
		add(rs, a, c,
			witness(rs, at->slot, WITNESS_EQUALS,
				at->truth ? STR("true") : STR("false")));
		return;
	case ATOM_NULL:
		return;
	case ATOM_REGEX:
		regex_cover(rs, a, at, c);
		if (c->ok)
			return;
		break;
	case ATOM_EXISTS:
	case ATOM_CIDR:
	case ATOM_COMPARE:
	case ATOM_TIME:
	case ATOM_FIELDREF:
		break;
	}
	if (at->slot != SLOT_EVERY)
		add(rs, a, c, witness(rs, at->slot, WITNESS_PRESENT, (struct str){"", 0}));
}

static struct cover
cover_of(struct ruleset *rs, struct arena *a, const struct expr *e)
{
	struct cover c = {0}, one;

	switch (e->op) {
	case EXPR_ATOM:
		atom_cover(rs, a, &rs->atoms[e->atom], &c);
		return c;
	case EXPR_FALSE: /* never matches: an empty set is enough */
		c.ok = true;
		return c;
	case EXPR_TRUE:
	case EXPR_NOT:
		return c;
	case EXPR_AND:
		for (size_t i = 0; i < e->n; i++) {
			one = cover_of(rs, a, e->kids[i]);
			if (one.ok && (!c.ok || one.cost < c.cost))
				c = one;
		}
		return c;
	case EXPR_OR:
	case EXPR_ATLEAST:
		for (size_t i = 0; i < e->n; i++) {
			one = cover_of(rs, a, e->kids[i]);
			if (!one.ok)
				return (struct cover){0};
			for (size_t k = 0; k < one.n; k++)
				add(rs, a, &c, one.items[k]);
			c.ok = true;
		}
		return c;
	}
	return c;
}

static void
post(struct witness *w, uint32_t rule)
{
	if (w->nrules > 0 && w->rules[w->nrules - 1] == rule)
		return;
	w->rules = mem_grow(w->rules, w->nrules, &w->cap, sizeof(*w->rules));
	w->rules[w->nrules++] = rule;
}

/* What an atom costs to know: nothing if the scan has told, most if it runs over text. */
static unsigned
atom_weight(const struct ruleset *rs, const struct expr *e)
{
	const struct atom *a;

	if (e->op != EXPR_ATOM)
		return 4 + (e->n > 8);
	a = &rs->atoms[e->atom];
	if (a->exact != NONE && rs->witnesses[a->exact].nrules > 0)
		return 0;
	switch ((enum atom_kind)a->kind) {
	case ATOM_REGEX:
		return 6;
	case ATOM_TEXT:
		return a->slot == SLOT_EVERY ? 5 : a->shape >= TEXT_CONTAINS ? 3 : 1;
	default:
		return a->slot == SLOT_EVERY ? 5 : 2;
	}
}

/* Cheap children first, else as written: the first that decides spares the others. */
static void
order_by_cost(const struct ruleset *rs, struct expr *e)
{
	for (size_t i = 0; i < e->n; i++)
		order_by_cost(rs, e->kids[i]);
	if (e->op != EXPR_AND && e->op != EXPR_OR)
		return;
	for (size_t i = 1; i < e->n; i++) {
		struct expr *kid = e->kids[i];
		unsigned w = atom_weight(rs, kid);
		size_t k = i;

		/* Long lists of values are alike in cost: let them stand. */
		for (; k > 0 && i < 64 && atom_weight(rs, e->kids[k - 1]) > w; k--)
			e->kids[k] = e->kids[k - 1];
		e->kids[k] = kid;
	}
}

void
cover_rules(struct ruleset *rs)
{
	for (uint32_t i = 0; i < rs->nrules; i++) {
		struct arena a = {0};
		struct cover c = cover_of(rs, &a, rs->rules[i].expr);

		rs->rules[i].always = !c.ok;
		rs->nalways += !c.ok;
		for (size_t k = 0; k < c.n; k++)
			post(&rs->witnesses[c.items[k]], i);
		arena_done(&a);
	}
	for (uint32_t i = 0; i < rs->nrules; i++)
		order_by_cost(rs, rs->rules[i].expr);
}
