#include "config/settings_rows.h"

#include <stddef.h>

#define IN(member)   offsetof(struct input_settings, member)
#define SINK(member) offsetof(struct sink_settings, member)
#define TOP(member)  offsetof(struct settings, member)
#define NOTIFY(m)    offsetof(struct notify_settings, m)
#define LIMIT(m)     (offsetof(struct settings, limits) + offsetof(struct limit_settings, m))

#define NET     (KIND(INPUT_UDP) | KIND(INPUT_TCP))
#define UNIX    (KIND(INPUT_UNIX_DGRAM) | KIND(INPUT_UNIX_STREAM))
#define FILES   KIND(INPUT_FILE)
#define KAFKA   KIND(INPUT_KAFKA)
#define SFILE   KIND(SINK_FILE)
#define SSYSLOG KIND(SINK_SYSLOG)
#define SKAFKA  KIND(SINK_KAFKA)
#define SSMTP   KIND(SINK_SMTP)

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define MS  UINT64_C(1000000)
#define S   (MS * 1000)
#define H   (S * 3600)
#define DAY (H * 24)

/* clang-format off */
const struct setting_row setting_rows[] = {
{"", "data", ROW_PATH, TOP(data), .fallback = "/var/lib/noroshi",
	.doc = "Folder for the journal, the archive and all state."},
{"", "control", ROW_PATH, TOP(control), .fallback = "/run/noroshi/control.sock",
	.doc = "Unix socket on which the `noroshi` commands reach the service."},
{"", "watchlists", ROW_PATH, TOP(watchlists), .flags = ROW_RELOAD,
	.doc = "Folder with one watchlist a file, named by the file's name without its ending."},

{"", "listen", ROW_LIST, TOP(inputs), TOP(ninputs), sizeof(struct input_settings),
	.max = 256, .doc = "Where logs come in."},
{"listen[]", "name", ROW_TEXT, IN(name), .max = 64,
	.doc = "Unique; stands in counters and in event.dataset. Default: the kind and a number."},
{"listen[]", "kind", ROW_ENUM, IN(kind), .choices = "udp tcp unix-dgram unix-stream file kafka",
	.needed = NET | UNIX | FILES | KAFKA, .doc = "What is listened to, read or subscribed."},
{"listen[]", "address", ROW_ADDRESS, IN(address), .used = NET, .needed = NET,
	.doc = "host:port or [v6]:port to listen on. An IPv6 address takes IPv6 only."},
{"listen[]", "brokers", ROW_BROKERS, IN(address), .used = KAFKA, .needed = KAFKA,
	.doc = "Kafka brokers to begin with, host:port separated by commas."},
{"listen[]", "path", ROW_PATH, IN(path), .used = UNIX | FILES, .needed = UNIX | FILES,
	.doc = "Socket, file, or file pattern with * ? [..]. Names that end in .gz are unpacked."},
{"listen[]", "source", ROW_TEXT, IN(source), .max = 64,
	.doc = "Product that speaks here, such as fortigate; without it each message is recognised."},
{"listen[]", "format", ROW_CHOICE, IN(format), .choices = "json cef leef csv kv w3c",
	.doc = "Form of the payload; without it each message is recognised."},
{"listen[]", "encoding", ROW_CHOICE, IN(encoding), .fallback = "utf-8",
	.choices = "utf-8 cp932 euc-jp iso-2022-jp",
	.doc = "How text is written. What is not valid is kept raw and flagged."},
{"listen[]", "zone", ROW_ZONE, IN(zone), .fallback = "UTC",
	.doc = "Time zone of timestamps that name none: UTC, +09:00 or a name such as Asia/Tokyo."},
{"listen[]", "history", ROW_BOOL, IN(history), .fallback = "false",
	.doc = "Old logs: event times decide, alerts are marked noroshi.origin: history."},
{"listen[]", "squid_columns", ROW_COLUMNS, IN(squid_columns), .max = 1024,
	.doc = "Names of the columns that a Squid logformat has behind the standard ones."},
{"listen[]", "follow", ROW_BOOL, IN(follow), .fallback = "true", .used = FILES,
	.doc = "Go on as the file grows and is rotated; false = read once to its end."},
{"listen[]", "group", ROW_TEXT, IN(group), .fallback = "noroshi", .used = KAFKA, .max = 249,
	.doc = "Kafka consumer group."},
{"listen[]", "topics", ROW_LIST, IN(topics), IN(ntopics), sizeof(struct kafka_topic),
	.used = KAFKA, .needed = KAFKA, .max = 256, .doc = "Kafka topics to read."},
{"listen[].topics[]", "topic", ROW_TEXT, offsetof(struct kafka_topic, topic), .max = 249,
	.needed = 1, .doc = "Its name; ^ at the front makes it a regular expression."},
{"listen[].topics[]", "source", ROW_TEXT, offsetof(struct kafka_topic, source), .max = 64,
	.doc = "Product of this topic's messages; default: that of the input."},
{"listen[]", "properties", ROW_PROPERTIES, IN(properties), IN(nproperties), .used = KAFKA,
	.doc = "Handed to librdkafka as they are, such as security.protocol: SASL_SSL."},
{"listen[]", "password_file", ROW_PATH, IN(password_file), .used = KAFKA,
	.doc = "File whose first line becomes sasl.password."},

{"", "rules", ROW_LIST, TOP(rules), TOP(nrules), sizeof(struct rules_settings), .max = 256,
	.flags = ROW_RELOAD, .doc = "Where rules are."},
{"rules[]", "path", ROW_PATH, offsetof(struct rules_settings, path), .needed = 1,
	.flags = ROW_RELOAD, .doc = "A rule file, or a folder with all .yml and .yaml below it."},
{"rules[]", "on_error", ROW_TWO, offsetof(struct rules_settings, skip_bad),
	.choices = "refuse skip", .fallback = "refuse", .flags = ROW_RELOAD,
	.doc = "A bad rule: refuse the whole set, or skip that rule and alert about it."},

{"", "alerts", ROW_LIST, TOP(sinks), TOP(nsinks), sizeof(struct sink_settings), .max = 64,
	.doc = "Where alerts go."},
{"alerts[]", "name", ROW_TEXT, SINK(name), .max = 64,
	.doc = "Unique; names the spool. Default: the kind and a number."},
{"alerts[]", "kind", ROW_ENUM, SINK(kind), .choices = "file syslog kafka smtp",
	.needed = SFILE | SSYSLOG | SKAFKA | SSMTP, .doc = "How they travel."},
{"alerts[]", "path", ROW_PATH, SINK(path), .used = SFILE, .needed = SFILE,
	.doc = "File to append JSON lines to; - is standard output."},
{"alerts[]", "address", ROW_ADDRESS, SINK(address), .used = SSYSLOG, .needed = SSYSLOG,
	.doc = "host:port of the syslog server."},
{"alerts[]", "transport", ROW_TWO, SINK(tcp), .choices = "udp tcp", .fallback = "tcp",
	.used = SSYSLOG, .doc = "udp cannot tell whether anything arrived."},
{"alerts[]", "brokers", ROW_BROKERS, SINK(address), .used = SKAFKA, .needed = SKAFKA,
	.doc = "Kafka brokers to begin with."},
{"alerts[]", "topic", ROW_TEXT, SINK(topic), .used = SKAFKA, .needed = SKAFKA, .max = 249,
	.doc = "Kafka topic."},
{"alerts[]", "properties", ROW_PROPERTIES, SINK(properties), SINK(nproperties), .used = SKAFKA,
	.doc = "Handed to librdkafka as they are."},
{"alerts[]", "server", ROW_ADDRESS, SINK(address), .used = SSMTP, .needed = SSMTP,
	.doc = "host:port of the mail server."},
{"alerts[]", "from", ROW_TEXT, SINK(from), .used = SSMTP, .needed = SSMTP, .max = 320,
	.doc = "Sender's mail address."},
{"alerts[]", "to", ROW_TEXTS, SINK(to), SINK(nto), .used = SSMTP, .needed = SSMTP, .max = 100,
	.doc = "Recipients' mail addresses."},
{"alerts[]", "user", ROW_TEXT, SINK(user), .used = SSMTP | SKAFKA, .max = 256,
	.doc = "Account to log on with."},
{"alerts[]", "password_file", ROW_PATH, SINK(password_file), .used = SSMTP | SKAFKA,
	.doc = "File whose first line is the password."},
{"alerts[]", "ca_file", ROW_PATH, SINK(ca_file), .used = SSMTP,
	.doc = "Certificates to trust; default: the system's."},
{"alerts[]", "starttls", ROW_ENUM, SINK(starttls), .choices = "never opportunistic require",
	.fallback = "opportunistic", .used = SSMTP, .doc = "Whether the mail server must speak TLS."},
{"alerts[]", "language", ROW_CHOICE, SINK(language), .choices = "ja en", .fallback = "ja",
	.doc = "Language of sentences for people."},
{"alerts[]", "min_level", ROW_CHOICE, SINK(min_level), .fallback = "informational",
	.choices = "informational low medium high critical",
	.doc = "Alerts below this level do not go here."},
{"alerts[]", "spool_max", ROW_BYTES, SINK(spool_max), .fallback = "1GiB", .min = 64 * KIB,
	.max = 1024 * GIB, .doc = "Alerts that wait for a receiver that is down take at most this."},

{"", "workers", ROW_MAP, 0, .doc = "Who parses and matches."},
{"workers", "count", ROW_WORKERS, TOP(workers), .fallback = "auto", .min = 1, .max = 64,
	.doc = "How many; auto = one less than the machine has processors, at least one."},
{"workers", "mode", ROW_TWO, TOP(worker_threads), .choices = "processes threads",
	.fallback = "processes", .doc = "threads is for debugging: no sandbox around each."},

{"", "console", ROW_MAP, 0, .doc = "The web console."},
{"console", "address", ROW_ADDRESS, TOP(console), .doc = "host:port; without it there is none."},

{"", "users", ROW_MAP, 0, .doc = "Users that the roles run as when the service starts as root."},
{"users", "separate", ROW_BOOL, TOP(users_separate), .fallback = "true",
	.doc = "Each role becomes a user of its own; false keeps the starting user."},
{"users", "prefix", ROW_TEXT, TOP(user_prefix), .fallback = "noroshi", .max = 20,
	.doc = "Their names are PREFIX-intake, PREFIX-worker, PREFIX-engine ..."},

{"", "limits", ROW_MAP, 0, .doc = "Bounds."},
{"limits", "frame_max", ROW_BYTES, LIMIT(frame_max), .fallback = "128KiB", .min = 480, .max = MIB,
	.doc = "Longer messages are cut and flagged. Each TCP connection may hold as much."},
{"limits", "kafka_frame_max", ROW_BYTES, LIMIT(kafka_frame_max), .fallback = "1MiB", .min = 480,
	.max = MIB, .doc = "The same for Kafka messages."},
{"limits", "tcp_connections", ROW_COUNT, LIMIT(tcp_connections), .fallback = "4096", .min = 1,
	.max = 60000, .doc = "Open connections of one input; more are refused and counted."},
{"limits", "tcp_connections_per_peer", ROW_COUNT, LIMIT(tcp_connections_per_peer),
	.fallback = "512", .min = 1, .max = 60000, .doc = "The same from one address."},
{"limits", "tcp_idle", ROW_SPAN, LIMIT(tcp_idle_ns), .fallback = "600s", .min = 10 * MS,
	.max = 30 * DAY, .doc = "A TCP connection that sends nothing for so long is closed."},
{"limits", "slots", ROW_COUNT, LIMIT(slots), .fallback = "16", .min = 2, .max = 128,
	.doc = "Batches in flight; each takes 8 MiB of shared memory when used."},
{"limits", "batch_delay", ROW_SPAN, LIMIT(batch_delay_ns), .fallback = "5ms", .min = 0, .max = S,
	.doc = "A batch is handed over at the latest so long after its first message."},
{"limits", "batch_frames", ROW_COUNT, LIMIT(batch_frames), .fallback = "1024", .min = 1,
	.max = 1024, .doc = "A batch is handed over at so many messages."},
{"limits", "journal_max", ROW_BYTES, LIMIT(journal_max), .fallback = "4GiB", .min = 128 * MIB,
	.max = 64 * 1024 * GIB, .doc = "The journal takes at most this; then senders have to wait."},
{"limits", "state_max", ROW_BYTES, LIMIT(state_max), .fallback = "512MiB", .min = 16 * MIB,
	.max = 60 * GIB, .doc = "Memory of correlation; beyond it the least useful state is evicted."},
{"limits", "state_keys_per_rule", ROW_COUNT, LIMIT(state_keys_per_rule), .fallback = "1000000",
	.min = 100, .max = UINT64_C(1000000000), .doc = "Groups that one rule may keep."},
{"limits", "segment_bytes", ROW_BYTES, LIMIT(segment_bytes), .fallback = "256MiB", .min = MIB,
	.max = 16 * GIB, .doc = "An evidence file of this size is sealed."},
{"limits", "segment_age", ROW_SPAN, LIMIT(segment_age_ns), .fallback = "1h", .min = S,
	.max = DAY, .doc = "An evidence file of this age is sealed."},
{"limits", "evidence_flush", ROW_SPAN, LIMIT(evidence_flush_ns), .fallback = "5s", .min = 10 * MS,
	.max = H, .doc = "A record is in the archive, and found by query, at the latest after."},
{"limits", "checkpoint", ROW_SPAN, LIMIT(checkpoint_ns), .fallback = "60s", .min = 10 * MS,
	.max = H, .doc = "State is saved that often."},
{"limits", "checkpoint_bytes", ROW_BYTES, LIMIT(checkpoint_bytes), .fallback = "256MiB",
	.min = MIB, .max = 16 * GIB, .doc = "And after so much journal."},
{"limits", "worker_timeout", ROW_SPAN, LIMIT(worker_timeout_ns), .fallback = "10s",
	.min = 100 * MS, .max = H, .doc = "A worker that needs longer for one batch is replaced."},
{"limits", "alert_log_max", ROW_BYTES, LIMIT(alert_log_max), .fallback = "1GiB", .min = MIB,
	.max = 1024 * GIB, .doc = "Alerts that nobody has taken yet take at most this."},

{"", "time", ROW_MAP, 0, .doc = "Event time against arrival."},
{"time", "lead", ROW_SPAN, TOP(stream_time_lead_ns), .fallback = "5m", .min = 0, .max = DAY,
	.doc = "Stream time runs at most so far ahead of arrival."},
{"time", "skew", ROW_SPAN, TOP(skew_ns), .fallback = "1h", .min = S, .max = 36500 * DAY,
	.doc = "Event times further from arrival are flagged clock_skew."},
{"time", "zone", ROW_ZONE, TOP(lists_zone), .fallback = "Asia/Tokyo",
	.doc = "Time zone of the company: in it the days of watchlists begin."},
{"time", "fold", ROW_SPAN, TOP(alert_fold_ns), .fallback = "10m", .min = 0, .max = 30 * DAY,
	.doc = "After an alert of a single-event rule the same entity is silent for so long."},

{"", "organisation", ROW_MAP, 0, .doc = "Whose logs these are."},
{"organisation", "name", ROW_TEXT, TOP(organisation), .max = 200,
	.doc = "As it stands in reports."},
{"organisation", "contact", ROW_TEXT, TOP(contact), .max = 200,
	.doc = "Whom to ask about a report: name, telephone, mail address."},
{"organisation", "domains", ROW_TEXTS, TOP(own_domains), TOP(nown_domains), .max = 16,
	.doc = "The company's own mail and directory domains: addresses in them are its people."},

{"", "incidents", ROW_MAP, 0, .doc = "How alerts fold into incidents."},
{"incidents", "window", ROW_SPAN, TOP(incident_window_ns), .fallback = "4h", .min = MS * 1000,
	.max = 30 * DAY, .doc = "An alert joins what shares with it and was active within."},
{"incidents", "hub_degree", ROW_COUNT, TOP(incident_hub_degree), .fallback = "3", .min = 2,
	.max = 12, .doc = "What occurs in more open incidents than this joins nothing."},
{"incidents", "hubs", ROW_TEXTS, TOP(hubs), TOP(nhubs), .max = 1024,
	.doc = "Addresses, hosts and accounts that many share: they join no alerts."},

{"", "notify", ROW_LIST, TOP(notify), TOP(nnotify), sizeof(struct notify_settings), .max = 16,
	.doc = "Who else is mailed of incidents, by level, and who when nobody answers."},
{"notify[]", "level", ROW_COUNT, NOTIFY(level), .fallback = "0", .min = 0, .max = 4,
	.doc = "From this incident level (L0 to L4) on."},
{"notify[]", "to", ROW_TEXTS, NOTIFY(to), NOTIFY(nto), .max = 100,
	.doc = "Mailed besides the addresses of the smtp alerts."},
{"notify[]", "after", ROW_SPAN, NOTIFY(after_ns), .fallback = "15m", .min = S, .max = 7 * DAY,
	.doc = "When nobody has acknowledged for so long, `then` is mailed."},
{"notify[]", "then", ROW_TEXTS, NOTIFY(then), NOTIFY(nthen), .max = 100,
	.doc = "The second addresses."},

{"", "report", ROW_MAP, 0, .doc = "The preliminary incident report."},
{"report", "fold", ROW_SPAN, TOP(report_fold_ns), .fallback = "60s", .min = S, .max = H,
	.doc = "Alerts are gathered for so long before the first report of an incident."},
{"report", "followup", ROW_SPAN, TOP(report_followup_ns), .fallback = "30m", .min = S, .max = DAY,
	.doc = "Between two reports of one incident lies at least this."},
{"report", "per_hour", ROW_COUNT, TOP(reports_per_hour), .fallback = "20", .min = 1, .max = 1000,
	.doc = "More are withheld and told in one digest."},
{"report", "min_level", ROW_CHOICE, TOP(report_least), .fallback = "high",
	.choices = "informational low medium high critical",
	.doc = "Severity of an alert from which its incident is reported."},

{"", "cases", ROW_MAP, 0, .doc = "What people do about incidents."},
{"cases", "keep", ROW_SPAN, TOP(cases_keep_ns), .fallback = "400d", .min = DAY, .max = 36500 * DAY,
	.doc = "Closed incidents, and alerts of none, are deleted from cases.db after."},

{"", "heartbeat", ROW_MAP, 0, .doc = "A sign of life, so that silence shows elsewhere."},
{"heartbeat", "url", ROW_TEXT, TOP(heartbeat_url), .max = 1000,
	.doc = "Fetched with GET as long as all roles run."},
{"heartbeat", "file", ROW_PATH, TOP(heartbeat_file),
	.doc = "Written with the time as long as all roles run."},
{"heartbeat", "every", ROW_SPAN, TOP(heartbeat_ns), .fallback = "60s", .min = S, .max = H,
	.doc = "How often."},

{"", "test", ROW_MAP, 0, .doc = "For test builds."},
{"test", "clock", ROW_MOMENT, TOP(test_clock),
	.doc = "The time it shall be, as in 2026-11-22T10:00:00Z. Only test builds obey."},
};
/* clang-format on */

const size_t setting_nrows = sizeof(setting_rows) / sizeof(*setting_rows);
