/* main_noroshid.c - the daemon's command line. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/parent.h"

static const char help[] =
	"Usage: noroshid -c noroshi.yml [--foreground]\n"
	"Receive logs, correlate them, raise alerts, keep evidence.\n"
	"\n"
	"  -c, --config FILE   configuration (default /etc/noroshi/noroshi.yml)\n"
	"      --foreground    stay in the foreground (it always does; accepted for service "
	"files)\n"
	"      --version       print the version\n"
	"  -h, --help          this text\n"
	"\n"
	"Signals: SIGHUP reads configuration and rules again (the old ones stay if the new are "
	"bad),\n"
	"SIGTERM drains and stops. Exit codes: 0 stopped on request, 1 cannot start as configured, "
	"2 usage,\n"
	"71 out of memory.\n"
	"\n"
	"Examples:\n"
	"  noroshi check -c noroshi.yml && noroshid -c noroshi.yml\n"
	"  kill -HUP $(pidof -s noroshid)\n";

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"foreground", no_argument, NULL, 'f'}, {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *config = "/etc/noroshi/noroshi.yml";
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			config = optarg;
			break;
		case 'f':
			break;
		case 'v':
			printf("noroshid %s\n", NOROSHI_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs("noroshid: see noroshid --help\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "noroshid: what is '%s' for? see noroshid --help\n", argv[optind]);
		return 2;
	}
	return parent_run(config);
}
