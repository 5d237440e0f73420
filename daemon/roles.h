/*
 * roles.h - what each forked role does; none returns to the parent's code.
 */
#ifndef DAEMON_ROLES_H
#define DAEMON_ROLES_H

#include <sys/types.h>

#include "base/clock.h"
#include "daemon/brain.h"
#include "daemon/shared.h"
#include "intake/intake.h"

/* Exit code of a role that cannot start as configured: the parent gives up instead of restarting
 * it. */
#define ROLE_EXIT_CONFIG 78

const char *role_name(enum role r);

struct role_context {
	struct house *house;
	const struct brain *brain;
	const struct intake_sockets *sockets;
	int console_fd, control_fd, desk_fd; /* listening sockets, -1 = none */
	const struct clock *clock;
	pid_t parent;
};

_Noreturn void role_intake(const struct role_context *c);
_Noreturn void role_engine(const struct role_context *c);
_Noreturn void role_responder(const struct role_context *c);
_Noreturn void role_worker(const struct role_context *c, unsigned index);
_Noreturn void role_signer(const struct role_context *c);
_Noreturn void role_console(const struct role_context *c);

/* First steps of every role: signals, user, privileges; a role that cannot take them ends. */
void role_begin(const struct role_context *c, enum role r);
/* Become the role's user (when root and users.separate) and give up what is not needed. */
int role_enter(enum role r, const struct settings *s, pid_t parent, struct diag *why);
/* Make data folders and files belong to the roles that write them. */
int role_own_paths(const struct settings *s, struct diag *why);

#endif
