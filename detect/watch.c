/* watch.c - `noroshi: watchlist` and `session`: compiling and asking. */
#include "detect/watch.h"

#include "base/alert.h"
#include "base/clock.h"
#include "config/lists.h"
#include "detect/rule.h"
#include "detect/taxonomy.h"

/* ---- compiling ---- */

static bool
is_text(const struct yaml_node *n)
{
	return n && n->kind != YAML_LIST && n->kind != YAML_MAP && n->kind != YAML_NULL;
}

static void
check_keys(struct compile *c, const struct yaml_node *map, const char *const *keys, size_t n,
	const char *what)
{
	for (size_t i = 0; i < map->n; i++) {
		size_t k = 0;
		const char *near;

		while (k < n && !str_eq(map->keys[i]->text, str_of(keys[k])))
			k++;
		if (k < n)
			continue;
		near = diag_did_you_mean(map->keys[i]->text, keys, n);
		compile_fail(c, map->keys[i], "%s knows no \"%.*s\"%s%s%s", what,
			STR_ARG(map->keys[i]->text), near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
	}
}

/* One name, or several of which any may hold the value. */
static void
read_fields(struct compile *c, const struct yaml_node *n, struct field_ref *ret)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	for (size_t i = 0; i < count && ret->n < 8; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;
		uint32_t slot;

		if (!is_text(one)) {
			compile_fail(c, one, "a field's name is text");
			return;
		}
		slot = item_slot(c, one, one->text);
		for (size_t k = 0; k < c->rs->slots[slot].ref.n && ret->n < 8; k++)
			ret->fields[ret->n++] = c->rs->slots[slot].ref.fields[k];
	}
}

static void
read_in(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	struct str name = n->text, head;

	if (!is_text(n) || n->text.n == 0) {
		compile_fail(c, n, "name a list, as LIST or LIST.COLUMN");
		return;
	}
	if (str_cut(&name, '.', &head))
		t->column = arena_str(&c->rs->arena, name);
	t->list = arena_str(&c->rs->arena, head);
}

static void
read_where(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	if (n->kind != YAML_MAP || n->n > WATCH_WHERES) {
		compile_fail(c, n, "where: needs a map of 1 to %u columns", WATCH_WHERES);
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *v = n->items[i];
		size_t count = v->kind == YAML_LIST ? v->n : 1;

		t->where[i].column = arena_str(&c->rs->arena, n->keys[i]->text);
		for (size_t k = 0; k < count && k < WATCH_VALUES; k++) {
			const struct yaml_node *one = v->kind == YAML_LIST ? v->items[k] : v;

			if (!is_text(one))
				compile_fail(c, one, "a value of where: is text");
			else
				t->where[i].values[t->where[i].n++] =
					arena_str(&c->rs->arena, one->text);
		}
		t->nwhere++;
	}
}

static void
read_add(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	if (n->kind != YAML_MAP || n->n > WATCH_ADDS) {
		compile_fail(c, n, "add: needs a map column: field, of 1 to %u", WATCH_ADDS);
		return;
	}
	for (size_t i = 0; i < n->n; i++) {
		unsigned field;

		if (!is_text(n->items[i]) || names_add(c->names, n->items[i]->text, &field) < 0) {
			compile_fail(c, n->items[i], "name the field that gets the column's value");
			continue;
		}
		t->add[t->nadd].column = arena_str(&c->rs->arena, n->keys[i]->text);
		t->add[t->nadd++].field = field;
	}
}

static void
read_match(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	t->has_match = true;
	if (str_eq(n->text, STR("value")))
		t->match = LIST_VALUE;
	else if (str_eq(n->text, STR("cidr")))
		t->match = LIST_CIDR;
	else if (str_eq(n->text, STR("domain")))
		t->match = LIST_DOMAIN;
	else
		compile_fail(c, n, "match is value, cidr or domain");
}

static void
read_date(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	static const char *const keys[] = {"column", "op"};
	const struct yaml_node *column = yaml_get(n, "column"), *op = yaml_get(n, "op");

	if (n->kind != YAML_MAP || !is_text(column) || !is_text(op)) {
		compile_fail(c, n, "date: needs {column: C, op: after|before}");
		return;
	}
	check_keys(c, n, keys, 2, "date:");
	t->date = arena_str(&c->rs->arena, column->text);
	t->date_after = str_eq(op->text, STR("after"));
	t->date_before = str_eq(op->text, STR("before"));
	if (!t->date_after && !t->date_before)
		compile_fail(c, op, "op is after or before");
}

static bool
truth(struct compile *c, const struct yaml_node *n, bool otherwise)
{
	if (n && n->kind != YAML_BOOL)
		compile_fail(c, n, "true or false");
	return n ? n->truth : otherwise;
}

static void
read_watchlist(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	static const char *const keys[] = {"field", "in", "not_in", "match", "where", "person",
		"valid", "date", "add", "absent", "optional"};
	const struct yaml_node *field, *in, *not_in;

	if (n->kind != YAML_MAP) {
		compile_fail(c, n, "a watchlist test is a map: {field: F, in: LIST}");
		return;
	}
	check_keys(c, n, keys, sizeof(keys) / sizeof(keys[0]), "watchlist:");
	field = yaml_get(n, "field");
	in = yaml_get(n, "in");
	not_in = yaml_get(n, "not_in");
	if (!field || !in == !not_in) {
		compile_fail(c, n, "a watchlist test needs field, and one of in and not_in");
		return;
	}
	read_fields(c, field, &t->field);
	t->not_in = not_in != NULL;
	read_in(c, in ? in : not_in, t);
	if (yaml_get(n, "match"))
		read_match(c, yaml_get(n, "match"), t);
	if (yaml_get(n, "where"))
		read_where(c, yaml_get(n, "where"), t);
	if (yaml_get(n, "date"))
		read_date(c, yaml_get(n, "date"), t);
	if (yaml_get(n, "add"))
		read_add(c, yaml_get(n, "add"), t);
	t->person = truth(c, yaml_get(n, "person"), false);
	t->any_time = !truth(c, yaml_get(n, "valid"), true);
	t->absent = truth(c, yaml_get(n, "absent"), false);
	t->optional = truth(c, yaml_get(n, "optional"), false);
	if (t->optional && !t->not_in)
		compile_fail(
			c, n, "optional goes with not_in: a list that is not there holds nobody");
}

static void
read_session(struct compile *c, const struct yaml_node *n, struct watch_test *t)
{
	static const char *const keys[] = {"field", "via", "person", "as"};
	static const struct {
		const char *word;
		enum watch_person who;
	} words[] = {{"known", PERSON_KNOWN}, {"unknown", PERSON_UNKNOWN},
		{"shared", PERSON_SHARED}, {"same", PERSON_SAME}, {"differs", PERSON_DIFFERS}};
	const struct yaml_node *field, *person, *via, *as;

	t->session = true;
	if (n->kind != YAML_MAP) {
		compile_fail(c, n, "a session test is a map: {field: F, person: known}");
		return;
	}
	check_keys(c, n, keys, sizeof(keys) / sizeof(keys[0]), "session:");
	field = yaml_get(n, "field");
	person = yaml_get(n, "person");
	via = yaml_get(n, "via");
	as = yaml_get(n, "as");
	if (!field || !is_text(person)) {
		compile_fail(c, n, "a session test needs field (an address) and person");
		return;
	}
	read_fields(c, field, &t->field);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(person->text, str_of(words[i].word)))
			t->who = words[i].who;
	if (t->who == PERSON_ANY)
		compile_fail(c, person, "person is known, unknown, shared, same or differs");
	if ((t->who == PERSON_SAME || t->who == PERSON_DIFFERS) != (as != NULL))
		compile_fail(c, n, "same and differs need `as`, the field to compare with");
	if (as)
		read_fields(c, as, &t->as);
	for (size_t i = 0; via && i < (via->kind == YAML_LIST ? via->n : 1) && i < 4; i++) {
		const struct yaml_node *one = via->kind == YAML_LIST ? via->items[i] : via;
		static const char *const ways[] = {"vpn", "lease", "logon", "directory"};
		bool good = false;

		for (unsigned k = 0; is_text(one) && k < 4; k++)
			good |= str_eq(one->text, str_of(ways[k]));
		if (!good)
			compile_fail(c, one, "via is vpn, lease, logon or directory");
		else
			t->via[t->nvia++] = arena_str(&c->rs->arena, one->text);
	}
}

static void
read_tests(struct compile *c, const struct yaml_node *n, struct watch *w,
	void (*read)(struct compile *, const struct yaml_node *, struct watch_test *))
{
	size_t count = !n ? 0 : n->kind == YAML_LIST ? n->n : 1;

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;

		if (w->n == WATCH_TESTS) {
			compile_fail(c, one, "at most %u watchlist and session tests", WATCH_TESTS);
			return;
		}
		w->tests[w->n].line = one->line;
		read(c, one, &w->tests[w->n++]);
	}
}

struct watch *
watch_compile(struct compile *c, const struct yaml_node *root)
{
	const struct yaml_node *own = yaml_get(root, "noroshi"), *lists, *sessions;
	struct watch *w;

	if (!own || own->kind != YAML_MAP)
		return NULL;
	lists = yaml_get(own, "watchlist");
	sessions = yaml_get(own, "session");
	if (!lists && !sessions)
		return NULL;
	w = arena_alloc(&c->rs->arena, sizeof(*w));
	read_tests(c, lists, w, read_watchlist);
	read_tests(c, sessions, w, read_session);
	if (w->n == 0)
		compile_fail(c, lists ? lists : sessions, "no test stands here");
	return w->n ? w : NULL;
}

uint32_t
watch_families(struct compile *c, const struct yaml_node *root)
{
	const struct yaml_node *bad;
	uint32_t bits = rule_families(root, "families", &bad);

	if (bad)
		compile_fail(c, bad, RULE_FAMILIES);
	return bits;
}

/* ---- asking ---- */

struct question {
	const struct watch_test *t;
	const struct late_facts *facts;
	struct batch b;
	const struct record *r;
	struct watch_adds *adds;
};

static bool
row_fits(const struct question *q, const struct list *list, size_t row)
{
	const struct watch_test *t = q->t;

	if (!t->any_time && !list_valid(list, row, q->r->time, q->facts->zone_offset_s))
		return false;
	for (size_t i = 0; i < t->nwhere; i++) {
		int column = list_column(list, t->where[i].column);
		bool one = false;

		for (size_t k = 0; column >= 0 && k < t->where[i].n; k++)
			one |= str_eq_nocase(
				list_cell(list, row, (unsigned)column), t->where[i].values[k]);
		if (!one)
			return false;
	}
	if (t->date.n) {
		int column = list_column(list, t->date);
		int64_t from, until;

		if (column < 0 || !list_cell_day(list, row, (unsigned)column,
					  q->facts->zone_offset_s, &from, &until))
			return false;
		return t->date_after ? q->r->time > until : q->r->time < from;
	}
	return true;
}

static void
take_row(const struct question *q, const struct list *list, size_t row)
{
	for (size_t i = 0; i < q->t->nadd && q->adds->n < WATCH_ADDS; i++) {
		int column = list_column(list, q->t->add[i].column);

		if (column < 0 || list_cell(list, row, (unsigned)column).n == 0)
			continue;
		q->adds->add[q->adds->n].field = q->t->add[i].field;
		q->adds->add[q->adds->n++].value = list_cell(list, row, (unsigned)column);
	}
}

static bool
value_is_listed(
	const struct question *q, const struct list *list, unsigned column, struct str value)
{
	enum list_match how = q->t->has_match ? q->t->match : list_match_of(list, column);
	char person[256];

	if (q->t->person && q->facts->person) {
		value = q->facts->person(q->facts->ctx, value);
		if (value.n == 0 || value.n > sizeof(person))
			return false;
		memcpy(person, value.p, value.n);
		value = str_make(person, value.n);
	}
	for (int64_t row = list_lookup(list, column, how, value, -1); row >= 0;
		row = list_lookup(list, column, how, value, row))
		if (row_fits(q, list, (size_t)row)) {
			take_row(q, list, (size_t)row);
			return true;
		}
	return false;
}

static bool
list_holds(const struct question *q)
{
	const struct watch_test *t = q->t;
	const struct list *list = lists_find(q->facts->lists, t->list);
	const struct entry *e = record_entries(q->b, q->r);
	int column = !list ? -1 : t->column.n ? list_column(list, t->column) : 0;
	bool any = false;

	if (column < 0)
		return t->not_in && t->optional;
	for (uint32_t i = 0; i < q->r->nentries; i++)
		for (unsigned k = 0; k < t->field.n; k++) {
			if (e[i].field != t->field.fields[k] ||
				(e[i].kind != VALUE_STRING && e[i].kind != VALUE_NUMBER) ||
				e[i].len == 0)
				continue;
			any = true;
			if (value_is_listed(q, list, (unsigned)column, entry_text(q->b, &e[i])))
				return !t->not_in;
		}
	return t->not_in && (any || t->absent);
}

static struct str
first_value(const struct question *q, const struct field_ref *ref)
{
	for (unsigned k = 0; k < ref->n; k++) {
		struct str s = record_text(q->b, q->r, ref->fields[k]);

		if (s.n)
			return s;
	}
	return (struct str){"", 0};
}

static bool
session_holds(const struct question *q)
{
	const struct watch_test *t = q->t;
	struct str address = first_value(q, &t->field), other, shared = {"", 0};
	struct session s[2] = {{.user = {"", 0}}};
	char held[256];
	size_t n, held_n;

	if (address.n == 0 || !q->facts->who)
		return false;
	n = q->facts->who(q->facts->ctx, address, q->r->time, s, 2, &shared);
	for (size_t i = 0; n == 1 && t->nvia && i <= t->nvia; i++) {
		if (i == t->nvia)
			n = 0; /* known, but not by one of these ways */
		else if (str_eq(s[0].via, t->via[i]))
			break;
	}
	if (t->who == PERSON_SHARED)
		return shared.n > 0;
	if (t->who == PERSON_UNKNOWN)
		return n == 0 && shared.n == 0;
	if (n != 1 || s[0].user.n == 0 || s[0].user.n > sizeof(held))
		return false;
	if (t->who == PERSON_KNOWN)
		return true;
	held_n = s[0].user.n;
	memcpy(held, s[0].user.p, held_n); /* the next question may reuse the room */
	other = first_value(q, &t->as);
	if (other.n && q->facts->person)
		other = q->facts->person(q->facts->ctx, other);
	if (other.n == 0)
		return false;
	return str_eq_nocase(other, str_make(held, held_n)) == (t->who == PERSON_SAME);
}

bool
rule_holds(const struct ruleset *rs, uint32_t rule, struct batch b, const struct record *r,
	const struct late_facts *facts, struct watch_adds *ret)
{
	const struct watch *w = rule < rs->nrules ? rs->rules[rule].watch : NULL;

	ret->n = 0;
	for (size_t i = 0; w && i < w->n; i++) {
		struct question q = {&w->tests[i], facts, b, r, ret};

		if (!(q.t->session ? session_holds(&q) : list_holds(&q)))
			return false;
	}
	return true;
}

void
ruleset_check_lists(const struct ruleset *rs, const struct lists *lists, struct diag *why)
{
	for (size_t i = 0; i < rs->nrules; i++) {
		const struct rule *r = &rs->rules[i];

		for (size_t k = 0; r->watch && k < r->watch->n; k++) {
			const struct watch_test *t = &r->watch->tests[k];
			const struct list *list = t->session ? NULL : lists_find(lists, t->list);

			if (t->session || r->info.off || (!list && t->optional))
				continue;
			if (!list)
				diag_add(why, DIAG_NOTE, r->info.path, t->line, 0,
					"needs the watchlist %.*s.csv, which is not there; the "
					"rule "
					"does not match without it",
					STR_ARG(t->list));
			else if (t->column.n && list_column(list, t->column) < 0)
				diag_add(why, DIAG_WARNING, r->info.path, t->line, 0,
					"%.*s.csv has no column '%.*s'; the rule does not match",
					STR_ARG(t->list), STR_ARG(t->column));
		}
	}
}
