/*
 * digest.h - SHA-256 as 64 lower-case hexadecimal digits. Threads: any.
 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include "base/str.h"

#define DIGEST_HEX 64u

void digest_hex(struct str bytes, char out[DIGEST_HEX + 1]);

#endif
