/* history.c - what happened to incidents, append-only, each row hashed with the one before. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "respond/incidents.h"
#include "respond/sha.h"

#define WORDS_MAX 8192u
#define HEX       65
#define FORGOTTEN "forgotten"

/* Lengths in front: no two rows are written the same way. */
static void
hash_words(struct str by, struct str what, struct str text, char hex[HEX])
{
	struct buf b = {0};

	buf_printf(&b, "%zu:%.*s,%zu:%.*s,%zu:", by.n, STR_ARG(by), what.n, STR_ARG(what), text.n);
	buf_add_str(&b, text);
	sha256_hex(buf_str(&b), hex);
	buf_done(&b);
}

static void
hash_row(struct str before, int64_t n, const char *id, int64_t at, const char *said, char hex[HEX])
{
	struct buf b = {0};

	buf_add_str(&b, before);
	buf_printf(&b, ",%lld,%zu:%s,%lld,%s", (long long)n, strlen(id), id, (long long)at, said);
	sha256_hex(buf_str(&b), hex);
	buf_done(&b);
}

int
incident_note(sqlite3 *db, const char *id, int64_t wall, const char *by, const char *what,
	const char *text)
{
	struct buf before = {0};
	struct str words = str_of(text);
	int64_t n = db_number(db, "SELECT coalesce(max(n),0)+1 FROM incident_history", "");
	char said[HEX], hash[HEX];
	int rc;

	if (words.n > WORDS_MAX)
		for (words.n = WORDS_MAX; ((unsigned char)words.p[words.n] & 0xc0) == 0x80;)
			words.n--; /* not inside a character */
	db_text(db, &before, "SELECT hash FROM incident_history ORDER BY n DESC LIMIT 1", "");
	hash_words(str_of(by), str_of(what), words, said);
	hash_row(buf_str(&before), n, id, wall, said, hash);
	rc = db_run(db, "INSERT INTO incident_history VALUES(?1,?2,?3,?4,?5,?6,?7,?8)", "itittstt",
		n, id, wall, by, what, words, said, hash);
	/* so that the last rows cannot be cut off unseen */
	if (rc == 0)
		rc = db_run(db, "INSERT OR REPLACE INTO meta VALUES('history',?1)", "i", n);
	buf_done(&before);
	return rc;
}

int
history_forget(sqlite3 *db, const char *id, int64_t wall)
{
	int rc = db_run(db,
		"UPDATE incident_history SET by='',text='',what='" FORGOTTEN "' WHERE incident=?1 "
		"AND what<>'forget'",
		"t", id);

	return rc < 0 ? rc : incident_note(db, id, wall, "noroshi", "forget", "");
}

static struct str
column(sqlite3_stmt *q, int i)
{
	const char *s = (const char *)sqlite3_column_text(q, i);

	return (struct str){s ? s : "", (size_t)sqlite3_column_bytes(q, i)};
}

/* NULL: right. `before` is the hash of the row before. */
static const char *
wrong(sqlite3 *db, sqlite3_stmt *q, struct str before, int64_t expected)
{
	int64_t n = sqlite3_column_int64(q, 0);
	char said[HEX], hash[HEX];

	if (n != expected)
		return "the row before it is missing";
	hash_row(before, n, column(q, 1).p, sqlite3_column_int64(q, 2), column(q, 6).p, hash);
	if (!str_eq(str_of(hash), column(q, 7)))
		return "it is not what was written, or the row before it is not";
	if (str_eq(column(q, 4), STR(FORGOTTEN)))
		return db_number(db,
			       "SELECT count(*) FROM incident_history WHERE incident=?1 AND n>?2 "
			       "AND what='forget'",
			       "ti", column(q, 1).p, n) > 0
			       ? NULL
			       : "its words are gone, and nothing says why";
	hash_words(column(q, 3), column(q, 4), column(q, 5), said);
	return str_eq(str_of(said), column(q, 6)) ? NULL : "its words are not what was written";
}

int64_t
incidents_check(sqlite3 *db, struct diag *findings)
{
	int64_t bad = 0, next = 1;
	int64_t last = db_number(db, "SELECT value FROM meta WHERE key='history'", "");
	struct buf before = {0};
	sqlite3_stmt *q = NULL;
	int step;

	if (db_prepare(db,
		    "SELECT n,incident,at,by,what,text,said,hash FROM incident_history ORDER BY n",
		    &q) < 0)
		return ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		const char *why = wrong(db, q, buf_str(&before), next);

		if (why) {
			diag_set(findings, NULL, 0, "cases.db: history row %lld (incident %s): %s",
				(long long)sqlite3_column_int64(q, 0), column(q, 1).p, why);
			bad++;
		}
		next = sqlite3_column_int64(q, 0) + 1;
		buf_clear(&before);
		buf_add_str(&before, column(q, 7));
	}
	sqlite3_finalize(q);
	if (step == SQLITE_DONE && next - 1 != last) {
		diag_set(findings, NULL, 0, "cases.db: the history ends at row %lld, not at %lld",
			(long long)(next - 1), (long long)last);
		bad++;
	}
	buf_done(&before);
	return step == SQLITE_DONE ? bad : ERR_IO;
}
