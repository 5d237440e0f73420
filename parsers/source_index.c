/* source_index.c - anchors of the definitions, sorted, and the looks that find them. */
#include "parsers/source_index.h"

#include <hs/hs.h>
#include <nmmintrin.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

#define STARTS_BONUS 2u /* a beginning tells as much as so many more bytes somewhere */

/* KNOWN: by its program alone, where "any program" is none. */
enum asked { BY_CONTENT, BY_PROGRAM, BY_VALUES, KNOWN, ASKED };

enum anchor_kind {
	ANCHOR_LITERAL,
	ANCHOR_START,
	ANCHOR_PROGRAM,
	ANCHOR_PREFIX, /* of a program's name */
	ANCHOR_KEY,
	ANCHOR_VALUE,
	ANCHORS
};

/* Sorted by kind, key, text, asked, source. PROGRAM and VALUE: letter case does not count. */
struct anchor {
	uint8_t kind, asked;
	uint16_t key; /* KEY, VALUE */
	uint16_t source;
	uint32_t next;   /* PROGRAM: place + 1 of the next one in the bucket */
	struct str text; /* in the definition; not of KEY */
};

struct range {
	uint32_t from, to;
};

struct source_index {
	const struct sources *s;
	struct anchor *v;
	size_t n, cap;
	struct range kinds[ANCHORS];
	struct range starts[256];         /* by first byte */
	struct range prefixes[256];       /* the same; those of no byte begin the kind */
	uint32_t *programs, mask;         /* buckets: place + 1 of the first one */
	struct range *keys, *values;      /* by key */
	struct candidates always[ASKED];  /* what has no anchor */
	struct candidates shapes[SHAPES]; /* definitions of a shape */
	bool by_literal[SHAPES];          /* some of them are claimed by what the message holds */
	hs_database_t *db;                /* ids are places in v; NULL: no literals */
	hs_scratch_t *scratch;            /* to be cloned */
};

/* What the scanner's callback fills. */
struct look {
	const struct source_index *x;
	struct candidates *ret;
	unsigned asked;
};

/* ---- building ---- */

static void
mark(struct candidates *c, size_t source)
{
	c->bits[source / 64] |= UINT64_C(1) << source % 64;
}

static void
add(struct source_index *x, struct anchor a)
{
	x->v = mem_grow(x->v, x->n, &x->cap, sizeof(*x->v));
	x->v[x->n++] = a;
}

/* By the beginnings, or by the longest literal. False: the text says nothing. */
static bool
add_text(struct source_index *x, const struct recognise *r, uint16_t source, uint8_t asked)
{
	struct anchor a = {.kind = ANCHOR_LITERAL, .asked = asked, .source = source};
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < r->nstarts; i++)
		least = r->starts[i].n < least ? r->starts[i].n : least;
	for (size_t i = 0; i < r->ncontains; i++)
		if (r->contains[i].n > a.text.n)
			a.text = r->contains[i];
	if (r->nstarts && least > 0 && least + STARTS_BONUS >= a.text.n) {
		a.kind = ANCHOR_START;
		for (size_t i = 0; i < r->nstarts; i++) {
			a.text = r->starts[i];
			add(x, a);
		}
		return true;
	}
	if (a.text.n)
		add(x, a);
	return a.text.n > 0;
}

static bool
add_programs(struct source_index *x, const struct recognise *r, uint16_t source, uint8_t asked)
{
	for (size_t i = 0; i < r->nprograms; i++) {
		struct str name = r->programs[i];
		bool prefix = name.p[name.n - 1] == '*';

		add(x, (struct anchor){.kind = prefix ? ANCHOR_PREFIX : ANCHOR_PROGRAM,
			       .asked = asked,
			       .source = source,
			       .text = str_make(name.p, name.n - prefix)});
	}
	return r->nprograms > 0;
}

/* The test that the fewest other messages pass: a wanted value, else the key that the fewest
 * definitions ask for. */
static bool
add_test(struct source_index *x, const struct condition *c, const uint32_t *askers, uint16_t source)
{
	const struct test *best = NULL;
	bool best_equals = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct test *t = &c->tests[i];
		bool equals = t->kind == TEST_EQUALS && t->nvalues > 0;

		if (t->not || t->key < KEY_FIRST)
			continue;
		if (!best || (equals && !best_equals) ||
			(equals == best_equals && askers[t->key] < askers[best->key])) {
			best = t;
			best_equals = equals;
		}
	}
	if (!best)
		return false;
	if (!best_equals)
		add(x, (struct anchor){.kind = ANCHOR_KEY,
			       .asked = BY_VALUES,
			       .key = best->key,
			       .source = source});
	for (size_t i = 0; best_equals && i < best->nvalues; i++)
		add(x, (struct anchor){.kind = ANCHOR_VALUE,
			       .asked = BY_VALUES,
			       .key = best->key,
			       .source = source,
			       .text = best->values[i]});
	return true;
}

static bool
is_anybody(const struct recognise *r)
{
	for (size_t i = 0; i < r->nprograms; i++)
		if (str_eq(r->programs[i], STR("*")))
			return true;
	return false;
}

static void
add_source(struct source_index *x, const struct source *s, const uint32_t *askers)
{
	uint16_t number = (uint16_t)s->number;

	mark(&x->shapes[s->shape], number);
	for (size_t i = 0; i < s->nrecognise; i++) {
		const struct recognise *r = &s->recognise[i];
		bool texts = r->nstarts + r->ncontains > 0;

		if (!is_anybody(r))
			add_programs(x, r, number, KNOWN);
		if (!add_programs(x, r, number, BY_PROGRAM) && texts &&
			!add_text(x, r, number, BY_CONTENT))
			mark(&x->always[BY_CONTENT], number);
		/* Columns that their values alone tell: the count of separators is looked at first.
		 */
		if (s->shape == SHAPE_CSV && s->nlayouts && r->cond.n && !texts && !r->nprograms)
			mark(&x->always[BY_CONTENT], number);
		if (add_test(x, &r->cond, askers, number) || add_programs(x, r, number, BY_VALUES))
			continue;
		if (texts && add_text(x, r, number, BY_VALUES))
			x->by_literal[s->shape] = true;
		else
			mark(&x->always[BY_VALUES], number);
	}
}

static int
in_order(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;
	int rc;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	rc = str_cmp(x->text, y->text);
	if (rc == 0)
		rc = x->asked - y->asked;
	return rc ? rc : x->source - y->source;
}

static void
widen(struct range *r, uint32_t i)
{
	if (r->to == 0)
		r->from = i;
	r->to = i + 1;
}

static void
note_ranges(struct source_index *x)
{
	for (uint32_t i = 0; i < x->n; i++) {
		const struct anchor *a = &x->v[i];

		widen(&x->kinds[a->kind], i);
		if (a->kind == ANCHOR_START)
			widen(&x->starts[(unsigned char)a->text.p[0]], i);
		else if (a->kind == ANCHOR_PREFIX && a->text.n)
			widen(&x->prefixes[(unsigned char)a->text.p[0]], i);
		else if (a->kind == ANCHOR_KEY)
			widen(&x->keys[a->key], i);
		else if (a->kind == ANCHOR_VALUE)
			widen(&x->values[a->key], i);
	}
}

/* Letter case does not count: so neither does the bit that tells it. */
static uint32_t
program_hash(struct str name)
{
	uint32_t h = (uint32_t)name.n;

	for (size_t i = 0; i < name.n; i++)
		h = _mm_crc32_u8(h, (unsigned char)(name.p[i] | 0x20));
	return h;
}

static void
note_programs(struct source_index *x)
{
	struct range r = x->kinds[ANCHOR_PROGRAM];

	x->mask = 63;
	while (x->mask < 2 * (r.to - r.from))
		x->mask = x->mask * 2 + 1;
	x->programs = mem_zero(x->mask + 1, sizeof(*x->programs));
	for (uint32_t i = r.from; i < r.to; i++) {
		uint32_t *bucket = &x->programs[program_hash(x->v[i].text) & x->mask];

		x->v[i].next = *bucket;
		*bucket = i + 1;
	}
}

static int
compile(struct source_index *x, struct diag *why)
{
	struct range all = x->kinds[ANCHOR_LITERAL];
	size_t n = 0, most = all.to - all.from;
	const char **texts = mem_zero(most + 1, sizeof(*texts));
	unsigned *flags = mem_zero(most + 1, sizeof(*flags));
	unsigned *ids = mem_zero(most + 1, sizeof(*ids));
	size_t *lengths = mem_zero(most + 1, sizeof(*lengths));
	hs_compile_error_t *error = NULL;
	hs_error_t rc = HS_SUCCESS;

	for (uint32_t i = all.from; i < all.to; i++) {
		if (n > 0 && str_eq(x->v[i].text, x->v[ids[n - 1]].text))
			continue; /* the callback goes through all of one text */
		texts[n] = x->v[i].text.p;
		lengths[n] = x->v[i].text.n;
		flags[n] = HS_FLAG_SINGLEMATCH;
		ids[n++] = i;
	}
	if (n > 0)
		rc = hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)n, HS_MODE_BLOCK,
			NULL, &x->db, &error);
	if (n > 0 && rc == HS_SUCCESS)
		rc = hs_alloc_scratch(x->db, &x->scratch);
	if (rc != HS_SUCCESS)
		diag_set(why, NULL, 0, "the scanner refused %zu literals of the sources: %s", n,
			error ? error->message : "out of memory");
	hs_free_compile_error(error);
	mem_free(texts);
	mem_free(flags);
	mem_free(ids);
	mem_free(lengths);
	return rc == HS_SUCCESS ? 0 : ERR_UNSUPPORTED;
}

int
index_new(const struct sources *s, struct diag *why, struct source_index **ret)
{
	struct source_index *x = mem_zero(1, sizeof(*x));
	uint32_t *askers = mem_zero(s->nkeys, sizeof(*askers));
	int rc;

	x->s = s;
	x->keys = mem_zero(s->nkeys, sizeof(*x->keys));
	x->values = mem_zero(s->nkeys, sizeof(*x->values));
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i]->nrecognise; k++) {
			const struct condition *c = &s->v[i]->recognise[k].cond;

			for (size_t t = 0; t < c->n; t++)
				askers[c->tests[t].key]++;
		}
	for (size_t i = 0; i < s->n; i++)
		add_source(x, s->v[i], askers);
	if (x->n)
		qsort(x->v, x->n, sizeof(*x->v), in_order);
	note_ranges(x);
	note_programs(x);
	mem_free(askers);
	rc = compile(x, why);
	if (rc < 0)
		index_free(x);
	else
		*ret = x;
	return rc;
}

void
index_free(struct source_index *x)
{
	if (!x)
		return;
	hs_free_scratch(x->scratch);
	hs_free_database(x->db);
	mem_free(x->programs);
	mem_free(x->values);
	mem_free(x->keys);
	mem_free(x->v);
	mem_free(x);
}

struct hs_scratch *
index_scratch(const struct source_index *x)
{
	hs_scratch_t *own = NULL;

	return x->scratch && hs_clone_scratch(x->scratch, &own) == HS_SUCCESS ? own : NULL;
}

void
index_scratch_free(struct hs_scratch *scratch)
{
	hs_free_scratch(scratch);
}

/* ---- asking ---- */

static int
on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	const struct look *l = ctx;
	const struct anchor *a = &l->x->v[id];
	const struct anchor *end = &l->x->v[l->x->kinds[ANCHOR_LITERAL].to];
	struct str text = a->text;

	(void)from;
	(void)to;
	(void)flags;
	for (; a < end && str_eq(a->text, text); a++)
		if (a->asked == l->asked)
			mark(l->ret, a->source);
	return 0;
}

static void
look_inside(const struct look *l, struct hs_scratch *scratch, struct str text)
{
	if (!l->x->db || text.n == 0)
		return;
	/* A scan that cannot run must not hide anybody. */
	if (!scratch || hs_scan(l->x->db, text.p, (unsigned)text.n, 0, scratch, on_literal,
				(void *)(uintptr_t)l) != HS_SUCCESS)
		index_everybody(l->ret);
}

static void
look_at_start(const struct look *l, struct str text)
{
	struct range r;

	if (text.n == 0)
		return;
	r = l->x->starts[(unsigned char)text.p[0]];
	for (uint32_t i = r.from; i < r.to; i++)
		if (l->x->v[i].asked == l->asked && str_starts(text, l->x->v[i].text))
			mark(l->ret, l->x->v[i].source);
}

static void
look_at_program(const struct look *l, struct str program)
{
	const struct source_index *x = l->x;
	struct range r = x->kinds[ANCHOR_PREFIX];

	for (uint32_t i = x->programs[program_hash(program) & x->mask]; i; i = x->v[i - 1].next)
		if (x->v[i - 1].asked == l->asked && str_eq_nocase(x->v[i - 1].text, program))
			mark(l->ret, x->v[i - 1].source);
	for (uint32_t i = r.from; i < r.to && x->v[i].text.n == 0; i++)
		if (x->v[i].asked == l->asked)
			mark(l->ret, x->v[i].source);
	if (program.n == 0)
		return;
	r = x->prefixes[(unsigned char)program.p[0]];
	for (uint32_t i = r.from; i < r.to; i++)
		if (x->v[i].asked == l->asked && str_starts(program, x->v[i].text))
			mark(l->ret, x->v[i].source);
}

bool
index_knows_program(const struct source_index *x, struct str program)
{
	struct candidates who = {0};
	struct look l = {x, &who, KNOWN};

	look_at_program(&l, program);
	return candidates_next(&who, 0) < SOURCES_MAX;
}

void
index_by_content(const struct source_index *x, struct hs_scratch *scratch, struct str message,
	struct str text, struct candidates *ret)
{
	struct look l = {x, ret, BY_CONTENT};
	uintptr_t from = (uintptr_t)message.p, all = (uintptr_t)text.p;

	*ret = x->always[BY_CONTENT];
	look_at_start(&l, message);
	look_at_start(&l, text);
	look_inside(&l, scratch, text);
	if (from < all || from - all > text.n || message.n > text.n - (from - all))
		look_inside(&l, scratch, message);
}

void
index_by_program(const struct source_index *x, struct str program, struct candidates *ret)
{
	struct look l = {x, ret, BY_PROGRAM};

	*ret = x->always[BY_PROGRAM];
	look_at_program(&l, program);
}

static void
look_at_values(const struct look *l, const struct pairs *p)
{
	const struct source_index *x = l->x;

	for (size_t i = 0; i < p->n; i++) {
		const struct pair *v = &p->v[i];
		struct range r = x->keys[v->key];

		for (uint32_t k = r.from; k < r.to; k++)
			mark(l->ret, x->v[k].source);
		r = x->values[v->key];
		for (uint32_t k = r.from; k < r.to; k++)
			if (str_eq_nocase(x->v[k].text, v->value))
				mark(l->ret, x->v[k].source);
	}
}

void
index_by_values(const struct source_index *x, const struct pairs *p, enum source_shape shape,
	struct str message, struct candidates *ret)
{
	struct look l = {x, ret, BY_VALUES};

	*ret = x->always[BY_VALUES];
	look_at_values(&l, p);
	look_at_program(&l, p->program);
	if (x->by_literal[shape]) {
		look_at_start(&l, message);
		look_inside(&l, p->scratch, message);
	}
	for (size_t i = 0; i < sizeof(ret->bits) / sizeof(ret->bits[0]); i++)
		ret->bits[i] &= x->shapes[shape].bits[i];
}

void
index_everybody(struct candidates *ret)
{
	memset(ret, 0xff, sizeof(*ret));
}

size_t
candidates_next(const struct candidates *c, size_t from)
{
	uint64_t word;

	if (from >= SOURCES_MAX)
		return SOURCES_MAX;
	word = c->bits[from / 64] & UINT64_MAX << from % 64;
	for (size_t i = from / 64;;) {
		if (word)
			return i * 64 + (size_t)__builtin_ctzll(word);
		if (++i == SOURCES_MAX / 64)
			return SOURCES_MAX;
		word = c->bits[i];
	}
}
