/*
 * crash.h - named places where a test build kills itself, so that recovery can be shown.
 *
 * NOROSHI_CRASH="name" or "name:n" in the environment: the n-th passing of that place (n from 1)
 * ends the process with SIGKILL. Release builds hold none of it: CRASH_POINT is then nothing.
 * Threads: any.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

/* The names in the order of crash.def; NULL behind the last. */
const char *crash_name(unsigned i);

#ifdef NOROSHI_TEST_HOOKS
void crash_point(const char *name);
#define CRASH_POINT(name) crash_point("" name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
