/*
 * audit.h - the parts of the reader of Linux audit records. Private to parsers/audit*.c.
 *
 * Threads: pure functions.
 */
#ifndef PARSERS_AUDIT_H
#define PARSERS_AUDIT_H

#include "parsers/parser.h"

enum audit_how {
	AUDIT_PLAIN,
	AUDIT_SYSCALL,
	AUDIT_EXECVE,
	AUDIT_PATH,
	AUDIT_SOCKET,
	AUDIT_USER,    /* somebody logs in, or fails to: acct is who */
	AUDIT_ACCOUNT, /* acct is whom it is done to */
	AUDIT_COMMAND,
	AUDIT_SERVICE,
	AUDIT_AVC
};

struct audit_type {
	struct str name;
	unsigned number;
	const char *category, *type;
	enum audit_how how;
};

/* NULL: unknown. */
const struct audit_type *audit_type_by_name(struct str name);
const struct audit_type *audit_type_by_number(uint64_t number);
/* Of an architecture as audit writes it ("c000003e"); empty: unknown. */
struct str audit_syscall(struct str arch, uint64_t number);

/* Keys whose values mean something in ECS, as they came, decoded. */
#define AUDIT_KEYS(K)                                                                              \
	K(acct)                                                                                    \
	K(addr)                                                                                    \
	K(apparmor)                                                                                \
	K(arch)                                                                                    \
	K(argc)                                                                                    \
	K(auid)                                                                                    \
	K(cmd)                                                                                     \
	K(comm)                                                                                    \
	K(cwd)                                                                                     \
	K(data)                                                                                    \
	K(euid)                                                                                    \
	K(exe)                                                                                     \
	K(exit)                                                                                    \
	K(gid)                                                                                     \
	K(grp)                                                                                     \
	K(hostname)                                                                                \
	K(id)                                                                                      \
	K(key)                                                                                     \
	K(name)                                                                                    \
	K(nametype)                                                                                \
	K(new_group)                                                                               \
	K(op)                                                                                      \
	K(path)                                                                                    \
	K(pid)                                                                                     \
	K(ppid)                                                                                    \
	K(proctitle)                                                                               \
	K(reason)                                                                                  \
	K(res)                                                                                     \
	K(result)                                                                                  \
	K(saddr)                                                                                   \
	K(ses)                                                                                     \
	K(success)                                                                                 \
	K(syscall)                                                                                 \
	K(terminal)                                                                                \
	K(tty)                                                                                     \
	K(uid)                                                                                     \
	K(unit)                                                                                    \
	K(permissive)                                                                              \
	K(AUID)                                                                                    \
	K(UID)                                                                                     \
	K(EUID)                                                                                    \
	K(ID)                                                                                      \
	K(SYSCALL)                                                                                 \
	K(GID)                                                                                     \
	K(saddr_fam)

enum audit_key {
#define K(name) AUDIT_KEY_##name,
	AUDIT_KEYS(K)
#undef K
		AUDIT_KEY_COUNT
};

struct audit_line {
	struct parse_ctx *ctx;
	struct recs *w;
	struct str name; /* of the type */
	struct audit_type type;
	bool named, joined; /* node= was there; it had time and serial */
	struct str key[AUDIT_KEY_COUNT];
	struct str verdict; /* AVC: denied, granted */
	/* EXECVE: how many arguments stand here, whole from the first; their text */
	uint64_t args;
	bool pieces;
	char *line;
	size_t line_n;
};

/* Takes the pairs of the text apart: native names into the record, the known ones into l->key. */
void audit_pairs(struct audit_line *l, struct str body);
/* From l->key to ECS. */
void audit_put(struct audit_line *l);
/* A value in hexadecimal digits, as bytes; the count, 0 when it is none or does not fit. */
size_t audit_unhex(struct str hex, unsigned char *out, size_t room);

#endif
