/*
 * inside.h - the table of rows and what configuration made of it. For parsers.c and recognise.c.
 */
#ifndef PARSERS_INSIDE_H
#define PARSERS_INSIDE_H

#include "parsers/charset.h"
#include "parsers/parser.h"
#include "parsers/program.h"

enum {
	ROW_NONE,
#define P(id) ROW_OF_##id,
#include "parsers/table.def"
#undef P
	ROWS
};

extern const struct parser *const parser_rows[ROWS];

/* What configuration decided for one input. */
struct bound {
	const struct parser *row;    /* NULL: recognise, or */
	const struct source *source; /* this definition */
	uint16_t number;             /* parser_number of the row */
	enum charset charset;
};

/* Of one input: whose messages are read by which context behind those of the inputs. */
struct senders {
	struct cidr *nets; /* the smaller before the larger */
	size_t *contexts, n;
};

struct parsers {
	struct input_context *contexts; /* of inputs, then of senders */
	struct bound *bounds;
	size_t n;                /* inputs */
	struct senders *senders; /* by input */
	struct charsets charsets;
	struct sources *sources;
	struct programs programs;
};

/* Its number in the table; 0: none. */
uint16_t parser_number(const struct parser *row);

/* The header is read: what parse_next repeats is from here back. */
void recognise_begin(struct parse_ctx *ctx, const struct recs *w);
/* "Auth: text" without time or priority is a header only if the definition of that program reads
 * what follows: then true. False: not read yet, and *message is the whole text again. */
bool recognise_half(struct parse_ctx *ctx, struct recs *w, struct str *message);
/* event.created from the header's time, where the message names an earlier one of its own. By more
 * than an hour two clocks or zones disagree, which says nothing. */
void recognise_made(const struct parse_ctx *ctx, struct recs *w);
/* The configured row or definition, else the one that the program names, else those that know the
 * content; nobody: kept unparsed, with the reason. */
void recognise_message(struct parse_ctx *ctx, struct recs *w, struct str message);

#endif
