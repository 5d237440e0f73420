#include "respond/ledger.h"

#include "base/err.h"
#include "base/mem.h"
#include "respond/incidents.h"

#define LOAD_ITEMS 256
#define LOAD_BYTES (4u << 20)

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *load, *save, *waiting, *sizes, *tally, *dead;
	pthread_mutex_t *lock;
	struct str sink; /* borrowed from the settings */
};

#define WANTED                                                                                     \
	" WHERE seq > ?1 AND seq <= ?2 AND rank >= ?3 AND (history = 0 OR ?4) AND"                 \
	" kind = (?6 = 2) AND (?6 <> 1 OR mail = 1)"

static void
bind_wish(sqlite3_stmt *q, struct wish w, uint64_t after, uint64_t newest)
{
	sqlite3_bind_int64(q, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)newest);
	sqlite3_bind_int(q, 3, (int)w.least);
	sqlite3_bind_int(q, 4, w.history);
	sqlite3_bind_int(q, 6, (int)w.what);
}

static void
bind_str(sqlite3_stmt *q, int at, struct str s)
{
	sqlite3_bind_text(q, at, s.n ? s.p : "", (int)s.n, SQLITE_STATIC);
}

static int
read_progress(struct ledger *l, struct progress *now)
{
	sqlite3_stmt *q = NULL;
	int rc = ERR_IO;

	if (db_prepare(l->db,
		    "INSERT OR IGNORE INTO sinks(name,settled)"
		    " VALUES(?1,(SELECT coalesce(max(seq),0) FROM alerts))",
		    &q) < 0)
		return ERR_IO;
	bind_str(q, 1, l->sink);
	pthread_mutex_lock(l->lock);
	rc = sqlite3_step(q) == SQLITE_DONE ? 0 : ERR_IO;
	pthread_mutex_unlock(l->lock);
	sqlite3_finalize(q);
	q = NULL;
	if (rc < 0 ||
		db_prepare(l->db,
			"SELECT settled,attempts,delivered,failed,dropped,dead,digested,error,"
			"note FROM sinks WHERE name=?1",
			&q) < 0)
		return ERR_IO;
	bind_str(q, 1, l->sink);
	if (sqlite3_step(q) != SQLITE_ROW) {
		sqlite3_finalize(q);
		return ERR_IO;
	}
	now->settled = (uint64_t)sqlite3_column_int64(q, 0);
	now->attempts = (uint64_t)sqlite3_column_int64(q, 1);
	now->delivered = (uint64_t)sqlite3_column_int64(q, 2);
	now->failed = (uint64_t)sqlite3_column_int64(q, 3);
	now->dropped = (uint64_t)sqlite3_column_int64(q, 4);
	now->dead = (uint64_t)sqlite3_column_int64(q, 5);
	now->digested = (uint64_t)sqlite3_column_int64(q, 6);
	buf_add(&now->error, sqlite3_column_text(q, 7), (size_t)sqlite3_column_bytes(q, 7));
	buf_add(&now->note, sqlite3_column_text(q, 8), (size_t)sqlite3_column_bytes(q, 8));
	sqlite3_finalize(q);
	return 0;
}

static int
prepare_all(struct ledger *l)
{
	const struct {
		sqlite3_stmt **q;
		const char *sql;
	} rows[] = {
		{&l->load, "SELECT seq,id,rank,json FROM alerts" WANTED " ORDER BY seq LIMIT ?5"},
		{&l->waiting, "SELECT count(*),coalesce(sum(length(json)),0) FROM alerts" WANTED},
		{&l->sizes, "SELECT seq,length(json) FROM alerts" WANTED " ORDER BY seq DESC"},
		{&l->tally, "SELECT count(*) AS c,json,max(seq) FROM alerts" WANTED
			    " GROUP BY rule ORDER BY max(rank) DESC,c DESC,rule LIMIT ?5"},
		{&l->save,
			"UPDATE sinks SET settled=?2,attempts=?3,delivered=?4,failed=?5,dropped=?6,"
			"dead=?7,digested=?8,error=?9,note=?10,changed=?11 WHERE name=?1"},
		{&l->dead, "INSERT OR IGNORE INTO dead VALUES(?1,?2,?3,?4)"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (db_prepare(l->db, rows[i].sql, rows[i].q) < 0)
			return ERR_IO;
	return 0;
}

int
ledger_open(const char *path, pthread_mutex_t *lock, struct str sink, struct diag *why,
	struct progress *now, struct ledger **ret)
{
	struct ledger *l = mem_zero(1, sizeof(*l));
	int rc;

	l->lock = lock;
	l->sink = sink;
	rc = db_open(path, false, why, &l->db);
	if (rc == 0 && (prepare_all(l) < 0 || read_progress(l, now) < 0)) {
		diag_set(why, NULL, 0, "cannot use %s: %s", path, sqlite3_errmsg(l->db));
		rc = ERR_IO;
	}
	if (rc < 0) {
		ledger_close(l);
		return rc;
	}
	*ret = l;
	return 0;
}

/* Slices into o->text move while it grows, so they are set when all is there. */
static void
point_items(struct outbox *o)
{
	size_t at = 0;

	for (size_t i = 0; i < o->n; i++) {
		o->items[i].json.p = o->text.p + at;
		at += o->items[i].json.n;
	}
}

int
ledger_load(struct ledger *l, struct wish w, uint64_t after, uint64_t newest, struct outbox *ret)
{
	int step = SQLITE_DONE;

	ret->n = ret->settled = 0;
	ret->upto = after;
	buf_clear(&ret->text);
	bind_wish(l->load, w, after, newest);
	sqlite3_bind_int(l->load, 5, LOAD_ITEMS);
	while (ret->n < LOAD_ITEMS && ret->text.n < LOAD_BYTES &&
		(step = sqlite3_step(l->load)) == SQLITE_ROW) {
		struct item *it;
		size_t n = (size_t)sqlite3_column_bytes(l->load, 1);

		ret->items = mem_grow(ret->items, ret->n, &ret->cap, sizeof(*ret->items));
		it = &ret->items[ret->n++];
		memset(it, 0, sizeof(*it));
		it->seq = (uint64_t)sqlite3_column_int64(l->load, 0);
		if (n >= sizeof(it->id))
			n = sizeof(it->id) - 1;
		memcpy(it->id, sqlite3_column_text(l->load, 1), n);
		it->level = (enum level)sqlite3_column_int(l->load, 2);
		it->json.n = (size_t)sqlite3_column_bytes(l->load, 3);
		buf_add(&ret->text, sqlite3_column_text(l->load, 3), it->json.n);
		ret->upto = it->seq;
	}
	sqlite3_reset(l->load);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return ERR_IO;
	if (step == SQLITE_DONE && ret->n < LOAD_ITEMS)
		ret->upto = newest;
	point_items(ret);
	return 0;
}

int
ledger_waiting(struct ledger *l, struct wish w, uint64_t after, uint64_t newest, uint64_t *number,
	uint64_t *bytes)
{
	int rc = ERR_IO;

	bind_wish(l->waiting, w, after, newest);
	if (sqlite3_step(l->waiting) == SQLITE_ROW) {
		*number = (uint64_t)sqlite3_column_int64(l->waiting, 0);
		*bytes = (uint64_t)sqlite3_column_int64(l->waiting, 1);
		rc = 0;
	}
	sqlite3_reset(l->waiting);
	return rc;
}

int
ledger_oldest(struct ledger *l, struct wish w, uint64_t after, uint64_t newest, uint64_t bytes,
	uint64_t *settle, uint64_t *fall)
{
	uint64_t sum = 0;
	int step;

	*settle = after;
	*fall = 0;
	bind_wish(l->sizes, w, after, newest);
	while ((step = sqlite3_step(l->sizes)) == SQLITE_ROW) {
		sum += (uint64_t)sqlite3_column_int64(l->sizes, 1);
		/* the newest stays whatever its size */
		if (sum <= bytes || sum == (uint64_t)sqlite3_column_int64(l->sizes, 1))
			continue;
		if (*fall == 0)
			*settle = (uint64_t)sqlite3_column_int64(l->sizes, 0);
		++*fall;
	}
	sqlite3_reset(l->sizes);
	return step == SQLITE_DONE ? 0 : ERR_IO;
}

size_t
ledger_tally(struct ledger *l, struct wish w, uint64_t after, uint64_t newest, struct tally *rows,
	size_t max)
{
	size_t n = 0;

	bind_wish(l->tally, w, after, newest);
	sqlite3_bind_int64(l->tally, 5, (sqlite3_int64)max);
	while (n < max && sqlite3_step(l->tally) == SQLITE_ROW) {
		rows[n].count = (uint64_t)sqlite3_column_int64(l->tally, 0);
		rows[n].json = mem_copy_z((const char *)sqlite3_column_text(l->tally, 1),
			(size_t)sqlite3_column_bytes(l->tally, 1));
		n++;
	}
	sqlite3_reset(l->tally);
	return n;
}

uint64_t
ledger_wanted(sqlite3 *db, struct wish w, uint64_t after, uint64_t newest)
{
	sqlite3_stmt *q = NULL;
	uint64_t n = 0;

	if (db_prepare(db, "SELECT count(*) FROM alerts" WANTED, &q) == 0) {
		bind_wish(q, w, after, newest);
		if (sqlite3_step(q) == SQLITE_ROW)
			n = (uint64_t)sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	return n;
}

int
ledger_told(
	struct ledger *l, const char *incident, unsigned report, int64_t wall, const char *words)
{
	int rc;

	pthread_mutex_lock(l->lock);
	rc = db_exec(l->db, "BEGIN IMMEDIATE");
	if (rc == 0)
		rc = db_run(l->db,
			"UPDATE incidents SET notified=?2 WHERE id=?1 AND notified IS NULL", "ti",
			incident, wall);
	if (rc == 0 && report > 0)
		rc = db_run(l->db,
			"UPDATE incident_reports SET sent=?3 WHERE incident=?1 AND n=?2 AND sent "
			"IS "
			"NULL",
			"tii", incident, (int64_t)report, wall);
	if (rc == 0)
		rc = incident_note(l->db, incident, wall, "noroshi", "told", words);
	if (rc == 0)
		rc = db_exec(l->db, "COMMIT");
	if (rc < 0 && !sqlite3_get_autocommit(l->db))
		db_exec(l->db, "ROLLBACK");
	pthread_mutex_unlock(l->lock);
	return rc;
}

bool
ledger_approved(struct ledger *l, const char *incident, const char *address)
{
	return db_number(l->db,
		       "SELECT count(*) FROM approvals WHERE incident=?1 AND address=?2 COLLATE "
		       "NOCASE",
		       "tt", incident, address) > 0;
}

static int
save_dead(struct ledger *l, const struct progress *p, int64_t wall, const struct outbox *o)
{
	for (size_t i = o ? o->settled : 0; o && i < o->n; i++) {
		int rc;

		if (o->items[i].sent != SENT_DEAD)
			continue;
		bind_str(l->dead, 1, l->sink);
		sqlite3_bind_int64(l->dead, 2, (sqlite3_int64)o->items[i].seq);
		sqlite3_bind_int64(l->dead, 3, wall);
		bind_str(l->dead, 4, buf_str(&p->error));
		rc = sqlite3_step(l->dead);
		sqlite3_reset(l->dead);
		if (rc != SQLITE_DONE)
			return ERR_IO;
	}
	return 0;
}

int
ledger_save(struct ledger *l, const struct progress *p, int64_t wall, const struct outbox *dead)
{
	const uint64_t numbers[] = {
		p->settled, p->attempts, p->delivered, p->failed, p->dropped, p->dead, p->digested};
	int rc = ERR_IO;

	bind_str(l->save, 1, l->sink);
	for (int i = 0; i < 7; i++)
		sqlite3_bind_int64(l->save, i + 2, (sqlite3_int64)numbers[i]);
	bind_str(l->save, 9, buf_str(&p->error));
	bind_str(l->save, 10, buf_str(&p->note));
	sqlite3_bind_int64(l->save, 11, wall);
	pthread_mutex_lock(l->lock);
	if (db_exec(l->db, "BEGIN IMMEDIATE") == 0 && save_dead(l, p, wall, dead) == 0 &&
		sqlite3_step(l->save) == SQLITE_DONE) {
		sqlite3_reset(l->save);
		rc = db_exec(l->db, "COMMIT");
	}
	sqlite3_reset(l->save);
	if (rc < 0 && !sqlite3_get_autocommit(l->db))
		db_exec(l->db, "ROLLBACK");
	pthread_mutex_unlock(l->lock);
	return rc;
}

const char *
ledger_error(const struct ledger *l)
{
	return sqlite3_errmsg(l->db);
}

void
ledger_close(struct ledger *l)
{
	if (!l)
		return;
	sqlite3_finalize(l->load);
	sqlite3_finalize(l->save);
	sqlite3_finalize(l->waiting);
	sqlite3_finalize(l->sizes);
	sqlite3_finalize(l->tally);
	sqlite3_finalize(l->dead);
	sqlite3_close(l->db);
	mem_free(l);
}

void
outbox_done(struct outbox *o)
{
	mem_free(o->items);
	buf_done(&o->text);
	memset(o, 0, sizeof(*o));
}

void
progress_done(struct progress *p)
{
	buf_done(&p->error);
	buf_done(&p->note);
}
