/*
 * source.h - products described in YAML: how a message is recognised, taken apart into named
 * values, and put into ECS fields (config/sources/README.md has the format).
 *
 * A definition never runs code: its parts are a shape (json, kv, csv, cef, leef, text), conditions,
 * patterns (PCRE2 with limits) and rows "key: field". Threads: struct sources is read-only after
 * loading; each parsers_run has its own struct pairs.
 */
#ifndef PARSERS_SOURCE_H
#define PARSERS_SOURCE_H

#include "base/diag.h"
#include "base/json.h"
#include "parsers/parser.h"

struct sources;
struct source;
struct pairs; /* the named values of one message, and what matching needs */

enum source_shape {
	SHAPE_JSON,
	SHAPE_KV,
	SHAPE_CSV,
	SHAPE_CEF,
	SHAPE_LEEF,
	SHAPE_XML,
	SHAPE_TEXT,
	SHAPES
};

/* Definitions inside the program plus, if `dir` is not empty, the *.yml of a folder; one of the
 * folder replaces one of the same name. On errors messages in why and *ret keeps its value. */
int sources_load(struct str dir, struct diag *why, struct sources **ret);
/* The same with the documents of a text, which replace those of the same name; `path` names it. */
int sources_load_more(
	struct str dir, struct str text, const char *path, struct diag *why, struct sources **ret);
/* Add the documents of one text (for tests of a definition that is not installed). */
int sources_load_text(struct str text, const char *path, struct diag *why, struct sources **ret);
void sources_free(struct sources *s);
/* The files of the folder as they were read, "--- PATH BYTES\n", the bytes, "\n" each; empty
 * without a folder. */
struct str sources_folder(const struct sources *s);

size_t sources_count(const struct sources *s);
const struct source *sources_at(const struct sources *s, size_t i);
/* Its place: sources_at(s, source_number(one)) == one. */
size_t source_number(const struct source *one);
/* By its name or one of its other words; NULL if there is none. */
const struct source *sources_find(const struct sources *s, struct str name);
struct str source_name(const struct source *one);
/* Sigma's product, category, service; empty where the messages decide. */
void source_label(const struct source *one, struct str ret[3]);
/* The family of its kind, else of its category. */
enum log_family source_family(const struct source *one);

enum source_shape source_shape_of(const struct source *one);

struct pairs *pairs_new(const struct sources *s);
void pairs_free(struct pairs *p);
/* The worker's memory of names taken apart, which lives beside them. */
struct domains *pairs_domains(struct pairs *p);

/*
 * Read the message by one definition, or by the first that knows it. True: the open record holds
 * the fields, ctx->source says who. False: nothing was put. The envelope's host and program are
 * conditions like any other.
 */
bool source_read(
	const struct source *one, struct parse_ctx *ctx, struct recs *w, struct str message);
bool sources_read_program(struct parse_ctx *ctx, struct recs *w, struct str message);
bool sources_read(struct parse_ctx *ctx, struct recs *w, struct str message);
/* Does a definition name this program of a syslog tag, or by its beginning? Linear in their number.
 */
bool sources_know_program(const struct parse_ctx *ctx, struct str program);

/* For the rows that own a container: the values are collected, then a definition may claim them. */
void pairs_begin(struct pairs *p);
/* Start over for this message of the frame. */
void sources_begin(struct parse_ctx *ctx, struct str message);
/* `name` is copied, the value pointed at. False: the bound is reached. */
bool pairs_add(
	struct pairs *p, struct str name, enum value_kind kind, struct str value, unsigned flags);
/* Does a definition of this shape claim what was collected? Then it is applied. */
bool sources_claim(
	struct parse_ctx *ctx, struct recs *w, enum source_shape shape, struct str message);
/* JSON: flatten, claim. *rc tells how the JSON was; false: nobody claimed it, nothing was put. */
bool sources_claim_json(
	struct parse_ctx *ctx, struct recs *w, struct str text, enum reason *rc, uint64_t *flags);
/* After that and after what shippers wrap: by the definitions that are asked last. */
bool sources_claim_json_last(struct parse_ctx *ctx, struct recs *w, struct str text);
/* What nobody claimed, in its order: name, text, kind, in_array and literal of each value. What *rc
 * said holds for it, too. */
void pairs_each_json(const struct pairs *p, const struct json_sink *sink);

/* Behind a JSON object that nobody claimed and whose values are put under their own names: the ECS
 * fields that its names mean, beside them. Objects that speak ECS themselves are left alone. */
void sources_hint(struct parse_ctx *ctx, struct recs *w);

/* CEF, LEEF, XML. False: no definition claims it, nothing was put. */
bool sources_claim_container(
	enum source_shape shape, struct parse_ctx *ctx, struct recs *w, struct str message);

#endif
