#include "respond/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/incidents.h"

#define SCHEMA_VERSION 2
/* Pages of write-ahead log: worth moving when idle, and moved even when busy. */
#define WAL_IDLE_PAGES 500
#define WAL_MAX_PAGES  8000

struct cases {
	sqlite3 *db;
	sqlite3_stmt *insert, *taken_set;
	pthread_mutex_t *lock;
	const struct policy *policy;
	uint64_t taken, newest;
	uint64_t group_newest; /* newest, once the open group is committed */
	int wal_pages;
	bool in_group;
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS alerts("
	" seq INTEGER PRIMARY KEY," /* order of taking */
	" number INTEGER NOT NULL," /* in the alert log */
	" id TEXT NOT NULL UNIQUE,"
	" time INTEGER NOT NULL," /* ns since 1970, UTC */
	" rule TEXT NOT NULL,"
	" level TEXT NOT NULL,"
	" rank INTEGER NOT NULL,"
	" history INTEGER NOT NULL,"
	" json TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS sinks("
	" name TEXT PRIMARY KEY,"
	" settled INTEGER NOT NULL," /* alerts.seq up to which all is delivered or given up */
	" attempts INTEGER NOT NULL DEFAULT 0," /* failed in a row */
	" delivered INTEGER NOT NULL DEFAULT 0,"
	" failed INTEGER NOT NULL DEFAULT 0,"
	" dropped INTEGER NOT NULL DEFAULT 0," /* spool_max reached: oldest first */
	" dead INTEGER NOT NULL DEFAULT 0,"
	" digested INTEGER NOT NULL DEFAULT 0," /* told in a summary, of those delivered */
	" error TEXT NOT NULL DEFAULT '',"
	" changed INTEGER NOT NULL DEFAULT 0,"
	" note TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS dead("
	" sink TEXT NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL,"
	" PRIMARY KEY(sink, seq)) WITHOUT ROWID;";

static const char *const level_words[] = {"informational", "low", "medium", "high", "critical"};

enum level
level_of(struct str word)
{
	for (unsigned i = 0; i < sizeof(level_words) / sizeof(level_words[0]); i++)
		if (str_eq(word, str_of(level_words[i])))
			return (enum level)i;
	return LEVEL_MEDIUM;
}

const char *
level_word(enum level l)
{
	return level_words[l];
}

int
db_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : ERR_IO;
}

int
db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK
		       ? 0
		       : ERR_IO;
}

int
db_open(const char *path, bool full, struct diag *why, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK ||
		sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
		db_exec(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
			    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;") < 0 ||
		db_exec(db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL") < 0) {
		diag_set(why, NULL, 0, "cannot open %s: %s", path, sqlite3_errmsg(db));
		sqlite3_close(db);
		return ERR_IO;
	}
	*ret = db;
	return 0;
}

static uint64_t
one_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;
	uint64_t n = 0;

	if (db_prepare(db, sql, &q) == 0 && sqlite3_step(q) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* SQLite's own file modes are open to all; the folder and file are made by us first. */
static int
make_file(const char *path, struct diag *why)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? mem_copy_z(path, (size_t)(slash - path)) : NULL;
	int fd = -1;

	if (!dir || file_make_dirs(dir, 0700) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		diag_set(why, NULL, 0, "cannot create %s: %s", path, strerror(errno));
	else
		close(fd);
	mem_free(dir);
	return fd < 0 ? ERR_IO : 0;
}

static int
make_tables(struct cases *c, const char *path, struct diag *why)
{
	uint64_t version = one_number(c->db, "PRAGMA user_version");

	if (version > SCHEMA_VERSION) {
		diag_set(why, NULL, 0,
			"%s was written by a newer Noroshi (form %llu, known is %d); use that one",
			path, (unsigned long long)version, SCHEMA_VERSION);
		return ERR_UNSUPPORTED;
	}
	if (db_exec(c->db, schema) < 0 || incidents_schema(c->db) < 0 ||
		db_exec(c->db, "PRAGMA user_version=2") < 0 ||
		db_prepare(c->db,
			"INSERT OR IGNORE INTO alerts(number,id,time,rule,level,rank,history,json,"
			"taken) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
			&c->insert) < 0 ||
		db_prepare(c->db, "INSERT OR REPLACE INTO meta VALUES('taken',?1)", &c->taken_set) <
			0) {
		diag_set(why, NULL, 0, "cannot use %s: %s", path, sqlite3_errmsg(c->db));
		return ERR_IO;
	}
	return 0;
}

static int
wal_grew(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct cases *c = ctx;

	(void)db;
	(void)name;
	c->wal_pages = pages;
	return SQLITE_OK;
}

int
cases_open(const char *path, pthread_mutex_t *lock, struct diag *why, struct cases **ret)
{
	struct cases *c = mem_zero(1, sizeof(*c));
	int rc;

	c->lock = lock;
	rc = make_file(path, why);
	if (rc == 0)
		rc = db_open(path, true, why, &c->db);
	if (rc == 0)
		rc = make_tables(c, path, why);
	if (rc < 0) {
		cases_close(c);
		return rc;
	}
	sqlite3_wal_hook(c->db, wal_grew, c);
	c->taken = one_number(c->db, "SELECT value FROM meta WHERE key='taken'");
	c->newest = one_number(c->db, "SELECT max(seq) FROM alerts");
	c->wal_pages = WAL_IDLE_PAGES; /* whatever a predecessor left */
	*ret = c;
	return 0;
}

uint64_t
cases_taken(const struct cases *c)
{
	return c->taken;
}

uint64_t
cases_newest(const struct cases *c)
{
	return c->newest;
}

void
cases_policy(struct cases *c, const struct policy *p)
{
	c->policy = p;
}

sqlite3 *
cases_db(struct cases *c)
{
	return c->db;
}

pthread_mutex_t *
cases_lock(struct cases *c)
{
	return c->lock;
}

const char *
cases_error(const struct cases *c)
{
	return sqlite3_errmsg(c->db);
}

static void
group_undo(struct cases *c)
{
	sqlite3_reset(c->insert);
	sqlite3_reset(c->taken_set);
	if (!sqlite3_get_autocommit(c->db))
		db_exec(c->db, "ROLLBACK");
	c->in_group = false;
	pthread_mutex_unlock(c->lock);
}

void
cases_abandon(struct cases *c)
{
	if (c->in_group)
		group_undo(c);
}

int
cases_begin(struct cases *c)
{
	pthread_mutex_lock(c->lock);
	c->in_group = true;
	c->group_newest = c->newest;
	if (db_exec(c->db, "BEGIN IMMEDIATE") < 0) {
		group_undo(c);
		return ERR_IO;
	}
	return 0;
}

static struct str
member(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);

	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)}
				 : (struct str){"", 0};
}

static void
bind_text(sqlite3_stmt *q, int at, struct str s)
{
	sqlite3_bind_text(q, at, s.n ? s.p : "", (int)s.n, SQLITE_STATIC);
}

/* The alert's incident; an alert that its next report will tell is not mailed by itself. */
static int
fold_into_incident(struct cases *c, const json_t *j, int64_t wall, struct taken *t)
{
	if (incidents_take(c->db, c->policy, j, t->seq, t->level, wall, &t->mail) < 0)
		return SQLITE_ERROR;
	if (!t->mail &&
		db_run(c->db, "UPDATE alerts SET mail=0 WHERE seq=?1", "i", (int64_t)t->seq) < 0)
		return SQLITE_ERROR;
	return SQLITE_DONE;
}

int
cases_add_report(struct cases *c, const char *id, enum level level, struct str json, int64_t time)
{
	int rc = db_run(c->db,
		"INSERT OR IGNORE INTO "
		"alerts(number,id,time,rule,level,rank,history,json,kind,mail,taken) "
		"VALUES(0,?1,?2,'report',?3,?4,0,?5,1,1,?2)",
		"titis", id, time, level_word(level), (int64_t)level, json);

	if (rc == 0 && sqlite3_changes(c->db) == 1)
		c->group_newest = (uint64_t)sqlite3_last_insert_rowid(c->db);
	return rc;
}

int
cases_add(struct cases *c, uint64_t number, struct str json, int64_t wall, struct taken *ret)
{
	/* A line that is not what it should be is kept all the same, known by its bytes. */
	json_t *j = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	struct str id = member(j, "noroshi.alert.id"), stamp = member(j, "@timestamp");
	char hex[32];
	int64_t time = 0;
	int rc;

	if (id.n == 0) {
		hash128_hex(hash_id(json.p, json.n), hex);
		id = (struct str){hex, sizeof(hex)};
	}
	stamp_take_iso(&stamp, NULL, 0, &time);
	ret->level = level_of(member(j, "log.level"));
	ret->history = str_eq(member(j, "noroshi.origin"), STR("history"));
	sqlite3_bind_int64(c->insert, 1, (sqlite3_int64)number);
	bind_text(c->insert, 2, id);
	sqlite3_bind_int64(c->insert, 3, time);
	bind_text(c->insert, 4, member(j, "rule.id"));
	bind_text(c->insert, 5, str_of(level_word(ret->level)));
	sqlite3_bind_int(c->insert, 6, (int)ret->level);
	sqlite3_bind_int(c->insert, 7, ret->history);
	bind_text(c->insert, 8, json);
	sqlite3_bind_int64(c->insert, 9, wall);
	rc = sqlite3_step(c->insert);
	ret->fresh = rc == SQLITE_DONE && sqlite3_changes(c->db) == 1;
	if (ret->fresh)
		c->group_newest = (uint64_t)sqlite3_last_insert_rowid(c->db);
	ret->seq = c->group_newest;
	sqlite3_reset(c->insert);
	sqlite3_clear_bindings(c->insert);
	ret->mail = ret->fresh;
	if (rc == SQLITE_DONE && ret->fresh && j && c->policy)
		rc = fold_into_incident(c, j, wall, ret);
	json_decref(j);
	if (rc == SQLITE_DONE)
		return 0;
	group_undo(c);
	return ERR_IO;
}

int
cases_commit(struct cases *c, uint64_t number)
{
	int rc;

	sqlite3_bind_int64(c->taken_set, 1, (sqlite3_int64)number);
	rc = sqlite3_step(c->taken_set);
	sqlite3_reset(c->taken_set);
	CRASH_POINT("respond.before-commit");
	if (rc != SQLITE_DONE || db_exec(c->db, "COMMIT") < 0) {
		group_undo(c);
		return ERR_IO;
	}
	CRASH_POINT("respond.after-commit");
	c->in_group = false;
	c->taken = number;
	c->newest = c->group_newest;
	pthread_mutex_unlock(c->lock);
	/* Passive: writers and readers go on meanwhile. */
	if (c->wal_pages >= WAL_MAX_PAGES)
		cases_tidy(c);
	return 0;
}

void
cases_tidy(struct cases *c)
{
	if (c->wal_pages < WAL_IDLE_PAGES)
		return;
	sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	c->wal_pages = 0;
}

void
cases_close(struct cases *c)
{
	if (!c)
		return;
	if (c->in_group)
		group_undo(c);
	sqlite3_finalize(c->insert);
	sqlite3_finalize(c->taken_set);
	sqlite3_close(c->db);
	mem_free(c);
}
