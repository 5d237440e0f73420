/*
 * err.h - what a function returns when it fails: 0 is success, failures are negative.
 *
 * The words for people travel apart, in struct diag.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_IO = -1,     /* the operating system refused; errno tells why */
	ERR_SYNTAX = -2, /* the text is not what its grammar asks */
	ERR_LIMIT = -3,  /* a configured bound was reached */
	ERR_NOT_FOUND = -4,
	ERR_EXISTS = -5,
	ERR_STATE = -6,   /* not now: wrong order of calls, busy, closed */
	ERR_CORRUPT = -7, /* stored bytes do not hold what was written */
	ERR_DENIED = -8,
	ERR_FULL = -9,   /* a queue, disk or budget is full */
	ERR_AGAIN = -10, /* not yet: try when woken */
	ERR_UNSUPPORTED = -11,
};

/* A short English phrase for one value. */
const char *err_str(int rc);

#endif
