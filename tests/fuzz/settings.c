/* Any bytes give a snapshot or messages, never both, never neither. */
#include <stdlib.h>

#include "config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag why = {0};
	struct settings *s = NULL;
	int rc = settings_parse(
		(struct str){(const char *)data, size}, "folder/noroshi.yml", &why, &s);

	if ((rc == 0) != (s != NULL) || (rc < 0) != (why.errors > 0))
		abort();
	if (s && (!s->data.p || s->limits.frame_max < 480 || s->workers == 0))
		abort();
	for (size_t i = 0; s && i < s->ninputs; i++)
		if (!s->inputs[i].zone || s->inputs[i].name.n == 0)
			abort();
	settings_free(s);
	diag_done(&why);
	return 0;
}
