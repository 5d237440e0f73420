#include "base/logsource.h"

static const struct logsource_row rows[LOGSOURCE_COUNT] = {
#define L(id, p, c, s, f, e)                                                                       \
	[LOGSOURCE_##id] = {{p, sizeof(p) - 1}, {c, sizeof(c) - 1}, {s, sizeof(s) - 1}},
#include "base/logsource.def"
#undef L
};

const struct logsource_row *
logsource_row(enum logsource id)
{
	return &rows[(unsigned)id < LOGSOURCE_COUNT ? id : LOGSOURCE_NONE];
}
