/*
 * report.h - the preliminary incident report (速報) and the monthly page, as people read them.
 *
 * Each item is a value recomputed from the incident and its records, or 調査中 / "under
 * investigation", never blank. Whatever came from logs stays text in every form: HTML is escaped,
 * nothing begins a header, a formula or a terminal sequence. Field names, rule ids and JSON never
 * reach a reader (the JSON form is for machines, with the same items).
 * Threads: pure functions of their input.
 */
#ifndef RESPOND_REPORT_H
#define RESPOND_REPORT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/diag.h"
#include "config/lists.h"

enum report_format { REPORT_TEXT, REPORT_HTML, REPORT_JSON };

/* Who writes, from the configuration; all lent. */
struct report_site {
	struct str organisation,
		contact; /* empty: 調査中 is NOT said here but 未設定 with what to set */
	const struct lists *lists; /* people, assets, partners; never NULL */
	struct str host;           /* the machine that Noroshi runs on */
	struct str version;
};

struct report_input {
	const json_t *incident;    /* docs/incident-format.md */
	const struct str *records; /* its records as in the archive, JSON, by event time */
	size_t nrecords;
	unsigned number;        /* 第n報, from 1 */
	int64_t written;        /* ns since 1970 */
	int64_t next_report;    /* when the next one is due at the latest; 0 = none planned */
	const struct str *told; /* addresses it goes to */
	size_t ntold;
	const struct report_site *site;
};

/* Times are shown in JST and UTC whatever the machine's zone. ERR_SYNTAX: the incident is not what
 * docs/incident-format.md says. */
int report_preliminary(
	const struct report_input *in, enum report_format how, bool ja, struct buf *out);
/* "[Noroshi] 速報 第1報 INC-20261122-001 L3 ..." plain text, one line, for a subject. */
void report_subject(const struct report_input *in, bool ja, struct buf *out);

/* What a month needs, counted by the caller from cases.db and the archive; see
 * docs/incident-format.md. */
int report_monthly(const json_t *month, const struct report_site *site, enum report_format how,
	bool ja, struct buf *out);

/* HTML to PDF by WeasyPrint, if it is installed. ERR_NOT_FOUND: it is not; ERR_IO with why. Runs a
 * child process for at most patience_ms; never in the responder's own loop. */
int report_pdf(struct str html, int patience_ms, struct diag *why, struct buf *out);

#endif
