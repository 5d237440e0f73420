/* audittype.c - numbers of record types and system calls, and their names. */
#include "parsers/audit.h"

static const struct audit_type types[] = {
#define T(number, name, category, type, how)                                                       \
	{{#name, sizeof(#name) - 1}, number, category, type, AUDIT_##how},
#include "parsers/audittypes.def"
#undef T
};

static const char *const x86_64[] = {
#define X(number, name) [number] = #name,
#define I(number, name)
#define A(number, name)
#include "parsers/syscalls.def"
#undef X
#undef I
#undef A
};

static const char *const i386[] = {
#define X(number, name)
#define I(number, name) [number] = #name,
#define A(number, name)
#include "parsers/syscalls.def"
#undef X
#undef I
#undef A
};

static const char *const aarch64[] = {
#define X(number, name)
#define I(number, name)
#define A(number, name) [number] = #name,
#include "parsers/syscalls.def"
#undef X
#undef I
#undef A
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct audit_type *
audit_type_by_name(struct str name)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (str_eq(types[i].name, name))
			return &types[i];
	return NULL;
}

const struct audit_type *
audit_type_by_number(uint64_t number)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].number == number)
			return &types[i];
	return NULL;
}

/* AUDIT_ARCH_*: the ELF machine, with bits for 64 and for little endian. */
struct str
audit_syscall(struct str arch, uint64_t number)
{
	const char *name = NULL;

	if (str_eq_nocase(arch, STR("c000003e")) || str_eq(arch, STR("x86_64")))
		name = number < COUNT(x86_64) ? x86_64[number] : NULL;
	else if (str_eq_nocase(arch, STR("40000003")) || str_eq(arch, STR("i386")))
		name = number < COUNT(i386) ? i386[number] : NULL;
	else if (str_eq_nocase(arch, STR("c00000b7")) || str_eq(arch, STR("aarch64")))
		name = number < COUNT(aarch64) ? aarch64[number] : NULL;
	return name ? str_of(name) : (struct str){"", 0};
}
