#include "respond/sha.h"

#include <openssl/evp.h>
#include <stdio.h>

void
sha256_hex(struct str s, char hex[65])
{
	unsigned char sum[32] = {0};

	EVP_Digest(s.n ? s.p : "", s.n, sum, NULL, EVP_sha256(), NULL);
	for (unsigned i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}
