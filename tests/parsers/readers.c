/* readers.c - the readers of containers by themselves: CEF, LEEF, CSV, XML, key=value. */
#include <criterion/criterion.h>

#include "base/buf.h"
#include "parsers/cef.h"
#include "parsers/csv.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/xml.h"

struct case_row {
	const char *text, *want; /* name=value; name=value */
};

static void
add(struct buf *b, struct str name, struct str value)
{
	if (b->n)
		buf_add_str(b, STR("; "));
	buf_add_str(b, name);
	buf_add_str(b, STR("="));
	buf_add_str(b, value);
}

static void
check(const struct buf *got, const struct case_row *row)
{
	cr_expect(str_eq(buf_str(got), str_of(row->want)), "%s\n got  %.*s\n want %s", row->text,
		(int)got->n, got->p ? got->p : "", row->want);
}

static const struct case_row cef[] = {
	{"CEF:0|V|P|1|id|n|5|src=192.0.2.1 msg=a b  c dst=192.0.2.2",
		"V=id; src=192.0.2.1; msg=a b  c; dst=192.0.2.2"},
	{"CEF: 1|V|P||id|n|High|request=http://x.example/?a=1&b=2 cs1=",
		"V=id; request=http://x.example/?a=1&b=2; cs1="},
	{"relay said CEF:0|V|P|1|a\\|b|n|5|k=v", "V=a\\|b; k=v"},
	{"0|Vendor|Prod|1|id|n|5|k=v\tl=w", "Vendor=id; k=v; l=w"},
	{"CEF:0|V|P|1|id|n|5", "V=id"},
	{"\"CEF:0|V|P|1|id|n|5|k=v w\"", "V=id; k=v w"},
	{"CEF:0|V|P|1|id|n|5|msg=a\\=b c\\= d x=1", "V=id; msg=a\\=b c\\= d; x=1"},
	{"CEF:0|V|P|1|id", ""},
	{NULL, NULL},
};

Test(readers, cef)
{
	for (const struct case_row *row = cef; row->text; row++) {
		struct str s = str_of(row->text);
		struct cef_header head;
		struct cef_extension e;
		struct cef_pair pair;
		struct buf got = {0};

		cr_expect(cef_begins(s), "%s", row->text);
		if (cef_take_header(&s, &head) == CEF_READ) {
			add(&got, head.vendor, head.id);
			for (e = cef_extension(s); cef_next(&e, &pair);)
				add(&got, pair.key, pair.value);
		}
		check(&got, row);
		buf_done(&got);
	}
	cr_expect_not(cef_begins(STR("1|2|3|4|5|6|7|8")));
	cr_expect_not(cef_begins(STR("the word CEF: is here")));
	cr_expect_eq(cef_severity(STR("Very-High")), 9);
	cr_expect_eq(cef_severity(STR("11")), -1);
}

static const struct case_row leef[] = {
	{"LEEF:1.0|V|P|1|id|a=1\tb=x y\tc=", "a=1; b=x y; c="},
	{"LEEF:2.0|V|P|1|id|^|a=1^b=x y", "a=1; b=x y"},
	{"LEEF:2.0|V|P|1|id|0x5E|a=1^b=x y", "a=1; b=x y"},
	{"LEEF:2.0|V|P|1|id|x7c|a=1|b=x y", "a=1; b=x y"},
	{"LEEF:2.0|V|P|1|id|x09|a=1\tb=x", "a=1; b=x"},
	{"LEEF:2.0|V|P|1|id|\\t|a=1\tb=x", "a=1; b=x"},
	{"LEEF:2.0|V|P|1|id|a=1\tb=x|y", "a=1; b=x|y"},
	{"LEEF:1.0|V|P|1|id|a=1<009>b=x", "a=1; b=x"},
	{"LEEF:1.0|V|P|1|id|a=1#011b=x", "a=1; b=x"},
	{"LEEF:1.0|V|P|1|id|a=1\\tb=x", "a=1; b=x"},
	{"LEEF:1.0|V|P|1|id|a=1 b=x y c=z", "a=1; b=x y; c=z"},
	{"2.0|V|P|1|id|^|a=1^b=2", "a=1; b=2"},
	{NULL, NULL},
};

Test(readers, leef)
{
	for (const struct case_row *row = leef; row->text; row++) {
		struct leef_header head;
		struct leef_attributes a;
		struct str key, value;
		struct buf got = {0};

		cr_expect(leef_begins(str_of(row->text)), "%s", row->text);
		cr_expect_eq(leef_take_header(str_of(row->text), &head, &a), LEEF_READ);
		while (leef_next(&a, &key, &value))
			add(&got, key, value);
		check(&got, row);
		buf_done(&got);
	}
}

static const struct case_row csv[] = {
	{"a,\"b,\"\"c\"\"\",,d", "0=a; 1=b,\"c\"; 0=; 0=d"},
	{"a;b", "0=a;b"},
	{"\"line\nfeed\",", "1=line\nfeed; 0="},
	{NULL, NULL},
};

Test(readers, csv)
{
	for (const struct case_row *row = csv; row->text; row++) {
		struct csv c = csv_row(str_of(row->text), ',');
		struct csv_cell cell;
		struct buf got = {0};
		char out[64];

		while (csv_next(&c, &cell)) {
			size_t n = csv_unquote(cell.text, out);

			cr_expect_not(cell.odd);
			add(&got, cell.quoted ? STR("1") : STR("0"), str_make(out, n));
		}
		check(&got, row);
		buf_done(&got);
	}
	cr_expect_eq(csv_separator(STR("a;b;\"c,d,e\"")), ';');
	cr_expect_eq(csv_separator(STR("a\tb")), '\t');
	cr_expect_eq(csv_separator(STR("alone")), 0);
}

static const struct case_row xml[] = {
	{"<Event xmlns='http://x'><System><Provider Name='P' Guid=\"{1}\"/><EventID "
	 "Qualifiers=''>7</EventID></System><EventData><Data Name='A'>x &amp; y</Data><Data "
	 "Name='B'></Data><Data Name='C'/><Data>bare</Data></EventData></Event>",
		"Event.System.Provider.Name=P; Event.System.Provider.Guid={1}; "
		"Event.System.EventID=7; Event.EventData.A=x & y; Event.EventData.Data=bare"},
	{"- <Event>\r\n - <S>\r\n <A> 1 </A> </S> - <D><Data Name=\"n\">2</Data></D></Event>",
		"Event.S.A=1; Event.D.n=2"},
	{"<?xml version=\"1.0\"?><!-- c --><a:r><b><![CDATA[<x>&amp;]]></b><c k='v'>t</c></a:r>",
		"r.b=<x>&amp;; r.c.k=v; r.c=t"},
	{"<a><Group Name='g'><i>1</i></Group></a>", "a.Group.Name=g; a.Group.i=1"},
	{"<a><b>&#x8868;&#10;</b></a>", "a.b=\xe8\xa1\xa8\n"},
	{NULL, NULL},
};

Test(readers, xml)
{
	for (const struct case_row *row = xml; row->text; row++) {
		struct xml x;
		struct xml_value v;
		struct buf got = {0};
		char out[256];

		cr_expect(xml_begins(str_of(row->text)), "%s", row->text);
		xml_open(&x, str_of(row->text));
		while (xml_next(&x, &v))
			add(&got, v.name,
				v.escaped ? str_make(out, xml_unescape(v.text, out)) : v.text);
		cr_expect_not(x.broken, "%s", row->text);
		check(&got, row);
		buf_done(&got);
	}
}

Test(readers, xml_that_is_cut)
{
	static const char *const cut[] = {"<a><b>1</b>", "<a", "<a b=", "<a b='", "<a><!--", "<a>"};
	struct xml_value v;
	struct xml x;

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		xml_open(&x, str_of(cut[i]));
		while (xml_next(&x, &v))
			;
		cr_expect(x.broken, "%s", cut[i]);
	}
}

static const struct case_row kv[] = {
	{"a=1 b=\"x y\" c='z' d=", "a=1; b=x y; c=z; d="},
	{"a: \"1\", b: \"x, y\"", "a=1; b=x, y"},
	{"[action:\"Accept\"; src:\"192.0.2.1\"; n:7]", "action=Accept; src=192.0.2.1; n=7"},
	{"[k=\"v w\"] [l=\"m\"]", "k=v w; l=m"},
	{"[k=v] [l=m]", "k=v; l=m"},
	{"a=1 2|b=3|c=x y", "a=1 2; b=3; c=x y"},
	{"a=1 2,b=3, c=x y", "a=1 2; b=3; c=x y"},
	{"a=1;b=3;c=x y", "a=1; b=3; c=x y"},
	{"a=1\tb=x y\tc=3", "a=1; b=x y; c=3"},
	{"name=John Smith src=192.0.2.1 msg=all is well", "name=John Smith; src=192.0.2.1; "
							  "msg=all is well"},
	{"a = 1, b = two words", "a=1; b=two words"},
	{NULL, NULL},
};

Test(readers, kv)
{
	for (const struct case_row *row = kv; row->text; row++) {
		struct str s = str_of(row->text);
		struct kv_form form;
		struct buf got = {0};
		bool loose = false;
		struct kv pair;

		cr_expect(kv_look(s, &form), "%s", row->text);
		while (kv_pair(&s, &form, &pair, &loose))
			add(&got, pair.key, pair.value);
		check(&got, row);
		buf_done(&got);
	}
}
