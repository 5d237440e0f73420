/* sha.h - SHA-256 as 64 hex digits and a NUL. Apart, because OpenSSL's names and ours meet badly.
 */
#ifndef RESPOND_SHA_H
#define RESPOND_SHA_H

#include "base/str.h"

void sha256_hex(struct str s, char hex[65]);

#endif
