#include "daemon/cli_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stamp.h"
#include "daemon/listen.h"
#include "daemon/records.h"

int
cli_cases_option(struct cli_cases *k, char **argv, int argc, int *i)
{
	const char *a = argv[*i];
	const char **to = !strcmp(a, "-c")          ? &k->config
			  : !strcmp(a, "--data")    ? &k->data
			  : !strcmp(a, "--archive") ? &k->archive
						    : NULL;

	if (!to && strcmp(a, "--lang") != 0)
		return 0;
	if (*i + 1 >= argc ||
		(!to && strcmp(argv[*i + 1], "ja") != 0 && strcmp(argv[*i + 1], "en") != 0))
		return -1;
	++*i;
	if (to)
		*to = argv[*i];
	else
		k->ja = !strcmp(argv[*i], "ja");
	return 1;
}

int
cli_cases_bad(const struct cli *c, const char *option)
{
	return cli_usage(
		c, strcmp(option, "--lang") ? "%s needs a value" : "%s is en or ja", option);
}

int
cli_cases_settings(struct cli_cases *k)
{
	struct cli own = *k->c;
	struct diag why = {0};
	struct buf packed = {0}, dir = {0};
	int rc = 0;

	if (k->config)
		own.config = k->config;
	if (!cli_config(&own) && k->data)
		return 0;
	if (!cli_config(&own))
		return cli_usage(k->c, "no configuration: give -c FILE or --data DIR");
	if (settings_load(cli_config(&own), &why, &k->settings) < 0)
		rc = EXIT_FINDING;
	if (rc == 0 && k->settings->watchlists.n) {
		buf_add_str(&dir, k->settings->watchlists);
		if (lists_pack(buf_z(&dir), &why, &packed) == 0 && packed.n)
			lists_load(buf_str(&packed), &why, &k->lists);
	}
	if (rc)
		cli_diag(&why);
	diag_done(&why);
	buf_done(&packed);
	buf_done(&dir);
	return rc;
}

int
cli_cases_open(struct cli_cases *k)
{
	int rc = cli_cases_settings(k);

	if (rc)
		return rc;
	if (!k->lists)
		k->lists = lists_none();
	if (k->data)
		buf_printf(&k->path, "%s/cases/cases.db", k->data);
	else
		buf_printf(&k->path, "%.*s/cases/cases.db", STR_ARG(k->settings->data));
	if (k->archive)
		buf_printf(&k->archive_path, "%s", k->archive);
	else if (k->data)
		buf_printf(&k->archive_path, "%s/archive", k->data);
	else
		buf_printf(&k->archive_path, "%.*s/archive", STR_ARG(k->settings->data));
	buf_z(&k->archive_path);
	if (sqlite3_open_v2(buf_z(&k->path), &k->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		fprintf(stderr,
			"noroshi: cannot read %s: %s; run as root or as the responder's user\n",
			k->path.p, sqlite3_errmsg(k->db));
		return EXIT_FINDING;
	}
	sqlite3_busy_timeout(k->db, 10000);
	return 0;
}

void
cli_cases_close(struct cli_cases *k)
{
	sqlite3_close(k->db);
	lists_free(k->lists);
	settings_free(k->settings);
	buf_done(&k->path);
	buf_done(&k->archive_path);
}

/* ---- asking ---- */

static int
connect_desk(struct cli_cases *k)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct buf path = {0};
	int fd;

	desk_path(k->settings->control, &path);
	if (path.n >= sizeof(a.sun_path)) {
		buf_done(&path);
		return -1;
	}
	memcpy(a.sun_path, path.p, path.n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		fprintf(stderr, "noroshi: noroshid does not answer at %s: %s; is it running?\n",
			path.p, strerror(errno));
		close(fd);
		fd = -1;
	}
	buf_done(&path);
	return fd;
}

/* In the asker's language where the answer has it. */
static const char *
said(const json_t *j, const char *name, bool ja)
{
	const char *other = NULL;

	if (ja)
		other = json_string_value(
			json_object_get(j, !strcmp(name, "ok") ? "ok_ja" : "error_ja"));
	return other ? other : json_string_value(json_object_get(j, name));
}

static int
print_answer(struct cli_cases *k, struct str text)
{
	json_t *j = json_loadb(text.p, text.n, 0, NULL);
	const char *bad = said(j, "error", k->ja);
	const char *good = said(j, "ok", k->ja);
	const char *incident = json_string_value(json_object_get(j, "incident"));

	if (k->c->json)
		printf("%.*s", STR_ARG(text));
	else if (bad)
		fprintf(stderr, "noroshi: %s\n", bad);
	else
		printf("%s%s%s\n", good ? good : "?", incident ? ": " : "",
			incident ? incident : "");
	json_decref(j);
	return good ? 0 : EXIT_FINDING;
}

int
cli_cases_ask(struct cli_cases *k, json_t *ask)
{
	char *text = json_dumps(ask, JSON_COMPACT);
	struct buf in = {0};
	int fd, code = EXIT_UNREACHABLE;
	ssize_t got = 1;

	json_decref(ask);
	if (!k->settings) {
		free(text);
		return cli_usage(k->c, "to change something, give -c FILE: the daemon is asked");
	}
	fd = connect_desk(k);
	if (fd >= 0) {
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ||
			send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
			got = 0;
		while (got > 0 && (got = recv(fd, buf_room(&in, 4096), 4096, 0)) > 0)
			in.n += (size_t)got;
		close(fd);
		if (in.n)
			code = print_answer(k, buf_str(&in));
		else
			fprintf(stderr, "noroshi: noroshid gave no answer; see its log\n");
	}
	free(text);
	buf_done(&in);
	return code;
}

/* ---- records ---- */

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
on_record(void *arg, struct str json)
{
	json_t *j = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);

	if (j)
		json_array_append_new(arg, j);
	return json_array_size(arg) < 4000;
}

static int
by_time(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const char *s = json_string_value(json_object_get(x, "@timestamp"));
	const char *t = json_string_value(json_object_get(y, "@timestamp"));
	int order = strcmp(s ? s : "", t ? t : "");

	return order ? order
		     : (int)(json_integer_value(json_object_get(x, "event.sequence")) >
			       json_integer_value(json_object_get(y, "event.sequence")));
}

json_t *
cli_cases_records(struct cli_cases *k, const json_t *incident)
{
	const json_t *list = json_object_get(incident, "records"), *r;
	size_t n = json_array_size(list), i;
	uint64_t *seqs = mem_zero(n + 1, sizeof(*seqs));
	int64_t since = INT64_MAX, until = INT64_MIN;
	json_t *found = json_array(), *sorted = json_array(), **at;

	json_array_foreach(list, i, r)
	{
		const char *text = json_string_value(json_object_get(r, "@timestamp"));
		struct str s = str_of(text ? text : "");
		int64_t ns = 0;

		seqs[i] = (uint64_t)json_integer_value(json_object_get(r, "event.sequence"));
		if (!stamp_take_iso(&s, NULL, 0, &ns))
			continue;
		since = ns < since ? ns : since;
		until = ns > until ? ns : until;
	}
	qsort(seqs, n, sizeof(*seqs), by_number);
	if (n)
		records_read(k->archive_path.p, seqs, n, since, until, on_record, found);
	mem_free(seqs);
	n = json_array_size(found);
	at = mem_zero(n + 1, sizeof(json_t *));
	for (i = 0; i < n; i++)
		at[i] = json_array_get(found, i);
	qsort(at, n, sizeof(json_t *), by_time);
	for (i = 0; i < n; i++)
		json_array_append(sorted, at[i]);
	mem_free(at);
	json_decref(found);
	return sorted;
}
