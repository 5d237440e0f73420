/* senders.c - the smallest network that holds a peer. */
#include "parsers/senders.h"

#include "base/mem.h"

size_t
senders_add(struct senders *s, const struct input_context *in, struct input_context *contexts,
	size_t at)
{
	s->nets = mem_zero(in->nsenders ? in->nsenders : 1, sizeof(*s->nets));
	s->contexts = mem_zero(in->nsenders ? in->nsenders : 1, sizeof(*s->contexts));
	for (size_t i = 0; i < in->nsenders; i++) {
		const struct sender_context *one = &in->senders[i];
		struct input_context *c = &contexts[at];
		size_t k = s->n++;

		for (; k > 0 && s->nets[k - 1].bits < one->net.bits; k--) {
			s->nets[k] = s->nets[k - 1];
			s->contexts[k] = s->contexts[k - 1];
		}
		s->nets[k] = one->net;
		s->contexts[k] = at++;
		*c = *in;
		if (one->source.n)
			c->source = one->source;
		if (one->encoding.n)
			c->encoding = one->encoding;
		if (one->zone)
			c->zone = one->zone;
	}
	return at;
}

void
senders_done(struct senders *s)
{
	mem_free(s->nets);
	mem_free(s->contexts);
	*s = (struct senders){0};
}

size_t
senders_context(const struct parsers *p, size_t input, struct str peer)
{
	const struct senders *s = &p->senders[input];
	struct cidr who;

	if (s->n == 0 || !cidr_of_peer(peer, &who))
		return input;
	for (size_t i = 0; i < s->n; i++)
		if (cidr_holds(&s->nets[i], &who))
			return s->contexts[i];
	return input;
}
