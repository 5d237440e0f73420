#include "daemon/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_FILTER 0
#else
#define SANDBOX_FILTER 1
#endif

int
sandbox_enter_role(pid_t parent, struct diag *why)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		setrlimit(RLIMIT_CORE, &none) < 0) {
		diag_set(why, NULL, 0, "cannot give up privileges: %s", strerror(errno));
		return ERR_DENIED;
	}
	/* The parent may have died before its death could be asked for. */
	if (getppid() != parent)
		_exit(1);
	return 0;
}

/* What a pure function over shared memory needs, and no more. */
static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(futex), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(brk), SCMP_SYS(sched_yield), SCMP_SYS(getrandom), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group)};

static int
load_filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc;
}

int
sandbox_enter_worker(struct diag *why)
{
	int rc = SANDBOX_FILTER ? load_filter() : 0;

	if (rc < 0) {
		diag_set(why, NULL, 0,
			"cannot load the system-call filter: %s; the kernel needs "
			"CONFIG_SECCOMP_FILTER",
			strerror(-rc));
		return ERR_DENIED;
	}
	return 0;
}
