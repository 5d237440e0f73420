#include "daemon/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "config/settings.h"
#include "daemon/listen.h"

#define DEFAULT_CONFIG "/etc/noroshi/noroshi.yml"

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "noroshi %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see noroshi %s --help\n", c->name);
	return EXIT_USAGE;
}

void
cli_diag(const struct diag *d)
{
	struct buf b = {0};

	diag_print(d, &b, isatty(STDERR_FILENO) && !getenv("NO_COLOR"));
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&b)));
	buf_done(&b);
}

const char *
cli_config(const struct cli *c)
{
	if (c->config)
		return c->config;
	return access(DEFAULT_CONFIG, R_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

static int
exchange(int fd, const char *command, struct buf *answer)
{
	struct buf line = {0};
	int rc;

	buf_printf(&line, "%s\n", command);
	rc = file_write_all(fd, line.p, line.n);
	buf_done(&line);
	while (rc == 0 && (answer->n == 0 || answer->p[answer->n - 1] != '\n')) {
		ssize_t got = read(fd, buf_room(answer, 65536), 65536);

		if (got <= 0)
			return -1;
		answer->n += (size_t)got;
	}
	return rc;
}

int
cli_ask(const struct cli *c, const char *command, struct buf *answer)
{
	const char *config = cli_config(c);
	struct settings *s = NULL;
	struct diag why = {0};
	struct buf path = {0};
	int fd, rc;

	if (!config)
		return cli_usage(c, "no configuration: give -c FILE");
	rc = settings_load(config, &why, &s);
	if (rc < 0) {
		cli_diag(&why);
		diag_done(&why);
		return EXIT_FINDING;
	}
	buf_add_str(&path, s->control);
	fd = control_connect(buf_z(&path));
	rc = fd >= 0 ? exchange(fd, command, answer) : -1;
	if (rc < 0)
		fprintf(stderr,
			"noroshi %s: the daemon does not answer at '%s': %s; is noroshid running "
			"with this configuration?\n",
			c->name, path.p, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_done(&path);
	settings_free(s);
	return rc < 0 ? EXIT_UNREACHABLE : 0;
}
