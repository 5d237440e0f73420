/* db.c - SQLite in one line, for respond/incident*.c and duty.c. */
#include <stdarg.h>

#include "base/err.h"
#include "respond/incidents.h"

/* t: text, i: int64, s: struct str */
static sqlite3_stmt *
prepared(sqlite3 *db, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return NULL;
	for (int i = 0; types[i]; i++) {
		if (types[i] == 'i') {
			sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
		} else if (types[i] == 't') {
			sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		} else {
			struct str s = va_arg(ap, struct str);

			sqlite3_bind_text(q, i + 1, s.n ? s.p : "", (int)s.n, SQLITE_TRANSIENT);
		}
	}
	return q;
}

int
db_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int rc;

	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	rc = q ? sqlite3_step(q) : SQLITE_ERROR;
	sqlite3_finalize(q);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : ERR_IO;
}

int64_t
db_number(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int64_t n = 0;

	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	if (q && sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

bool
db_text(sqlite3 *db, struct buf *ret, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	bool found;

	buf_clear(ret);
	va_start(ap, types);
	q = prepared(db, sql, types, ap);
	va_end(ap);
	found = q && sqlite3_step(q) == SQLITE_ROW;
	if (found)
		buf_add(ret, sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	sqlite3_finalize(q);
	buf_z(ret);
	return found;
}
