/* explain.c - one rule against one record, every atom tested, in words. */
#include "detect/explain.h"

#include <arpa/inet.h>

#include "base/json.h"
#include "detect/matcher.h"

#define SHOWN_VALUES 3u
#define SHOWN_BYTES  200u
#define SHOWN_WANTED 8u

struct telling {
	struct matcher *m;
	const struct names *names;
	struct buf *out;
	bool json;
};

static struct str
cut_short(struct str s)
{
	size_t n = s.n < SHOWN_BYTES ? s.n : SHOWN_BYTES;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_make(s.p, n);
}

static void
add_slot(struct telling *t, uint32_t slot, struct buf *out)
{
	const struct field_ref *ref = &t->m->rs->slots[slot].ref;

	if (slot == SLOT_EVERY)
		BUF_ADD_LIT(out, "any value");
	for (size_t i = 0; i < ref->n; i++) {
		if (i)
			BUF_ADD_LIT(out, " or ");
		buf_add_str(out, names_text(t->names, ref->fields[i]));
	}
}

/* A glob as a rule would write it. */
static void
add_glob(struct str glob, struct buf *out)
{
	for (size_t i = 0; i < glob.n; i++) {
		char c = glob.p[i];

		if (c == GLOB_STAR || c == GLOB_ONE) {
			buf_add_char(out, c == GLOB_STAR ? '*' : '?');
			continue;
		}
		if (c == '*' || c == '?')
			buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
}

static void
add_test(struct telling *t, const struct atom *a, struct buf *out)
{
	static const char *const shapes[] = {
		"is there with any text", "is", "starts with", "ends with", "contains", "is like"};
	static const char *const compares[] = {"=", ">", ">=", "<", "<="};
	static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
	char number[NUMBER_CANON_MAX], address[INET6_ADDRSTRLEN] = "";

	switch ((enum atom_kind)a->kind) {
	case ATOM_TEXT:
		buf_add_str(out, str_of(shapes[a->shape]));
		buf_add_char(out, ' ');
		add_glob(a->text, out);
		buf_add_str(out, str_of(a->cased ? " (letter case counts)" : ""));
		return;
	case ATOM_NUMBER:
		BUF_ADD_LIT(out, "is ");
		buf_add_str(out, a->text);
		return;
	case ATOM_BOOL:
		buf_add_str(out, str_of(a->truth ? "is true" : "is false"));
		return;
	case ATOM_NULL:
		BUF_ADD_LIT(out, "is missing or null");
		return;
	case ATOM_EXISTS:
		BUF_ADD_LIT(out, "is there");
		return;
	case ATOM_REGEX:
		BUF_ADD_LIT(out, "matches the expression ");
		buf_add_str(out, a->text);
		return;
	case ATOM_CIDR:
		inet_ntop(a->cidr.len == 4 ? AF_INET : AF_INET6, a->cidr.bytes, address,
			sizeof(address));
		buf_printf(out, "is in the network %s/%u", address, a->cidr.bits);
		return;
	case ATOM_TIME:
		buf_printf(out, "has a %s ", parts[a->part]);
		/* fall through */
	case ATOM_COMPARE:
		buf_printf(out, "%s ", compares[a->op]);
		buf_add(out, number, number_canon(a->number, number));
		return;
	case ATOM_FIELDREF:
		buf_printf(out, "%s the value of ", shapes[a->shape]);
		add_slot(t, a->other, out);
		return;
	}
}

/* What the record has there; of keywords, which look everywhere, nothing is listed. */
static void
add_values(struct telling *t, uint32_t slot)
{
	uint32_t at = 0, i, n = 0;

	if (slot == SLOT_EVERY)
		return;
	buf_add_str(t->out, str_of(t->json ? ",\"values\":[" : "; there: "));
	while ((i = slot_next(t->m, slot, &at)) != NONE) {
		if (n++ >= SHOWN_VALUES)
			continue;
		if (n > 1)
			buf_add_str(t->out, str_of(t->json ? "," : ", "));
		if (value_has_text(t->m, i))
			json_quote(t->out, cut_short(value_sound(t->m, i)));
		else
			BUF_ADD_LIT(t->out, "null");
	}
	if (t->json)
		buf_add_char(t->out, ']');
	else if (n == 0)
		BUF_ADD_LIT(t->out, "nothing");
	else if (n > SHOWN_VALUES)
		buf_printf(t->out, " and %u more", n - SHOWN_VALUES);
}

static void
add_atom(struct telling *t, const struct expr *e)
{
	const struct atom *a = &t->m->rs->atoms[e->atom];
	struct buf field = {0}, test = {0};

	add_slot(t, a->slot, &field);
	add_test(t, a, &test);
	if (t->json) {
		BUF_ADD_LIT(t->out, ",\"field\":");
		json_quote(t->out, buf_str(&field));
		BUF_ADD_LIT(t->out, ",\"test\":");
		json_quote(t->out, buf_str(&test));
	} else {
		buf_add_str(t->out, buf_str(&field));
		buf_add_char(t->out, ' ');
		buf_add_str(t->out, buf_str(&test));
	}
	add_values(t, a->slot);
	buf_done(&field);
	buf_done(&test);
}

static void
add_join(struct telling *t, const struct expr *e)
{
	static const char *const words[] = {
		"never", "always", "", "not", "all of these", "one of these", "at least"};

	buf_add_str(t->out, str_of(t->json ? ",\"op\":\"" : ""));
	buf_add_str(t->out, str_of(words[e->op]));
	if (e->op == EXPR_ATLEAST)
		buf_printf(t->out, " %llu of these", (unsigned long long)e->need);
	buf_add_str(t->out, str_of(t->json ? "\"" : ""));
}

/* Conditions nest at most as deep as condition.c allows. */
static void
add_expr(struct telling *t, const struct expr *e, unsigned depth)
{
	bool held = eval_expr(t->m, e);

	if (t->json)
		buf_printf(t->out, "{\"held\":%s", held ? "true" : "false");
	else
		buf_printf(t->out, "  %*s%s ", (int)depth * 2, "", held ? "[held]" : "[ -- ]");
	if (e->op == EXPR_ATOM)
		add_atom(t, e);
	else
		add_join(t, e);
	if (!t->json)
		buf_add_char(t->out, '\n');
	if (t->json && e->n > 0)
		BUF_ADD_LIT(t->out, ",\"of\":[");
	for (size_t i = 0; i < e->n; i++) {
		if (t->json && i)
			buf_add_char(t->out, ',');
		add_expr(t, e->kids[i], depth + 1);
	}
	if (t->json)
		buf_add_str(t->out, str_of(e->n > 0 ? "]}" : "}"));
}

static bool
has_bit(const uint64_t *words, uint32_t i)
{
	return words[i / 64] >> (i % 64) & 1;
}

static bool
leads_to(const struct witness *w, uint32_t rule)
{
	for (size_t i = 0; i < w->nrules; i++)
		if (w->rules[i] == rule)
			return true;
	return false;
}

static void
add_witness(struct telling *t, const struct witness *w, struct buf *out)
{
	static const char *const kinds[] = {
		"is", "ends with the path part", "contains", "is there"};

	add_slot(t, w->slot, out);
	buf_printf(out, " %s ", kinds[w->kind]);
	json_quote(out, cut_short(w->text));
}

/* Of a rule that is looked at only behind a witness: which were seen, or which were waited for. */
static void
add_witnesses(struct telling *t, uint32_t rule, bool seen, struct buf *out)
{
	const struct ruleset *rs = t->m->rs;
	size_t n = 0;

	for (size_t i = 0; i < rs->nwitnesses; i++) {
		const struct witness *w = &rs->witnesses[i];

		if (!leads_to(w, rule) || (seen && t->m->hit_stamp[i] != t->m->stamp))
			continue;
		if (n++ >= SHOWN_WANTED)
			continue;
		buf_add_str(out, str_of(n > 1 ? ", " : ""));
		add_witness(t, w, out);
	}
	if (n > SHOWN_WANTED)
		buf_printf(out, " and %zu more", n - SHOWN_WANTED);
}

static void
add_source(const struct attributes *a, struct buf *out)
{
	const struct str parts[] = {a->product, a->category, a->service};
	static const char *const names[] = {"product ", "category ", "service "};
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		if (parts[i].n == 0)
			continue;
		buf_add_str(out, str_of(n++ ? ", " : ""));
		buf_add_str(out, str_of(names[i]));
		buf_add_str(out, parts[i]);
	}
}

/* One sentence: was the rule looked at, and why. */
static bool
candidate(struct telling *t, const struct record *r, uint32_t rule, struct buf *out)
{
	const struct ruleset *rs = t->m->rs;
	const struct rule *ru = &rs->rules[rule];

	if (ru->info.off) {
		BUF_ADD_LIT(out, "no: the rule is off");
		return false;
	}
	if (!has_bit(t->m->group->rules, rule)) {
		BUF_ADD_LIT(out, "no: the rule is for ");
		add_source(&ru->source, out);
		if (r->logsource != LOGSOURCE_LABEL) {
			const struct logsource_row *row =
				logsource_row((enum logsource)r->logsource);
			struct attributes label = {row->product, row->category, row->service};

			BUF_ADD_LIT(out, "; this record is ");
			add_source(&label, out);
		} else {
			BUF_ADD_LIT(out, "; the record's label lacks one of these");
		}
		return false;
	}
	if (ru->always) {
		BUF_ADD_LIT(out, "yes: nothing cheap must be seen before it, so it is looked at "
				 "for each record of its log source");
		return true;
	}
	if (!has_bit(t->m->candidates, rule)) {
		BUF_ADD_LIT(out, "no: none of what must be seen was seen: ");
		add_witnesses(t, rule, false, out);
		return false;
	}
	BUF_ADD_LIT(out, "yes: seen was ");
	add_witnesses(t, rule, true, out);
	return true;
}

void
matcher_explain(struct matcher *m, const struct names *names, struct batch b,
	const struct record *r, uint32_t rule, bool json, struct buf *out)
{
	struct telling t = {.m = m, .names = names, .out = out, .json = json};
	const struct rule *ru = &m->rs->rules[rule];
	struct buf why = {0};
	bool looked, matched;
	uint32_t found[1], n;

	/* Fills what was seen; how many rules match does not matter here. */
	m->group = NULL;
	(void)matcher_find(m, b, r, found, 1, &n);
	if (!m->group) {
		BUF_ADD_LIT(&why, "no: no rule at all is for this kind of log");
		looked = false;
		values_begin(m, b, r);
		values_link(m);
	} else {
		if (m->group->empty)
			values_link(m); /* which finding nothing did not need */
		looked = candidate(&t, r, rule, &why);
	}
	matched = looked && eval_rule(m, rule);
	if (json) {
		BUF_ADD_LIT(out, "{\"rule\":");
		json_quote(out, ru->info.words.id);
		buf_printf(out, ",\"matched\":%s,\"candidate\":%s,\"late\":%s,\"why\":",
			matched ? "true" : "false", looked ? "true" : "false",
			ru->info.late ? "true" : "false");
		json_quote(out, buf_str(&why));
		BUF_ADD_LIT(out, ",\"condition\":");
		add_expr(&t, ru->expr, 0);
		BUF_ADD_LIT(out, "}\n");
	} else {
		buf_add_str(out, ru->info.words.id);
		buf_printf(out, ": %s\ncandidate: ", matched ? "MATCHED" : "not matched");
		buf_add_str(out, buf_str(&why));
		buf_add_str(out, str_of(ru->info.late ? "\nlate: it reads what weave adds, which "
							"this one record has not"
						      : ""));
		buf_add_str(out, str_of(ru->info.watched ? "\nwatched: its lists and sessions "
							   "decide in the end"
							 : ""));
		BUF_ADD_LIT(out, "\ncondition:\n");
		add_expr(&t, ru->expr, 0);
	}
	buf_done(&why);
}
