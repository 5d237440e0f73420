/*
 * files_header.h - what a file says about its lines: headers, UTF-16, records over several lines.
 *
 * For files.c and files_header.c only. Threads: the owner of the struct file_lines.
 */
#ifndef INTAKE_FILES_HEADER_H
#define INTAKE_FILES_HEADER_H

#include <zlib.h>

#include "base/batch.h"
#include "base/buf.h"
#include "intake/files.h"

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_OVER };

/* What holds lines together. */
enum join { JOIN_NONE, JOIN_QUOTES, JOIN_EVENT };

struct file_lines {
	int fd;
	size_t max;
	enum file_form form;
	enum file_unicode unicode;
	struct buf lead; /* the header in force */
	bool quotes;     /* cells may hold line ends: an odd quote waits for the next */
	enum join join;  /* of the pending record */
	bool odd;
	unsigned joined;   /* line ends inside the pending record */
	size_t first;      /* length of its first line */
	size_t from;       /* from `at`: where its last line begins */
	uint64_t plain_to; /* lines before this are given one by one */
	bool impatient;    /* file_lines_settle */
	bool comments;     /* lines that begin with # stand at its beginning */
	char *buf;         /* text; [at, n) is not yet given out */
	size_t at, n, cap;
	size_t seen;      /* bytes from `at` that hold no LF */
	uint64_t offset;  /* of buf[at] in the text */
	uint64_t dropped; /* bytes of the pending line behind its first max ones */
	bool known;
	uint64_t stream;
	size_t print; /* bytes at the beginning that the id was made from */
	enum packing packing;
	z_stream z;
	unsigned char *packed;
	bool early; /* the gzip stream is not at its end */
	char why[96];
};

/* The beginning of the file is known: its marks, and whether its first line is a CSV header. */
void header_begin(struct file_lines *l, struct str text);
/* A whole line went by: a #Fields line is the header from here on. */
void header_see(struct file_lines *l, struct str line);
void header_forget(struct file_lines *l);
bool header_is_fields(struct str line);
/* Take the CR off that stood before the LF. */
void header_trim(enum file_unicode unicode, struct str *line);

/* Does a Windows event begin here and not end, or end here? */
bool header_opens_event(enum file_unicode unicode, struct str line);
bool header_closes_event(enum file_unicode unicode, struct str line);
/* An odd number of double quotes. */
bool header_odd_quotes(struct str line);

#endif
