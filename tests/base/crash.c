#include "base/crash.h"

#include <criterion/criterion.h>
#include <string.h>

Test(crash, names_are_many_and_differ)
{
	unsigned n = 0;

	for (; crash_name(n); n++)
		for (unsigned i = 0; i < n; i++)
			cr_expect_str_neq(crash_name(i), crash_name(n));
	cr_expect_geq(n, 14);
}
