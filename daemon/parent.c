/* parent.c - supervision: start in order, restart what falls, reload, stop in order. */
#include "daemon/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/objects.h"
#include "daemon/roles.h"
#include "daemon/worker.h"

#define LOCK_WAIT_NS      (10 * NS_PER_S)
#define RESTART_WINDOW_NS (60 * NS_PER_S)
#define WORKER_HALVINGS   11u /* 1,024 frames down to one */
#define RESTART_MOST      10u
#define DRAIN_MOST_NS     (30 * NS_PER_S)
#define LISTS_LOOK_NS     (5 * NS_PER_S)

struct child {
	pid_t pid; /* 0 = not running */
	enum role role;
	unsigned index; /* workers */
	int64_t started, window;
	unsigned falls;
	int64_t again; /* mono: when to start it next, 0 = now is fine */
};

struct parent {
	const char *config;
	struct settings *settings;
	struct brain *brain;
	struct house *house;
	struct intake_sockets sockets;
	int console_fd, control_fd, desk_fd;
	int log_pipe[2], signals;
	struct buf log_rest;
	pid_t pid;
	int lock; /* data/lock, shared with all roles: free only when the last of them is gone */
	struct child children[ROLE_COUNT + SHARED_WORKERS];
	unsigned nchildren;
	int64_t fixed;
	struct clock clock;
	int64_t lists_next; /* mono: when to look at the watchlists again */
	struct hash128 lists;
	bool stopping, ready, reload;
	int code;
};

static int64_t
mono(void)
{
	return clock_mono(&clock_system);
}

/* ---- log lines from the roles ---- */

static void
drain_log(struct parent *p)
{
	for (;;) {
		ssize_t got = read(p->log_pipe[0], buf_room(&p->log_rest, 8192), 8192);
		struct str rest, line;

		if (got <= 0)
			return;
		p->log_rest.n += (size_t)got;
		rest = buf_str(&p->log_rest);
		while (str_chr(rest, '\n') >= 0) {
			str_cut(&rest, '\n', &line);
			log_print(line);
		}
		memmove(p->log_rest.p, rest.p, rest.n);
		p->log_rest.n = rest.n;
	}
}

/* ---- loading ---- */

static int
load_brain(struct settings *s, struct diag *why, struct brain **ret)
{
	struct brain_options opt = {.settings = s, .rules = s->rules, .nrules = s->nrules};

	return brain_load(&opt, why, ret);
}

static void
print_diag(const struct diag *d)
{
	struct buf b = {0};

	diag_print(d, &b, isatty(STDERR_FILENO) && !getenv("NO_COLOR"));
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&b)));
	buf_done(&b);
}

/* ---- children ---- */

static void
run_child(struct parent *p, const struct child *c)
{
	struct role_context ctx = {.house = p->house,
		.brain = p->brain,
		.sockets = &p->sockets,
		.console_fd = p->console_fd,
		.control_fd = p->control_fd,
		.desk_fd = p->desk_fd,
		.clock = &p->clock,
		.parent = p->pid};
	char name[16];

	snprintf(name, sizeof(name), "noroshi-%s", role_name(c->role));
	prctl(PR_SET_NAME, name);
	close(p->signals);
	close(p->log_pipe[0]);
	switch (c->role) {
	case ROLE_INTAKE:
		role_intake(&ctx);
	case ROLE_ENGINE:
		role_engine(&ctx);
	case ROLE_RESPONDER:
		role_responder(&ctx);
	case ROLE_SIGNER:
		role_signer(&ctx);
	case ROLE_CONSOLE:
		role_console(&ctx);
	case ROLE_WORKER:
		role_worker(&ctx, c->index);
	default:
		_exit(ROLE_EXIT_CONFIG);
	}
}

static unsigned
pid_cell(const struct child *c)
{
	return c->role == ROLE_WORKER ? ROLE_COUNT + c->index : (unsigned)c->role;
}

static void
start_child(struct parent *p, struct child *c)
{
	atomic_fetch_and(&p->house->s->ready, ~(1u << c->role));
	if (c->role == ROLE_WORKER)
		atomic_fetch_add(&p->house->s->workers[c->index].generation, 1);
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0)
		run_child(p, c);
	if (c->pid < 0) {
		c->pid = 0;
		c->again = mono() + NS_PER_S;
		fprintf(stderr, "noroshid: error: cannot fork role %s: %s\n", role_name(c->role),
			strerror(errno));
		return;
	}
	c->started = mono();
	c->again = 0;
	atomic_store(&p->house->s->pids[pid_cell(c)], (uint32_t)c->pid);
}

static bool
role_alive(struct parent *p, enum role r)
{
	for (unsigned i = 0; i < p->nchildren; i++)
		if (p->children[i].role == r && p->children[i].pid > 0)
			return true;
	return false;
}

/* A role that keeps falling is started ever more slowly, but never given up while others depend on
 * it. */
static void
plan_restart(struct child *c)
{
	int64_t now = mono();

	if (now - c->window > RESTART_WINDOW_NS) {
		c->window = now;
		c->falls = 0;
	}
	c->falls++;
	/* Narrowing down a message that ends workers takes a fall per halving. */
	c->again = c->falls <= (c->role == ROLE_WORKER ? 2 * WORKER_HALVINGS : 3)
			   ? now
			   : now + (int64_t)(c->falls < RESTART_MOST ? c->falls : RESTART_MOST) *
					     500 * NS_PER_MS;
}

static void
on_exit_of(struct parent *p, struct child *c, int status)
{
	bool config = WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_CONFIG;

	c->pid = 0;
	atomic_store(&p->house->s->pids[pid_cell(c)], 0);
	atomic_fetch_and(&p->house->s->ready, ~(1u << c->role));
	if (p->stopping || (p->reload && (c->role == ROLE_WORKER || c->role == ROLE_ENGINE ||
						 c->role == ROLE_RESPONDER)))
		return;
	drain_log(p);
	if (config && !p->ready) {
		p->stopping = true;
		p->code = 1;
		return;
	}
	atomic_fetch_add(&p->house->s->restarts[c->role], 1);
	if (WIFSIGNALED(status))
		fprintf(stderr,
			"noroshid: warning: role %s ended by signal %d; starting it again\n",
			role_name(c->role), WTERMSIG(status));
	else
		fprintf(stderr,
			"noroshid: warning: role %s ended with code %d; starting it again\n",
			role_name(c->role), WEXITSTATUS(status));
	plan_restart(c);
	/* The engine's queues to the workers are meaningless to its successor: they start afresh
	 * with it. */
	if (c->role == ROLE_ENGINE)
		for (unsigned i = 0; i < p->nchildren; i++)
			if (p->children[i].role == ROLE_WORKER && p->children[i].pid > 0)
				kill(p->children[i].pid, SIGKILL);
}

static void
reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < p->nchildren; i++)
			if (p->children[i].pid == pid)
				on_exit_of(p, &p->children[i], status);
}

static void
restart_due(struct parent *p)
{
	int64_t now = mono();

	if (p->stopping)
		return;
	for (unsigned i = 0; i < p->nchildren; i++) {
		struct child *c = &p->children[i];

		if (c->pid > 0 || c->again > now)
			continue;
		/* Intake needs the positions that the engine reads back. */
		if (c->role == ROLE_INTAKE &&
			!(atomic_load(&p->house->s->ready) >> ROLE_ENGINE & 1))
			continue;
		start_child(p, c);
	}
	for (unsigned i = 0; i < p->house->nworkers; i++)
		if (atomic_exchange(&p->house->s->workers[i].kill, 0))
			for (unsigned k = 0; k < p->nchildren; k++)
				if (p->children[k].role == ROLE_WORKER &&
					p->children[k].index == i && p->children[k].pid > 0)
					kill(p->children[k].pid, SIGKILL);
}

static void
plan_children(struct parent *p)
{
	static const enum role order[] = {
		ROLE_SIGNER, ROLE_RESPONDER, ROLE_ENGINE, ROLE_CONSOLE, ROLE_INTAKE};

	p->nchildren = 0;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		p->children[p->nchildren++] = (struct child){.role = order[i]};
	for (unsigned i = 0; !p->settings->worker_threads && i < p->settings->workers; i++)
		p->children[p->nchildren++] = (struct child){.role = ROLE_WORKER, .index = i};
}

/* ---- waiting ---- */

static void
on_signal(struct parent *p)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT)
			p->stopping = true;
		else if (si.ssi_signo == SIGHUP)
			p->reload = true;
	}
	reap(p);
}

static void
wait_a_while(struct parent *p, int ms)
{
	struct pollfd fds[2] = {
		{.fd = p->signals, .events = POLLIN}, {.fd = p->log_pipe[0], .events = POLLIN}};

	poll(fds, 2, ms);
	if (fds[1].revents)
		drain_log(p);
	if (fds[0].revents)
		on_signal(p);
}

/* Wait until no process of the role is left; after `most` ns the rest is killed. */
static void
wait_gone(struct parent *p, enum role r, int64_t most)
{
	int64_t until = mono() + most;

	while (role_alive(p, r)) {
		wait_a_while(p, 50);
		reap(p);
		if (mono() < until)
			continue;
		fprintf(stderr,
			"noroshid: warning: role %s did not end in time and is killed; the journal "
			"keeps what it had\n",
			role_name(r));
		for (unsigned i = 0; i < p->nchildren; i++)
			if (p->children[i].role == r && p->children[i].pid > 0)
				kill(p->children[i].pid, SIGKILL);
		until = mono() + NS_PER_S;
	}
}

static void
kill_role(struct parent *p, enum role r, int sig)
{
	for (unsigned i = 0; i < p->nchildren; i++)
		if (p->children[i].role == r && p->children[i].pid > 0)
			kill(p->children[i].pid, sig);
}

/* Bytes stop coming in, what is in flows out, and only then the next in line ends. */
static void
stop_in_order(struct parent *p)
{
	p->stopping = true;
	atomic_store(&p->house->s->stopping, 1);
	notify_send("STOPPING=1");
	fd_signal(p->house->stop_fd[ROLE_INTAKE]);
	wait_gone(p, ROLE_INTAKE, DRAIN_MOST_NS);
	fd_signal(p->house->stop_fd[ROLE_ENGINE]);
	wait_gone(p, ROLE_ENGINE, DRAIN_MOST_NS);
	kill_role(p, ROLE_WORKER, SIGTERM);
	wait_gone(p, ROLE_WORKER, NS_PER_S);
	fd_signal(p->house->stop_fd[ROLE_RESPONDER]);
	wait_gone(p, ROLE_RESPONDER, DRAIN_MOST_NS);
	fd_signal(p->house->stop_fd[ROLE_SIGNER]);
	kill_role(p, ROLE_SIGNER, SIGTERM);
	fd_signal(p->house->stop_fd[ROLE_CONSOLE]);
	kill_role(p, ROLE_CONSOLE, SIGTERM);
	wait_gone(p, ROLE_SIGNER, NS_PER_S);
	wait_gone(p, ROLE_CONSOLE, NS_PER_S);
	drain_log(p);
}

/* ---- reload ---- */

static bool
same_inputs(const struct settings *a, const struct settings *b)
{
	if (a->ninputs != b->ninputs || a->workers != b->workers ||
		a->worker_threads != b->worker_threads)
		return false;
	for (size_t i = 0; i < a->ninputs; i++)
		if (a->inputs[i].kind != b->inputs[i].kind ||
			!str_eq(a->inputs[i].name, b->inputs[i].name) ||
			!str_eq(a->inputs[i].address, b->inputs[i].address) ||
			!str_eq(a->inputs[i].path, b->inputs[i].path))
			return false;
	return str_eq(a->data, b->data) && str_eq(a->console, b->console) &&
	       str_eq(a->control, b->control);
}

/*
 * A new rule set means new workers and a new engine, forked with it; intake and its connections
 * stay, and wait on the slots meanwhile. A bad configuration changes nothing.
 */
static void
reload(struct parent *p)
{
	struct diag why = {0};
	struct settings *s = NULL;
	struct brain *b = NULL;
	int rc = settings_load(p->config, &why, &s);

	notify_reloading();
	if (rc == 0 && !same_inputs(p->settings, s)) {
		diag_set(&why, p->config, 0,
			"inputs, workers, data, console and control cannot change while running; "
			"restart for that");
		rc = ERR_STATE;
	}
	if (rc == 0)
		rc = load_brain(s, &why, &b);
	if (rc == 0)
		rc = objects_keep(b, p->config, &why);
	print_diag(&why);
	diag_done(&why);
	if (rc < 0 || !b) {
		fprintf(stderr,
			"noroshid: error: not reloaded; the old configuration stays in force\n");
		brain_free(b);
		settings_free(s);
		p->reload = false;
		notify_send("READY=1");
		return;
	}
	atomic_store(&p->house->s->reloading, 1);
	fd_signal(p->house->stop_fd[ROLE_ENGINE]);
	wait_gone(p, ROLE_ENGINE, DRAIN_MOST_NS);
	kill_role(p, ROLE_WORKER, SIGKILL);
	wait_gone(p, ROLE_WORKER, NS_PER_S);
	fd_signal(p->house->stop_fd[ROLE_RESPONDER]);
	wait_gone(p, ROLE_RESPONDER, DRAIN_MOST_NS);
	fd_drain(p->house->stop_fd[ROLE_ENGINE]);
	fd_drain(p->house->stop_fd[ROLE_RESPONDER]);
	atomic_store(&p->house->s->reloading, 0);
	brain_free(p->brain);
	/* Intake still reads the old settings' strings in its own copy of the pages; ours may go.
	 */
	settings_free(p->settings);
	p->settings = s;
	p->brain = b;
	p->reload = false;
	for (unsigned i = 0; i < p->nchildren; i++)
		if (p->children[i].pid == 0)
			p->children[i].again = 0;
	restart_due(p);
	fprintf(stderr, "noroshid: reloaded: %zu rules, %zu correlations, %zu documents left out\n",
		ruleset_count(b->rules), correlations_count(b->correlations), b->rejected);
	p->lists_next = 0;
	notify_send("READY=1");
}

/*
 * Watchlists change while all runs: the new ones are put into state/objects, and the engine lets
 * them come into force at a place in the journal. A folder that cannot be read changes nothing.
 */
static void
want_lists(struct parent *p, struct str packed, struct hash128 hash)
{
	struct diag why = {0};

	if (objects_keep_lists(p->settings->data, packed, hash, &why) == 0) {
		p->lists = hash;
		house_want_lists(p->house, hash);
	}
	print_diag(&why);
	diag_done(&why);
}

static void
look_at_lists(struct parent *p)
{
	struct buf packed = {0}, path = {0};
	struct lists *lists = NULL;
	struct diag why = {0};

	if (mono() < p->lists_next || p->settings->watchlists.n == 0)
		return;
	p->lists_next = mono() + LISTS_LOOK_NS;
	buf_add_str(&path, p->settings->watchlists);
	if (lists_pack(buf_z(&path), &why, &packed) == 0 &&
		!hash128_eq(hash_id(packed.p, packed.n), p->lists)) {
		/* A list that would be left out whole changes nothing: the old ones stay. */
		if (lists_load(buf_str(&packed), &why, &lists) == 0 && why.errors == 0) {
			ruleset_check_lists(p->brain->rules, lists, &why);
			want_lists(p, buf_str(&packed), lists_hash(lists));
			p->lists = hash_id(packed.p, packed.n);
			fprintf(stderr, "noroshid: watchlists: %zu rows, %zu left out\n",
				lists_rows(lists), lists_bad_rows(lists));
			count_set(&p->house->s->counts, COUNT_LISTS_ROWS, lists_rows(lists));
			count_set(&p->house->s->counts, COUNT_LISTS_BAD, lists_bad_rows(lists));
		}
	}
	print_diag(&why);
	lists_free(lists);
	diag_done(&why);
	buf_done(&packed);
	buf_done(&path);
}

/* ---- start ---- */

static int
open_doors(struct parent *p, struct diag *why)
{
	int rc = intake_listen(p->settings, why, &p->sockets);

	p->console_fd = p->control_fd = p->desk_fd = -1;
	if (rc == 0 && p->settings->console.n)
		rc = listen_tcp(p->settings->console, "console", why, &p->console_fd);
	if (rc == 0 && p->settings->control.n)
		rc = listen_unix(p->settings->control, why, &p->control_fd);
	if (rc == 0 && p->settings->control.n) {
		struct buf desk = {0};

		desk_path(p->settings->control, &desk);
		rc = listen_unix(buf_str(&desk), why, &p->desk_fd);
		buf_done(&desk);
	}
	return rc;
}

/*
 * One noroshid per data folder. The lock belongs to the open file that all roles inherit, so after
 * a kill of the parent it is free when the last old role has died, and not before: two engines
 * never meet on one journal.
 */
static int
lock_data(struct parent *p, struct diag *why)
{
	struct buf path = {0};
	int64_t until = mono() + LOCK_WAIT_NS;
	int error; /* close() may change errno */

	buf_printf(&path, "%.*s/lock", STR_ARG(p->settings->data));
	p->lock = open(buf_z(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	error = errno;
	while (p->lock >= 0 && flock(p->lock, LOCK_EX | LOCK_NB) < 0) {
		error = errno;
		if (error != EWOULDBLOCK || mono() > until) {
			close(p->lock);
			p->lock = -1;
			break;
		}
		poll(NULL, 0, 20);
	}
	if (p->lock < 0)
		diag_set(why, NULL, 0, "cannot lock %s: %s; another noroshid uses this data folder",
			path.p, strerror(error));
	buf_done(&path);
	return p->lock < 0 ? ERR_IO : 0;
}

static int
open_signals(struct parent *p, struct diag *why)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (p->signals < 0 || pipe2(p->log_pipe, O_CLOEXEC) < 0) {
		diag_set(why, NULL, 0, "cannot make signal and log channels: %s", strerror(errno));
		return ERR_IO;
	}
	fcntl(p->log_pipe[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int
prepare(struct parent *p, struct diag *why)
{
	int rc = settings_load(p->config, why, &p->settings);

	if (rc == 0)
		rc = load_brain(p->settings, why, &p->brain);
	if (rc == 0)
		rc = role_own_paths(p->settings, why);
	if (rc == 0)
		rc = lock_data(p, why);
	if (rc == 0)
		rc = objects_keep(p->brain, p->config, why);
	if (rc == 0)
		rc = open_doors(p, why);
	if (rc == 0)
		rc = house_new(
			(unsigned)p->settings->limits.slots, p->settings->workers, why, &p->house);
	if (rc == 0)
		rc = open_signals(p, why);
	if (rc < 0)
		return rc;
	p->house->log_fd = p->log_pipe[1];
	p->clock = clock_system;
	if (p->settings->test_clock) {
		p->fixed = p->settings->test_clock;
		p->clock = clock_fixed(&p->fixed);
	}
	want_lists(p, buf_str(&p->brain->lists_packed), lists_hash(p->brain->lists));
	p->lists = hash_id(p->brain->lists_packed.p, p->brain->lists_packed.n);
	count_set(&p->house->s->counts, COUNT_LISTS_ROWS, lists_rows(p->brain->lists));
	count_set(&p->house->s->counts, COUNT_LISTS_BAD, lists_bad_rows(p->brain->lists));
	plan_children(p);
	return 0;
}

static bool
all_ready(struct parent *p)
{
	uint32_t want = 1u << ROLE_INTAKE | 1u << ROLE_ENGINE | 1u << ROLE_RESPONDER |
			1u << ROLE_SIGNER | 1u << ROLE_CONSOLE;

	return (atomic_load(&p->house->s->ready) & want) == want;
}

/* The process ends; but a leak checker shall see real leaks only. */
static int
let_go(struct parent *p, int code)
{
	intake_close(&p->sockets);
	brain_free(p->brain);
	settings_free(p->settings);
	buf_done(&p->log_rest);
	mem_free(p->house);
	return code;
}

int
parent_run(const char *config)
{
	struct parent p = {.config = config,
		.pid = getpid(),
		.lock = -1,
		.console_fd = -1,
		.control_fd = -1,
		.desk_fd = -1};
	struct diag why = {0};
	int rc = prepare(&p, &why);

	print_diag(&why);
	diag_done(&why);
	if (rc < 0)
		return let_go(&p, 1);
	while (!p.stopping) {
		restart_due(&p);
		wait_a_while(&p, p.ready ? 200 : 5);
		if (!p.ready && all_ready(&p)) {
			p.ready = true;
			fprintf(stderr,
				"noroshid: ready: %zu inputs, %zu rules, %zu correlations, %zu "
				"documents left out\n",
				p.settings->ninputs, ruleset_count(p.brain->rules),
				correlations_count(p.brain->correlations), p.brain->rejected);
			notify_send("READY=1");
		}
		if (p.reload && p.ready)
			reload(&p);
		else if (p.ready)
			look_at_lists(&p);
	}
	stop_in_order(&p);
	if (p.settings->control.n) {
		struct buf desk = {0};

		listen_unlink(p.settings->control);
		desk_path(p.settings->control, &desk);
		listen_unlink(buf_str(&desk));
		buf_done(&desk);
	}
	fprintf(stderr, "noroshid: stopped\n");
	return let_go(&p, p.code);
}
