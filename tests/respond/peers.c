/* peers.c - mail to a real SMTP server, syslog to a socket, Kafka to librdkafka's mock cluster. */
#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/file.h"
#include "tests/respond/house.h"

/* librdkafka starts its threads through C11's thrd_create, which gcc's ThreadSanitizer does not
 * know: it crashes in the first of them. */
#ifdef __SANITIZE_THREAD__
#define KAFKA_UNDER_TSAN cr_skip_test("librdkafka does not run under ThreadSanitizer")
#else
#define KAFKA_UNDER_TSAN ((void)0)
#endif

TestSuite(respond_peers, .timeout = 90);

static struct str to[] = {{"soc@example.jp", 14}};

struct post {
	struct peer peer;
	char dir[96], address[32];
};

static void
post_start(
	struct post *p, struct house *h, const char *a, const char *b, const char *c, const char *d)
{
	const char *argv[] = {
		"/usr/bin/python3", "tests/servers/smtp.py", p->dir, a, b, c, d, NULL};

	snprintf(p->dir, sizeof(p->dir), "%s/mail", h->dir);
	p->peer = peer_start(argv);
	snprintf(p->address, sizeof(p->address), "127.0.0.1:%d", p->peer.port);
}

static struct sink_settings *
mail_sink(struct house *h, struct post *p)
{
	struct sink_settings *s = house_sink(h, SINK_SMTP, "mail");

	s->address = str_of(p->address);
	s->from = STR("noroshi@example.jp");
	s->to = to;
	s->nto = 1;
	s->starttls = STARTTLS_NEVER;
	return s;
}

static unsigned
count_files(const char *dir, const char *tail)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d)))
		n += str_ends(str_of(e->d_name), str_of(tail));
	if (d)
		closedir(d);
	return n;
}

static bool
file_has(const char *dir, const char *name, const char *text)
{
	char path[200];
	struct buf b;
	bool has;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	b = house_read(path);
	has = b.n > 0 && str_find(buf_str(&b), str_of(text)) >= 0;
	buf_done(&b);
	return has;
}

Test(respond_peers, mail_that_is_put_off_is_sent_again_in_order)
{
	struct house h;
	struct post p;
	char hex[33] = "";

	house_init(&h);
	post_start(&p, &h, "--fail", "2", NULL, NULL);
	mail_sink(&h, &p);
	house_start(&h);
	house_alerts(&h, 1, 3);
	house_wait(&h, COUNT_SENT, 3);
	cr_expect_eq(house_count(&h, COUNT_SEND_FAILED), 2u);
	house_stop(&h);
	cr_expect_eq(count_files(p.dir, ".eml"), 3u);
	for (unsigned i = 1; i <= 3; i++) {
		char name[32];

		hash128_hex(house_id(i), hex);
		snprintf(name, sizeof(name), "%04u.eml", i + 2);
		cr_expect(file_has(p.dir, name, hex), "%s is alert %u", name, i);
	}
	cr_expect(file_has(p.dir, "0003.json", "\"to\": [\"soc@example.jp\"]"));
	peer_stop(&p.peer);
	house_done(&h);
}

/* A report row as duty.c would never write it. */
static void
put_report(struct house *h, const char *id)
{
	char sql[700];

	snprintf(sql, sizeof(sql),
		"INSERT INTO alerts(number,id,time,rule,level,rank,history,json,kind) "
		"VALUES(0,'%s',0,"
		"'report','critical',4,0,'{\"noroshi.incident.id\":"
		"\"0123456789abcdef0123456789abcdef\",\"noroshi.report\":{\"to\":["
		"\"pc@partner.example\",\"a@example.jp.evil.example\",\"soc@example.jp\","
		"\"x@example.jp\\r\\nBcc: y@evil.example\"],\"subject_en\":\"s\",\"text_en\":"
		"\"t\"}}',1) RETURNING seq",
		id);
	cr_assert_gt(house_sql(h, sql), 0);
}

Test(respond_peers, nobody_outside_gets_a_report_whatever_the_row_says)
{
	struct house h;
	struct post p;

	house_init(&h);
	post_start(&p, &h, NULL, NULL, NULL, NULL);
	mail_sink(&h, &p);
	cr_assert_eq(house_run_once(&h), 0);
	put_report(&h, "r1");
	cr_assert_eq(house_run_once(&h), 0);
	cr_expect(file_has(p.dir, "0001.json", "\"to\": [\"soc@example.jp\"]"));
	cr_expect(file_has(p.dir, "0001.eml", "To: soc@example.jp\r\n"));
	house_sql(&h, "INSERT INTO approvals VALUES('0123456789abcdef0123456789abcdef',"
		      "'PC@partner.example','sato',1) RETURNING 1");
	put_report(&h, "r2");
	cr_assert_eq(house_run_once(&h), 0);
	cr_expect(file_has(
		p.dir, "0002.json", "\"to\": [\"pc@partner.example\", \"soc@example.jp\"]"));
	cr_expect_eq(house_sql(&h, "SELECT count(*) FROM incident_history WHERE what='told'"), 2);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 0u);
	peer_stop(&p.peer);
	house_done(&h);
}

Test(respond_peers, mail_over_starttls_with_a_password)
{
	struct house h;
	struct post p;
	struct sink_settings *s;
	char users[128], secret[128], ca[128];
	struct buf log;

	house_init(&h);
	snprintf(users, sizeof(users), "%s/users", h.dir);
	snprintf(secret, sizeof(secret), "%s/secret", h.dir);
	cr_assert_eq(file_replace(users, STR("siem:correct horse\n"), 0600), 0);
	cr_assert_eq(file_replace(secret, STR("wrong battery\n"), 0600), 0);
	post_start(&p, &h, "--require-tls", "--auth", users, NULL);
	snprintf(ca, sizeof(ca), "%s/smtp.pem", p.dir);
	s = mail_sink(&h, &p);
	s->starttls = STARTTLS_REQUIRE;
	s->user = STR("siem");
	s->password_file = str_of(secret);
	house_start(&h);
	house_alert(&h, 1);
	/* an unknown authority, then a wrong password: both are waited out, neither loses the alert
	 */
	house_wait(&h, COUNT_SEND_FAILED, 4);
	cr_expect_eq(count_files(p.dir, ".eml"), 0u);
	house_stop(&h);
	s->ca_file = str_of(ca);
	house_start(&h);
	house_wait(&h, COUNT_SEND_FAILED, house_count(&h, COUNT_SEND_FAILED) + 4);
	cr_assert_eq(file_replace(secret, STR("correct horse\r\n"), 0600), 0);
	house_wait(&h, COUNT_SENT, 1);
	house_stop(&h);
	cr_expect(file_has(p.dir, "0001.json", "\"tls\": true"));
	cr_expect(file_has(p.dir, "0001.json", "\"user\": \"siem\""));
	log = house_read(h.log);
	cr_expect(!strstr(log.p, "battery") && !strstr(log.p, "horse"), "%s", log.p);
	buf_done(&log);
	peer_stop(&p.peer);
	house_done(&h);
}

Test(respond_peers, mail_refused_for_good_is_given_up_and_named)
{
	struct house h;
	struct post p;
	struct buf log;

	house_init(&h);
	post_start(&p, &h, "--refuse", "3", NULL, NULL);
	mail_sink(&h, &p);
	house_start(&h);
	house_alerts(&h, 1, 2);
	house_wait(&h, COUNT_SENT, 1);
	house_stop(&h);
	cr_expect_eq(house_sql(&h, "SELECT dead FROM sinks"), 1);
	cr_expect_eq(house_sql(&h, "SELECT seq FROM dead WHERE sink='mail'"), 1);
	cr_expect_eq(house_sql(&h, "SELECT delivered FROM sinks"), 1);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 0u);
	log = house_read(h.log);
	cr_expect(strstr(log.p, "given up after 3 refusals"), "%s", log.p);
	buf_done(&log);
	peer_stop(&p.peer);
	house_done(&h);
}

Test(respond_peers, a_flood_becomes_a_summary)
{
	struct house h;
	struct post p;

	house_init(&h);
	h.tune.digest_ns = 300 * NS_PER_MS;
	post_start(&p, &h, NULL, NULL, NULL, NULL);
	mail_sink(&h, &p)->language = STR("ja");
	h.sinks[0].per_hour = 3; /* as alerts: per_hour sets it */
	house_start(&h);
	house_alerts(&h, 1, 500);
	house_wait(&h, COUNT_SENT, 500);
	house_stop(&h);
	cr_expect_eq(count_files(p.dir, ".eml"), 4u, "three mails and a summary");
	cr_expect_eq(house_sql(&h, "SELECT digested FROM sinks"), 497);
	peer_stop(&p.peer);
	house_done(&h);
}

Test(respond_peers, a_dead_mail_server_delays_neither_the_file_nor_the_stop)
{
	struct house h;
	struct post p = {.address = "127.0.0.1:1"};
	int64_t begin;

	house_init(&h);
	mail_sink(&h, &p);
	house_sink(&h, SINK_FILE, "file");
	house_start(&h);
	house_alerts(&h, 1, 50);
	house_wait(&h, COUNT_SENT, 50);
	begin = clock_mono(&clock_system);
	house_stop(&h);
	cr_expect_lt(clock_mono(&clock_system) - begin, 4 * NS_PER_S);
	house_expect_lines(h.out, 1, 50, "the file has all");
	cr_expect_eq(house_sql(&h, "SELECT settled FROM sinks WHERE name='mail'"), 0);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 50u, "and the mails wait");
	house_done(&h);
}

/* ---- syslog ---- */

static int
listen_on(int type, char address[32])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(address, 32, "127.0.0.1:%d", ntohs(a.sin_port));
	return fd;
}

static int
wait_accept(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, 20000), 1);
	return accept(fd, NULL, NULL);
}

/* Read until `count` messages with octet counting are there. */
static void
read_messages(int fd, unsigned count, struct buf *out)
{
	unsigned have = 0;
	size_t at = 0;

	while (have < count) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		cr_assert_eq(poll(&p, 1, 20000), 1, "message %u does not come", have + 1);
		n = read(fd, buf_room(out, 65536), 65536);
		cr_assert_gt(n, 0);
		out->n += (size_t)n;
		for (;;) {
			struct str rest = {out->p + at, out->n - at};
			uint64_t len;

			if (!str_take_u64(&rest, &len) || rest.n < len + 1)
				break;
			cr_assert_eq(rest.p[0], ' ');
			cr_assert(str_starts((struct str){rest.p + 1, len},
					  STR("<131>1 2026-03-02T10")),
				"%.*s", (int)len, rest.p + 1);
			at = (size_t)(rest.p + 1 - out->p) + len;
			have++;
		}
	}
	cr_assert_eq(at, out->n, "nothing behind the last message");
}

Test(respond_peers, syslog_over_tcp_survives_a_broken_connection)
{
	struct house h;
	struct sink_settings *s;
	char address[32], hex[33] = "";
	int fd = listen_on(SOCK_STREAM, address), peer;
	struct buf got = {0};
	struct alert_rule rule = house_rule();

	house_init(&h);
	s = house_sink(&h, SINK_SYSLOG, "syslog");
	s->tcp = true;
	s->address = str_of(address);
	rule.id = STR("a\"b]c\\d");
	house_start(&h);
	house_alerts(&h, 1, 2);
	peer = wait_accept(fd);
	read_messages(peer, 2, &got);
	house_wait(&h, COUNT_SENT, 2);
	close(peer);
	buf_clear(&got);
	house_alert_with(&h, 3, &rule, STR("x\ny\x1b[0m"), STR(""));
	peer = wait_accept(fd);
	read_messages(peer, 1, &got);
	house_wait(&h, COUNT_SENT, 3);
	house_stop(&h);
	hash128_hex(house_id(3), hex);
	buf_z(&got);
	cr_expect(strstr(got.p, hex), "the third, not the first again");
	cr_expect(strstr(got.p, "rule=\"a\\\"b\\]c\\\\d\" level=\"high\"] x\\x0ay\\x1b[0m failed"),
		"%s", got.p);
	buf_done(&got);
	close(peer);
	close(fd);
	house_done(&h);
}

Test(respond_peers, syslog_over_udp)
{
	struct house h;
	char address[32], text[4096];
	int fd = listen_on(SOCK_DGRAM, address);

	house_init(&h);
	house_sink(&h, SINK_SYSLOG, "syslog")->address = str_of(address);
	house_start(&h);
	house_alerts(&h, 1, 5);
	house_wait(&h, COUNT_SENT, 5);
	house_stop(&h);
	for (unsigned i = 1; i <= 5; i++) {
		ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
		char hex[33] = "";

		cr_assert_gt(n, 0, "datagram %u", i);
		text[n] = 0;
		hash128_hex(house_id(i), hex);
		cr_expect(strstr(text, hex) && !strncmp(text, "<131>1 ", 7), "%s", text);
	}
	close(fd);
	house_done(&h);
}

/* ---- Kafka ---- */

Test(respond_peers, kafka_gets_each_alert_once_with_its_id_as_key)
{
	struct house h;
	struct sink_settings *s;
	char err[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	unsigned got = 0;

	KAFKA_UNDER_TSAN;
	house_init(&h);
	rd_kafka_conf_set(conf, "group.id", "g", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, err, sizeof(err));
	cr_assert(rk);
	cluster = rd_kafka_mock_cluster_new(rk, 1);
	rd_kafka_mock_topic_create(cluster, "alerts", 1, 1);
	rd_kafka_mock_push_request_errors(cluster, 0 /* Produce */, 2,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
	s = house_sink(&h, SINK_KAFKA, "kafka");
	s->address = str_of(rd_kafka_mock_cluster_bootstraps(cluster));
	s->topic = STR("alerts");
	house_start(&h);
	house_alerts(&h, 1, 300);
	house_wait(&h, COUNT_SENT, 300);
	house_stop(&h);
	conf = rd_kafka_conf_new();
	rd_kafka_conf_set(
		conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "check", NULL, 0);
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
	{
		rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, err, sizeof(err));
		bool end = false;

		cr_assert(reader, "%s", err);
		rd_kafka_poll_set_consumer(reader);
		rd_kafka_topic_partition_list_add(list, "alerts", 0)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
		rd_kafka_assign(reader, list);
		for (int i = 0; i < 2000 && !end; i++) {
			rd_kafka_message_t *m = rd_kafka_consumer_poll(reader, 50);
			char hex[33] = "";

			if (!m)
				continue;
			end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
			if (!m->err) {
				hash128_hex(house_id(++got), hex);
				cr_expect(m->key_len == 32 && !memcmp(m->key, hex, 32),
					"message %u is %.*s", got, (int)m->key_len, (char *)m->key);
				cr_expect_eq(((char *)m->payload)[0], '{');
			}
			rd_kafka_message_destroy(m);
		}
		rd_kafka_consumer_close(reader);
		rd_kafka_destroy(reader);
	}
	cr_expect_eq(got, 300u);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	house_done(&h);
}

Test(respond_peers, brokers_that_are_away_are_waited_for)
{
	struct house h;
	struct sink_settings *s;

	KAFKA_UNDER_TSAN;
	house_init(&h);
	h.tune.peer_ns = 300 * NS_PER_MS;
	s = house_sink(&h, SINK_KAFKA, "kafka");
	s->address = STR("127.0.0.1:1");
	s->topic = STR("alerts");
	house_start(&h);
	house_alerts(&h, 1, 2);
	house_wait(&h, COUNT_SEND_FAILED, 2);
	house_stop(&h);
	cr_expect_eq(house_sql(&h, "SELECT settled FROM sinks"), 0);
	cr_expect_eq(house_count(&h, COUNT_SPOOLED), 2u);
	house_done(&h);
}

Test(respond_peers, settings_that_cannot_work_are_said_at_the_start)
{
	static struct property odd[] = {{{"no.such.property", 16}, {"1", 1}}};
	static const struct {
		struct sink_settings set;
		const char *says;
	} rows[] = {
		{{.kind = SINK_SMTP, .address = {"h:25", 4}, .from = {"x", 1}, .to = to, .nto = 1},
			"'from' is not a mail address"},
		{{.kind = SINK_SMTP, .address = {"h:25", 4}, .from = {"a@b", 3}}, "nobody in 'to'"},
		{{.kind = SINK_SYSLOG, .address = {":514", 4}}, "is not host:port"},
		{{.kind = SINK_KAFKA, .address = {"h:1", 3}}, "no topic"},
		{{.kind = SINK_KAFKA,
			 .address = {"h:1", 3},
			 .topic = {"t", 1},
			 .properties = odd,
			 .nproperties = 1},
			"no.such.property"},
		{{.kind = SINK_SMTP,
			 .address = {"h:25", 4},
			 .from = {"a@b", 3},
			 .to = to,
			 .nto = 1,
			 .user = {"u", 1},
			 .password_file = {"/nonexistent", 12}},
			"cannot read the password file"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house h;

		house_init(&h);
		*house_sink(&h, rows[i].set.kind, "s") = rows[i].set;
		h.sinks[0].name = STR("sink-1");
		cr_expect_lt(house_run_once(&h), 0, "%s", rows[i].says);
		cr_expect(strstr(diag_first(&h.why), rows[i].says), "'%s' is not '%s'",
			diag_first(&h.why), rows[i].says);
		cr_expect_eq(atomic_load(&h.ready), 0u);
		house_done(&h);
	}
}
