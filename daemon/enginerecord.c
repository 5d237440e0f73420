/* enginerecord.c - one record: counters, evidence, correlation; and the alerts that come out of it.
 */
#include "base/err.h"
#include "base/mem.h"
#include "daemon/engine.h"
#include "daemon/log.h"

/* Sources are told apart by a hash of (input, sender, product); the last row of the table takes the
 * overflow. */
static struct count_source *
source_row(struct engine *e, struct str input, struct str host, struct str product)
{
	struct counts *c = &e->h->s->counts;
	uint64_t mask = COUNT_SOURCES * 2 - 1;
	uint64_t key = hash_seeded(host, hash_seeded(product, hash_seeded(input, e->seed))) | 1;
	uint32_t row;

	for (uint64_t at = key & mask;; at = (at + 1) & mask) {
		struct source_row *s = &e->sources[at];

		if (s->key == key)
			return &c->sources[s->row];
		if (s->key != 0)
			continue;
		row = atomic_load(&c->nsources);
		if (row >= COUNT_SOURCES - 1)
			return &c->sources[COUNT_SOURCES - 1];
		s->key = key;
		s->row = row;
		break;
	}
	struct buf name = {0};

	buf_printf(&name, "%.*s %.*s %.*s", STR_ARG(input), STR_ARG(host), STR_ARG(product));
	if (name.n >= COUNT_NAME)
		name.n = COUNT_NAME - 1;
	memcpy(c->sources[row].name, name.p, name.n);
	buf_done(&name);
	atomic_store(&c->nsources, row + 1);
	return &c->sources[row];
}

#define SKEW_MOST   (INT64_C(10) * 366 * 86400 * NS_PER_S) /* a sender may write any time */
#define SKEW_SMOOTH 16

/* How far a source's clock is from ours: of what comes live and says when it was. What lies in
 * files, and what waited somewhere, says nothing about a clock. */
static void
measure_clock(struct count_source *s, const struct record *r, const struct frame *f)
{
	int64_t skew, mean = atomic_load_explicit(&s->skew, memory_order_relaxed);

	if (r->flags & (RECORD_TIME_ARRIVAL | RECORD_NO_TIME) ||
		f->flags & (FRAME_HISTORY | FRAME_LATE_READ | FRAME_POSITION))
		return;
	if (__builtin_sub_overflow(r->time, f->arrival, &skew) || skew > SKEW_MOST ||
		skew < -SKEW_MOST)
		skew = r->time < f->arrival ? -SKEW_MOST : SKEW_MOST;
	if (atomic_load_explicit(&s->clocked, memory_order_relaxed) > 0)
		skew = mean + (skew - mean) / SKEW_SMOOTH;
	atomic_store_explicit(&s->skew, skew, memory_order_relaxed);
	count_bump(&s->clocked, 1);
}

static void
count_record(struct engine *e, struct batch b, const struct record *r, const struct frame *f,
	struct str input)
{
	struct counts *c = &e->h->s->counts;
	struct str host = record_text(b, r, FIELD_HOST_NAME);
	struct count_source *s =
		source_row(e, input, host.n ? host : batch_bytes(b, f->peer_off, f->peer_len),
			parsers_product(e->brain->parsers, r->product));
	bool unparsed = r->flags & RECORD_UNPARSED;

	count_add(c, COUNT_RECORDS, 1);
	count_add(c, unparsed ? COUNT_UNPARSED : COUNT_PARSED, 1);
	count_bump(&s->records, 1);
	count_bump(&s->bytes, f->len);
	if (unparsed)
		count_bump(&s->unparsed, 1);
	atomic_store_explicit(&s->last_event, r->time, memory_order_relaxed);
	atomic_store_explicit(&s->last_arrival, f->arrival, memory_order_relaxed);
	measure_clock(s, r, f);
	if (!r->reasons)
		return;
	count_bump(&s->flagged, 1);
	for (unsigned i = 1; i < REASON_COUNT; i++)
		if (r->reasons >> i & 1)
			count_bump(&c->flagged[i], 1);
}

static struct str
input_name(const struct engine *e, uint16_t input)
{
	return input < e->set->ninputs ? e->set->inputs[input].name : STR("");
}

/* A record as it leaves the mind, woven and matched: into evidence. */
void
engine_keep(void *ctx, struct batch b, const struct record *r, bool derived)
{
	struct engine *e = ctx;
	const struct frame *f = &batch_frames(b)[r->frame];
	struct record_out how = {.names = e->brain->names,
		.input_name = input_name(e, f->input),
		.source_name = parsers_product(e->brain->parsers, r->product),
		.facts = true};

	(void)derived; /* counted by weave */
	buf_clear(&e->json);
	record_json(b, r, &how, &e->json);
	if (e->now_seq <= evidence_stored(e->evidence, e->class_default))
		return;
	evidence_add(
		e->evidence, e->class_default, e->now_seq, r->time, f->arrival, buf_str(&e->json));
	e->last_evidence = e->now_seq;
}

void
engine_record(struct engine *e, struct batch b, struct record *r)
{
	const struct frame *f = &batch_frames(b)[r->frame];
	struct str input = input_name(e, f->input);
	int64_t watermark;

	count_record(e, b, r, f, input);
	e->now_seq = batch_head(b)->first_seq + r->frame;
	mind_record(f->flags & FRAME_HISTORY ? e->history : e->live, b, r, e->now_seq, input);
	watermark = mind_time(e->live);
	if (watermark <= 0)
		watermark = mind_time(e->history);
	count_set(&e->h->s->counts, COUNT_WATERMARK, (uint64_t)(watermark > 0 ? watermark : 0));
}

/* A frame of which no record came: its bytes are kept all the same. */
void
engine_bare_frame(struct engine *e, struct batch b, uint32_t frame, enum reason why)
{
	struct record r = {
		.time = batch_frames(b)[frame].arrival,
		.reasons = UINT64_C(1) << why,
		.frame = frame,
		.flags = RECORD_UNPARSED | RECORD_TIME_ARRIVAL,
	};

	engine_record(e, b, &r);
}

void
engine_record_text(void *ctx, struct buf *out)
{
	const struct engine *e = ctx;

	buf_add_str(out, buf_str(&e->json));
}

static bool
already_pending(const struct engine *e, struct hash128 id)
{
	for (size_t i = 0; i < e->npending; i++)
		if (e->pending[i].id.lo == id.lo && e->pending[i].id.hi == id.hi)
			return true;
	return false;
}

void
engine_alert(void *ctx, const struct alert *a)
{
	struct engine *e = ctx;
	struct pending_alert *p;
	struct buf json = {0};
	char hex[32];

	alert_json(a, &json);
	if (e->now_seq > evidence_stored(e->evidence, e->class_alerts))
		evidence_add(
			e->evidence, e->class_alerts, e->now_seq, a->time, a->time, buf_str(&json));
	hash128_hex(a->id, hex);
	/* After a crash the journal tells the same story again: what was told before stays told
	 * once. */
	if (alertlog_has(e->alerts, str_make(hex, sizeof(hex))) || already_pending(e, a->id)) {
		buf_done(&json);
		return;
	}
	e->pending = mem_grow(e->pending, e->npending, &e->pending_cap, sizeof(*e->pending));
	p = &e->pending[e->npending++];
	*p = (struct pending_alert){.pos = e->now_pos, .id = a->id, .json = json};
}

/* Somebody must look at a message that ends parsers: it may be an attack, and it is a bug. */
void
engine_poison_alert(struct engine *e, struct batch b, uint32_t frame)
{
	static const struct alert_rule rule = {
		.id = {"noroshi.poison", 14},
		.title = {"A message ends the parser", 25},
		.title_ja = {"メッセージがパーサーを停止させました", 54},
		.level = {"high", 4},
		.author = {"Noroshi", 7},
		.sentence_en =
			{"One message ended the parser each time it was read; it is kept unparsed.",
				72},
		.first_action_en = {"Look at the sender, and report the message to the maintainers "
				    "of Noroshi.",
			73},
	};
	const struct frame *f = &batch_frames(b)[frame];
	struct record r = {.time = f->arrival, .frame = frame};
	struct hash128 id = record_id(b, &r, input_name(e, f->input));
	struct alert a = {.rule = &rule,
		.time = f->arrival,
		.first_time = f->arrival,
		.count = 1,
		.nrecords = 1,
		.nrecords_all = 1,
		.last_record = buf_str(&e->json)};

	a.id = alert_id(rule.id, STR(""), id, id);
	a.records[0] = (struct alert_record){
		.id = id, .seq = batch_head(b)->first_seq + frame, .time = f->arrival};
	engine_alert(e, &a);
}
