/* a_house.h - one line in, its fields out, for tests that are tables of lines. */
#ifndef TESTS_PARSERS_A_HOUSE_H
#define TESTS_PARSERS_A_HOUSE_H

#include "base/buf.h"
#include "parsers/parsers.h"

/* 2026-11-22T10:00:00Z */
#define HOUSE_NOW (INT64_C(1795341600) * INT64_C(1000000000))

struct house {
	struct input_context in;
	int64_t arrival;
	unsigned frame_flags;
	const char *zone;
	const char *const *encodings; /* inputs 1 ... beside `in`, which is 0 */
	size_t nencodings;
	/* made by the first house_read */
	struct zone *tz;
	struct parsers *parsers;
	struct names *names;
	struct batch batch;
};

struct line_row {
	const char *why; /* NULL ends the table */
	const char *line;
	/*
	 * Fields that must hold, separated by '|': "user.name=root|source.port=". An empty value
	 * means: no such field. "@time" is the record's time, "@flags" its reasons with commas,
	 * "@unparsed", "@joins", "@binds", "@arrival" the record flags as yes or empty; several
	 * values of an array stand with commas.
	 */
	const char *want;
};

/* Reads the bytes; h->batch then holds the records, until the next reading. Loading the definitions
 * is what costs: read many lines with one house. Call house_done at the end. */
void house_read(struct house *h, struct str bytes);
/* The same as a row of a table: a frame of that input, under that header. */
void house_read_row(struct house *h, uint16_t input, struct str header, struct str bytes);
void house_done(struct house *h);
/* A field of record n as text; see line_row.want for the names with '@'. */
void house_field(const struct house *h, uint32_t n, struct str name, struct buf *out);
/* Every row: the line gives one record with what is wanted. */
void house_rows(struct house base, const struct line_row *rows);

#endif
