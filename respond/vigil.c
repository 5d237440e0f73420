#include "respond/vigil.h"

#include <string.h>

#include "base/stamp.h"
#include "respond/incidents.h"

/* A loop that was busy for so long watched all the same. */
#define PATIENCE_NS (6 * VIGIL_MARK_NS)

int
vigil_schema(sqlite3 *db)
{
	return db_exec(db, "CREATE TABLE IF NOT EXISTS vigils(since INTEGER PRIMARY KEY,"
			   " until INTEGER NOT NULL)");
}

int
vigil_mark(struct vigil *v, sqlite3 *db, int64_t wall, bool last)
{
	struct vigil next = *v;
	int rc;

	if (v->since && wall >= v->until && wall - v->until < VIGIL_MARK_NS && !last)
		return 0;
	/* a clock that was set back or far ahead begins a new span too */
	if (!v->since || wall < v->until || wall - v->until > PATIENCE_NS) {
		if (last)
			return 0;
		next.since = wall;
	}
	next.until = wall;
	rc = db_run(
		db, "INSERT OR REPLACE INTO vigils VALUES(?1,?2)", "ii", next.since, next.until);
	if (rc == 0)
		*v = next;
	return rc;
}

void
vigil_sum(sqlite3 *db, int64_t since, int64_t until, struct vigil_sum *ret)
{
	int64_t reached = db_number(db, "SELECT min(since) FROM vigils", "");
	sqlite3_stmt *q = NULL;

	memset(ret, 0, sizeof(*ret));
	if (reached == 0 || reached >= until ||
		db_prepare(db,
			"SELECT since,until FROM vigils WHERE until>=?1 AND since<?2 ORDER BY "
			"since",
			&q) < 0)
		return;
	reached = reached > since ? reached : since;
	ret->measured = until - reached;
	sqlite3_bind_int64(q, 1, since);
	sqlite3_bind_int64(q, 2, until);
	for (bool more = true; more;) {
		int64_t a = until, b = until;

		more = sqlite3_step(q) == SQLITE_ROW;
		if (more) {
			a = sqlite3_column_int64(q, 0);
			b = sqlite3_column_int64(q, 1);
			ret->starts += a >= since;
		}
		if (a - reached > ret->longest) {
			ret->longest = a - reached;
			ret->from = reached;
		}
		a = a > reached ? a : reached;
		b = b < until ? b : until;
		if (more && b > a) {
			ret->watched += b - a;
			reached = b;
		}
	}
	sqlite3_finalize(q);
}
