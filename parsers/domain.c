#include "parsers/domain.h"

#include <libpsl.h>

/* No top level domain ends in a digit: what does is an address. */
static bool
is_name(struct str s)
{
	return s.n >= 3 && s.n <= DOMAIN_MAX && !is_digit(s.p[s.n - 1]) && s.p[0] != '.' &&
	       s.p[s.n - 1] != '.' && str_chr(s, '.') > 0 && str_chr(s, ':') < 0;
}

/* Where suffix and registered domain begin; false: it has none. `name` ends in NUL, lower case. */
static bool
look_up(const char *name, uint8_t *suffix, uint8_t *registered)
{
	const psl_ctx_t *psl = psl_builtin();
	const char *own = psl ? psl_registrable_domain(psl, name) : NULL;
	const char *tail = own ? psl_unregistrable_domain(psl, name) : NULL;

	/* "*" of the list takes any last label for a suffix; names inside a company end in some. */
	if (!tail || (!strchr(tail, '.') && !psl_is_public_suffix2(psl, tail,
						    PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE)))
		return false;
	*suffix = (uint8_t)(tail - name);
	*registered = (uint8_t)(own - name);
	return true;
}

bool
domain_split(struct domains *d, struct str name, struct domain_parts *ret)
{
	char low[DOMAIN_MAX + 1];
	struct domain_slot *slot = NULL;
	uint8_t suffix = 0, registered = 0;
	bool valid;

	if (!is_name(name))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == 0)
			return false;
		low[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	low[name.n] = 0;
	if (name.n <= DOMAIN_KEPT) {
		slot = &d->slots[hash_text(str_make(low, name.n)) % DOMAINS_KEPT];
		if (slot->n == name.n && memcmp(slot->name, low, name.n) == 0) {
			valid = slot->valid;
			suffix = slot->suffix;
			registered = slot->registered;
			goto found;
		}
	}
	valid = look_up(low, &suffix, &registered);
	if (slot) {
		*slot = (struct domain_slot){.n = (uint8_t)name.n,
			.suffix = suffix,
			.registered = registered,
			.valid = valid};
		memcpy(slot->name, low, name.n);
	}
found:
	if (!valid)
		return false;
	*ret = (struct domain_parts){.suffix = str_make(name.p + suffix, name.n - suffix),
		.registered = str_make(name.p + registered, name.n - registered),
		.below = str_make(name.p, registered ? registered - 1u : 0)};
	return true;
}
