/* Fuzz target: any bytes as a rule file. */
#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct yaml_file *y = NULL;
	struct diag why = {0};
	size_t bad = 0;

	yaml_parse_each(str_make((const char *)p, n), "fuzz", &why, &bad, &y);
	if ((bad > 0) != (why.errors > 0))
		__builtin_trap();
	yaml_free(y);
	diag_done(&why);
	return 0;
}
