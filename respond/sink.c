#include "respond/sink.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <time.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "respond/say.h"

#define PASSWORD_BYTES 4096
#define TALLY_ROWS     50
#define ERROR_BYTES    400

const struct tuning tuning_default = {.retry_first_ns = NS_PER_S,
	.retry_max_ns = 900 * NS_PER_S,
	.peer_ns = 20 * NS_PER_S,
	.stop_ns = 3 * NS_PER_S,
	.refusals = 8,
	.mails_per_hour = 60,
	.digest_ns = 600 * NS_PER_S};

static const struct sink_type *const sinks[] = {
	&sink_file,
	&sink_syslog,
	&sink_kafka,
	&sink_smtp,
	&sink_webhook,
};

const struct sink_type *
sink_type_of(const struct sink_settings *set)
{
	if (set->kind == SINK_WEBHOOK && set->form != WEBHOOK_JSON)
		return &sink_chat;
	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
		if (sinks[i]->kind == set->kind)
			return sinks[i];
	return NULL;
}

/* ---- for kinds ---- */

int64_t
sink_patience(const struct sink *s)
{
	int64_t end = atomic_load(&s->deadline), left;

	if (end == 0)
		return s->tune->peer_ns;
	left = end - clock_mono(s->opt->clock);
	if (left > s->tune->peer_ns)
		left = s->tune->peer_ns;
	return left > 0 ? left : 0;
}

void
sink_failed(struct sink *s, const char *fmt, ...)
{
	va_list ap;

	buf_clear(&s->now.error);
	va_start(ap, fmt);
	buf_vprintf(&s->now.error, fmt, ap);
	va_end(ap);
	if (s->now.error.n > ERROR_BYTES)
		s->now.error.n = ERROR_BYTES;
}

static int
save(struct sink *s, const struct outbox *dead)
{
	int rc = ledger_save(s->ledger, &s->now, clock_wall(s->opt->clock), dead);

	if (rc < 0)
		say(s->opt->log_fd, SAY_ERROR, "%.*s: cannot note in cases.db: %s",
			STR_ARG(s->set->name), ledger_error(s->ledger));
	return rc;
}

int
sink_save_note(struct sink *s)
{
	return save(s, NULL);
}

int
sink_password(const struct sink_settings *set, struct diag *why, struct buf *ret)
{
	struct buf path = {0};
	int rc;

	buf_add_str(&path, set->password_file);
	rc = file_read(buf_z(&path), PASSWORD_BYTES, ret);
	if (rc < 0) {
		diag_set(why, NULL, 0,
			"%.*s: cannot read the password file %s: %s; the user that "
			"the responder runs as must be able to",
			STR_ARG(set->name), path.p, rc == ERR_IO ? strerror(errno) : err_str(rc));
	} else {
		struct str all = buf_str(ret), line;

		str_cut(&all, '\n', &line);
		ret->n = line.n && line.p[line.n - 1] == '\r' ? line.n - 1 : line.n;
	}
	buf_done(&path);
	return rc;
}

void
secret_done(struct buf *secret)
{
	if (secret->p)
		explicit_bzero(secret->p, secret->cap);
	buf_done(secret);
}

/* ---- the thread ---- */

static bool
stopping(const struct sink *s)
{
	return atomic_load(&s->deadline) != 0;
}

/* Until woken, stopped, or ns passed (-1: no limit). `new_ends`: alerts newer than that end it. */
static void
sleep_until(struct sink *s, int64_t ns, uint64_t seen)
{
	struct timespec end;

	if (ns >= 0) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_sec += ns / NS_PER_S;
		end.tv_nsec += ns % NS_PER_S;
		if (end.tv_nsec >= NS_PER_S) {
			end.tv_sec++;
			end.tv_nsec -= NS_PER_S;
		}
	}
	pthread_mutex_lock(&s->mutex);
	while (!stopping(s) && atomic_load(&s->newest) <= seen) {
		if (ns < 0)
			pthread_cond_wait(&s->cond, &s->mutex);
		else if (pthread_cond_timedwait(&s->cond, &s->mutex, &end) != 0)
			break;
	}
	pthread_mutex_unlock(&s->mutex);
}

static int64_t
backoff(const struct sink *s)
{
	int64_t ns = s->tune->retry_first_ns;
	uint32_t dice = 0;

	for (uint64_t i = 1; i < s->now.attempts && ns < s->tune->retry_max_ns; i++)
		ns *= 2;
	if (ns > s->tune->retry_max_ns)
		ns = s->tune->retry_max_ns;
	/* a fifth of jitter, so that many sinks do not come back in step */
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != (ssize_t)sizeof(dice))
		dice = 0;
	return ns - ns / 5 + (int64_t)((uint64_t)(ns / 5 * 2) * (dice >> 16) / 65536);
}

static void
gone(struct sink *s, uint64_t n)
{
	count_add(s->opt->counts, COUNT_SPOOLED, (uint64_t)0 - n);
}

/* Name the items that were refused too often as given up. */
static void
bury(struct sink *s)
{
	for (size_t i = s->box.settled; i < s->box.n; i++) {
		struct item *it = &s->box.items[i];

		if (it->sent != SENT_REFUSED || ++it->refusals < s->tune->refusals)
			continue;
		it->sent = SENT_DEAD;
		s->now.dead++;
		say(s->opt->log_fd, SAY_ERROR,
			"%.*s: alert %s given up after %u refusals: %.*s; it stays in cases.db",
			STR_ARG(s->set->name), it->id, it->refusals,
			STR_ARG(buf_str(&s->now.error)));
	}
}

/* Note what has gone. Everything in front of the first item that has not gone is settled. */
static void
settle(struct sink *s)
{
	struct outbox *o = &s->box;
	size_t end = o->settled, done = 0;
	bool failed;

	bury(s);
	for (; end < o->n && (o->items[end].sent == SENT_DONE || o->items[end].sent == SENT_DEAD);
		end++)
		done += o->items[end].sent == SENT_DONE;
	failed = end < o->n && o->items[end].sent != SENT_NOT;
	if (done)
		CRASH_POINT("respond.after-send");
	if (end == o->n)
		s->now.settled = o->upto;
	else if (end > 0)
		s->now.settled = o->items[end - 1].seq;
	s->now.delivered += done;
	s->now.attempts = failed ? s->now.attempts + 1 : 0;
	s->now.failed += failed;
	if (!failed && end == o->n)
		buf_clear(&s->now.error);
	save(s, o);
	gone(s, end - o->settled);
	count_add(s->opt->counts, COUNT_SENT, done);
	if (failed)
		count_add(s->opt->counts, COUNT_SEND_FAILED, 1);
	o->settled = end;
}

/* The other side does not take anything and the spool is full: the oldest fall away, counted. */
static void
keep_bound(struct sink *s)
{
	uint64_t newest = atomic_load(&s->newest), n = 0, bytes = 0, fall = 0, settle_at;

	if (s->set->spool_max == 0 ||
		ledger_waiting(s->ledger, s->wish, s->now.settled, newest, &n, &bytes) < 0 ||
		bytes <= s->set->spool_max)
		return;
	if (ledger_oldest(s->ledger, s->wish, s->now.settled, newest, s->set->spool_max, &settle_at,
		    &fall) < 0 ||
		fall == 0)
		return;
	s->now.settled = settle_at;
	s->now.dropped += fall;
	save(s, NULL);
	gone(s, fall);
	s->box.n = s->box.settled = 0;
	say(s->opt->log_fd, SAY_ERROR,
		"%.*s: spool full (%llu bytes): the oldest %llu alerts are not sent (overload); "
		"they "
		"stay in cases.db",
		STR_ARG(s->set->name), (unsigned long long)s->set->spool_max,
		(unsigned long long)fall);
}

static void
send_digest(struct sink *s)
{
	struct tally rows[TALLY_ROWS];
	struct digest d = {.upto = atomic_load(&s->newest), .rows = rows};
	uint64_t bytes = 0;
	enum sent sent = SENT_AGAIN;

	if (ledger_waiting(s->ledger, s->wish, s->now.settled, d.upto, &d.count, &bytes) == 0) {
		d.nrows =
			ledger_tally(s->ledger, s->wish, s->now.settled, d.upto, rows, TALLY_ROWS);
		sent = s->type->digest(s, &d);
	}
	for (size_t i = 0; i < d.nrows; i++)
		mem_free(rows[i].json);
	if (sent == SENT_DONE) {
		s->now.settled = d.upto;
		s->now.delivered += d.count;
		s->now.digested += d.count;
		s->now.attempts = 0;
		gone(s, d.count);
		count_add(s->opt->counts, COUNT_SENT, d.count);
	} else {
		s->now.attempts++;
		s->now.failed++;
		count_add(s->opt->counts, COUNT_SEND_FAILED, 1);
	}
	save(s, NULL);
	s->box.n = s->box.settled = 0;
}

static void
complain(struct sink *s)
{
	/* told at the 1st, 2nd, 4th, 8th ... failure in a row */
	if ((s->now.attempts & (s->now.attempts - 1)) == 0)
		say(s->opt->log_fd, SAY_WARNING, "%.*s: not delivered, will be tried again: %.*s",
			STR_ARG(s->set->name), STR_ARG(buf_str(&s->now.error)));
}

/* One round with something waiting; false: stop. */
static bool
serve(struct sink *s)
{
	int64_t pause = s->type->pause ? s->type->pause(s) : 0;
	uint64_t failures = s->now.attempts;

	if (pause > 0) {
		if (stopping(s))
			return false; /* what is held back stays in the spool */
		sleep_until(s, pause, UINT64_MAX);
		return true;
	}
	if (pause < 0) {
		send_digest(s);
	} else {
		s->type->send(s, s->box.items + s->box.settled, s->box.n - s->box.settled);
		settle(s);
	}
	if (s->now.attempts == 0) {
		if (failures)
			say(s->opt->log_fd, SAY_NOTICE, "%.*s: delivers again",
				STR_ARG(s->set->name));
		return !stopping(s) || sink_patience(s) > 0;
	}
	if (stopping(s))
		return false;
	complain(s);
	keep_bound(s);
	sleep_until(s, backoff(s), UINT64_MAX);
	return true;
}

static void *
run(void *arg)
{
	struct sink *s = arg;
	uint64_t loaded = 0; /* up to there nothing waits */
	bool on = true;

	while (on) {
		uint64_t newest = atomic_load(&s->newest);

		if (s->box.settled < s->box.n) {
			on = serve(s);
			continue;
		}
		if (loaded < s->now.settled)
			loaded = s->now.settled;
		if (newest > loaded) {
			if (ledger_load(s->ledger, s->wish, loaded, newest, &s->box) < 0) {
				say(s->opt->log_fd, SAY_ERROR, "%.*s: cannot read cases.db: %s",
					STR_ARG(s->set->name), ledger_error(s->ledger));
				s->box.n = s->box.settled = 0;
				if (stopping(s))
					break;
				sleep_until(s, s->tune->retry_first_ns, UINT64_MAX);
			} else if (s->box.n == 0) {
				loaded = s->box.upto;
			}
			continue;
		}
		if (stopping(s))
			break;
		sleep_until(s, -1, newest);
	}
	s->type->close(s);
	atomic_store(&s->ended, true);
	return NULL;
}

/* ---- from the responder's loop ---- */

int
sink_open(const struct sink_type *type, const struct respond_options *opt,
	const struct tuning *tune, const struct sink_settings *set, pthread_mutex_t *lock,
	uint64_t newest, struct diag *why, struct sink **ret)
{
	struct sink *s = mem_zero(1, sizeof(*s));
	pthread_condattr_t attr;
	uint64_t number = 0, bytes = 0;
	int rc;

	s->type = type;
	s->set = set;
	s->opt = opt;
	s->tune = tune;
	s->wish.what = type->what;
	s->wish.history = type->history;
	if (type->what != WISH_REPORTS && set->min_level.n)
		s->wish.least = level_of(set->min_level);
	buf_printf(&s->name, "%.*s%s", STR_ARG(set->name),
		type->what == WISH_REPORTS ? " reports" : "");
	atomic_store(&s->newest, newest);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->cond, &attr);
	pthread_condattr_destroy(&attr);
	rc = ledger_open(opt->cases, lock, buf_str(&s->name), why, &s->now, &s->ledger);
	if (rc == 0)
		rc = ledger_waiting(s->ledger, s->wish, s->now.settled, newest, &number, &bytes);
	if (rc == 0)
		rc = s->type->open(s, why);
	if (rc < 0) {
		sink_free(s);
		return rc;
	}
	count_add(opt->counts, COUNT_SPOOLED, number);
	*ret = s;
	return 0;
}

int
sink_start(struct sink *s)
{
	sigset_t all, before;
	int rc;

	/* signals are the loop's; a peer that goes away must not end the role */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0 ? 0 : ERR_IO;
}

bool
sink_wants(const struct sink *s, enum level level, bool history, bool mail)
{
	return s->wish.what != WISH_REPORTS && level >= s->wish.least &&
	       (!history || s->wish.history) && (mail || s->wish.what == WISH_ALERTS);
}

void
sink_wake(struct sink *s, uint64_t newest, uint64_t wanted)
{
	count_add(s->opt->counts, COUNT_SPOOLED, wanted);
	pthread_mutex_lock(&s->mutex);
	atomic_store(&s->newest, newest);
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->mutex);
}

void
sink_stop(struct sink *s, int64_t deadline)
{
	pthread_mutex_lock(&s->mutex);
	atomic_store(&s->deadline, deadline);
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->mutex);
}

bool
sink_join(struct sink *s, int64_t until)
{
	struct timespec pause = {0, 2 * NS_PER_MS};

	while (!atomic_load(&s->ended) && clock_mono(s->opt->clock) < until)
		nanosleep(&pause, NULL);
	if (!atomic_load(&s->ended)) {
		pthread_detach(s->thread);
		return false;
	}
	pthread_join(s->thread, NULL);
	return true;
}

void
sink_free(struct sink *s)
{
	if (!s)
		return;
	ledger_close(s->ledger);
	outbox_done(&s->box);
	progress_done(&s->now);
	buf_done(&s->name);
	pthread_cond_destroy(&s->cond);
	pthread_mutex_destroy(&s->mutex);
	mem_free(s);
}
