#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add(struct text *t, const char *p, size_t n)
{
	if (n > TEXT_MAX - t->n) {
		fprintf(stderr, "company: a line is longer than %u bytes\n", TEXT_MAX);
		exit(70);
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

static void
add_u(struct text *t, uint64_t v, unsigned width)
{
	char buf[24];
	size_t i = sizeof buf;

	do {
		buf[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (sizeof buf - i < width)
		buf[--i] = '0';
	add(t, buf + i, sizeof buf - i);
}

static void
add_x(struct text *t, uint64_t v, unsigned width, const char *digits)
{
	char buf[16];
	size_t i = sizeof buf;

	do {
		buf[--i] = digits[v & 15];
		v >>= 4;
	} while (i > 0 && (v || sizeof buf - i < width));
	if (width && sizeof buf - i > width)
		i = sizeof buf - width; /* exactly that many: the low ones */
	add(t, buf + i, sizeof buf - i);
}

static void
add_ip(struct text *t, uint32_t ip)
{
	for (unsigned shift = 32; shift > 0; shift -= 8) {
		add_u(t, (ip >> (shift - 8)) & 255, 0);
		if (shift > 8)
			add(t, ".", 1);
	}
}

void
text_vput(struct text *t, const char *fmt, va_list ap)
{
	while (*fmt) {
		size_t run = strcspn(fmt, "%");
		unsigned width;

		add(t, fmt, run);
		fmt += run;
		if (!*fmt)
			break;
		switch (fmt[1]) {
		case 's': {
			const char *s = va_arg(ap, const char *);

			add(t, s, strlen(s));
			break;
		}
		case 'u':
			add_u(t, va_arg(ap, unsigned), 0);
			break;
		case 'U':
			add_u(t, va_arg(ap, uint64_t), 0);
			break;
		case '2':
		case '3':
		case '6':
			add_u(t, va_arg(ap, unsigned), (unsigned)(fmt[1] - '0'));
			break;
		case 'i':
			add_ip(t, va_arg(ap, uint32_t));
			break;
		case 'x':
			add_x(t, va_arg(ap, uint64_t), 0, "0123456789abcdef");
			break;
		case 'h':
			width = va_arg(ap, unsigned);
			add_x(t, va_arg(ap, uint64_t), width, "0123456789abcdef");
			break;
		case 'H':
			width = va_arg(ap, unsigned);
			add_x(t, va_arg(ap, uint64_t), width, "0123456789ABCDEF");
			break;
		case '%':
			add(t, "%", 1);
			break;
		default:
			fprintf(stderr, "company: no such format: %s\n", fmt);
			exit(70);
		}
		fmt += 2;
	}
}

void
text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vput(t, fmt, ap);
	va_end(ap);
}

/* Small values only: the longest, 2^64 in decimals, takes 21 bytes with its end. */
static char *
printed(char *buf, struct text *t)
{
	memcpy(buf, t->p, t->n);
	buf[t->n] = '\0';
	return buf;
}

char *
text_ip(char *buf, uint32_t ip)
{
	struct text t;

	t.n = 0;
	add_ip(&t, ip);
	return printed(buf, &t);
}

char *
text_u(char *buf, uint64_t v)
{
	struct text t;

	t.n = 0;
	add_u(&t, v, 0);
	return printed(buf, &t);
}

char *
text_hex(char *buf, uint64_t v)
{
	struct text t;

	t.n = 0;
	add(&t, "0x", 2);
	add_x(&t, v, 0, "0123456789abcdef");
	return printed(buf, &t);
}
