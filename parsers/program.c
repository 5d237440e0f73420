/* program.c - a hash table of program names, and a few prefixes. */
#include "parsers/program.h"

#include "base/hash.h"
#include "parsers/envelope.h"

bool
program_word(const char **list, struct str *ret)
{
	const char *end;

	if (!*list || !**list)
		return false;
	end = strchr(*list, ' ');
	*ret = end ? str_make(*list, (size_t)(end - *list)) : str_of(*list);
	*list += ret->n + (end != NULL);
	return true;
}

static void
add_name(struct programs *p, struct str name, const struct parser *row)
{
	size_t at;

	if (name.n > 1 && name.p[name.n - 1] == '*') {
		if (p->nprefixes < PROGRAM_PREFIXES)
			p->prefixes[p->nprefixes++] =
				(struct program){str_make(name.p, name.n - 1), row};
		return;
	}
	/* A full table would never end a look-up. */
	if (p->nexact >= PROGRAM_SLOTS / 2)
		return;
	at = hash_text(name) % PROGRAM_SLOTS;
	while (p->exact[at].row) {
		if (str_eq(p->exact[at].name, name))
			return;
		at = (at + 1) % PROGRAM_SLOTS;
	}
	p->exact[at] = (struct program){name, row};
	p->nexact++;
}

void
programs_add(struct programs *p, const struct parser *row)
{
	const char *words = row->programs;
	struct str name;

	while (program_word(&words, &name))
		add_name(p, name, row);
}

static const struct parser *
exact(const struct programs *p, struct str name)
{
	size_t at = hash_text(name) % PROGRAM_SLOTS;

	for (; p->exact[at].row; at = (at + 1) % PROGRAM_SLOTS)
		if (str_eq(p->exact[at].name, name))
			return p->exact[at].row;
	return NULL;
}

const struct parser *
programs_find(const struct programs *p, struct str name)
{
	const struct parser *row;
	ptrdiff_t slash;

	if (name.n == 0 || name.n > ENVELOPE_TAG_MAX)
		return NULL;
	/* "su(pam_unix)": what stands in brackets wrote the message. */
	if (name.p[name.n - 1] == ')') {
		ptrdiff_t paren = str_chr(name, '(');

		if (paren < 0)
			return NULL;
		str_skip(&name, (size_t)paren + 1);
		name.n--;
	}
	row = exact(p, name);
	if (row)
		return row;
	for (size_t i = 0; i < p->nprefixes; i++)
		if (str_starts(name, p->prefixes[i].name))
			return p->prefixes[i].row;
	slash = name.n > 0 && name.p[0] == '/' ? str_rchr(name, '/') : -1;
	if (slash < 0)
		return NULL;
	str_skip(&name, (size_t)slash + 1);
	return exact(p, name);
}
