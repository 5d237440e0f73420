/* Fuzz target: any bytes as a condition over a few names. */
#include "detect/condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str names[] = {STR("a"), STR("sel_1"), STR("sel_2"), STR("_h")};
	struct expr *exprs[4];
	struct condition_names table = {.names = names, .exprs = exprs, .n = 4};
	struct arena a = {0};
	struct buf why = {0};
	struct expr *e;
	size_t at = 0;

	for (uint32_t i = 0; i < 4; i++)
		exprs[i] = expr_atom(&a, i);
	e = condition_parse(&a, str_make((const char *)p, n), &table, &why, &at);
	/* Either an expression or a reason, and a place inside the text. */
	if ((e == NULL) != (why.n > 0) || at > n)
		__builtin_trap();
	buf_done(&why);
	arena_done(&a);
	return 0;
}
