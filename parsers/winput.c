/* winput.c - one value of a Windows event to one field, at most once. */
#include "parsers/winput.h"

#include "parsers/form.h"
#include "parsers/put.h"

static bool
has(const struct win *e, unsigned field)
{
	return e->seen[field / 64] >> (field % 64) & 1;
}

bool
win_fresh(struct win *e, unsigned field)
{
	uint64_t *word = &e->seen[field / 64], bit = UINT64_C(1) << (field % 64);

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

bool
win_blank(struct str v)
{
	return v.n == 0 || (v.n == 1 && *v.p == '-');
}

void
win_put(struct win *e, unsigned field, struct str v)
{
	if (!win_blank(v) && win_fresh(e, field))
		rec_put(e->w, field, v);
}

void
win_put_number(struct win *e, unsigned field, struct str v)
{
	if (!win_blank(v) && win_fresh(e, field))
		put_integer(e->w, field, v);
}

/* Also with a port: "192.0.2.1:50111", "[2001:db8::1]:50111". */
void
win_put_address(struct win *e, unsigned field, struct str v)
{
	unsigned port =
		field == FIELD_SOURCE_IP && !has(e, FIELD_SOURCE_PORT) ? FIELD_SOURCE_PORT : 0;

	if (win_blank(v) || has(e, field))
		return;
	if (v.p[v.n - 1] == '.') /* the end of a sentence */
		v.n--;
	if (rec_put_ip(e->w, field, v)) {
		win_fresh(e, field);
	} else if (form_put_peer(e->w, field, 0, port, v)) {
		win_fresh(e, field);
		if (port && rec_has(e->w, port))
			win_fresh(e, port);
	}
}

void
win_put_port(struct win *e, unsigned field, struct str v)
{
	if (!win_blank(v) && !str_eq(v, STR("0")) && win_fresh(e, field))
		parse_put_port(e->w, field, v);
}

void
win_put_image(struct win *e, unsigned path_field, unsigned name_field, struct str v)
{
	if (win_blank(v))
		return;
	win_put(e, path_field, v);
	win_put(e, name_field, path_name(v));
}

/* "DOMAIN\user" or "user@realm"; Kerberos writes the second. */
void
win_put_account(struct win *e, unsigned name, unsigned domain, struct str v)
{
	ptrdiff_t slash = win_blank(v) ? -1 : str_chr(v, '\\');

	if (slash >= 0) {
		win_put(e, domain, str_make(v.p, (size_t)slash));
		str_skip(&v, (size_t)slash + 1);
	}
	win_put(e, name, v);
}

struct str
win_value(const struct win *e, enum win_data d)
{
	return e->data[d];
}

struct str
win_first(struct str a, struct str b)
{
	return win_blank(a) ? b : a;
}

void
win_put_file(struct win *e, struct str path)
{
	if (!win_blank(path) && win_fresh(e, FIELD_FILE_PATH)) {
		put_file(e->w, path);
		win_fresh(e, FIELD_FILE_NAME);
		win_fresh(e, FIELD_FILE_DIRECTORY);
		win_fresh(e, FIELD_FILE_EXTENSION);
	}
}

/* ---- hashes: "SHA1=..,MD5=..,SHA256=..,IMPHASH=.." ---- */

const struct win_hashes win_of_process = {FIELD_PROCESS_HASH_MD5, FIELD_PROCESS_HASH_SHA1,
	FIELD_PROCESS_HASH_SHA256, FIELD_PROCESS_PE_IMPHASH};
const struct win_hashes win_of_file = {
	FIELD_FILE_HASH_MD5, FIELD_FILE_HASH_SHA1, FIELD_FILE_HASH_SHA256, FIELD_FILE_PE_IMPHASH};

void
win_put_hashes(struct win *e, struct str list, const struct win_hashes *to)
{
	struct str one, kind;

	while (list.n) {
		/* Defender: "SHA1:..;" */
		str_cut(&list, str_chr(list, ',') >= 0 ? ',' : ';', &one);
		one = str_trim(one);
		if (!str_cut(&one, str_chr(one, '=') >= 0 ? '=' : ':', &kind))
			continue;
		if (str_eq(kind, STR("MD5")))
			win_put(e, to->md5, one);
		else if (str_eq(kind, STR("SHA1")))
			win_put(e, to->sha1, one);
		else if (str_eq(kind, STR("SHA256")))
			win_put(e, to->sha256, one);
		else if (str_eq(kind, STR("IMPHASH")))
			win_put(e, to->imphash, one);
	}
}
