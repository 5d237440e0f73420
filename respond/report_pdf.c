/* report_pdf.c - HTML to PDF by WeasyPrint, a child process without a shell. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "respond/report.h"

#define STEP_MS 50
#define PDF_MAX ((size_t)64 << 20)

extern char **environ;

/* 0, or ERR_NOT_FOUND: there is no such program, ERR_IO: it failed or took too long. */
static int
run_child(const char *from, const char *to, int patience_ms)
{
	char program[] = "weasyprint", quiet[] = "--quiet";
	char *argv[] = {program, quiet, (char *)(uintptr_t)from, (char *)(uintptr_t)to, NULL};
	pid_t pid;
	int status = 0, rc = posix_spawnp(&pid, program, NULL, NULL, argv, environ);

	if (rc != 0)
		return rc == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	for (int waited = 0; waited < patience_ms; waited += STEP_MS) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ERR_IO;
		if (got < 0 && errno != EINTR)
			return ERR_IO;
		poll(NULL, 0, STEP_MS);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return ERR_IO;
}

int
report_pdf(struct str html, int patience_ms, struct diag *why, struct buf *out)
{
	char dir[] = "/tmp/noroshi-pdfXXXXXX";
	struct buf from = {0}, to = {0};
	int rc = ERR_IO;

	if (!mkdtemp(dir)) {
		diag_set(why, NULL, 0, "cannot make a folder under /tmp: %s", strerror(errno));
		return ERR_IO;
	}
	buf_printf(&from, "%s/report.html", dir);
	buf_printf(&to, "%s/report.pdf", dir);
	if (file_replace(buf_z(&from), html, 0600) == 0)
		rc = run_child(from.p, buf_z(&to), patience_ms);
	if (rc == 0)
		rc = file_read(to.p, PDF_MAX, out);
	if (rc == ERR_NOT_FOUND)
		diag_set(why, NULL, 0,
			"WeasyPrint is not installed (apt-get install weasyprint fonts-ipaexfont); "
			"--format html needs nothing");
	else if (rc < 0)
		diag_set(why, NULL, 0,
			"WeasyPrint made no PDF of it within %d s; --format html needs nothing",
			patience_ms / 1000);
	unlink(from.p);
	unlink(buf_z(&to));
	rmdir(dir);
	buf_done(&from);
	buf_done(&to);
	return rc;
}
