/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wants as a policy file.
 *
 * Purpose. A policy that would have let through what was blocked, one value a line, each with what
 * asked for it, for a person to cut down.
 *
 * Invariants. What is written is a policy: each line is one that words.c takes, or a comment. What
 * would let through more than what was asked for stands in comments only: domains instead of names,
 * other resolvers, limits. What a record does not say is said to be not known, and never made up.
 * The order depends on what is wanted alone.
 *
 * Limits. What the tables folded is a comment with its count.
 *
 * Fails how. Where memory is short: nothing more is written.
 */
#include "print_policy.h"

#include "describe.h"
#include "resolver.h"
#include "sum.h"
#include "target.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	COLUMN = 40, /* where comments behind a value begin */
	MANY = 5,    /* names next to each other that are worth a hint */
	VALUE_MAX = EG_TABLE_KEY_MAX,
};

/* A row on its way out. */
struct line {
	const struct eg_row *row;
	struct eg_span key;
	char sort[EG_NAME_MAX + 2]; /* of names: see sort_as_name */
};

/*
 * Texts
 */

/* How often ROW was attempted, and when. */
static void print_times(FILE *out, const struct eg_row *row)
{
	char first[EG_MOMENT_MAX], last[EG_MOMENT_MAX];
	uint64_t n = eg_row_tries(row);

	if (n == 1)
		fputs("once", out);
	else
		fprintf(out, "%" PRIu64 " times", n);
	if (row->first > row->last)
		return;
	fprintf(out, ", %s", eg_moment_text(row->first, first));
	if (n > 1)
		fprintf(out, " to %s", eg_moment_text(row->last, last));
}

/* Behind a value: what asked for it. */
static void print_why(FILE *out, const struct eg_row *row, const char *more)
{
	fputs("# ", out);
	print_times(out, row);
	fprintf(out, "%s\n", more);
}

/* "WORD VALUE # why"; ACTIVE: as a line of the policy, else as a comment. */
static void print_value(FILE *out, bool active, const char *word, const char *value,
			const struct eg_row *row, const char *more)
{
	int n = fprintf(out, "%s%s %s ", active ? "" : "# ", word, value);

	fprintf(out, "%*s", n < COLUMN ? COLUMN - n : 0, "");
	print_why(out, row, more);
}

static void print_folded(FILE *out, const struct eg_table *t, const char *what)
{
	if (eg_row_tries(&t->others) == 0)
		return;
	fprintf(out, "# and more %s than there was room for: ", what);
	print_times(out, &t->others);
	fputc('\n', out);
}

static void text_of(struct eg_span key, char text[VALUE_MAX])
{
	memcpy(text, key.p, key.n);
	text[key.n] = '\0';
}

/*
 * Order
 */

static int by_key(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int order = memcmp(x->key.p, y->key.p, n);

	return order ? order : (x->key.n > y->key.n) - (x->key.n < y->key.n);
}

static int by_label(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return strcmp(x->sort, y->sort);
}

/* The names directly below one domain are to stand together, in front of those further below: write
 * the labels of L's key, the last first. */
static void sort_as_name(struct line *l)
{
	size_t end = l->key.n, at = 0;

	if (l->key.n >= EG_NAME_MAX)
		return;
	while (end > 0) {
		size_t start = end;

		while (start > 0 && l->key.p[start - 1] != '.')
			start--;
		l->sort[at++] = start ? 2 : 1;
		memcpy(l->sort + at, l->key.p + start, end - start);
		at += end - start;
		end = start ? start - 1 : 0;
	}
	l->sort[at] = '\0';
}

/* The rows of T in order, T's count of them; the caller's. NULL where memory is short. */
static struct line *sorted(const struct eg_table *t, bool names)
{
	struct line *lines = calloc(t->count + 1, sizeof(*lines));

	if (!lines)
		return NULL;
	for (size_t i = 0; i < t->count; i++) {
		lines[i].row = &t->rows[i];
		lines[i].key = eg_table_key(t, lines[i].row);
		if (names)
			sort_as_name(&lines[i]);
	}
	qsort(lines, t->count, sizeof(*lines), names ? by_label : by_key);
	return lines;
}

/*
 * Sections. Each prints the lines of one table.
 */

typedef void print_line_fn(FILE *out, const struct eg_table *t, const struct line *l);

static void print_name(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX];

	(void)t;
	text_of(l->key, text);
	print_value(out, true, "resolve", text, l->row, "");
}

static void print_odd(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX];

	(void)t;
	text_of(l->key, text);
	print_value(out, false, "  no name of a policy:", text, l->row, "");
}

static void print_type(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX];

	(void)t;
	text_of(l->key, text);
	print_value(out, true, "dns-types", text, l->row, "");
}

static void print_meta(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX];

	(void)t;
	text_of(l->key, text);
	print_value(out, false, "  no type of a policy:", text, l->row, "");
}

/* ", after a look-up of NAME", where one is known. */
static void label_text(const struct eg_table *t, const struct eg_row *row, const char *before,
		       const char *several, char text[VALUE_MAX + 64])
{
	struct eg_span label = eg_table_label_of(t, row);

	text[0] = '\0';
	if (row->label_n == EG_TABLE_LABEL_SEVERAL)
		snprintf(text, VALUE_MAX + 64, "%s", several);
	else if (label.n)
		snprintf(text, VALUE_MAX + 64, "%s%.*s", before, (int)label.n,
			 (const char *)label.p);
}

static struct eg_want_target target_of(const struct line *l)
{
	struct eg_want_target t;

	memcpy(&t, l->key.p, sizeof(t));
	return t;
}

static void print_target(FILE *out, const struct eg_table *t, const struct line *l)
{
	struct eg_want_target target = target_of(l);
	char text[EG_TARGET_TEXT_MAX], more[VALUE_MAX + 64];

	label_text(t, l->row, ", after a look-up of ", ", after look-ups of several names", more);
	eg_target_text(&target.addr, eg_get16(target.port), target.proto, text);
	print_value(out, true, "allow", text, l->row, more);
}

/* Whether the record says where it went: sums of a flood may not. */
static bool is_known(const struct eg_want_target *t)
{
	static const struct eg_addr nowhere;

	return memcmp(&t->addr, &nowhere, sizeof(nowhere)) != 0;
}

static void print_strange(FILE *out, const struct eg_table *t, const struct line *l)
{
	struct eg_want_target target = target_of(l);
	char text[EG_TARGET_TEXT_MAX];

	(void)t;
	eg_target_text(&target.addr, eg_get16(target.port), target.proto, text);
	print_value(out, false,
		    "  no target of a policy:", is_known(&target) ? text : "not known which",
		    l->row, "");
}

static void print_server(FILE *out, const struct eg_table *t, const struct line *l)
{
	struct eg_want_target target = target_of(l);
	bool known = is_known(&target);
	char text[EG_ADDR_TEXT_MAX];
	struct eg_addr addr;

	(void)t;
	eg_addr_text(&target.addr, text);
	if (known && !eg_resolver_parse(&addr, text, strlen(text)))
		print_value(out, false, "dns", text, l->row, "");
	else
		print_value(out, false,
			    "  no server of a policy:", known ? text : "not known which", l->row,
			    "");
}

static void print_elsewhere(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX], more[VALUE_MAX + 64];

	label_text(t, l->row, ", of ", ", of several servers", more);
	text_of(l->key, text);
	print_value(out, false, "resolve", text, l->row, more);
}

static void print_limit(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX];

	(void)t;
	text_of(l->key, text);
	print_value(out, false, text, "NUMBER", l->row, "");
}

static void print_never(FILE *out, const struct eg_table *t, const struct line *l)
{
	char text[VALUE_MAX], more[VALUE_MAX] = "";

	(void)t;
	text_of(l->key, text);
	for (unsigned int r = EG_R_NONE + 1; r < EG_REASON_COUNT; r++)
		if (strcmp(text, eg_reason_word((enum eg_reason)r)) == 0)
			snprintf(more, sizeof(more), ": %s (rule %s)",
				 eg_reason_text((enum eg_reason)r),
				 eg_reason_rule((enum eg_reason)r));
	print_value(out, false, " ", text, l->row, more);
}

static const struct section {
	const char *title; /* lines of comments, without the "# " of the first */
	const char *what;  /* of rows that were folded */
	print_line_fn *print;
	bool names;        /* the keys are names of a policy */
	const char *first; /* a line in front, or NULL */
} sections[EG_WANTS] = {
	[EG_WANT_NAME] = { "names that were looked up", "names", print_name, true, NULL },
	[EG_WANT_ODD] = { "looked up, and nothing that a policy can name", "names", print_odd,
			  false, NULL },
	[EG_WANT_TYPE] = { "record types beside the usual ones, of these names", "types",
			   print_type, false, "dns-types A AAAA" },
	[EG_WANT_META] = { "record types that no policy can name", "types", print_meta, false,
			   NULL },
	[EG_WANT_TARGET] = { "connections that were tried; a look-up shortly before one is said, "
			     "its answer\n# is not known",
			     "targets", print_target, false, NULL },
	[EG_WANT_STRANGE] = { "connections that were tried, and nothing that a policy can name",
			      "targets", print_strange, false, NULL },
	[EG_WANT_SERVER] = { "servers that were asked and are no resolvers of the policy. Who adds "
			     "one "
			     "trusts it\n# with all queries that the policy lets through; the "
			     "first "
			     "\"dns\" replaces slirp's\n# resolvers (10.0.2.3 fd00::3)",
			     "servers", print_server, false, NULL },
	[EG_WANT_ELSEWHERE] = { "names that they were asked for", "names", print_elsewhere, true,
				NULL },
	[EG_WANT_LIMIT] = { "limits that were reached", "limits", print_limit, false, NULL },
	[EG_WANT_NEVER] = { "what no further line lets through", "reasons", print_never, false,
			    NULL },
};

/* Where the domain that NAME is directly below begins in it; 0 where it is next to the root, or
 * below what is. */
static size_t domain_at(struct eg_span name)
{
	const uint8_t *dot = memchr(name.p, '.', name.n);
	size_t at = dot ? (size_t)(dot - name.p) + 1 : 0;

	return at && memchr(name.p + at, '.', name.n - at) ? at : 0;
}

static bool same_domain(struct eg_span a, struct eg_span b)
{
	size_t x = domain_at(a), y = domain_at(b);

	return x && y && a.n - x == b.n - y && memcmp(a.p + x, b.p + y, a.n - x) == 0;
}

/* Say directly below which domains MANY names are. */
static void print_domains(FILE *out, const struct line *lines, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		struct eg_span name = lines[i].key;
		size_t at = domain_at(name);

		for (end = i + 1; end < n && same_domain(name, lines[end].key);)
			end++;
		if (end - i >= MANY)
			fprintf(out,
				"# %zu of them are below one domain: \"resolve *.%.*s\" lets all "
				"names there through\n",
				end - i, (int)(name.n - at), (const char *)name.p + at);
	}
}

static bool print_section(FILE *out, const struct eg_table *t, const struct section *s)
{
	struct line *lines;

	if (t->count == 0 && eg_row_tries(&t->others) == 0)
		return true;
	lines = sorted(t, s->names);
	if (!lines)
		return false;
	fprintf(out, "\n# %s\n", s->title);
	if (s->names)
		print_domains(out, lines, t->count);
	if (s->first)
		fprintf(out, "%s\n", s->first);
	for (size_t i = 0; i < t->count; i++)
		s->print(out, t, &lines[i]);
	print_folded(out, t, s->what);
	free(lines);
	return true;
}

/* What was attempted and is no want. */
static void print_rest(FILE *out, const struct eg_wants *w)
{
	if (eg_row_tries(&w->nameless)) {
		fputs("\n# look-ups of names that are not known (counted and not recorded, or a "
		      "connection to a\n# resolver, which opens as soon as a name is listed): ",
		      out);
		print_times(out, &w->nameless);
		fputc('\n', out);
	}
	if (eg_row_tries(&w->unmarked)) {
		fputs("\n# frames of captures that do not say why they were blocked "
		      "(vde_egress replay -w does): ",
		      out);
		print_times(out, &w->unmarked);
		fputc('\n', out);
	}
	if (w->lost)
		fprintf(out, "\n# records that were lost, of whatever: %" PRIu64 "\n", w->lost);
}

bool eg_print_policy(FILE *out, const struct eg_wants *w)
{
	fputs("# What a policy would have to let through, as vde_egress learn read it from a "
	      "record "
	      "(times are UTC).\n# Cut it down to what the guest is to be allowed. Blocked, or in "
	      "mode "
	      "monitor would\n# have been: ",
	      out);
	print_times(out, &w->all);
	fputc('\n', out);
	for (int i = 0; i < EG_WANTS; i++)
		if (!print_section(out, &w->tables[i], &sections[i]))
			return false;
	print_rest(out, w);
	return true;
}
