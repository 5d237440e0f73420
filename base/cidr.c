#include "base/cidr.h"

#include <arpa/inet.h>

static uint8_t
address(struct str s, uint8_t out[16])
{
	char z[INET6_ADDRSTRLEN + 1];

	if (s.n < 2 || s.n >= sizeof(z) || memchr(s.p, 0, s.n))
		return 0;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	if (memchr(z, ':', s.n))
		return inet_pton(AF_INET6, z, out) == 1 ? 16 : 0;
	return inet_pton(AF_INET, z, out) == 1 ? 4 : 0;
}

/* The first c->bits bits are equal. */
static bool
same_prefix(const struct cidr *c, const uint8_t *b)
{
	size_t whole = c->bits / 8u;
	unsigned rest = c->bits % 8u;

	if (memcmp(c->bytes, b, whole) != 0)
		return false;
	return rest == 0 || ((c->bytes[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

const char *
cidr_read(struct str text, struct cidr *ret)
{
	struct str addr;
	uint64_t bits;
	bool slash = str_cut(&text, '/', &addr);

	*ret = (struct cidr){0};
	ret->len = address(addr, ret->bytes);
	if (ret->len == 0)
		return "it is not an IP address";
	bits = ret->len * 8u;
	if (slash && (!str_u64(text, &bits) || bits > ret->len * 8u))
		return "the part behind the slash is not a prefix length";
	ret->bits = (uint8_t)bits;
	for (size_t i = 0; i < ret->len; i++) {
		size_t from = i * 8;
		unsigned keep = bits <= from ? 0 : bits - from >= 8 ? 8 : (unsigned)(bits - from);

		if (ret->bytes[i] & (0xffu >> keep))
			return "host bits are set; write the network's first address";
	}
	return NULL;
}

bool
cidr_has(const struct cidr *c, struct str text)
{
	uint8_t bytes[16] = {0};

	return address(text, bytes) == c->len && same_prefix(c, bytes);
}

bool
cidr_same(const struct cidr *a, const struct cidr *b)
{
	return a->len == b->len && a->bits == b->bits && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool
cidr_holds(const struct cidr *a, const struct cidr *b)
{
	return a->len == b->len && a->bits <= b->bits && same_prefix(a, b->bytes);
}

bool
cidr_of_peer(struct str peer, struct cidr *ret)
{
	ptrdiff_t first = str_chr(peer, ':'), last = str_rchr(peer, ':');

	*ret = (struct cidr){0};
	if (last > 0 && (first == last || peer.p[0] == '['))
		peer.n = (size_t)last;
	if (peer.n > 2 && peer.p[0] == '[' && peer.p[peer.n - 1] == ']')
		peer = str_make(peer.p + 1, peer.n - 2);
	ret->len = address(peer, ret->bytes);
	ret->bits = (uint8_t)(ret->len * 8u);
	return ret->len > 0;
}
