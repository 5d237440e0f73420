/*
 * xml.h - one XML element as flat names and values: "Event.System.EventID" = "4624".
 *
 * For events that machines write: no entities but the five and numbers, no DTD (skipped), names
 * without their namespace. Text counts only in elements without children. An element with a Name
 * attribute and a text is called by that attribute: <Data Name="X">y</Data> is "….X" = "y". Does
 * not recurse, allocates nothing, is linear. Threads: pure functions on the caller's struct xml.
 */
#ifndef PARSERS_XML_H
#define PARSERS_XML_H

#include "base/str.h"

#define XML_DEPTH 32u
#define XML_PATH  256u

struct xml_value {
	struct str name; /* dotted; lies in struct xml, stays until the next call */
	struct str text; /* entities as they stand, blanks around it dropped */
	bool escaped;    /* xml_unescape has something to do */
	bool attribute;
};

struct xml {
	struct str rest;
	struct str attributes; /* of the element that was opened last */
	struct str named;      /* its Name, if that takes the element's place */
	bool opened;           /* no child was seen yet */
	bool empty;            /* <element/> */
	bool broken;           /* ended before its end, or no XML: what came before stands */
	bool deep;             /* names over the bounds: left out */
	unsigned depth;
	uint16_t ends[XML_DEPTH + 1]; /* of each level in path */
	size_t n;                     /* bytes of path with what the last call added */
	char path[XML_PATH];
};

/* Begins with an element, a declaration or a comment? A "- " of a browser's view may stand in
 * front. Cheap. */
bool xml_begins(struct str s);
void xml_open(struct xml *x, struct str text);
/* The next value. False at the end of the outermost element. */
bool xml_next(struct xml *x, struct xml_value *ret);
/* &lt; &gt; &amp; &quot; &apos; &#10; &#xA; into out (room for text.n bytes); returns the length.
 */
size_t xml_unescape(struct str text, char *out);

#endif
