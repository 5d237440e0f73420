/* roles.c - the roles' first steps, and who may what: one user per role. */
#include "daemon/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "daemon/engine.h"
#include "daemon/log.h"
#include "daemon/records.h"
#include "daemon/sandbox.h"
#include "daemon/worker.h"
#include "respond/respond.h"

/* Without named users the roles still get numbers of their own, from the range that systemd keeps
 * for such uses. */
#define ROLE_UID_BASE 61200u

static const char *const names[ROLE_COUNT] = {
	"parent", "intake", "worker", "engine", "respond", "signer", "console"};

const char *
role_name(enum role r)
{
	return (unsigned)r < ROLE_COUNT ? names[r] : "?";
}

static bool
separate(const struct settings *s)
{
	return geteuid() == 0 && s->users_separate;
}

static void
role_ids(enum role r, const struct settings *s, uid_t *uid, gid_t *gid)
{
	struct buf name = {0};
	const struct passwd *pw;

	buf_printf(&name, "%.*s-%s", STR_ARG(s->user_prefix), role_name(r));
	pw = getpwnam(buf_z(&name));
	*uid = pw ? pw->pw_uid : ROLE_UID_BASE + (unsigned)r;
	*gid = pw ? pw->pw_gid : ROLE_UID_BASE + (unsigned)r;
	buf_done(&name);
}

/* Followed files belong to many users: intake keeps the right to read them, and nothing else of
 * root. */
static bool
reads_files(const struct settings *s)
{
	for (size_t i = 0; i < s->ninputs; i++)
		if (s->inputs[i].kind == INPUT_FILE)
			return true;
	return false;
}

static int
keep_read_capability(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_DAC_READ_SEARCH;
	return syscall(SYS_capset, &head, data) < 0 ? ERR_DENIED : 0;
}

int
role_enter(enum role r, const struct settings *s, pid_t parent, struct diag *why)
{
	uid_t uid;
	gid_t gid;
	bool reader = r == ROLE_INTAKE && reads_files(s);

	if (separate(s)) {
		role_ids(r, s, &uid, &gid);
		if (reader && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
			reader = false;
		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			setresuid(uid, uid, uid) < 0 || (reader && keep_read_capability() < 0)) {
			diag_set(why, NULL, 0,
				"cannot become the user of role %s: %s; or set users: {separate: "
				"false}",
				role_name(r), strerror(errno));
			return ERR_DENIED;
		}
	}
	return sandbox_enter_role(parent, why);
}

/* The folder belongs to role r; role `reader` may look into it where the mode lets its group. */
static int
own_dir(const struct settings *s, const char *sub, enum role r, enum role reader, unsigned mode,
	struct diag *why)
{
	struct buf path = {0};
	uid_t uid, other;
	gid_t gid;
	int rc = 0;

	buf_add_str(&path, s->data);
	if (*sub)
		buf_printf(&path, "/%s", sub);
	role_ids(reader, s, &other, &gid);
	role_ids(r, s, &uid, &(gid_t){0});
	if (file_make_dirs(buf_z(&path), mode) < 0 ||
		(separate(s) && (chown(path.p, uid, gid) < 0 || chmod(path.p, mode) < 0))) {
		diag_set(why, NULL, 0,
			"cannot prepare %s: %s; create it or choose another data folder", path.p,
			strerror(errno));
		rc = ERR_IO;
	}
	buf_done(&path);
	return rc;
}

/* A file that alerts are appended to must exist for the responder, in whatever folder it lies. */
static int
own_sink_file(const struct settings *s, const struct sink_settings *sink, struct diag *why)
{
	struct buf path = {0};
	uid_t uid;
	gid_t gid;
	int fd, rc = 0;

	if (sink->kind != SINK_FILE || str_eq(sink->path, STR("-")))
		return 0;
	buf_add_str(&path, sink->path);
	role_ids(ROLE_RESPONDER, s, &uid, &gid);
	fd = open(buf_z(&path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0 || (separate(s) && fchown(fd, uid, gid) < 0)) {
		diag_set(why, NULL, 0, "cannot open the alert file %s: %s; create its folder",
			path.p, strerror(errno));
		rc = ERR_IO;
	}
	if (fd >= 0)
		close(fd);
	buf_done(&path);
	return rc;
}

int
role_own_paths(const struct settings *s, struct diag *why)
{
	static const struct {
		const char *name;
		enum role owner, reader;
		unsigned mode;
	} dirs[] = {{"journal", ROLE_ENGINE, ROLE_ENGINE, 0700},
		{"archive", ROLE_ENGINE, ROLE_RESPONDER, 02750},
		{"state", ROLE_ENGINE, ROLE_ENGINE, 0700},
		{"alerts", ROLE_ENGINE, ROLE_RESPONDER, 0750},
		{"cases", ROLE_RESPONDER, ROLE_RESPONDER, 0750},
		{"spool", ROLE_RESPONDER, ROLE_RESPONDER, 0700},
		{"reports", ROLE_RESPONDER, ROLE_RESPONDER, 0750},
		{"keys", ROLE_SIGNER, ROLE_SIGNER, 0711}};
	int rc = own_dir(s, "", ROLE_ENGINE, ROLE_ENGINE, 0711, why);

	for (size_t i = 0; rc == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		rc = own_dir(s, dirs[i].name, dirs[i].owner, dirs[i].reader, dirs[i].mode, why);
	for (size_t i = 0; rc == 0 && i < s->nsinks; i++)
		rc = own_sink_file(s, &s->sinks[i], why);
	return rc;
}

void
role_begin(const struct role_context *c, enum role r)
{
	struct diag why = {0};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* Ctrl-C goes to the whole group: only the parent decides what it
				    means */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (role_enter(r, c->brain->settings, c->parent, &why) < 0) {
		log_diag(c->house->log_fd, role_name(r), &why);
		_exit(ROLE_EXIT_CONFIG);
	}
}

_Noreturn void
role_engine(const struct role_context *c)
{
	role_begin(c, ROLE_ENGINE);
	_exit(engine_run(c->house, c->brain, c->clock) == 0 ? 0 : ROLE_EXIT_CONFIG);
}

_Noreturn void
role_worker(const struct role_context *c, unsigned index)
{
	role_begin(c, ROLE_WORKER);
	worker_process(c->house, c->brain, index);
}

static uint64_t
resume_next(void *ctx, uint64_t stream)
{
	return house_position(ctx, stream);
}

/* What lies in a queue. Its ends are shared memory: never more than it can hold is looked at. */
static void
mark_queued(const struct queue_shared *q, bool *ret)
{
	uint32_t at = atomic_load(&q->head);

	for (uint32_t n = 0; n < QUEUE_CAP && at != atomic_load(&q->tail); n++, at++)
		ret[q->cells[at % QUEUE_CAP] % SHARED_SLOTS] = true;
}

/*
 * Slots that an intake before us held when it died are in no queue and not with the engine. Slots
 * flow intake -> filled
 * -> engine -> free, so looking in that order cannot miss one that moves meanwhile.
 */
static void
reclaim_slots(struct house *h)
{
	bool elsewhere[SHARED_SLOTS] = {false};

	mark_queued(h->filled.q, elsewhere);
	for (unsigned i = 0; i < h->nslots; i++)
		if (atomic_load(&h->s->engine_has[i]))
			elsewhere[i] = true;
	mark_queued(h->free.q, elsewhere);
	/* The engine is the only producer of `free`: ask it to put them back. */
	for (unsigned i = 0; i < h->nslots; i++)
		if (!elsewhere[i])
			atomic_store(&h->s->lost_slot[i], 1);
	fd_signal(h->engine_fd);
}

_Noreturn void
role_intake(const struct role_context *c)
{
	struct house *h = c->house;
	struct intake_ports ports = {.free = h->free,
		.filled = h->filled,
		.durable = h->durable,
		.slots = h->slots,
		.nslots = h->nslots,
		.counts = &h->s->counts,
		.stop_fd = h->stop_fd[ROLE_INTAKE],
		.log_fd = h->log_fd,
		.ready = &h->s->ready,
		.ready_bit = 1u << ROLE_INTAKE};
	struct intake_resume resume = {.next = resume_next, .ctx = h};
	struct diag why = {0};
	int rc;

	role_begin(c, ROLE_INTAKE);
	reclaim_slots(h);
	rc = intake_run(c->brain->settings, c->sockets, &ports, &resume, c->clock, &why);
	log_diag(h->log_fd, "intake", &why);
	_exit(rc == 0 ? 0 : ROLE_EXIT_CONFIG);
}

_Noreturn void
role_responder(const struct role_context *c)
{
	const struct settings *s = c->brain->settings;
	struct buf alerts = {0}, cases = {0}, spool = {0}, archive = {0}, reports = {0};
	struct respond_options o = {.settings = s,
		.wake_fd = c->house->alert_fd,
		.stop_fd = c->house->stop_fd[ROLE_RESPONDER],
		.counts = &c->house->s->counts,
		.clock = c->clock,
		.taken = &c->house->s->alert_taken,
		.log_fd = c->house->log_fd};
	struct diag why = {0};
	int rc;

	role_begin(c, ROLE_RESPONDER);
	buf_printf(&alerts, "%.*s/alerts", STR_ARG(s->data));
	buf_printf(&cases, "%.*s/cases/cases.db", STR_ARG(s->data));
	buf_printf(&spool, "%.*s/spool", STR_ARG(s->data));
	o.alert_log_dir = buf_z(&alerts);
	o.cases = buf_z(&cases);
	o.spool_dir = buf_z(&spool);
	buf_printf(&archive, "%.*s/archive", STR_ARG(s->data));
	buf_printf(&reports, "%.*s/reports", STR_ARG(s->data));
	o.archive = buf_z(&archive);
	o.reports_dir = buf_z(&reports);
	o.records = records_read;
	o.records_ctx = archive.p;
	o.desk_fd = c->desk_fd;
	o.lists = c->brain->lists;
	o.host = c->brain->host;
	o.version = NOROSHI_VERSION;
	o.ready_all = 1u << ROLE_INTAKE | 1u << ROLE_ENGINE | 1u << ROLE_RESPONDER |
		      1u << ROLE_SIGNER | 1u << ROLE_CONSOLE;
	o.ready = &c->house->s->ready;
	o.ready_bit = 1u << ROLE_RESPONDER;
	rc = respond_run(&o, &why);
	log_diag(c->house->log_fd, "respond", &why);
	_exit(rc == 0 ? 0 : ROLE_EXIT_CONFIG);
}
