#include "respond/respond.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/alertlog.h"
#include "base/err.h"
#include "base/mem.h"
#include "respond/beat.h"
#include "respond/desk.h"
#include "respond/duty.h"
#include "respond/say.h"
#include "respond/sink.h"
#include "respond/vigil.h"

#define GROUP_ALERTS 500
#define GROUP_BYTES  (4u << 20)
/* Looked at again at start: taking is idempotent by id, and an alert log that lost its unsynced end
 * to a power failure may hold other alerts under the numbers that were taken. */
#define OVERLAP  4096u
#define LOOK_MS  1000
#define STUCK_NS (NS_PER_S / 2)

struct lifted {
	uint64_t number;
	size_t at, n;
};

struct responder {
	const struct respond_options *opt;
	const struct tuning *tune;
	struct cases *cases;
	struct policy policy;
	struct duty duty;
	struct desk *desk;
	struct beat *beat;
	struct vigil vigil;
	_Atomic int64_t well; /* when all was taken that the alert log holds */
	pthread_mutex_t lock;
	struct alertlog_reader *reader;
	struct sink **sinks;
	size_t nsinks, nstarted;
	struct lifted group[GROUP_ALERTS];
	size_t ngroup;
	struct buf text, line;
	uint64_t *wanted;
	uint64_t woken; /* rows up to there the sinks know of */
	uint64_t damaged;
	bool told;    /* that cases.db does not take alerts */
	bool blind;   /* told that the alert log cannot be read */
	bool stopped; /* the stop was seen */
	int64_t deadline;
};

static uint64_t
published(const struct responder *r)
{
	return atomic_load(r->opt->taken);
}

/* Fill the group from the alert log; false = nothing there at present. */
static bool
lift(struct responder *r)
{
	uint64_t number;

	r->ngroup = 0;
	buf_clear(&r->text);
	while (r->ngroup < GROUP_ALERTS && r->text.n < GROUP_BYTES &&
		alertlog_next(r->reader, &number, &r->line)) {
		r->group[r->ngroup++] =
			(struct lifted){.number = number, .at = r->text.n, .n = r->line.n};
		buf_add_str(&r->text, buf_str(&r->line));
	}
	return r->ngroup > 0;
}

/* The group into cases.db, whole or not at all. */
static int
put(struct responder *r)
{
	int rc = cases_begin(r->cases);

	memset(r->wanted, 0, (r->nsinks + 1) * sizeof(*r->wanted));
	for (size_t i = 0; rc == 0 && i < r->ngroup; i++) {
		const struct lifted *a = &r->group[i];
		struct taken t;

		rc = cases_add(r->cases, a->number, (struct str){r->text.p + a->at, a->n},
			clock_wall(r->opt->clock), &t);
		for (size_t k = 0; rc == 0 && t.fresh && k < r->nsinks; k++)
			r->wanted[k] += sink_wants(r->sinks[k], t.level, t.history, t.mail);
	}
	if (rc == 0)
		rc = cases_commit(r->cases, r->group[r->ngroup - 1].number);
	return rc;
}

static void
complain(struct responder *r)
{
	if (!r->told)
		say(r->opt->log_fd, SAY_ERROR,
			"cases.db does not take alerts: %s; they wait in the alert log",
			cases_error(r->cases));
	r->told = true;
}

/* Take all that the alert log holds. ERR_AGAIN: cases.db refuses, the group is kept. */
static int
take(struct responder *r)
{
	while (r->ngroup > 0 || lift(r)) {
		if (put(r) < 0) {
			complain(r);
			return ERR_AGAIN;
		}
		if (r->told)
			say(r->opt->log_fd, SAY_NOTICE, "cases.db takes alerts again");
		r->told = false;
		atomic_store(r->opt->taken, cases_taken(r->cases));
		for (size_t k = 0; k < r->nsinks; k++)
			sink_wake(r->sinks[k], cases_newest(r->cases), r->wanted[k]);
		r->woken = cases_newest(r->cases);
		r->ngroup = 0;
	}
	if (alertlog_reader_damaged(r->reader) > r->damaged) {
		say(r->opt->log_fd, SAY_ERROR,
			"the alert log holds %llu unreadable lines; `noroshi verify` tells more",
			(unsigned long long)alertlog_reader_damaged(r->reader));
		r->damaged = alertlog_reader_damaged(r->reader);
	}
	return 0;
}

/* What came before us. A log that ends before the number taken is not the log that we knew. */
static void
catch_up(struct responder *r)
{
	uint64_t taken = cases_taken(r->cases);

	r->reader =
		alertlog_reader_new(r->opt->alert_log_dir, taken > OVERLAP ? taken - OVERLAP : 0);
	take(r);
	if (taken > 0 && published(r) == 0 && r->ngroup == 0) {
		alertlog_reader_free(r->reader);
		r->reader = alertlog_reader_new(r->opt->alert_log_dir, 0);
		take(r);
	}
	if (published(r) == 0 && r->ngroup == 0)
		atomic_store(r->opt->taken, taken);
	else if (published(r) < taken && r->ngroup == 0)
		say(r->opt->log_fd, SAY_WARNING,
			"the alert log ends at %llu, %llu was taken before: it was replaced; known "
			"alerts are told apart by their ids",
			(unsigned long long)published(r), (unsigned long long)taken);
}

static int
open_one(struct responder *r, const struct sink_type *type, const struct sink_settings *set,
	struct diag *why)
{
	int rc = sink_open(type, r->opt, r->tune, set, &r->lock, cases_newest(r->cases), why,
		&r->sinks[r->nsinks]);

	r->nsinks += rc == 0;
	return rc;
}

static int
open_sinks(struct responder *r, struct diag *why)
{
	const struct settings *set = r->opt->settings;
	int rc = 0;

	r->sinks = mem_zero(2 * set->nsinks, sizeof(*r->sinks));
	r->wanted = mem_zero(2 * set->nsinks + 1, sizeof(*r->wanted));
	r->woken = cases_newest(r->cases);
	count_set(r->opt->counts, COUNT_SPOOLED, 0);
	for (size_t i = 0; i < set->nsinks && rc == 0; i++) {
		rc = open_one(r, sink_type_of(&set->sinks[i]), &set->sinks[i], why);
		if (rc == 0 && set->sinks[i].kind == SINK_SMTP)
			rc = open_one(r, &sink_post, &set->sinks[i], why);
	}
	for (; rc == 0 && r->nstarted < r->nsinks; r->nstarted += rc == 0) {
		rc = sink_start(r->sinks[r->nstarted]);
		if (rc < 0)
			diag_set(why, NULL, 0, "cannot start a thread for %.*s",
				STR_ARG(r->sinks[r->nstarted]->set->name));
	}
	return rc;
}

/* False: a thread is stuck and may still use what it was lent. */
static bool
stop_sinks(struct responder *r)
{
	int64_t deadline = r->deadline ? r->deadline : clock_mono(r->opt->clock) + r->tune->stop_ns;
	bool all = true;

	for (size_t i = 0; i < r->nstarted; i++)
		sink_stop(r->sinks[i], deadline);
	for (size_t i = 0; i < r->nsinks; i++) {
		struct sink *s = r->sinks[i];

		if (i < r->nstarted && !sink_join(s, deadline + STUCK_NS)) {
			/* its memory goes with the process; what it held stays in the spool */
			say(r->opt->log_fd, SAY_WARNING, "%.*s: did not stop in time",
				STR_ARG(s->set->name));
			all = false;
			continue;
		}
		if (i >= r->nstarted)
			s->type->close(s);
		sink_free(s);
	}
	return all;
}

/* A log that this role may not read looks like one that is empty. */
static void
check_readable(struct responder *r)
{
	DIR *d = opendir(r->opt->alert_log_dir);
	const struct dirent *e;
	int error = d ? 0 : errno;

	while (d && error == 0 && (e = readdir(d)))
		if (str_ends(str_of(e->d_name), STR(".log")) &&
			faccessat(dirfd(d), e->d_name, R_OK, AT_EACCESS) < 0 && errno != ENOENT)
			error = errno;
	if (d)
		closedir(d);
	if (error && !r->blind)
		say(r->opt->log_fd, SAY_ERROR,
			"cannot read the alert log in %s: %s; nobody is told",
			r->opt->alert_log_dir, strerror(error));
	r->blind = error != 0;
}

static void
drain(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN && errno != EINTR)
		n = 0; /* poll says the same again; the pause there bounds it */
}

/* Reports, notices and drills were put among the alerts. */
static void
wake_all(struct responder *r)
{
	uint64_t newest = cases_newest(r->cases);

	for (size_t k = 0; newest > r->woken && k < r->nsinks; k++)
		sink_wake(r->sinks[k], newest,
			ledger_wanted(cases_db(r->cases), r->sinks[k]->wish, r->woken, newest));
	r->woken = newest;
}

static void
on_asked(void *ctx)
{
	wake_all(ctx);
}

static void
set_policy(struct responder *r)
{
	const struct settings *s = r->opt->settings;

	r->policy = (struct policy){.report_least = level_of(s->report_least),
		.fold_ns = s->report_fold_ns,
		.followup_ns = s->report_followup_ns,
		.reports_per_hour = s->reports_per_hour,
		.keep_ns = s->cases_keep_ns};
	cases_policy(r->cases, &r->policy);
	r->duty = (struct duty){.opt = r->opt,
		.cases = r->cases,
		.policy = &r->policy,
		.last_tidy = clock_wall(r->opt->clock)};
	r->desk = desk_new(r->opt, &r->duty, on_asked, r);
}

/* All roles run and alerts are taken. */
static bool
all_well(const struct responder *r)
{
	return r->ngroup == 0 && !r->blind && r->opt->ready &&
	       (atomic_load(r->opt->ready) & r->opt->ready_all) == r->opt->ready_all;
}

static void
mark(struct responder *r, bool last)
{
	if (!all_well(r))
		return;
	pthread_mutex_lock(&r->lock);
	vigil_mark(&r->vigil, cases_db(r->cases), clock_wall(r->opt->clock), last);
	pthread_mutex_unlock(&r->lock);
}

static void
loop(struct responder *r)
{
	struct pollfd fds[2 + DESK_FDS] = {{.fd = r->opt->wake_fd, .events = POLLIN},
		{.fd = r->opt->stop_fd, .events = POLLIN}};

	while (!r->stopped) {
		size_t extra = desk_poll(r->desk, fds + 2);
		int n = poll(fds, 2 + extra, LOOK_MS);

		if (n > 0 && fds[1].revents) {
			r->stopped = true;
			r->deadline = clock_mono(r->opt->clock) + r->tune->stop_ns;
		}
		if (n > 0 && fds[0].revents)
			drain(r->opt->wake_fd);
		if (take(r) == 0 && !r->blind)
			atomic_store(&r->well, clock_mono(r->opt->clock));
		mark(r, r->stopped);
		desk_serve(r->desk, fds + 2, extra);
		if (r->ngroup == 0 && duty_run(&r->duty, clock_wall(r->opt->clock)))
			wake_all(r);
		if (n == 0) {
			cases_tidy(r->cases);
			check_readable(r);
		}
	}
}

int
respond_run_tuned(const struct respond_options *opt, const struct tuning *tune, struct diag *why)
{
	struct responder *r = mem_zero(1, sizeof(*r));
	bool all_ended;
	int rc;

	r->opt = opt;
	r->tune = tune;
	pthread_mutex_init(&r->lock, NULL);
	atomic_store(opt->taken, 0);
	curl_global_init(CURL_GLOBAL_DEFAULT); /* not safe with threads about */
	rc = cases_open(opt->cases, &r->lock, why, &r->cases);
	if (rc == 0)
		set_policy(r);
	if (rc == 0)
		rc = open_sinks(r, why);
	if (rc == 0) {
		catch_up(r);
		r->beat = beat_start(opt, &r->well);
		r->duty.writer = writer_start(opt);
		if (opt->ready)
			atomic_fetch_or(opt->ready, opt->ready_bit);
		loop(r);
	}
	beat_stop(r->beat);
	desk_free(r->desk);
	all_ended = stop_sinks(r);
	all_ended &= writer_stop(r->duty.writer, r->tune->stop_ns);
	alertlog_reader_free(r->reader);
	cases_close(r->cases);
	buf_done(&r->text);
	buf_done(&r->line);
	mem_free(r->sinks);
	mem_free(r->wanted);
	/* a stuck sink may still take the lock: r stays then, the role ends right after */
	if (all_ended) {
		pthread_mutex_destroy(&r->lock);
		mem_free(r);
	}
	return rc;
}

int
respond_run(const struct respond_options *opt, struct diag *why)
{
	return respond_run_tuned(opt, &tuning_default, why);
}
