#include "tests/respond/house.h"
#include "config/lists.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "base/mem.h"

#define WAIT_STEPS 10000 /* of 2 ms */

void
house_init(struct house *h)
{
	uint64_t last;

	memset(h, 0, sizeof(*h));
	snprintf(h->dir, sizeof(h->dir), "build/respond-test-XXXXXX");
	cr_assert(mkdtemp(h->dir), "a folder below build/");
	snprintf(h->alerts, sizeof(h->alerts), "%s/alerts", h->dir);
	snprintf(h->cases, sizeof(h->cases), "%s/cases/cases.db", h->dir);
	snprintf(h->spool, sizeof(h->spool), "%s/spool", h->dir);
	snprintf(h->log, sizeof(h->log), "%s/log", h->dir);
	snprintf(h->out, sizeof(h->out), "%s/alerts.ndjson", h->dir);
	file_make_dirs(h->alerts, 0700);
	cr_assert_eq(alertlog_open(h->alerts, 1u << 20, &last, &h->writer), 0);
	h->counts = mem_zero(1, sizeof(*h->counts));
	h->tune = tuning_default;
	h->tune.retry_first_ns = 20 * NS_PER_MS;
	h->tune.retry_max_ns = 100 * NS_PER_MS;
	h->tune.peer_ns = 5 * NS_PER_S;
	h->tune.refusals = 3;
	h->set.sinks = h->sinks;
	h->opt = (struct respond_options){.settings = &h->set,
		.alert_log_dir = h->alerts,
		.cases = h->cases,
		.spool_dir = h->spool,
		.taken = &h->taken,
		.ready = &h->ready,
		.ready_bit = 4,
		.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.counts = h->counts,
		.clock = &clock_system,
		.desk_fd = -1,
		.lists = lists_none(),
		.host = "test",
		.version = "0",
		.log_fd = open(h->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
}

struct sink_settings *
house_sink(struct house *h, enum sink_kind kind, const char *name)
{
	struct sink_settings *s = &h->sinks[h->set.nsinks++];

	*s = (struct sink_settings){.name = str_of(name), .kind = kind, .language = STR("en")};
	if (kind == SINK_FILE)
		s->path = str_of(h->out);
	return s;
}

static void *
body(void *arg)
{
	struct house *h = arg;

	h->rc = respond_run_tuned(&h->opt, &h->tune, &h->why);
	return NULL;
}

static void
tick(void)
{
	struct timespec t = {0, 2 * NS_PER_MS};

	nanosleep(&t, NULL);
}

void
house_start(struct house *h)
{
	int steps = 0;
	uint64_t n;

	atomic_store(&h->ready, 0);
	if (read(h->opt.stop_fd, &n, sizeof(n)) < 0)
		n = 0;
	cr_assert_eq(pthread_create(&h->thread, NULL, body, h), 0);
	while (atomic_load(&h->ready) != 4 && steps++ < WAIT_STEPS)
		tick();
	cr_assert_eq(atomic_load(&h->ready), 4u, "ready: %s", diag_first(&h->why));
}

static void
ring(int fd)
{
	uint64_t one = 1;

	cr_assert_eq(write(fd, &one, sizeof(one)), (ssize_t)sizeof(one));
}

int
house_run_once(struct house *h)
{
	ring(h->opt.stop_fd);
	body(h);
	return h->rc;
}

void
house_stop(struct house *h)
{
	ring(h->opt.stop_fd);
	pthread_join(h->thread, NULL);
	cr_assert_eq(h->rc, 0, "%s", diag_first(&h->why));
}

static int
erase(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
house_done(struct house *h)
{
	alertlog_close(h->writer);
	close(h->opt.wake_fd);
	close(h->opt.stop_fd);
	close(h->opt.log_fd);
	diag_done(&h->why);
	mem_free(h->counts);
	lists_free((struct lists *)(uintptr_t)h->opt.lists);
	nftw(h->dir, erase, 16, FTW_DEPTH | FTW_PHYS);
}

struct hash128
house_id(unsigned i)
{
	return hash_id(&i, sizeof(i));
}

struct alert_rule
house_rule(void)
{
	static const struct str tags[] = {{"attack.t1110", 12}};

	return (struct alert_rule){.id = STR("11111111-2222-3333-4444-555555555555"),
		.title = STR("Many failed logins"),
		.title_ja = STR("ログイン失敗の多発"),
		.level = STR("high"),
		.author = STR("A. Tester"),
		.description = STR("Failed logins,\nmany of them."),
		.sentence_en = STR("%source.ip% failed to log in too often."),
		.sentence_ja = STR("%source.ip% がログインに何度も失敗しました。"),
		.first_action_en = STR("Ask the owner of the account."),
		.first_action_ja = STR("アカウントの持ち主に確認する。"),
		.tags = tags,
		.ntags = 1};
}

static void
append(struct house *h, unsigned i, const struct alert_rule *rule, struct str value,
	struct str record)
{
	/* 2026-03-02T10:00:00Z and i seconds */
	int64_t t = (INT64_C(1772445600) + i) * NS_PER_S;
	struct alert a = {.id = house_id(i),
		.rule = rule,
		.time = t,
		.first_time = t - 40 * NS_PER_S,
		.window_ns = 300 * NS_PER_S,
		.count = 12,
		.suppressed = 3,
		.ngroup = 1,
		.nrecords = 2,
		.nrecords_all = 12,
		.last_record = record,
		.correlation = true};
	struct buf b = {0};
	uint64_t number;

	a.group[0].name = STR("source.ip");
	a.group[0].value = value;
	a.records[0] = (struct alert_record){house_id(i + 1000000), 7, a.first_time};
	a.records[1] = (struct alert_record){house_id(i + 2000000), 19, t};
	alert_json(&a, &b);
	cr_assert_eq(alertlog_append(h->writer, buf_str(&b), &number), 0);
	buf_done(&b);
}

void
house_alert_with(struct house *h, unsigned i, const struct alert_rule *rule, struct str value,
	struct str record)
{
	append(h, i, rule, value, record);
	cr_assert_eq(alertlog_sync(h->writer), 0);
	ring(h->opt.wake_fd);
}

void
house_alerts(struct house *h, unsigned first, unsigned last)
{
	struct alert_rule rule = house_rule();

	for (unsigned i = first; i <= last; i++)
		append(h, i, &rule, STR("198.51.100.7"),
			STR("{\"event.original\":\"Failed password for root\"}"));
	cr_assert_eq(alertlog_sync(h->writer), 0);
	ring(h->opt.wake_fd);
}

void
house_alert(struct house *h, unsigned i)
{
	house_alerts(h, i, i);
}

uint64_t
house_count(const struct house *h, enum count_id id)
{
	return count_get(h->counts, id);
}

void
house_wait(struct house *h, enum count_id id, uint64_t n)
{
	int steps = 0;

	while (house_count(h, id) < n && steps++ < WAIT_STEPS)
		tick();
	if (house_count(h, id) < n) {
		struct buf log = house_read(h->log);

		cr_assert_fail("counter %d is %llu, not %llu; the responder says:\n%s", (int)id,
			(unsigned long long)house_count(h, id), (unsigned long long)n, buf_z(&log));
	}
}

long long
house_sql(const struct house *h, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	long long n = -1;

	sqlite3_open_v2(h->cases, &db, SQLITE_OPEN_READWRITE, NULL);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

struct buf
house_read(const char *path)
{
	struct buf b = {0};

	file_read(path, 64u << 20, &b);
	buf_z(&b);
	return b;
}

void
house_expect_lines(const char *path, unsigned first, unsigned last, const char *why)
{
	struct buf b = house_read(path);
	struct str rest = buf_str(&b), line;
	unsigned i = first;

	while (rest.n > 0) {
		char hex[33] = "";
		bool whole = str_cut(&rest, '\n', &line);

		hash128_hex(house_id(i), hex);
		cr_assert(whole, "%s: the last line is torn", why);
		cr_assert(str_find(line, str_of(hex)) > 0, "%s: line %u is not alert %u: %.*s", why,
			i - first + 1, i, STR_ARG(line));
		cr_assert(line.p[0] == '{' && line.p[line.n - 1] == '}', "%s: %.*s", why,
			STR_ARG(line));
		i++;
	}
	cr_assert_eq(i, last + 1, "%s: %u lines, not %u", why, i - first, last + 1 - first);
	buf_done(&b);
}

struct peer
peer_start(const char *const *argv)
{
	struct peer p = {0};
	char text[32] = "";
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	p.pid = fork();
	if (p.pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	p.out = fds[0];
	for (size_t n = 0; n + 1 < sizeof(text) && read(p.out, text + n, 1) == 1; n++)
		if (text[n] == '\n')
			break;
	p.port = atoi(text);
	cr_assert(p.port > 0, "%s %s does not start", argv[0], argv[1]);
	return p;
}

void
peer_stop(struct peer *p)
{
	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
	close(p->out);
}
