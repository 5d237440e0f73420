/*
 * files.h - lines out of a file that may be packed by gzip, may still grow, and may be cut.
 *
 * A file is known by what stands at its beginning, so that its positions hold for a renamed, copied
 * or packed one: the stream's id is a hash of the first line; lines that begin with # (W3C
 * headers) and a first line without any digit (a CSV header) are taken together with what follows
 * up to the first line that is neither; at most FILE_PRINT bytes. Files whose beginnings agree in
 * all of that are one stream.
 *
 * Two things a line alone does not say are said with it: the header in force (a W3C or Zeek
 * #Fields line, which may change midway; the first line of a CSV file), so that whoever reads the
 * line needs no other; and how it is written, if the file begins with the mark of UTF-16. Lines
 * that are one record are given as one: cells with line ends in them, events of Windows in XML over
 * several lines.
 *
 * Threads: one owner.
 */
#ifndef INTAKE_FILES_H
#define INTAKE_FILES_H

#include "base/str.h"

#define FILE_PRINT ((size_t)4096)

struct file_lines;

enum file_form {
	FILE_AUTO,    /* a CSV header is believed if it can hardly be anything else */
	FILE_CSV,     /* the first line is the header, unless it holds numbers */
	FILE_COLUMNS, /* CSV without a header */
	FILE_OTHER    /* no CSV */
};

enum file_unicode { FILE_BYTES, FILE_UTF16LE, FILE_UTF16BE };

struct file_line {
	struct str bytes; /* without LF or CR LF; valid until the next call; may be empty */
	struct str lead;  /* the header in force, also with itself; empty: none */
	enum file_unicode unicode;
	uint64_t stream;
	uint64_t offset,
		next;   /* byte positions of its start and behind its end, in unpacked text */
	bool truncated; /* cut at max */
};

/* Once through a file from its beginning to its end; "-" is standard input. ERR_IO with errno. */
int file_lines_open(const char *path, size_t max, struct file_lines **ret);
/* False at the end; the last line needs no LF. */
bool file_lines_next(struct file_lines *l, struct file_line *ret);
/* Why it ended early (damaged gzip data, read error), or NULL. */
const char *file_lines_why(const struct file_lines *l);
void file_lines_close(struct file_lines *l);

/* Before the first line; default FILE_AUTO. */
void file_lines_form(struct file_lines *l, enum file_form form);
/* By the word of the setting `format` and whether columns are configured. */
enum file_form file_form_of(struct str format, bool columns);

/* For a file that grows: takes the descriptor. */
struct file_lines *file_lines_take(int fd, size_t max);
/* ERR_AGAIN: too little is there to tell; `settle` = there will be no more, tell by what is there.
 */
int file_lines_stream(struct file_lines *l, bool settle, uint64_t *ret);
/* Go on behind what was read in an earlier life, under the header that is in force there. `fields`:
 * that life had a #Fields line there (POSITION_FIELDS), so it is worth a search through all that
 * stands before; files that begin with # are searched in any case. ERR_NOT_FOUND: the file is
 * shorter. */
int file_lines_seek(struct file_lines *l, uint64_t offset, bool fields);

enum file_step {
	FILE_STEP_LINE,
	FILE_STEP_WAIT, /* no whole line is there yet */
	FILE_STEP_END   /* `last` and nothing is left, or damage */
};

/* `last`: there will be no more, a line without LF is one. */
enum file_step file_lines_step(struct file_lines *l, bool last, struct file_line *ret);
/* Nothing came for a while: a record over several lines that has no end yet is given line by line.
 */
void file_lines_settle(struct file_lines *l);
/* Is the file cut, or rewritten from its beginning, since it was read? */
bool file_lines_changed(const struct file_lines *l);
/* Back to the beginning, as if just opened. */
void file_lines_rewind(struct file_lines *l);
/* Nothing to do for a while: hold no more memory than the unfinished line needs. */
void file_lines_rest(struct file_lines *l);
uint64_t file_lines_offset(const struct file_lines *l);

#endif
