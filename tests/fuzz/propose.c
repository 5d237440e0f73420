/* Fuzz target: any bytes as a CSV for `noroshi map`. What it proposes is a definition that loads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/utf8.h"
#include "parsers/propose.h"
#include "parsers/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct propose_options o = {.name = STR("fuzzed")};
	struct diag why = {0};
	struct proposal *proposal = NULL;
	struct sources *sources = NULL;
	struct buf yaml = {0};

	if (propose(str_make((const char *)p, n), n % 2, &o, "x.csv", &why, &proposal) < 0) {
		if (why.errors == 0 || proposal)
			abort();
		diag_done(&why);
		return 0;
	}
	if (proposal->ncolumns < 2 || proposal->nrows == 0 || proposal->nrows > PROPOSE_ROWS)
		abort();
	for (size_t i = 0; i < proposal->nrows; i++)
		if (!utf8_valid(proposal->rows[i]))
			abort();
	proposal_write(proposal, &yaml);
	if (sources_load_text(buf_str(&yaml), "x.yml", &why, &sources) < 0) {
		fprintf(stderr, "%s\n%s\n", diag_first(&why), buf_z(&yaml));
		abort();
	}
	sources_free(sources);
	proposal_free(proposal);
	buf_done(&yaml);
	diag_done(&why);
	return 0;
}
