/* cli_alerts.c - `noroshi alerts`: what was raised, from the alert log's archive class; --follow
 * reads the live log. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/alertlog.h"
#include "base/term.h"
#include "config/settings.h"
#include "daemon/cli.h"

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static void
print_alert(const struct cli *c, bool japanese, struct str json)
{
	json_t *j;
	struct buf line = {0};
	const char *words;

	if (c->json) {
		printf("%.*s\n", STR_ARG(json));
		return;
	}
	j = json_loadb(json.p, json.n, 0, NULL);
	if (!j)
		return;
	words = text_of(j, japanese ? "noroshi.message_ja" : "message");
	buf_printf(&line, "%.19s %-8s ", text_of(j, "@timestamp"), text_of(j, "log.level"));
	term_show(&line, str_of(words));
	printf("%.*s\n", STR_ARG(buf_str(&line)));
	buf_done(&line);
	json_decref(j);
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct cli own = *c;
	struct settings *s = NULL;
	struct alertlog_reader *r;
	struct buf dir = {0}, json = {0};
	struct diag why = {0};
	bool follow = false, japanese = false;
	uint64_t number;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-c") && i + 1 < argc)
			own.config = argv[++i];
		else if (!strcmp(argv[i], "--follow"))
			follow = true;
		else if (!strcmp(argv[i], "--lang") && i + 1 < argc)
			japanese = !strcmp(argv[++i], "ja");
		else if (strcmp(argv[i], "--json") != 0)
			return cli_usage(c, "unknown option '%s'", argv[i]);
	}
	if (!cli_config(&own))
		return cli_usage(c, "no configuration: give -c FILE");
	if (settings_load(cli_config(&own), &why, &s) < 0) {
		cli_diag(&why);
		return EXIT_FINDING;
	}
	buf_printf(&dir, "%.*s/alerts", STR_ARG(s->data));
	r = alertlog_reader_new(buf_z(&dir), 0);
	for (;;) {
		struct timespec pause = {0, 200 * 1000000};

		while (alertlog_next(r, &number, &json))
			print_alert(&own, japanese, buf_str(&json));
		fflush(stdout);
		if (!follow)
			break;
		nanosleep(&pause, NULL);
	}
	alertlog_reader_free(r);
	buf_done(&json);
	buf_done(&dir);
	settings_free(s);
	return 0;
}

const struct cli_command cli_alerts = {
	.name = "alerts",
	.summary = "the alerts of this installation; --follow waits for more",
	.help = "Usage: noroshi alerts [-c noroshi.yml] [--follow] [--lang en|ja] [--json]\n"
		"Shows what the alert log still holds; older ones: noroshi query --class alerts.\n"
		"Exit codes: 0 done, 1 configuration unreadable, 2 usage.\n\nExample:\n  noroshi "
		"alerts --follow --lang ja\n",
	.run = run,
};
