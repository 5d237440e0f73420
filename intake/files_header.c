#include "intake/files_header.h"

#define CELLS_MIN 3u  /* a guessed header has at least so many */
#define CELL_MAX  80u /* bytes of a column's name */

void
header_forget(struct file_lines *l)
{
	buf_clear(&l->lead);
	l->quotes = l->comments = l->impatient = false;
	l->joined = 0;
	l->first = l->from = 0;
}

bool
header_is_fields(struct str s)
{
	/* W3C, Exchange: "#Fields: a b"; Zeek: "#fields<tab>a<tab>b". */
	return str_starts(s, STR("#Fields:")) || str_starts(s, STR("#fields\t")) ||
	       str_starts(s, STR("# Fields:"));
}

void
header_see(struct file_lines *l, struct str line)
{
	if (line.n == 0 || line.p[0] != '#' || !header_is_fields(line) || line.n > BATCH_LEAD_MAX)
		return;
	if (line.p[line.n - 1] == '\r')
		line.n--;
	buf_clear(&l->lead);
	buf_add(&l->lead, line.p, line.n);
	/* Separated by blanks, quotes are no promise; by commas they are (RFC 4180). */
	l->quotes = str_chr(line, ',') > 0;
}

/* ---- CSV ---- */

/* How many cells the line has by this separator, whatever they hold. */
static size_t
cells_by(struct str line, char separator)
{
	size_t cells = 1;
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		quoted ^= line.p[i] == '"';
		cells += !quoted && line.p[i] == separator;
	}
	return cells;
}

/* How many cells the line has by this separator; 0: it is no list of names. */
static size_t
names_by(struct str line, char separator)
{
	size_t cells = 1, len = 0;
	bool first = true;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (line.p[i] == separator) {
			if (len == 0)
				return 0;
			cells++;
			len = 0;
			first = true;
			continue;
		}
		/* A value, not a name: a number, a date, an address, a piece of JSON or XML. */
		if (c < 0x20 || c == '=' || c == '{' || c == '<' || c == ';' || c == '\t' ||
			(first && c != '"' && c != ' ' &&
				(is_digit((char)c) || c == '-' || c == '+')))
			return 0;
		if (c != '"' && c != ' ')
			first = false;
		if (++len > CELL_MAX)
			return 0;
	}
	return len ? cells : 0;
}

static bool
is_header(const struct file_lines *l, struct str line, struct str behind)
{
	static const char marks[] = ",;\t|";
	size_t best = 0;
	char mark = 0;
	struct str second;

	for (size_t i = 0; i + 1 < sizeof(marks); i++) {
		size_t n = names_by(line, marks[i]);

		if (n > best) {
			best = n;
			mark = marks[i];
		}
	}
	if (l->form == FILE_CSV)
		return best >= 2;
	/* A sentence may have commas, but seldom without a blank behind any of them; messages of
	 * products have colons; and the line below a header has as many cells. */
	if (best < CELLS_MIN || str_find(line, STR(", ")) >= 0 || str_chr(line, ':') >= 0)
		return false;
	return !str_cut(&behind, '\n', &second) || second.n == 0 || header_odd_quotes(second) ||
	       cells_by(second, mark) == best;
}

/* The characters of UTF-16 that are ASCII, others as 0x80: enough to tell a header. */
static struct str
narrow(enum file_unicode unicode, struct str s, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.n && n < cap; i += 2) {
		unsigned char lo = (unsigned char)s.p[i + (unicode == FILE_UTF16BE)],
			      hi = (unsigned char)s.p[i + (unicode == FILE_UTF16LE)];

		out[n++] = hi || lo >= 0x80 ? (char)0x80 : (char)lo;
	}
	return (struct str){out, n};
}

void
header_begin(struct file_lines *l, struct str text)
{
	char room[FILE_PRINT];
	struct str line, whole = text;

	header_forget(l);
	l->unicode = FILE_BYTES;
	if (text.n >= 2 && memcmp(text.p, "\xff\xfe", 2) == 0)
		l->unicode = FILE_UTF16LE;
	else if (text.n >= 2 && memcmp(text.p, "\xfe\xff", 2) == 0)
		l->unicode = FILE_UTF16BE;
	l->comments = text.n > 0 && text.p[0] == '#';
	l->quotes = l->form == FILE_CSV || l->form == FILE_COLUMNS;
	if (l->unicode != FILE_BYTES) {
		str_skip(&text, 2);
		text = narrow(l->unicode, text, room, sizeof(room));
	} else {
		str_take(&text, STR("\xef\xbb\xbf"));
		l->comments = l->comments || (text.n > 0 && text.p[0] == '#');
	}
	if (l->comments || l->form == FILE_COLUMNS || l->form == FILE_OTHER ||
		!str_cut(&text, '\n', &line))
		return;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (!is_header(l, line, text))
		return;
	if (l->unicode == FILE_BYTES) {
		buf_add(&l->lead, line.p, line.n);
	} else {
		whole.n = line.n * 2 + 2;
		buf_add(&l->lead, whole.p, whole.n); /* with its mark */
	}
	l->quotes = true;
}

void
file_lines_form(struct file_lines *l, enum file_form form)
{
	l->form = form;
}

enum file_form
file_form_of(struct str format, bool columns)
{
	if (columns)
		return FILE_COLUMNS;
	if (format.n == 0)
		return FILE_AUTO;
	return str_eq(format, STR("csv")) ? FILE_CSV : FILE_OTHER;
}

/* ---- records over several lines ---- */

void
header_trim(enum file_unicode unicode, struct str *line)
{
	size_t n = line->n;

	if (unicode == FILE_BYTES && n > 0 && line->p[n - 1] == '\r')
		line->n--;
	else if (unicode == FILE_UTF16LE && n > 1 && line->p[n - 2] == '\r' && line->p[n - 1] == 0)
		line->n -= 2;
	else if (unicode == FILE_UTF16BE && n > 1 && line->p[n - 1] == '\r' && line->p[n - 2] == 0)
		line->n -= 2;
}

/* The line's beginning in ASCII. */
static struct str
front(enum file_unicode unicode, struct str line, char room[64])
{
	struct str s = line;

	if (unicode != FILE_BYTES) {
		if (s.n > 1 && ((unsigned char)s.p[0] | (unsigned char)s.p[1]) == 0xff)
			str_skip(&s, 2);
		s = narrow(unicode, s, room, 64);
	} else {
		str_take(&s, STR("\xef\xbb\xbf"));
	}
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		str_skip(&s, 1);
	return s;
}

bool
header_opens_event(enum file_unicode unicode, struct str line)
{
	char room[64];
	struct str s = front(unicode, line, room);

	return str_take(&s, STR("<Event")) &&
	       (s.n == 0 || s.p[0] == ' ' || s.p[0] == '>' || s.p[0] == '\r' || s.p[0] == '\t');
}

bool
header_closes_event(enum file_unicode unicode, struct str line)
{
	static const char end[] = "</Event>", le[] = "<\0/\0E\0v\0e\0n\0t\0>\0";

	if (unicode == FILE_BYTES)
		return str_find(line, STR("</Event>")) >= 0;
	/* Big-endian: the same bytes, one place earlier. */
	return str_find(line, (struct str){le, (sizeof(end) - 1) * 2 - 1}) >= 0;
}

bool
header_odd_quotes(struct str line)
{
	bool odd = false;

	for (size_t i = 0; i < line.n; i++)
		odd ^= line.p[i] == '"';
	return odd;
}
