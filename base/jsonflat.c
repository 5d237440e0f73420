/*
 * jsonflat.c - JSON text to dotted scalars.
 *
 * Two passes over at most TOKENS_MAX tokens on the stack: the first checks the grammar and notes
 * each scalar and each object, the second tells the sink. Only so can the last of two equal keys
 * win without the sink having to take anything back.
 */
#include "base/hash.h"
#include "base/json.h"
#include "base/jsonput.h"
#include "base/jsontext.h"
#include "base/namehash.h"

#define TOKENS_MAX  2048u /* scalars and objects; lim->keys bounds the scalars */
#define DEPTH_MAX   256u
#define MEMBERS_FEW 32u /* of one object: so many are told apart without the table */
#define SLOTS_MIN   128u
#define SLOTS_MAX   4096u
#define PATH_BYTES  1024u
#define NUMBER_MAX  512u
#define KEY_SHORT   32u

enum token_flag { TOKEN_IN_ARRAY = 1, TOKEN_LAST = 2, TOKEN_DEAD = 4 };

struct token {
	struct str key; /* the last part of its path */
	struct str text;
	uint32_t hash;
	uint32_t owner; /* number of the object whose member it is or begins */
	uint32_t end;   /* for the first token of a member: the first token behind the member */
	uint16_t parts; /* keys in its path */
	uint8_t kind, flags;
};

/* One open container. */
struct level {
	struct str key;
	uint32_t object;  /* its number; of an array: the enclosing object's */
	uint32_t member;  /* first token of the member being read; of an array: of the array */
	uint32_t first;   /* token of the object's first member */
	uint32_t count;   /* members so far */
	uint64_t seen[2]; /* a bit for the hash of each key so far */
	uint16_t parts;
	bool array;
	bool in_array; /* it or something around it is an array */
};

struct flat {
	struct str text;
	const char *p, *end;
	const struct json_limits *lim;
	const struct json_sink *sink;
	uint64_t *flags;
	uint64_t seed;
	unsigned depth, scalars, depth_max;
	uint32_t objects, ntokens, nmembers, nslots;
	struct level levels[DEPTH_MAX];
	struct token tokens[TOKENS_MAX];
	uint16_t slots[SLOTS_MAX]; /* token number + 1 of a member's first token */
};

static inline void
skip_blanks(struct flat *f)
{
	while (f->p < f->end && (*f->p == ' ' || *f->p == '\t' || *f->p == '\n' || *f->p == '\r'))
		f->p++;
}

/* f->p stands behind the opening quote. */
static inline enum reason
read_string(struct flat *f, struct str *ret)
{
	const char *from = f->p, *stop = json_text_stop(from, f->end);

	if (stop >= f->end)
		return REASON_JSON_SYNTAX;
	if (*stop == '"') {
		*ret = str_make(from, (size_t)(stop - from));
		f->p = stop + 1;
		return REASON_NONE;
	}
	if (*stop != '\\')
		return REASON_JSON_SYNTAX;
	return json_text_escaped(f->sink, from, f->end, f->flags, ret, &f->p);
}

/* One more of the innermost container, below `key`. */
static inline struct token *
token_under(struct flat *f, const struct level *top, enum value_kind kind, struct str key,
	struct str text)
{
	struct token *t;

	if (f->ntokens >= TOKENS_MAX)
		return NULL;
	if (kind != VALUE_OBJECT && ++f->scalars > f->lim->keys)
		return NULL;
	t = &f->tokens[f->ntokens++];
	t->key = key;
	t->text = text;
	t->owner = top->object;
	t->parts = top->parts;
	t->kind = (uint8_t)kind;
	t->flags = top->in_array ? TOKEN_IN_ARRAY : 0;
	return t;
}

static struct token *
token_add(struct flat *f, enum value_kind kind, struct str text)
{
	const struct level *top = &f->levels[f->depth - 1];

	return token_under(f, top, kind, top->key, text);
}

static void
slots_grow(struct flat *f)
{
	uint32_t n = f->nslots * 4 > SLOTS_MAX ? SLOTS_MAX : f->nslots * 4;
	uint16_t old[SLOTS_MAX];
	uint32_t was = f->nslots;

	memcpy(old, f->slots, was * sizeof(old[0]));
	memset(f->slots, 0, n * sizeof(f->slots[0]));
	f->nslots = n;
	for (uint32_t i = 0; i < was; i++) {
		uint32_t at;

		if (!old[i])
			continue;
		at = f->tokens[old[i] - 1].hash & (n - 1);
		while (f->slots[at])
			at = (at + 1) & (n - 1);
		f->slots[at] = old[i];
	}
}

/* Into the table; an earlier member of the same key is dead then. */
static void
member_hash(struct flat *f, const struct level *top, uint32_t first)
{
	struct token *t = &f->tokens[first];
	uint32_t at;

	t->hash = (uint32_t)hash_seeded(
		t->key, f->seed ^ (top->object * UINT64_C(0x9e3779b97f4a7c15)));
	if (f->nslots == 0) {
		f->nslots = SLOTS_MIN;
		memset(f->slots, 0, SLOTS_MIN * sizeof(f->slots[0]));
	}
	if (++f->nmembers * 2 > f->nslots && f->nslots < SLOTS_MAX)
		slots_grow(f);
	at = t->hash & (f->nslots - 1);
	for (; f->slots[at]; at = (at + 1) & (f->nslots - 1)) {
		struct token *old = &f->tokens[f->slots[at] - 1];

		if (old->hash != t->hash || old->owner != t->owner || !str_eq(old->key, t->key))
			continue;
		*f->flags |= UINT64_C(1) << REASON_JSON_DUP;
		old->flags |= TOKEN_DEAD;
		break;
	}
	f->slots[at] = (uint16_t)(first + 1);
}

/* The few members before this one, each in turn. */
static __attribute__((noinline)) void
member_walk(struct flat *f, const struct level *top)
{
	for (uint32_t i = top->first; i < top->member; i = f->tokens[i].end) {
		struct token *old = &f->tokens[i];

		if (old->hash != f->tokens[top->member].hash || old->flags & TOKEN_DEAD ||
			!str_eq(old->key, top->key))
			continue;
		*f->flags |= UINT64_C(1) << REASON_JSON_DUP;
		old->flags |= TOKEN_DEAD;
		return;
	}
}

/* An object of many members gets them into the table. */
static __attribute__((noinline)) void
member_of_many(struct flat *f, struct level *top)
{
	if (top->count == MEMBERS_FEW + 1)
		for (uint32_t i = top->first; i < top->member; i = f->tokens[i].end)
			if (!(f->tokens[i].flags & TOKEN_DEAD))
				member_hash(f, top, i);
	member_hash(f, top, top->member);
}

/*
 * The member of the innermost object is complete: it replaces an earlier one of the same key. A few
 * bits tell that a key is new.
 */
static inline void
member_done(struct flat *f, struct level *top, struct str key)
{
	struct token *t = &f->tokens[top->member];
	uint64_t bit, *seen;

	if (top->member >= f->ntokens)
		return;
	t->end = f->ntokens;
	if (++top->count > MEMBERS_FEW) {
		member_of_many(f, top);
		return;
	}
	t->hash = name_hash(key);
	bit = UINT64_C(1) << (t->hash & 63);
	seen = &top->seen[t->hash >> 6 & 1];
	if (*seen & bit)
		member_walk(f, top);
	*seen |= bit;
}

static enum reason
open_container(struct flat *f, bool array)
{
	struct level *top = &f->levels[f->depth - 1], *next;

	f->p++;
	if (f->depth >= f->depth_max)
		return REASON_JSON_DEPTH;
	if (!array && !token_add(f, VALUE_OBJECT, str_make(f->p, 0)))
		return REASON_JSON_KEYS;
	next = &f->levels[f->depth++];
	*next = (struct level){.key = top->key,
		.object = array ? top->object : ++f->objects,
		.member = f->ntokens,
		.first = f->ntokens,
		.parts = top->parts,
		.array = array,
		.in_array = top->in_array || array};
	return REASON_NONE;
}

static bool
take_word(struct flat *f, struct str word)
{
	if ((size_t)(f->end - f->p) < word.n || memcmp(f->p, word.p, word.n) != 0)
		return false;
	f->p += word.n;
	return true;
}

static enum reason
read_number(struct flat *f)
{
	const char *from = f->p, *p = from;
	enum value_kind kind = VALUE_NUMBER;

	while (p < f->end &&
		(is_digit(*p) || *p == '-' || *p == '+' || *p == '.' || (*p | 0x20) == 'e'))
		p++;
	f->p = p;
	if (!str_is_number(str_make(from, (size_t)(p - from)))) {
		if (p > from || (p < f->end && (*p == 'N' || *p == 'I')))
			*f->flags |= UINT64_C(1) << REASON_JSON_NUMBER; /* NaN, +1, 01, -Infinity */
		return REASON_JSON_SYNTAX;
	}
	/* A number that no reader of our output could take as one is kept as its text. */
	if ((size_t)(p - from) > NUMBER_MAX) {
		kind = VALUE_STRING;
		*f->flags |= UINT64_C(1) << REASON_JSON_NUMBER;
	}
	return token_add(f, kind, str_make(from, (size_t)(p - from))) ? REASON_NONE
								      : REASON_JSON_KEYS;
}

static enum reason
read_literal(struct flat *f)
{
	const char *from = f->p;
	enum value_kind kind;

	if (take_word(f, STR("true")))
		kind = VALUE_TRUE;
	else if (take_word(f, STR("false")))
		kind = VALUE_FALSE;
	else if (take_word(f, STR("null")))
		kind = VALUE_NULL;
	else
		return read_number(f);
	return token_add(f, kind, str_make(from, (size_t)(f->p - from))) ? REASON_NONE
									 : REASON_JSON_KEYS;
}

/* One value; a container is only opened. */
static enum reason
read_value(struct flat *f)
{
	struct str text;
	enum reason r;

	if (f->p >= f->end)
		return REASON_JSON_SYNTAX;
	switch (*f->p) {
	case '"':
		f->p++;
		r = read_string(f, &text);
		if (r != REASON_NONE)
			return r;
		return token_add(f, VALUE_STRING, text) ? REASON_NONE : REASON_JSON_KEYS;
	case '{':
		return open_container(f, false);
	case '[':
		return open_container(f, true);
	default:
		return read_literal(f);
	}
}

/* Where the short way through an object left off. */
enum left_off { AT_KEY, AT_VALUE, BEHIND_VALUE };

/*
 * Members without blanks, "key":"text","key":"text", and so on: most of what programs write. f->p
 * stands on a key's quote; whatever is in any way else is left to who knows all of the grammar.
 */
static enum reason
read_plain_members(struct flat *f, struct level *top, enum left_off *ret)
{
	const char *p = f->p, *end = f->end;

	*ret = AT_KEY;
	while (p < end && *p == '"') {
		const char *from = p + 1, *stop = json_text_stop(from, end);
		struct str key = str_make(from, (size_t)(stop - from)), text;

		if (end - stop < 4 || key.n == 0 || stop[0] != '"' || stop[1] != ':' ||
			stop[2] <= ' ')
			break;
		top->key = key;
		top->member = f->ntokens;
		p = stop + 2;
		if (*p != '"') {
			*ret = AT_VALUE;
			break;
		}
		stop = json_text_stop(++p, end);
		text = str_make(p, (size_t)(stop - p));
		f->p = p;
		if (stop < end && *stop == '"')
			f->p = stop + 1;
		else if (stop == end || *stop != '\\')
			return REASON_JSON_SYNTAX;
		else {
			enum reason r = json_text_escaped(f->sink, p, end, f->flags, &text, &f->p);

			if (r != REASON_NONE)
				return r;
		}
		p = f->p;
		if (!token_under(f, top, VALUE_STRING, key, text))
			return REASON_JSON_KEYS;
		if (end - p < 2 || p[0] != ',' || p[1] != '"') {
			*ret = BEHIND_VALUE;
			break;
		}
		member_done(f, top, key);
		p++;
	}
	f->p = p;
	return REASON_NONE;
}

/* Key and colon of the next member; f->p stands on the quote. */
static enum reason
read_key(struct flat *f, struct level *top)
{
	struct str key;
	enum reason r;

	if (f->p >= f->end || *f->p != '"')
		return REASON_JSON_SYNTAX;
	f->p++;
	r = read_string(f, &key);
	if (r != REASON_NONE)
		return r;
	skip_blanks(f);
	if (f->p >= f->end || *f->p != ':')
		return REASON_JSON_SYNTAX;
	f->p++;
	skip_blanks(f);
	if (key.n == 0)
		*f->flags |= UINT64_C(1) << REASON_JSON_TYPE;
	top->key = key;
	top->member = f->ntokens;
	return REASON_NONE;
}

/* The innermost container ends. */
static enum reason
close_container(struct flat *f)
{
	struct level *top = &f->levels[--f->depth];

	f->p++;
	if (!top->array || f->depth == 0)
		return REASON_NONE;
	/* Nested arrays are one flat array: only the outermost can be empty. */
	if (f->ntokens == top->member && !f->levels[f->depth - 1].array) {
		struct token *t = token_add(f, VALUE_EMPTY_ARRAY, str_make(f->p, 0));

		if (!t)
			return REASON_JSON_KEYS;
	}
	if (f->ntokens > top->member)
		f->tokens[f->ntokens - 1].flags |= TOKEN_LAST;
	return REASON_NONE;
}

/* In front of a key: stand on the next value that is no plain member's, or behind one (*behind). */
static inline enum reason
next_member(struct flat *f, struct level *top, bool *behind)
{
	enum left_off where;
	enum reason r = read_plain_members(f, top, &where);

	*behind = where == BEHIND_VALUE;
	return r == REASON_NONE && where == AT_KEY ? read_key(f, top) : r;
}

/* Behind a value: fold the member, close what ends here, and stand on the next value. */
static enum reason
after_value(struct flat *f)
{
	for (;;) {
		struct level *top;
		enum reason r;

		if (f->depth == 0)
			return REASON_NONE;
		top = &f->levels[f->depth - 1];
		if (!top->array)
			member_done(f, top, top->key);
		skip_blanks(f);
		if (f->p >= f->end)
			return REASON_JSON_SYNTAX;
		if (*f->p == ',') {
			bool behind = false;

			f->p++;
			skip_blanks(f);
			r = top->array ? REASON_NONE : next_member(f, top, &behind);
			if (r == REASON_NONE && behind)
				continue;
			return r;
		}
		if (*f->p != (top->array ? ']' : '}'))
			return REASON_JSON_SYNTAX;
		r = close_container(f);
		if (r != REASON_NONE)
			return r;
	}
}

/* A container was just opened: stand on its first value, or close it at once. */
static enum reason
after_open(struct flat *f)
{
	struct level *top = &f->levels[f->depth - 1];
	bool behind = false;
	enum reason r;

	if (!top->array)
		top->parts++;
	skip_blanks(f);
	if (f->p >= f->end)
		return REASON_JSON_SYNTAX;
	if (*f->p != (top->array ? ']' : '}')) {
		r = top->array ? REASON_NONE : next_member(f, top, &behind);
		return r == REASON_NONE && behind ? after_value(f) : r;
	}
	r = close_container(f);
	return r != REASON_NONE ? r : after_value(f);
}

static enum reason
tokenize(struct flat *f)
{
	enum reason r;

	skip_blanks(f);
	if (f->p >= f->end)
		return REASON_JSON_SYNTAX;
	if (*f->p != '{')
		return REASON_JSON_TYPE;
	f->p++;
	f->levels[0] = (struct level){0};
	f->depth = 1;
	r = after_open(f);
	while (r == REASON_NONE && f->depth > 0) {
		unsigned was = f->depth;

		r = read_value(f);
		if (r == REASON_NONE)
			r = f->depth > was ? after_open(f) : after_value(f);
	}
	if (r != REASON_NONE)
		return r;
	skip_blanks(f);
	return f->p == f->end ? REASON_NONE : REASON_JSON_SYNTAX;
}

/* Most keys are short, and what stands behind them in the text may be copied as well. The path has
 * KEY_SHORT bytes of room behind it. */
static inline void
copy_key(const struct flat *f, char *to, struct str key)
{
	uintptr_t at = (uintptr_t)key.p - (uintptr_t)f->text.p;

	if (key.n <= KEY_SHORT && at < f->text.n && f->text.n - at >= KEY_SHORT) {
		store16(to, load16(key.p));
		store16(to + 16, load16(key.p + 16));
	} else if (key.n) {
		memcpy(to, key.p, key.n);
	}
}

static enum reason
emit(struct flat *f)
{
	/* Of the path up to so many parts: written before it is read, for what has parts hangs
	 * below a token of fewer. */
	uint16_t length[DEPTH_MAX + 1];
	char path[PATH_BYTES + KEY_SHORT];
	size_t max = f->lim->name < PATH_BYTES ? f->lim->name : PATH_BYTES;
	uint32_t i = 0;

	while (i < f->ntokens) {
		const struct token *t = &f->tokens[i];
		struct json_value v = {.text = t->text,
			.kind = (enum value_kind)t->kind,
			.in_array = t->flags & TOKEN_IN_ARRAY,
			.last_in_array = t->flags & TOKEN_LAST,
			.literal = t->parts == 1,
			.parts = t->parts,
			.ends = length + 1};
		size_t before = t->parts > 1 ? length[t->parts - 1] + 1u : 0;

		i = t->flags & TOKEN_DEAD ? t->end : i + 1;
		if (t->flags & TOKEN_DEAD)
			continue;
		if (t->key.n > max || before > max - t->key.n) {
			*f->flags |= UINT64_C(1) << REASON_JSON_KEYS;
			/* What hangs below cannot be named either. */
			if (t->kind == VALUE_OBJECT)
				length[t->parts] = (uint16_t)max;
			continue;
		}
		v.name = t->key;
		length[t->parts] = (uint16_t)(before + t->key.n);
		if (t->parts > 1 || t->kind == VALUE_OBJECT) {
			if (before)
				path[before - 1] = '.';
			copy_key(f, path + before, t->key);
			if (t->parts > 1)
				v.name = str_make(path, before + t->key.n);
		}
		if (!f->sink->value(f->sink->ctx, &v))
			return REASON_JSON_KEYS;
	}
	return REASON_NONE;
}

enum reason
json_flatten(struct str text, const struct json_limits *lim, const struct json_sink *sink,
	uint64_t *flags)
{
	struct flat f;
	enum reason read, told;

	f.text = text;
	f.p = text.p;
	f.end = text.p + text.n;
	f.lim = lim;
	f.sink = sink;
	f.flags = flags;
	f.depth_max = lim->depth < DEPTH_MAX ? lim->depth : DEPTH_MAX;
	/* Unknown to whoever sends: the stack lies where the kernel's dice put it. */
	f.seed = (uint64_t)(uintptr_t)&f ^ UINT64_C(0xa0761d6478bd642f);
	f.depth = f.scalars = 0;
	f.objects = f.ntokens = f.nmembers = 0;
	f.nslots = 0; /* the table begins with the first object of many members */
	read = tokenize(&f);
	told = emit(&f);
	return read != REASON_NONE ? read : told;
}

bool
json_looks_like(struct str text)
{
	size_t from = 0, to = text.n;

	while (from < to && (text.p[from] == ' ' || text.p[from] == '\t' || text.p[from] == '\n' ||
				    text.p[from] == '\r'))
		from++;
	while (to > from && (text.p[to - 1] == ' ' || text.p[to - 1] == '\t' ||
				    text.p[to - 1] == '\n' || text.p[to - 1] == '\r'))
		to--;
	return to - from >= 2 && text.p[from] == '{' && text.p[to - 1] == '}';
}
