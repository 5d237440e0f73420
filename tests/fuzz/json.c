/* Fuzz target: any bytes to the JSON reader and the writer's escape. */
#include "base/json.h"

#include "base/arena.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct seen {
	struct arena arena;
	struct buf again; /* what was told, as one object */
	size_t scalars;
};

static bool
tell(void *ctx, const struct json_value *v)
{
	struct seen *s = ctx;

	if (v->parts == 0 || v->ends[v->parts - 1] != v->name.n || v->name.n > 256)
		__builtin_trap();
	if (v->kind == VALUE_NUMBER && !str_is_number(v->text))
		__builtin_trap();
	if (v->kind == VALUE_OBJECT)
		return true;
	buf_add_char(&s->again, s->scalars++ ? ',' : '{');
	json_quote(&s->again, v->name);
	buf_add_char(&s->again, ':');
	if (v->kind == VALUE_NUMBER)
		buf_add_str(&s->again, v->text);
	else
		json_quote(&s->again, v->text);
	return true;
}

static bool
count(void *ctx, const struct json_value *v)
{
	struct seen *s = ctx;

	s->scalars += v->kind != VALUE_OBJECT;
	return true;
}

static char *
room(void *ctx, size_t n)
{
	struct seen *s = ctx;

	return arena_alloc(&s->arena, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct json_limits lim = {.depth = 64, .keys = 1024, .name = 256};
	struct seen s = {0};
	struct json_sink sink = {tell, room, &s}, second = {count, room, &s};
	uint64_t flags = 0;
	struct str text = str_make((const char *)p, n);

	json_looks_like(text);
	if (json_flatten(text, &lim, &sink, &flags) == REASON_NONE && s.scalars > 0) {
		buf_add_char(&s.again, '}');
		s.scalars = 0;
		if (!utf8_valid(buf_str(&s.again)) ||
			json_flatten(buf_str(&s.again), &lim, &second, &flags) != REASON_NONE)
			__builtin_trap();
	}
	buf_done(&s.again);
	arena_done(&s.arena);
	return 0;
}
