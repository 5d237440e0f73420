/* source_container.c - CEF, LEEF and XML as named values. */
#include "parsers/cef.h"
#include "parsers/leef.h"
#include "parsers/source_inside.h"
#include "parsers/xml.h"

#define LABELS 32u

static struct str
plain(struct recs *w, struct str s, size_t (*undo)(struct str, char *))
{
	char *out = str_chr(s, '\\') < 0 ? NULL : rec_text_room(w, s.n);

	return out ? rec_text_take(w, out, undo(s, out)) : s;
}

/* The header is cef.vendor, cef.product, cef.release, cef.id, cef.name, cef.severity; what a label
 * names stands under the label, too. */
static bool
read_cef(struct pairs *p, struct recs *w, struct str text)
{
	struct cef_header h;
	struct cef_extension e;
	struct cef_pair pair;
	struct {
		struct str base, label;
	} labels[LABELS];
	size_t nlabels = 0, n;

	if (cef_take_header(&text, &h) != CEF_READ)
		return false;
	pairs_add(p, STR("cef.vendor"), VALUE_STRING, plain(w, h.vendor, cef_unescape), 0);
	pairs_add(p, STR("cef.product"), VALUE_STRING, plain(w, h.product, cef_unescape), 0);
	pairs_add(p, STR("cef.release"), VALUE_STRING, h.release, 0);
	pairs_add(p, STR("cef.id"), VALUE_STRING, plain(w, h.id, cef_unescape), 0);
	pairs_add(p, STR("cef.name"), VALUE_STRING, plain(w, h.name, cef_unescape), 0);
	pairs_add(p, STR("cef.severity"), VALUE_STRING, h.severity, 0);
	e = cef_extension(text);
	while (cef_next(&e, &pair)) {
		struct str base;

		if (pair.value.n == 0 || pair.key.n > RECORD_NAME_MAX / 2)
			continue;
		if (cef_is_label(pair.key, &base) && nlabels < LABELS) {
			labels[nlabels].base = base;
			labels[nlabels++].label = plain(w, pair.value, cef_unescape);
		}
		if (!pairs_add(p, pair.key, VALUE_STRING, plain(w, pair.value, cef_unescape), 0))
			break;
	}
	if (e.odd)
		rec_flag(w, REASON_CEF);
	n = p->n;
	for (size_t i = 0; i < nlabels; i++)
		for (size_t k = 0; k < n; k++)
			if (str_eq(p->v[k].name, labels[i].base) &&
				source_key(p->sources, labels[i].label)) {
				p->v[k].used = true;
				pairs_add(p, labels[i].label, VALUE_STRING, p->v[k].value, 0);
			}
	return true;
}

static bool
read_leef(struct pairs *p, struct recs *w, struct str text)
{
	struct leef_header h;
	struct leef_attributes a;
	struct str key, value;
	enum leef_found found = leef_take_header(text, &h, &a);

	if (found != LEEF_READ && found != LEEF_ODD)
		return false;
	pairs_add(p, STR("leef.vendor"), VALUE_STRING, h.vendor, 0);
	pairs_add(p, STR("leef.product"), VALUE_STRING, h.product, 0);
	pairs_add(p, STR("leef.release"), VALUE_STRING, h.release, 0);
	pairs_add(p, STR("leef.id"), VALUE_STRING, h.id, 0);
	while (leef_next(&a, &key, &value))
		if (value.n && !pairs_add(p, key, VALUE_STRING, value, 0))
			break;
	if (a.odd || found == LEEF_ODD)
		rec_flag(w, REASON_LEEF);
	return true;
}

static bool
read_xml(struct pairs *p, struct recs *w, struct str text)
{
	struct xml x;
	struct xml_value v;

	if (!xml_begins(text))
		return false;
	xml_open(&x, text);
	while (xml_next(&x, &v)) {
		struct str value = v.text;

		if (v.escaped) {
			char *out = rec_text_room(w, value.n);

			if (out)
				value = rec_text_take(w, out, xml_unescape(value, out));
		}
		if (value.n && !pairs_add(p, v.name, VALUE_STRING, value, 0))
			break;
	}
	return !x.broken && p->n > 0;
}

bool
source_container(enum source_shape shape, struct parse_ctx *ctx, struct recs *w, struct str text)
{
	struct pairs *p = ctx->pairs;

	text = str_trim(text);
	return shape == SHAPE_CEF    ? read_cef(p, w, text)
	       : shape == SHAPE_LEEF ? read_leef(p, w, text)
				     : read_xml(p, w, text);
}

bool
sources_claim_container(
	enum source_shape shape, struct parse_ctx *ctx, struct recs *w, struct str message)
{
	uint64_t reasons = w->cur->reasons;

	sources_begin(ctx, message);
	if (source_container(shape, ctx, w, message) && sources_claim(ctx, w, shape, message))
		return true;
	w->cur->reasons = reasons;
	return false;
}
