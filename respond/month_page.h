/*
 * month_page.h - the monthly page as sections of cells, before it becomes text, HTML or JSON.
 * Private to respond/report_month*.c.
 *
 * Cells are text for people, shown safely; what could not be measured says so and why.
 */
#ifndef RESPOND_MONTH_PAGE_H
#define RESPOND_MONTH_PAGE_H

#include "base/arena.h"
#include "respond/report.h"

#define PAGE_COLUMNS  6u
#define PAGE_ROWS     8u
#define PAGE_SECTIONS 10u
#define PAGE_ADVICE   3u

enum light { GREEN, YELLOW, RED };

struct page_section {
	const char *title;
	struct str note; /* a line above the table; empty = none */
	bool half;       /* stands beside its neighbour */
	bool names;      /* the first column names the row */
	unsigned ncolumns, nrows;
	const char *heads[PAGE_COLUMNS]; /* NULL at 0 = none */
	struct str cells[PAGE_ROWS][PAGE_COLUMNS];
};

struct page {
	const json_t *m;
	const struct report_site *site;
	struct arena arena;
	bool ja;
	enum light light;
	struct buf reason;
	struct str advice[PAGE_ADVICE];
	unsigned nadvice;
	struct page_section sections[PAGE_SECTIONS];
	unsigned nsections;
};

const char *page_light(const struct page *p);
/* "2026-11" */
const char *page_month(const struct page *p);

/* month_judge.c: the light with its reason, and at most three things to do. */
void page_judge(struct page *p);
/* month_sections.c */
void page_fill(struct page *p);
void page_write_html(const struct page *p, struct buf *out);

#endif
