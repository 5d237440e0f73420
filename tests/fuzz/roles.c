/*
 * Fuzz target: what a taken-over intake or worker may leave in a slot, through everything that the
 * engine does with it: the checks, the journal's form and back, JSON, correlation.
 *
 * Input: a byte of how, four of how many, then head, frames, records, entries, rule numbers as they
 * lie in memory; the rest is text. The slot lies between two pages that may not be touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"
#include "correlation/correlation.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define PAGE       4096u
#define STATE_SIZE ((size_t)1 << 20)

enum how {
	HOW_HEAD = 1,    /* make the head's numbers fit, so that the tables are reached */
	HOW_FRAMES = 2,  /* point frames into the raw bytes */
	HOW_RECORDS = 4, /* point records into the tables */
	HOW_ENTRIES = 8, /* point entries into the text */
	HOW_PACKED = 16  /* the rest is a batch in the journal's form */
};

/* What a worker says of these must not stand beside the true one. */
static const char *const facts[] = {"@timestamp", "event.id", "event.sequence", "event.ingested",
	"noroshi.source", "noroshi.input", "noroshi.peer", "noroshi.peer.pid", "noroshi.unparsed",
	"noroshi.flags", "noroshi.raw", "event.original"};

#define FACTS (sizeof(facts) / sizeof(facts[0]))

static const char rules[] =
	"title: a\nid: a\nlogsource: {}\ndetection:\n  s: {user.name: x}\n  condition: s\n"
	"---\ntitle: b\nid: b\nlogsource: {}\ndetection:\n  s: {host.name: y}\n  condition: s\n"
	"---\ntitle: c\nid: c\ncorrelation:\n  type: value_count\n  rules: [a, b]\n"
	"  group-by: [user.name]\n  timespan: 5m\n  condition: {field: source.ip, gte: 2}\n"
	"---\ntitle: d\nid: d\ncorrelation:\n  type: temporal_ordered\n  rules: [a, b]\n"
	"  group-by: [user.name]\n  timespan: 1h\n";

struct world {
	struct batch in, again;
	struct names *names;
	struct rule_files *files;
	struct ruleset *set;
	struct correlations *correlations;
};

static struct batch
guarded_slot(void)
{
	size_t size = (BATCH_SLOT_BYTES + PAGE - 1) / PAGE * PAGE;
	char *all =
		mmap(NULL, size + (size_t)2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED || mprotect(all + PAGE, size, PROT_READ | PROT_WRITE) < 0)
		abort();
	return (struct batch){all + PAGE, BATCH_SLOT_BYTES};
}

static const struct world *
world(void)
{
	static struct world w;
	struct ruleset_options opt = {.ignore_logsource = true};

	if (w.names)
		return &w;
	w.in = guarded_slot();
	w.again = guarded_slot();
	w.names = names_new();
	w.files = rule_files_new();
	rule_files_parse(w.files, str_make(rules, sizeof(rules) - 1), "fuzz", false, NULL);
	if (ruleset_build(w.files, &opt, w.names, NULL, &w.set) < 0 ||
		correlations_build(w.files, w.set, w.names, NULL, &w.correlations) < 0 ||
		ruleset_count(w.set) != 2 || correlations_count(w.correlations) != 2)
		abort();
	names_freeze(w.names);
	return &w;
}

/* ---- laying out ---- */

static size_t
take(struct str *in, void *to, size_t n)
{
	if (n > in->n)
		n = in->n;
	if (n)
		memcpy(to, in->p, n);
	str_skip(in, n);
	return n;
}

static void
lead_back(struct batch b, unsigned how, uint32_t text)
{
	struct batch_head *h = batch_head(b);
	struct batch_results *res = batch_results(b);
	uint32_t frame = 0;

	for (uint32_t i = 0; (how & HOW_FRAMES) && i < h->nframes; i++) {
		struct frame *f = &batch_frames(b)[i];

		f->off = BATCH_OFF_RAW + f->off % (text + 1);
		f->len %= text + 1 - (f->off - BATCH_OFF_RAW);
		f->peer_off = BATCH_OFF_RAW + f->peer_off % (text + 1);
		f->peer_len = (uint16_t)(f->peer_len % (text + 1 - (f->peer_off - BATCH_OFF_RAW)));
	}
	for (uint32_t i = 0; (how & HOW_RECORDS) && i < res->nrecords && h->nframes; i++) {
		struct record *r = &batch_records(b)[i];

		frame += r->frame % (h->nframes - frame);
		r->frame = frame;
		r->first_entry %= res->nentries + 1;
		r->nentries %= res->nentries - r->first_entry + 1;
		r->first_match %= res->nmatches + 1;
		r->nmatches %= res->nmatches - r->first_match + 1;
	}
	for (uint32_t i = 0; (how & HOW_ENTRIES) && i < res->nentries; i++) {
		struct entry *e = &batch_entries(b)[i];

		e->off = BATCH_OFF_RAW + e->off % (text + 1);
		e->len %= text + 1;
		e->name_off = BATCH_OFF_RAW + e->name_off % (text + 1);
		e->name_len = (uint16_t)(e->name_len % (text + 1));
		e->field %= FIELD_ECS_END + 4;
	}
}

static void
lay(struct batch b, struct str in)
{
	struct batch_head *h = batch_head(b);
	struct batch_results *res = batch_results(b);
	uint8_t how[5] = {0};
	uint32_t text;

	/* Pages come back zeroed. */
	if (madvise(b.base, BATCH_SLOT_BYTES, MADV_DONTNEED) < 0)
		abort();
	take(&in, how, sizeof(how));
	take(&in, h, sizeof(*h));
	take(&in, batch_frames(b), how[1] % 16u * sizeof(struct frame));
	take(&in, batch_records(b), how[2] % 32u * sizeof(struct record));
	take(&in, batch_entries(b), how[3] % 64u * sizeof(struct entry));
	take(&in, batch_matches(b), how[4] % 64u * sizeof(uint32_t));
	text = (uint32_t)take(&in, b.base + BATCH_OFF_RAW, 65536);
	if (how[0] & HOW_HEAD) {
		h->magic = BATCH_MAGIC;
		h->nframes = res->done = how[1] % 16u;
		res->from = 0;
		h->raw_len = text;
		res->nrecords = how[2] % 32u;
		res->nentries = how[3] % 64u;
		res->nmatches = how[4] % 64u;
		res->ntext %= (uint32_t)BATCH_TEXT_CAP + 1;
		lead_back(b, how[0], text);
	}
}

/* ---- what is promised ---- */

static bool
tell(void *ctx, const struct json_value *v)
{
	(void)ctx;
	(void)v;
	return true;
}

static char *
room(void *ctx, size_t n)
{
	return arena_alloc(ctx, n + 1);
}

/* Inside a string the quotes would have backslashes before them. */
static void
no_fact_twice(struct str line)
{
	for (size_t i = 0; i < FACTS; i++) {
		char key[32];
		int n = snprintf(key, sizeof(key), "\"%s\":", facts[i]);
		const char *at = memmem(line.p, line.n, key, (size_t)n);

		if (at && memmem(at + 1, (size_t)(line.p + line.n - at) - 1, key, (size_t)n))
			abort();
	}
}

/* One line of valid UTF-8 and valid JSON. */
static void
sound_line(struct str line)
{
	struct json_limits lim = {.depth = 64, .keys = 100000, .name = 1u << 17};
	struct arena a = {0};
	struct json_sink sink = {tell, room, &a};
	uint64_t flags = 0;

	if (!utf8_valid(line) || (line.n && memchr(line.p, '\n', line.n)) ||
		json_flatten(line, &lim, &sink, &flags) != REASON_NONE)
		abort();
	arena_done(&a);
}

static void
on_alert(void *ctx, const struct alert *a)
{
	struct buf json = {0};

	(void)ctx;
	alert_json(a, &json);
	sound_line(buf_str(&json));
	buf_done(&json);
}

/* Frames lie in the raw bytes; the journal gives back what it was given. */
static void
journal_form(const struct world *w)
{
	const struct batch_head *h = batch_head(w->in);
	struct str raw = {w->in.base + BATCH_OFF_RAW, h->raw_len};
	struct buf packed = {0};
	size_t size = batch_pack_size(w->in);

	for (uint32_t i = 0; i < h->nframes; i++) {
		const struct frame *f = &batch_frames(w->in)[i];
		struct str s = batch_raw(w->in, f);

		if (s.n != f->len || s.p < raw.p || s.p + s.n > raw.p + raw.n)
			abort();
	}
	batch_pack(w->in, buf_room(&packed, size));
	packed.n = size;
	if (batch_unpack(w->again, buf_str(&packed)) < 0 || batch_pack_size(w->again) != size ||
		memcmp(w->in.base + BATCH_OFF_FRAMES, w->again.base + BATCH_OFF_FRAMES,
			h->nframes * sizeof(struct frame)) != 0 ||
		memcmp(raw.p, w->again.base + BATCH_OFF_RAW, raw.n) != 0)
		abort();
	buf_done(&packed);
}

static void
results(const struct world *w)
{
	struct correlator_options opt = {.lead_ns = 300, .alerts_for_rules = true};
	struct correlator_sink sink = {.alert = on_alert};
	struct region *state = region_new(STATE_SIZE);
	struct correlator *k = correlator_new(w->correlations, w->set, state, &opt, &sink);
	struct record_out how = {
		.names = w->names, .input_name = STR("in"), .source_name = STR("s"), .facts = true};
	struct buf line = {0};

	if (!k)
		abort();
	for (uint32_t i = 0; i < batch_results(w->in)->nrecords; i++) {
		const struct record *r = &batch_records(w->in)[i];
		const uint32_t *matches;
		uint32_t nmatches;

		buf_clear(&line);
		record_json(w->in, r, &how, &line);
		sound_line(buf_str(&line));
		no_fact_twice(buf_str(&line));
		matches = record_matches(w->in, r, &nmatches);
		correlator_record(
			k, w->in, r, matches, nmatches, i + 1, record_id(w->in, r, how.input_name));
	}
	correlator_tick(k, INT64_MAX);
	buf_done(&line);
	correlator_free(k);
	region_destroy(state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct world *w = world();
	struct str in = {(const char *)p, n};

	if (n > 0 && (p[0] & HOW_PACKED)) {
		str_skip(&in, 1);
		if (batch_unpack(w->in, in) == 0 && batch_check(w->in) < 0)
			abort();
		return 0;
	}
	lay(w->in, in);
	if (batch_check(w->in) < 0)
		return 0;
	journal_form(w);
	if (batch_check_results(w->in) == 0)
		results(w);
	return 0;
}
