#include "base/allowed.h"

#include "base/field.h"

const char *
ecs_allowed_words(unsigned field)
{
	switch (field) {
	case FIELD_EVENT_KIND:
		return "alert asset enrichment event metric state pipeline_error signal";
	case FIELD_EVENT_CATEGORY:
		return "api authentication configuration database driver email file host iam "
		       "intrusion_detection library malware network package process registry "
		       "session threat vulnerability web";
	case FIELD_EVENT_TYPE:
		return "access admin allowed change connection creation deletion denied device end "
		       "error group indicator info installation protocol start user";
	case FIELD_EVENT_OUTCOME:
		return "failure success unknown";
	default:
		return NULL;
	}
}

bool
ecs_allowed(unsigned field, struct str value)
{
	const char *words = ecs_allowed_words(field);
	struct str rest, one;

	if (!words)
		return true;
	rest = str_of(words);
	while (rest.n) {
		str_cut(&rest, ' ', &one);
		if (str_eq(one, value))
			return true;
	}
	return false;
}
