#include "daemon/status.h"

#include "base/json.h"
#include "base/stamp.h"
#include "daemon/roles.h"

static const struct {
	const char *json, *metric, *help;
	bool gauge;
} rows[COUNT_IDS] = {
	[COUNT_RECEIVED] = {"received", "noroshi_received_total", "Messages that came in", false},
	[COUNT_FRAMED] = {"framed", "noroshi_framed_total", "Messages handed to the engine", false},
	[COUNT_JOURNALED] = {"journaled", "noroshi_journaled_total", "Messages on stable storage",
		false},
	[COUNT_STORED] = {"stored", "noroshi_stored_total",
		"Messages whose records are in evidence", false},
	[COUNT_RECORDS] = {"records", "noroshi_records_total", "Records read out of messages",
		false},
	[COUNT_PARSED] = {"parsed", "noroshi_parsed_total", "Records that a parser understood",
		false},
	[COUNT_UNPARSED] = {"unparsed", "noroshi_unparsed_total", "Records kept verbatim", false},
	[COUNT_BYTES_IN] = {"bytes_in", "noroshi_bytes_in_total", "Bytes of messages", false},
	[COUNT_ALERTS] = {"alerts", "noroshi_alerts_total", "Alerts in the alert log", false},
	[COUNT_SUPPRESSED] = {"suppressed", "noroshi_suppressed_total",
		"Matches kept silent after a report", false},
	[COUNT_EVICTED] = {"evicted", "noroshi_evicted_total",
		"Correlation groups evicted for space", false},
	[COUNT_RESUMED_DUPLICATES] = {"duplicates", "noroshi_duplicates_total",
		"Messages delivered again, recognised", false},
	[COUNT_CHECKPOINTS] = {"checkpoints", "noroshi_checkpoints_total", "Checkpoints written",
		false},
	[COUNT_JOURNAL_BYTES] = {"journal_bytes", "noroshi_journal_bytes",
		"Journal on disk, not released", true},
	[COUNT_EVIDENCE_BYTES] = {"evidence_bytes", "noroshi_evidence_bytes",
		"Evidence written by this process", true},
	[COUNT_SENT] = {"sent", "noroshi_alerts_sent_total", "Alerts delivered, over all sinks",
		false},
	[COUNT_SEND_FAILED] = {"send_failed", "noroshi_alert_send_failures_total",
		"Attempts that will be repeated", false},
	[COUNT_SPOOLED] = {"spooled", "noroshi_alerts_spooled", "Alerts waiting in spools", true},
	[COUNT_RULE_LIMIT] = {"rule_limit", "noroshi_rule_limit_total",
		"Regular-expression limits hit", false},
	[COUNT_WORKER_RESTARTS] = {"worker_restarts", "noroshi_worker_restarts_total",
		"Batches at which a worker ended", false},
	[COUNT_CONNECTIONS] = {"connections", "noroshi_connections", "Open stream connections",
		true},
	[COUNT_WATERMARK] = {"watermark_ns", "noroshi_stream_time_ns", "Stream time", true},
	[COUNT_IN_FLIGHT_BATCHES] = {"in_flight_batches", "noroshi_in_flight_batches",
		"Batches with the engine", true},
	[COUNT_DURABLE_SEQ] = {"sequence", "noroshi_sequence", "The newest sequence number", true},
	[COUNT_DERIVED] = {"derived", "noroshi_derived_total", "Records made of several lines",
		false},
	[COUNT_WOVEN] = {"woven", "noroshi_woven_total",
		"Records to which persons and hosts were added", false},
	[COUNT_BINDINGS] = {"bindings", "noroshi_bindings", "Who has which address, known now",
		true},
	[COUNT_JOINS_OPEN] = {"joins_open", "noroshi_joins_open",
		"Events whose lines are not all there yet", true},
	[COUNT_WEAVE_EVICTED] = {"weave_evicted", "noroshi_weave_evicted_total",
		"Bindings and joins given up for space", false},
	[COUNT_JOINS_UNFINISHED] = {"joins_unfinished", "noroshi_joins_unfinished_total",
		"Joins given up because their end did not come", false},
	[COUNT_WEAVE_NO_ROOM] = {"weave_no_room", "noroshi_weave_no_room_total",
		"Records that could not take all that is known of them", false},
	[COUNT_UNHELD] = {"unheld", "noroshi_unheld_total",
		"Matches that a watchlist or session did not confirm", false},
	[COUNT_INCIDENTS_OPEN] = {"incidents_open", "noroshi_incidents_open",
		"Incidents that still take alerts", true},
	[COUNT_INCIDENTS_OPENED] = {"incidents_opened", "noroshi_incidents_opened_total",
		"Incidents opened", false},
	[COUNT_INCIDENTS_MERGED] = {"incidents_merged", "noroshi_incidents_merged_total",
		"Incidents that became part of another", false},
	[COUNT_INCIDENTS_EVICTED] = {"incidents_evicted", "noroshi_incidents_evicted_total",
		"Incidents closed to alerts for space", false},
	[COUNT_LISTS_ROWS] = {"lists_rows", "noroshi_lists_rows", "Rows of watchlists in force",
		true},
	[COUNT_LISTS_BAD] = {"lists_bad", "noroshi_lists_bad",
		"Rows of watchlists that are wrong and were left out", true},
	[COUNT_HEARTBEAT_FAILED] = {"heartbeat_failed", "noroshi_heartbeat_failed_total",
		"Signs of life that did not reach their place", false},
	[COUNT_CASES_FORGOTTEN] = {"cases_forgotten", "noroshi_cases_forgotten_total",
		"Rows of cases.db deleted by age (cases: keep)", false},
	[COUNT_CHUNKS_WAITING] = {"chunks_waiting", "noroshi_gelf_chunks_waiting",
		"GELF messages whose chunks are not all there yet", true},
};

static uint64_t
sum(const _Atomic uint64_t *v)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < REASON_COUNT; i++)
		n += atomic_load_explicit(&v[i], memory_order_relaxed);
	return n;
}

static void
reasons_json(const char *name, const _Atomic uint64_t *v, struct buf *out)
{
	bool first = true;

	buf_printf(out, ",\"%s\":{", name);
	for (unsigned i = 1; i < REASON_COUNT; i++) {
		uint64_t n = atomic_load_explicit(&v[i], memory_order_relaxed);

		if (!n)
			continue;
		buf_printf(out, "%s\"%s\":%llu", first ? "" : ",", reason_word((enum reason)i),
			(unsigned long long)n);
		first = false;
	}
	buf_add_char(out, '}');
}

static void
roles_json(const struct house *h, struct buf *out)
{
	bool first = true;

	BUF_ADD_LIT(out, ",\"roles\":[");
	for (unsigned i = 1; i < ROLE_COUNT + SHARED_WORKERS; i++) {
		uint32_t pid = atomic_load(&h->s->pids[i]);

		if (!pid)
			continue;
		buf_printf(out, "%s{\"name\":\"%s\",\"pid\":%u", first ? "" : ",",
			role_name(i < ROLE_COUNT ? (enum role)i : ROLE_WORKER), pid);
		if (i < ROLE_COUNT)
			buf_printf(out, ",\"restarts\":%u", atomic_load(&h->s->restarts[i]));
		buf_add_char(out, '}');
		first = false;
	}
	buf_add_char(out, ']');
}

static void
inputs_json(const struct house *h, const struct settings *s, struct buf *out)
{
	BUF_ADD_LIT(out, ",\"inputs\":[");
	for (size_t i = 0; i < s->ninputs && i < COUNT_INPUTS; i++) {
		const struct count_input *c = &h->s->counts.inputs[i];

		buf_add_str(out, i ? STR(",{\"name\":") : STR("{\"name\":"));
		json_quote(out, s->inputs[i].name);
		buf_printf(out,
			",\"received\":%llu,\"framed\":%llu,\"bytes\":%llu,\"rejected\":%llu,"
			"\"dropped\":%llu,"
			"\"kernel_drops\":%llu,\"lag\":%llu}",
			(unsigned long long)c->received, (unsigned long long)c->framed,
			(unsigned long long)c->bytes, (unsigned long long)c->rejected,
			(unsigned long long)c->dropped, (unsigned long long)c->kernel_drops,
			(unsigned long long)c->lag);
	}
	buf_add_char(out, ']');
}

static void
sources_json(const struct house *h, struct buf *out)
{
	uint32_t n = atomic_load(&h->s->counts.nsources);

	BUF_ADD_LIT(out, ",\"sources\":[");
	for (uint32_t i = 0; i < n && i < COUNT_SOURCES; i++) {
		const struct count_source *c = &h->s->counts.sources[i];

		buf_add_str(out, i ? STR(",{\"name\":") : STR("{\"name\":"));
		json_quote(out, str_make(c->name, strnlen(c->name, sizeof(c->name))));
		buf_printf(out,
			",\"records\":%llu,\"bytes\":%llu,\"unparsed\":%llu,\"flagged\":%llu,"
			"\"last_event\":\"",
			(unsigned long long)c->records, (unsigned long long)c->bytes,
			(unsigned long long)c->unparsed, (unsigned long long)c->flagged);
		stamp_add(out, c->last_event);
		BUF_ADD_LIT(out, "\",\"skew_seconds\":");
		if (c->clocked)
			buf_printf(out, "%.3f}", (double)c->skew / 1e9);
		else
			BUF_ADD_LIT(out, "null}");
	}
	buf_add_char(out, ']');
}

void
status_json(const struct house *h, const struct settings *s, struct buf *out)
{
	const struct counts *c = &h->s->counts;
	uint64_t received = count_get(c, COUNT_RECEIVED), stored = count_get(c, COUNT_STORED);
	uint64_t gone = sum(c->rejected) + sum(c->dropped);

	buf_add_char(out, '{');
	for (unsigned i = 0; i < COUNT_IDS; i++)
		buf_printf(out, "%s\"%s\":%llu", i ? "," : "", rows[i].json,
			(unsigned long long)count_get(c, (enum count_id)i));
	buf_printf(out, ",\"in_flight\":%llu",
		(unsigned long long)(received > stored + gone ? received - stored - gone : 0));
	reasons_json("rejected", c->rejected, out);
	reasons_json("dropped", c->dropped, out);
	reasons_json("flagged", c->flagged, out);
	BUF_ADD_LIT(out, ",\"watermark\":\"");
	stamp_add(out, (int64_t)count_get(c, COUNT_WATERMARK));
	buf_printf(out, "\",\"ready\":%s,\"journal_full\":%s", status_ready(h) ? "true" : "false",
		atomic_load(&h->s->journal_full) ? "true" : "false");
	roles_json(h, out);
	inputs_json(h, s, out);
	sources_json(h, out);
	BUF_ADD_LIT(out, "}\n");
}

static void
reasons_metric(const char *name, const char *help, const _Atomic uint64_t *v, struct buf *out)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
	for (unsigned i = 1; i < REASON_COUNT; i++) {
		uint64_t n = atomic_load_explicit(&v[i], memory_order_relaxed);

		if (n)
			buf_printf(out, "%s{reason=\"%s\"} %llu\n", name,
				reason_word((enum reason)i), (unsigned long long)n);
	}
}

#define SKEW_ROWS 100u /* sources whose clocks are told one by one: those farthest off */

static uint64_t
distance(const struct count_source *c)
{
	int64_t skew = atomic_load_explicit(&c->skew, memory_order_relaxed);

	return atomic_load_explicit(&c->clocked, memory_order_relaxed) == 0 ? 0
	       : skew < 0                                                   ? (uint64_t)-skew
									    : (uint64_t)skew;
}

/* A label's value, by the text format: backslash, quote and line end are escaped. */
static void
label(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' || s.p[i] == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
	}
}

/* Clocks: how many are off by more than `time: skew`, and the farthest. */
static void
skew_metrics(const struct house *h, const struct settings *s, struct buf *out)
{
	const struct counts *c = &h->s->counts;
	uint32_t n = atomic_load(&c->nsources), top[SKEW_ROWS], ntop = 0;
	unsigned long long off = 0;

	for (uint32_t i = 0; i < n && i < COUNT_SOURCES; i++) {
		uint64_t far = distance(&c->sources[i]);
		uint32_t at = ntop;

		off += s->skew_ns > 0 && far > (uint64_t)s->skew_ns;
		if (far == 0)
			continue;
		while (at > 0 && distance(&c->sources[top[at - 1]]) < far)
			at--;
		if (at == SKEW_ROWS)
			continue;
		ntop += ntop < SKEW_ROWS;
		for (uint32_t k = ntop - 1; k > at; k--)
			top[k] = top[k - 1];
		top[at] = i;
	}
	buf_printf(out,
		"# HELP noroshi_sources_skewed Sources whose clock is off by more than time.skew\n"
		"# TYPE noroshi_sources_skewed gauge\nnoroshi_sources_skewed %llu\n"
		"# HELP noroshi_source_clock_skew_seconds Event time minus arrival, smoothed, of "
		"the %u sources farthest off\n"
		"# TYPE noroshi_source_clock_skew_seconds gauge\n",
		off, SKEW_ROWS);
	for (uint32_t i = 0; i < ntop; i++) {
		const struct count_source *row = &c->sources[top[i]];

		BUF_ADD_LIT(out, "noroshi_source_clock_skew_seconds{source=\"");
		label(out, str_make(row->name, strnlen(row->name, sizeof(row->name))));
		buf_printf(out, "\"} %.3f\n",
			(double)atomic_load_explicit(&row->skew, memory_order_relaxed) / 1e9);
	}
}

void
status_metrics(const struct house *h, const struct settings *s, struct buf *out)
{
	const struct counts *c = &h->s->counts;

	for (unsigned i = 0; i < COUNT_IDS; i++)
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].metric,
			rows[i].help, rows[i].metric, rows[i].gauge ? "gauge" : "counter",
			rows[i].metric, (unsigned long long)count_get(c, (enum count_id)i));
	reasons_metric("noroshi_rejected_total", "Messages not stored", c->rejected, out);
	reasons_metric("noroshi_dropped_total", "Messages lost", c->dropped, out);
	reasons_metric("noroshi_flagged_total", "Records stored with a flag", c->flagged, out);
	for (size_t i = 0; i < s->ninputs && i < COUNT_INPUTS; i++)
		buf_printf(out, "noroshi_input_received_total{input=\"%.*s\"} %llu\n",
			STR_ARG(s->inputs[i].name), (unsigned long long)c->inputs[i].received);
	skew_metrics(h, s, out);
	buf_printf(out, "noroshi_ready %d\n", status_ready(h) ? 1 : 0);
}

bool
status_ready(const struct house *h)
{
	uint32_t want = 1u << ROLE_INTAKE | 1u << ROLE_ENGINE | 1u << ROLE_RESPONDER;

	return (atomic_load(&h->s->ready) & want) == want;
}
