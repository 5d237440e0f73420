/* Apart from the rest: OpenSSL's headers and base/err.h both have an ERR_STATE. */
#include "store/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

void
digest_hex(struct str bytes, char out[DIGEST_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[32];

	/* Without a hash there is no evidence: end rather than write a chain that proves nothing.
	 */
	if (EVP_Digest(bytes.p, bytes.n, sum, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < sizeof(sum); i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[DIGEST_HEX] = 0;
}
