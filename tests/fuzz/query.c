/*
 * Fuzz target: first line = an expression, the rest = fields of a record. `not (E)` skips the look
 * at raw bytes: it must be the opposite of E for each record.
 */
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* A line as the archive has it: "name=value" pairs, one a line. */
static void
record(struct str rest, struct buf *out)
{
	struct str line, name;
	bool first = true;

	buf_add_char(out, '{');
	while (rest.n) {
		str_cut(&rest, '\n', &line);
		str_cut(&line, '=', &name);
		if (name.n == 0 || !utf8_valid(name) || !utf8_valid(line))
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		json_quote(out, name);
		buf_add_char(out, ':');
		if (str_is_number(line))
			buf_add_str(out, line);
		else
			json_quote(out, line);
	}
	buf_add_char(out, '}');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str rest = {(const char *)p, n}, expr;
	struct query *q = NULL, *opposite = NULL;
	struct diag why = {0};
	struct buf json = {0}, turned = {0};
	int64_t since = INT64_MIN, until = INT64_MAX;

	str_cut(&rest, '\n', &expr);
	record(rest, &json);
	if (query_parse(expr, &why, &q) == 0) {
		query_range(q, &since, &until);
		buf_printf(&turned, "not (%.*s)", STR_ARG(expr));
		if (str_trim(expr).n && query_parse(buf_str(&turned), &why, &opposite) == 0 &&
			query_match(q, buf_str(&json)) == query_match(opposite, buf_str(&json)))
			__builtin_trap();
		query_match(q, rest); /* not JSON at all */
	} else if (why.errors == 0) {
		__builtin_trap();
	}
	query_free(q);
	query_free(opposite);
	diag_done(&why);
	buf_done(&json);
	buf_done(&turned);
	return 0;
}
