/* auditput.c - what an audit record means in ECS. */
#include <arpa/inet.h>

#include "parsers/audit.h"
#include "parsers/put.h"

#define UNSET "4294967295" /* (uid_t)-1: nobody logged in */

#define KEY(l, name) ((l)->key[AUDIT_KEY_##name])

static bool
is_set(struct str s)
{
	return s.n > 0 && !str_eq(s, STR("?")) && !str_eq(s, STR("(none)")) &&
	       !str_eq(s, STR("(null)")) && !str_eq(s, STR("unset")) && !str_eq(s, STR("-1")) &&
	       !str_eq(s, STR(UNSET));
}

static void
put(struct audit_line *l, unsigned field, struct str value)
{
	if (is_set(value))
		put_over(l->w, field, value);
}

static void
put_number(struct audit_line *l, unsigned field, struct str value)
{
	if (!is_set(value))
		return;
	if (rec_has(l->w, field))
		put_forget(l->w, field);
	put_count(l->w, field, value);
}

/* Who did it: the one who logged in, and as whom he acts now. */
static void
put_actor(struct audit_line *l)
{
	struct str who = is_set(KEY(l, auid)) ? KEY(l, auid) : KEY(l, uid);
	struct str as = KEY(l, euid).n ? KEY(l, euid) : KEY(l, uid);
	struct str name = is_set(KEY(l, AUID)) ? KEY(l, AUID) : KEY(l, UID);
	struct str as_name = KEY(l, EUID).n ? KEY(l, EUID) : KEY(l, UID);

	put(l, FIELD_USER_ID, who);
	if (!is_set(KEY(l, auid)) || is_set(KEY(l, AUID)))
		put(l, FIELD_USER_NAME, name);
	if (is_set(as) && !str_eq(as, who)) {
		put(l, FIELD_USER_EFFECTIVE_ID, as);
		put(l, FIELD_USER_EFFECTIVE_NAME, as_name);
	}
	put(l, FIELD_USER_GROUP_ID, KEY(l, gid));
	put(l, FIELD_USER_GROUP_NAME, KEY(l, GID));
}

static void
put_process(struct audit_line *l)
{
	struct str tty = is_set(KEY(l, tty)) ? KEY(l, tty) : KEY(l, terminal);

	/* the header's program is auditd's, not the one that is told of */
	put_forget(l->w, FIELD_PROCESS_NAME);
	put_forget(l->w, FIELD_PROCESS_PID);
	put_number(l, FIELD_PROCESS_PID, KEY(l, pid));
	put_number(l, FIELD_PROCESS_PARENT_PID, KEY(l, ppid));
	put(l, FIELD_PROCESS_EXECUTABLE, KEY(l, exe));
	if (is_set(KEY(l, comm)))
		put(l, FIELD_PROCESS_NAME, KEY(l, comm));
	else if (is_set(KEY(l, exe)))
		put(l, FIELD_PROCESS_NAME, path_name(KEY(l, exe)));
	put(l, FIELD_PROCESS_TITLE, KEY(l, proctitle));
	put(l, FIELD_PROCESS_WORKING_DIRECTORY, KEY(l, cwd));
	put(l, FIELD_PROCESS_TTY_NAME, tty);
}

/* Where a login came from. */
static void
put_origin(struct audit_line *l)
{
	struct str addr = KEY(l, addr), host = KEY(l, hostname);

	if (is_set(addr))
		rec_put_ip(l->w, FIELD_SOURCE_IP, addr);
	if (!is_set(host) || l->type.how != AUDIT_USER)
		return; /* elsewhere it is this machine */
	if (rec_has(l->w, FIELD_SOURCE_IP)) {
		/* most programs write the address into both */
		if (!str_eq(host, addr))
			parse_put_host(l->w, 0, FIELD_SOURCE_DOMAIN, host);
	} else {
		parse_put_host(l->w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, host);
	}
}

/* "(unknown user)", "(invalid user)" stand where no account of that name exists. */
static bool
is_account(struct str acct)
{
	return is_set(acct) && acct.p[0] != '(';
}

/*
 * acct is the one who logs in; id his number, as far as the program knows it. uid is the daemon's
 * that let him in. Who has logged in before (auid) and takes another's account stays himself.
 */
static void
put_user(struct audit_line *l)
{
	struct str acct = KEY(l, acct), before = KEY(l, AUID);

	put_forget(l->w, FIELD_USER_ID);
	put_forget(l->w, FIELD_USER_NAME);
	put_forget(l->w, FIELD_USER_EFFECTIVE_ID);
	put_forget(l->w, FIELD_USER_EFFECTIVE_NAME);
	put(l, FIELD_USER_ID, is_set(KEY(l, id)) ? KEY(l, id) : KEY(l, auid));
	if (is_set(before) && is_account(acct) && !str_eq(before, acct)) {
		put(l, FIELD_USER_NAME, before);
		put(l, FIELD_USER_EFFECTIVE_NAME, acct);
	} else if (is_account(acct)) {
		put(l, FIELD_USER_NAME, acct);
	} else if (acct.n == 0) {
		put(l, FIELD_USER_NAME, is_set(KEY(l, ID)) ? KEY(l, ID) : before);
	}
}

/* Something is done to an account or a group. */
static void
put_target(struct audit_line *l)
{
	bool group = str_find(l->name, STR("GROUP")) >= 0 || str_starts(l->name, STR("GRP"));
	struct str acct = KEY(l, acct);

	if (group) {
		put(l, FIELD_GROUP_NAME, is_set(KEY(l, grp)) ? KEY(l, grp) : acct);
		put(l, FIELD_GROUP_ID, KEY(l, id));
		return;
	}
	if (is_account(acct))
		put(l, FIELD_USER_TARGET_NAME, acct);
	else
		put(l, FIELD_USER_TARGET_NAME, KEY(l, ID));
	put(l, FIELD_USER_TARGET_ID, KEY(l, id));
	put(l, FIELD_GROUP_NAME, KEY(l, grp));
}

/* ---- single kinds ---- */

static const struct {
	const char *calls, *category, *type;
} call_events[] = {
	{"execve execveat", "process", "start"},
	{"fork vfork clone clone3", "process", "start"},
	{"exit exit_group kill tkill tgkill", "process", "end"},
	{"connect accept accept4 bind listen socket sendto recvfrom", "network", "connection"},
	{"open openat openat2 creat open_by_handle_at", "file", "access"},
	{"unlink unlinkat rmdir", "file", "deletion"},
	{"mkdir mkdirat mknod mknodat link linkat symlink symlinkat", "file", "creation"},
	{"rename renameat renameat2 truncate ftruncate chmod fchmod fchmodat fchmodat2 chown "
	 "fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr lremovexattr "
	 "fremovexattr utime utimes utimensat futimesat",
		"file", "change"},
	{"init_module finit_module", "driver", "start"},
	{"delete_module", "driver", "end"},
	{"sethostname setdomainname settimeofday adjtimex clock_settime clock_adjtime stime",
		"configuration", "change"},
};

static void
put_call_event(struct audit_line *l, struct str call)
{
	struct event_words e = {.category = l->type.category, .type = l->type.type};

	for (size_t i = 0; call.n && i < sizeof(call_events) / sizeof(call_events[0]); i++)
		if (in_words(call_events[i].calls, call)) {
			e.category = call_events[i].category;
			e.type = call_events[i].type;
			break;
		}
	parse_event(l->w, &e);
}

/* The call's name: as the daemon wrote it, else by the architecture's table, else its number. */
static struct str
call_of(struct audit_line *l)
{
	struct str call = KEY(l, SYSCALL);
	uint64_t number;

	if (call.n || KEY(l, syscall).n == 0)
		return call;
	if (str_u64(KEY(l, syscall), &number))
		call = audit_syscall(KEY(l, arch), number);
	if (call.n == 0)
		call = KEY(l, syscall);
	rec_put_prefixed(l->w, STR("auditd.log."), STR("SYSCALL"), call);
	return call;
}

static void
put_call(struct audit_line *l)
{
	struct str call = call_of(l);

	put_call_event(l, call);
	if (call.n && l->type.number != 1326) /* SECCOMP */
		rec_put(l->w, FIELD_EVENT_ACTION, call);
}

static void
put_arguments(struct audit_line *l)
{
	struct str line = str_make(l->line, l->line_n);
	uint64_t argc = 0;

	if (!l->line || line.n == 0)
		return;
	/* What is not the whole is not the command line; weave puts the lines together. */
	if (!l->pieces && str_u64(KEY(l, argc), &argc) && argc == l->args)
		rec_put(l->w, FIELD_PROCESS_COMMAND_LINE, line);
	else
		rec_put_prefixed(l->w, STR("auditd.log."), STR("arguments"), line);
}

static void
put_family(struct audit_line *l, const char *family)
{
	if (KEY(l, saddr_fam).n == 0) /* else the daemon wrote it */
		rec_put_prefixed(l->w, STR("auditd.log."), STR("saddr_fam"), str_of(family));
}

/* struct sockaddr in network order; the family in the machine's own. */
static void
put_socket(struct audit_line *l)
{
	unsigned char b[128];
	char text[INET6_ADDRSTRLEN];
	size_t n = audit_unhex(KEY(l, saddr), b, sizeof(b)), end = 3;
	unsigned family = n < 2 ? 0 : b[0] ? b[0] : b[1], port;
	bool four = family == 2 && n >= 8, six = family == 10 && n >= 24;

	if (four || six) {
		port = (unsigned)b[2] << 8 | b[3];
		if (!inet_ntop(four ? AF_INET : AF_INET6, four ? b + 4 : b + 8, text, sizeof(text)))
			return;
		put_family(l, four ? "inet" : "inet6");
		rec_put(l->w, FIELD_NETWORK_TYPE, four ? STR("ipv4") : STR("ipv6"));
		/* A wildcard is what one binds to, and nobody's address. */
		if (!str_eq(str_of(text), STR("0.0.0.0")) && !str_eq(str_of(text), STR("::")))
			rec_put_ip(l->w, FIELD_DESTINATION_IP, str_of(text));
		if (port)
			rec_put_u64(l->w, FIELD_DESTINATION_PORT, port);
	} else if (family == 1) {
		put_family(l, "local");
		if (n > 3 && b[2] == 0) /* an abstract name */
			b[2] = '@';
		while (end < n && b[end] >= ' ' && b[end] < 0x7f)
			end++;
		if (n > 2 && b[2] > ' ' && b[2] < 0x7f)
			put_file(l->w, str_make((const char *)b + 2, end - 2));
	} else if (family == 16 || family == 17) {
		put_family(l, family == 16 ? "netlink" : "packet");
	}
}

/* SELinux says denied or granted, AppArmor ALLOWED, DENIED, AUDIT, STATUS. */
static void
put_verdict(struct audit_line *l)
{
	struct str v = l->verdict.n ? l->verdict : KEY(l, apparmor);
	bool denied = str_eq_nocase(v, STR("denied"));
	bool granted = str_eq_nocase(v, STR("granted")) || str_eq_nocase(v, STR("allowed"));
	struct event_words e = {.type = denied ? "denied" : granted ? "allowed" : "info"};

	/* permissive: told as denied, and let through */
	if (denied || granted) {
		e.category = "intrusion_detection";
		e.outcome = denied && !str_eq(KEY(l, permissive), STR("1")) ? "failure" : "success";
	}
	parse_event(l->w, &e);
	if (is_set(KEY(l, name)) && str_find(KEY(l, name), STR("/")) >= 0)
		put_file(l->w, KEY(l, name));
	else if (is_set(KEY(l, path)))
		put_file(l->w, KEY(l, path));
}

/* ---- all ---- */

static void
put_outcome(struct audit_line *l)
{
	struct str res = KEY(l, success);

	if (res.n == 0)
		res = KEY(l, res).n ? KEY(l, res) : KEY(l, result);
	if (rec_has(l->w, FIELD_EVENT_OUTCOME) || res.n == 0)
		return;
	if (in_words("yes success 1 Success", res))
		rec_put(l->w, FIELD_EVENT_OUTCOME, STR("success"));
	else if (in_words("no failed 0 fail Failed", res))
		rec_put(l->w, FIELD_EVENT_OUTCOME, STR("failure"));
}

static void
put_kind(struct audit_line *l)
{
	struct event_words e = {.category = l->type.category, .type = l->type.type};

	switch (l->type.how) {
	case AUDIT_SYSCALL:
		put_call(l);
		return;
	case AUDIT_AVC:
		put_verdict(l);
		return;
	case AUDIT_EXECVE:
		put_arguments(l);
		break;
	case AUDIT_PATH:
		if (is_set(KEY(l, name)))
			put_file(l->w, KEY(l, name));
		break;
	case AUDIT_SOCKET:
		put_socket(l);
		break;
	case AUDIT_USER:
		put_user(l);
		l->w->cur->logsource = LOGSOURCE_AUDITD_LOGIN;
		break;
	case AUDIT_ACCOUNT:
		put_target(l);
		break;
	case AUDIT_COMMAND:
		put(l, FIELD_PROCESS_COMMAND_LINE,
			is_set(KEY(l, cmd)) ? KEY(l, cmd) : KEY(l, data));
		break;
	case AUDIT_SERVICE:
		put(l, FIELD_SERVICE_NAME, KEY(l, unit));
		break;
	case AUDIT_PLAIN:
		if (is_set(KEY(l, acct)))
			put_user(l);
		break;
	}
	parse_event(l->w, &e);
}

void
audit_put(struct audit_line *l)
{
	char low[48];
	size_t n = l->name.n < sizeof(low) ? l->name.n : sizeof(low);

	if (!l->w->cur)
		return;
	rec_put(l->w, FIELD_EVENT_KIND, STR("event"));
	if (l->type.how != AUDIT_PATH) /* its ouid and the like are the file's */
		put_actor(l);
	put_process(l);
	put_origin(l);
	put_kind(l);
	put_outcome(l);
	for (size_t i = 0; i < n; i++)
		low[i] = l->name.p[i] >= 'A' && l->name.p[i] <= 'Z' ? (char)(l->name.p[i] + 32)
								    : l->name.p[i];
	if (!rec_has(l->w, FIELD_EVENT_ACTION))
		rec_put(l->w, FIELD_EVENT_ACTION, str_make(low, n));
	put(l, FIELD_EVENT_REASON, KEY(l, reason));
}
