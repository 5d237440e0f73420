#include "plot.h"

void
story_all(struct company *co)
{
	co->mark = NULL;
}
