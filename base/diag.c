#include "base/diag.h"

#include <stdio.h>

#include "base/mem.h"

static void
vadd(struct diag *d, enum diag_level level, const char *path, unsigned line, unsigned column,
	const char *fmt, va_list ap)
{
	struct buf text = {0};
	struct diag_item *it;

	if (!d)
		return;
	buf_vprintf(&text, fmt, ap);
	d->items = mem_grow(d->items, d->n, &d->cap, sizeof(*d->items));
	it = &d->items[d->n++];
	it->level = level;
	it->path = path ? arena_z(&d->arena, str_of(path)) : NULL;
	it->line = line;
	it->column = column;
	it->text = arena_z(&d->arena, buf_str(&text));
	if (level == DIAG_ERROR)
		d->errors++;
	buf_done(&text);
}

void
diag_add(struct diag *d, enum diag_level level, const char *path, unsigned line, unsigned column,
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(d, level, path, line, column, fmt, ap);
	va_end(ap);
}

void
diag_set(struct diag *d, const char *path, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vadd(d, DIAG_ERROR, path, line, 0, fmt, ap);
	va_end(ap);
}

void
diag_print(const struct diag *d, struct buf *out, bool colour)
{
	static const char *const words[] = {"error", "warning", "note"};
	static const char *const tints[] = {"\033[31m", "\033[33m", "\033[36m"};

	for (size_t i = 0; i < d->n; i++) {
		const struct diag_item *it = &d->items[i];

		if (it->path)
			buf_printf(out, "%s:", it->path);
		if (it->line)
			buf_printf(out, "%u:", it->line);
		if (it->line && it->column)
			buf_printf(out, "%u:", it->column);
		if (it->path)
			buf_add_char(out, ' ');
		buf_printf(out, "%s%s:%s %s\n", colour ? tints[it->level] : "", words[it->level],
			colour ? "\033[0m" : "", it->text);
	}
}

const char *
diag_first(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].level == DIAG_ERROR)
			return d->items[i].text;
	return "";
}

/* Levenshtein distance of two short words, by one row. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[65];

	if (a.n > 64 || b.n > 64)
		return 99;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t up = row[j], best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = up;
			row[j] = best;
		}
	}
	return row[b.n];
}

const char *
diag_did_you_mean(struct str word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t least = word.n / 3 + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, str_of(candidates[i]));

		if (d < least || (d == least && !best)) {
			least = d;
			best = candidates[i];
		}
	}
	return best;
}

void
diag_done(struct diag *d)
{
	if (!d)
		return;
	mem_free(d->items);
	arena_done(&d->arena);
	*d = (struct diag){0};
}
