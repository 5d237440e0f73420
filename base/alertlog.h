/*
 * alertlog.h - the numbered log of alerts between engine and responder: data/alerts/NNNNNNNN.log.
 *
 * Line form: "number crc32c json\n" (decimal, 8 hex digits over the json); a file's name is the
 * number of its first alert. A torn last line is cut on opening. Numbers rise; they skip only
 * behind damage. Appended only when the alert's last record is durable; fdatasync before the
 * responder is woken. Threads: one writer (engine), readers in other processes.
 */
#ifndef BASE_ALERTLOG_H
#define BASE_ALERTLOG_H

#include "base/buf.h"

struct alertlog;

/* Opens for appending; *last gets the number of the last whole alert (0 = none). */
int alertlog_open(const char *dir, uint64_t file_bytes, uint64_t *last, struct alertlog **ret);
/* Buffered until alertlog_sync (ERR_IO there: nothing is lost, call it again; disk full does that).
 * The JSON is one line with "noroshi.alert.id". Returns the number through *ret. */
int alertlog_append(struct alertlog *l, struct str json, uint64_t *ret);
int alertlog_sync(struct alertlog *l);
/* Has an alert with this id (32 hex digits) been appended within the kept log (at least the newest
 * 131,072)? Makes re-processing after a crash harmless. */
bool alertlog_has(const struct alertlog *l, struct str id);
/* Lines that opening found unreadable. They are skipped; what the last file held behind them stands
 * in NNNNNNNN.log.cut. To be reported. */
uint64_t alertlog_damaged(const struct alertlog *l);
/* Delete whole files whose alerts are all <= number. */
void alertlog_release(struct alertlog *l, uint64_t number);
void alertlog_close(struct alertlog *l);

/* Reading from another process: alerts > after, in order. Returns false at the (present) end. */
struct alertlog_reader;
struct alertlog_reader *alertlog_reader_new(const char *dir, uint64_t after);
bool alertlog_next(struct alertlog_reader *r, uint64_t *number, struct buf *json);
/* Lines that were skipped because they do not hold what was written. */
uint64_t alertlog_reader_damaged(const struct alertlog_reader *r);
void alertlog_reader_free(struct alertlog_reader *r);

#endif
