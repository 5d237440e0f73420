/*
 * text.h - one line of text in the making, with the few formats that logs need.
 *
 * Threads: none; the caller owns the buffer.
 */
#ifndef COMPANY_TEXT_H
#define COMPANY_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 4096u

struct text {
	size_t n;
	char p[TEXT_MAX];
};

/*
 * Append by format. What a letter takes:
 *   %s const char *    %u unsigned    %U uint64_t    %i uint32_t as an IPv4 address
 *   %2 %3 %6 unsigned, zero-padded to that width     %x uint64_t in hex, as short as it is
 *   %h unsigned width, uint64_t: hex, exactly that many digits (%H: in capitals)     %% itself
 * A line that would not fit ends the program: it would be a mistake in this generator.
 */
void text_put(struct text *t, const char *fmt, ...);
void text_vput(struct text *t, const char *fmt, va_list ap);

/* The printed form of a small value in the caller's buffer; returns it. */
char *text_ip(char *buf, uint32_t ip);
char *text_u(char *buf, uint64_t v);
char *text_hex(char *buf, uint64_t v);

#endif
