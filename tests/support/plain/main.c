/* Runs what criterion.h collected and counts it. The one argument, if any: words of tests to run.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

/* The sanitizer makes a test some ten times as slow. */
#define TIMEOUT_S 120u

/* exit, not _exit: that is when the sanitizer sums up what it saw. */
static int
run(const struct plain_test *t)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(TIMEOUT_S);
		t->run();
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0, skipped = 0;

	for (const struct plain_test *t = plain_tests(); t; t = t->next) {
		int code;

		if (argc > 1 && !strstr(t->suite, argv[1]) && !strstr(t->name, argv[1]))
			continue;
		code = run(t);
		passed += code == 0;
		skipped += code == PLAIN_SKIPPED;
		failed += code != 0 && code != PLAIN_SKIPPED;
		printf("%s %s::%s",
			code == 0               ? "ok"
			: code == PLAIN_SKIPPED ? "skip"
						: "FAIL",
			t->suite, t->name);
		printf(code < 0 ? ": signal %d\n" : "\n", -code);
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || passed == 0;
}
