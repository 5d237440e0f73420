/*
 * logsource.h - the closed list of log-source labels that built-in parsers give (Sigma: product,
 * category, service).
 */
#ifndef BASE_LOGSOURCE_H
#define BASE_LOGSOURCE_H

#include "base/str.h"

enum logsource {
#define L(id, product, category, service, family, excused) LOGSOURCE_##id,
#include "base/logsource.def"
#undef L
	LOGSOURCE_COUNT
};

struct logsource_row {
	struct str product, category, service; /* comma-separated values; empty = none */
};

const struct logsource_row *logsource_row(enum logsource id);

#endif
