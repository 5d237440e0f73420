/*
 * settings.h - what the operator wrote in noroshi.yml, as one immutable snapshot known by its
 * content hash.
 *
 * Every text is followed by a NUL. Paths are absolute or start in the configuration file's folder.
 * A kafka input whose topics have different sources becomes one input per source, in the same
 * group.
 *
 * Read once (and again at SIGHUP); a bad file gives messages and no snapshot, so the old one stays
 * whole. Threads: read-only after settings_load.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/cidr.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/zone.h"

enum input_kind {
	INPUT_UDP,
	INPUT_TCP,
	INPUT_UNIX_DGRAM,
	INPUT_UNIX_STREAM,
	INPUT_FILE,
	INPUT_KAFKA
};

struct property {
	struct str name, value;
};

struct kafka_topic {
	struct str topic, source; /* source: product name, empty = by recognition */
};

#define SENDER_NETWORKS 1024u /* of one input */

struct network {
	struct cidr net;
	unsigned line, column; /* where it stands in the file */
};

/* What differs for messages of some senders; what is empty or NULL is the input's. */
struct sender_settings {
	struct network *from;
	size_t nfrom;
	struct str source, encoding;
	struct zone *zone;
};

struct input_settings {
	struct str name;
	enum input_kind kind;
	struct str address;       /* host:port, [v6]:port; for kafka the broker list */
	struct str path;          /* unix socket, file or glob */
	struct str source;        /* fixed product; empty = recognised per message */
	struct str format;        /* json gelf cef leef csv kv w3c xml; empty = recognised */
	struct str encoding;      /* utf-8 (default), cp932, euc-jp, iso-2022-jp; lower case */
	struct zone *zone;        /* never NULL */
	struct str squid_columns; /* extra logformat columns by field name, comma separated */
	struct str columns;       /* of CSV without a header, comma separated */
	struct sender_settings *senders; /* udp, tcp */
	size_t nsenders;
	bool follow; /* file: keep reading as it grows */
	bool history;
	struct str group; /* kafka consumer group */
	struct kafka_topic *topics;
	size_t ntopics;
	struct property *properties; /* handed to librdkafka */
	size_t nproperties;
	struct str password_file; /* becomes sasl.password; never logged */
	unsigned line;            /* where it stands in the file */
};

struct rules_settings {
	struct str path; /* file or folder */
	bool skip_bad;   /* on_error: skip */
};

/* Who else is told of incidents from a level on. */
struct notify_settings {
	uint64_t level; /* 0 .. 4 */
	struct str *to;
	size_t nto;
	int64_t after_ns; /* not acknowledged for so long: `then` is told */
	struct str *then;
	size_t nthen;
};

enum sink_kind { SINK_FILE, SINK_SYSLOG, SINK_KAFKA, SINK_SMTP, SINK_WEBHOOK };
enum webhook_form { WEBHOOK_JSON, WEBHOOK_SLACK, WEBHOOK_TEAMS };
enum starttls { STARTTLS_NEVER, STARTTLS_OPPORTUNISTIC, STARTTLS_REQUIRE };

struct sink_settings {
	struct str name; /* unique; default kind-N */
	enum sink_kind kind;
	struct str path;    /* file; "-" = stdout */
	struct str address; /* syslog host:port, smtp host:port, kafka brokers */
	bool tcp;           /* syslog transport */
	struct str topic;
	struct property *properties;
	size_t nproperties;
	struct str from, *to, user, password_file, ca_file;
	size_t nto;
	enum starttls starttls;
	uint64_t per_hour;     /* mails; more are told in summaries */
	struct str url, proxy; /* webhook */
	enum webhook_form form;
	struct str language;  /* ja or en */
	struct str min_level; /* informational low medium high critical */
	uint64_t spool_max;   /* bytes */
};

struct limit_settings {
	uint64_t frame_max;       /* bytes, 131072 */
	uint64_t kafka_frame_max; /* 1 MiB */
	uint64_t tcp_connections, tcp_connections_per_peer;
	int64_t tcp_idle_ns;
	uint64_t slots;         /* batches in flight, 16 */
	int64_t batch_delay_ns; /* hand over at the latest after, 5 ms */
	uint64_t batch_frames;  /* hand over at so many frames; 0 or 1,024 = as full as can be */
	uint64_t journal_max;   /* bytes on disk before backpressure, 4 GiB */
	uint64_t state_max;     /* correlation region, bytes */
	uint64_t state_keys_per_rule;
	uint64_t segment_bytes;    /* evidence rotation, 256 MiB */
	int64_t segment_age_ns;    /* 1 h */
	int64_t evidence_flush_ns; /* 5 s */
	int64_t checkpoint_ns;     /* 60 s */
	uint64_t checkpoint_bytes; /* 256 MiB of journal */
	int64_t worker_timeout_ns; /* a batch may take, 10 s */
	uint64_t alert_log_max;
	uint64_t gelf_pending, gelf_bytes; /* unfinished chunked messages, and their bytes */
	int64_t gelf_wait_ns;
};

struct settings {
	struct arena arena;
	struct hash128 hash;   /* of the file's bytes */
	struct str data;       /* folder */
	struct str watchlists; /* folder */
	struct str cache;      /* folder of what loading made; empty: data/cache */
	struct str sources;    /* folder of definitions of products; empty: only ours */
	struct input_settings *inputs;
	size_t ninputs;
	struct rules_settings *rules;
	size_t nrules;
	struct sink_settings *sinks;
	size_t nsinks;
	unsigned workers; /* 1 .. 64 */
	bool worker_threads;
	struct str console;     /* host:port; empty = off */
	struct str control;     /* unix socket path */
	bool users_separate;    /* roles change to users of their own when started as root; default
				   true */
	struct str user_prefix; /* role users: <prefix>-intake ...; default "noroshi" */
	struct limit_settings limits;
	struct str *own_domains; /* organisation: lower case */
	size_t nown_domains;
	int64_t incident_window_ns;
	uint64_t incident_hub_degree;
	struct str *hubs;
	size_t nhubs;
	struct str organisation, contact; /* for reports */
	struct notify_settings *notify;
	size_t nnotify;
	int64_t report_fold_ns, report_followup_ns;
	uint64_t reports_per_hour;
	struct str report_least; /* severity */
	int64_t cases_keep_ns;
	struct str heartbeat_url, heartbeat_file;
	int64_t heartbeat_ns;
	int64_t test_clock;          /* ns; 0 = the machine's. Only test builds obey it. */
	int64_t stream_time_lead_ns; /* how far event time may run ahead of arrival, 5 min */
	int64_t skew_ns;             /* beyond: flagged clock_skew, 1 h; history inputs: never */
	struct zone *lists_zone;     /* in which the days of watchlists and reports begin */
	int64_t alert_fold_ns;       /* same single-event rule and entity stay silent for, 10 min */
};

/* Load and check. On failure messages in why (with did-you-mean) and *ret keeps its value. */
int settings_load(const char *path, struct diag *why, struct settings **ret);
/* The same from text; `path` is for messages. */
int settings_parse(struct str text, const char *path, struct diag *why, struct settings **ret);
/* The reference of all settings with kind, default, range, what it does (for docs and `noroshi
 * check --settings`). */
void settings_reference(struct buf *out);
void settings_free(struct settings *s);

#endif
