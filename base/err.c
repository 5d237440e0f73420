#include "base/err.h"

const char *
err_str(int rc)
{
	switch (rc) {
	case 0:
		return "success";
	case ERR_IO:
		return "input/output error";
	case ERR_SYNTAX:
		return "malformed";
	case ERR_LIMIT:
		return "over a limit";
	case ERR_NOT_FOUND:
		return "not found";
	case ERR_EXISTS:
		return "already exists";
	case ERR_STATE:
		return "not possible now";
	case ERR_CORRUPT:
		return "damaged";
	case ERR_DENIED:
		return "not permitted";
	case ERR_FULL:
		return "full";
	case ERR_AGAIN:
		return "not yet";
	case ERR_UNSUPPORTED:
		return "not supported";
	}
	return "unknown error";
}
