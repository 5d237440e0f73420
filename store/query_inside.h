/*
 * query_inside.h - the compiled form of a filter expression.
 *
 * Nodes lie in one array, children before parents. Each leaf has a bit; a line's values set bits,
 * then the tree is evaluated over them. Threads: read-only after query_parse.
 */
#ifndef STORE_QUERY_INSIDE_H
#define STORE_QUERY_INSIDE_H

#include "base/arena.h"
#include "store/store.h"

#define QUERY_TEXT_MAX  8192u
#define QUERY_LEAVES    256u
#define QUERY_DEPTH_MAX 64u

enum query_kind { QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_LEAF };

enum leaf_test {
	LEAF_EXISTS,
	LEAF_EQUAL,    /* the whole value, case ignored; numbers by value */
	LEAF_CONTAINS, /* running text and bare words */
	LEAF_GLOB,
	LEAF_NETWORK,
	LEAF_LESS,
	LEAF_LESS_EQUAL,
	LEAF_MORE,
	LEAF_MORE_EQUAL
};

struct query_leaf {
	enum leaf_test test;
	struct str field;   /* empty: any */
	struct str *fparts; /* the field is a pattern */
	size_t nfparts;
	struct str text; /* lower case */
	bool ascii;
	struct str *parts; /* LEAF_GLOB */
	size_t nparts;
	bool is_number, is_int, is_time;
	double number;
	int64_t whole, time;
	unsigned char net[16]; /* LEAF_NETWORK: v4 as ::ffff:a.b.c.d */
	unsigned bits;
	struct str
		must; /* lower-case ASCII that stands in every line that can match; may be empty */
};

struct query_node {
	enum query_kind kind;
	unsigned a, b; /* children; QUERY_LEAF: a = leaf */
};

struct query {
	struct arena arena;
	struct query_node *nodes;
	size_t nnodes, capnodes;
	struct query_leaf leaves[QUERY_LEAVES];
	unsigned nleaves;
	unsigned root;
	bool all; /* empty expression */
};

#endif
