/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One page of HTML that needs nothing else.
 *
 * Purpose. To be looked at, printed and passed on. All is there without a script; with it, tables
 * sort and can be searched.
 *
 * Invariants. Whatever stands in a record gets into the page through eg_escape_html alone, and
 * never into the script or the style. Should that fail one day, the page's own policy lets no
 * script run but the one with the nonce, and nothing be loaded or sent.
 *
 * References. W3C, "Content Security Policy Level 3"; WAI-ARIA, "Sortable Table Example".
 */
#include "chart.h"
#include "escape.h"

#include "reason.h"

#include <inttypes.h>

static const char style[] =
#include "page_css.inc"
	;

static const char script[] =
#include "page_js.inc"
	;

/* A page in the making. */
struct page {
	FILE *out;
	const struct eg_print *print;
	struct eg_chart_colours colours;
};

static void print_subject(const struct page *page, const char *before, const char *behind)
{
	const struct eg_sheet *s = &page->print->sheets[EG_SHEET_GUESTS];
	FILE *out = page->out;

	fputs(before, out);
	if (s->all > 1)
		fprintf(out, "%zu guests", s->all);
	else if (s->all == 1 && s->rows[0] != s->by_number)
		eg_escape_html(out, eg_lexicon_word(s->lexicon,
						    (unsigned int)(s->rows[0] - s->by_number)));
	else
		fputs("the guest", out);
	fputs(behind, out);
}

static void print_time(FILE *out, uint64_t ns, bool one_day)
{
	char text[EG_MOMENT_MAX], exact[EG_MOMENT_MAX];

	fprintf(out, "<time datetime=\"%s\">%s</time>", eg_moment_exact(ns, exact),
		one_day ? eg_moment_clock(ns, text) : eg_moment_text(ns, text));
}

static void print_head(const struct page *page)
{
	const char *nonce = page->print->nonce;
	FILE *out = page->out;

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'nonce-%s'; script-src 'nonce-%s'; base-uri 'none'; form-action "
		"'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n",
		nonce, nonce);
	print_subject(page, "<title>What ", " tried</title>\n");
	fprintf(out, "<style nonce=\"%s\">\n%s</style>\n</head>\n<body>\n", nonce, style);
}

static void print_header(const struct page *page)
{
	const struct eg_fact *facts = page->print->facts;
	uint64_t first = facts[EG_FACT_FIRST].number, last = facts[EG_FACT_LAST].number;
	char span[EG_MOMENT_MAX];
	FILE *out = page->out;

	fputs("<a class=\"skip\" href=\"#sheets\">Skip to the tables</a>\n<header>\n"
	      "<p class=\"eyebrow\">vde_egress report</p>\n",
	      out);
	print_subject(page, "<h1>What ", " tried</h1>\n");
	if (first != EG_MOMENT_NONE) {
		fputs("<p class=\"range\">", out);
		print_time(out, first, false);
		fputs(" to ", out);
		print_time(out, last, page->print->one_day);
		fprintf(out, " UTC, %s</p>\n", eg_moment_span(last - first, span));
	}
	fputs("</header>\n<main>\n", out);
}

static void print_facts(const struct page *page)
{
	const struct eg_fact *facts = page->print->facts;
	FILE *out = page->out;

	fputs("<dl class=\"facts\">\n", out);
	for (int i = EG_FACT_BLOCKED; i < EG_FACTS; i++) {
		const char *class = i == EG_FACT_LOST && facts[i].number ? "alarm" : "some";

		if (!facts[i].number && !facts[i].always)
			continue;
		fprintf(out, "<div class=\"%s\" title=\"%s\"><dt>%s</dt><dd>",
			facts[i].number ? class : "none", facts[i].meaning, facts[i].title);
		eg_chart_number(out, facts[i].number);
		fputs("</dd></div>\n", out);
	}
	fputs("</dl>\n", out);
}

/* Hidden until the script, without which it could do nothing, shows it. */
static void print_filter(const struct page *page)
{
	const struct eg_sheet *s = &page->print->sheets[EG_SHEET_REASONS];
	FILE *out = page->out;

	fputs("<form id=\"filter\" role=\"search\" hidden>\n"
	      "<label class=\"hide\" for=\"text\">Search the tables</label>"
	      "<input type=\"search\" id=\"text\" name=\"text\" placeholder=\"Search the tables\" "
	      "autocomplete=\"off\" spellcheck=\"false\">\n"
	      "<label class=\"hide\" for=\"reason\">Reason</label>"
	      "<select id=\"reason\" name=\"reason\"><option value=\"\">every reason</option>",
	      out);
	for (size_t i = 0; i < s->count; i++) {
		fputs("<option>", out);
		eg_escape_html(out, eg_lexicon_word(s->lexicon,
						    (unsigned int)(s->rows[i] - s->by_number)));
		fputs("</option>", out);
	}
	fputs("</select>\n<output name=\"said\" aria-live=\"polite\"></output>\n</form>\n", out);
}

/*
 * Tables
 */

/* The class of a column: how its cells are set. */
static const char *column_class(const struct eg_column *column)
{
	if (column->kind == EG_CELL_NUMBER)
		return "n";
	if (column->kind == EG_CELL_TIME)
		return "t";
	if (strcmp(column->key, "address") == 0)
		return "a";
	if (strcmp(column->key, "name") == 0)
		return "m";
	return strcmp(column->key, "meaning") == 0 ? "w" : "";
}

static const char *meaning_of(const char *word)
{
	for (unsigned int r = EG_R_NONE + 1; r < EG_REASON_COUNT; r++)
		if (strcmp(word, eg_reason_word((enum eg_reason)r)) == 0)
			return eg_reason_text((enum eg_reason)r);
	return NULL;
}

/* A reason, with its colour and what it means. */
static void print_chip(const struct page *page, const char *word)
{
	const struct eg_lexicon *reasons = &page->print->tally->reasons;
	const char *meaning = meaning_of(word), *class = "rx";
	FILE *out = page->out;

	for (unsigned int i = 0; i < EG_LEXICON_MAX; i++)
		if (strcmp(word, eg_lexicon_word(reasons, i)) == 0) {
			class = eg_chart_class(&page->colours, i);
			break;
		}
	fprintf(out, "<span class=\"chip %s\"", class);
	if (meaning) {
		fputs(" title=\"", out);
		eg_escape_html(out, meaning);
		fputc('"', out);
	}
	fputc('>', out);
	eg_escape_html(out, word);
	fputs("</span>", out);
}

static void print_words(const struct page *page, const struct eg_column *column,
			const struct eg_cell *cell)
{
	bool reasons = strcmp(column->key, "reasons") == 0;

	if (cell->words_n == 0)
		fputs("<span class=\"z\">-</span>", page->out);
	for (size_t i = 0; i < cell->words_n; i++) {
		if (reasons) {
			print_chip(page, cell->words[i]);
			continue;
		}
		fputs(i ? " " : "", page->out);
		eg_escape_html(page->out, cell->words[i]);
	}
}

static void print_value(const struct page *page, const struct eg_column *column,
			const struct eg_cell *cell)
{
	FILE *out = page->out;

	switch (cell->kind) {
	case EG_CELL_TEXT:
		if (strcmp(column->key, "reason") == 0)
			print_chip(page, cell->text);
		else
			eg_escape_html(out, cell->text);
		break;
	case EG_CELL_NUMBER:
		/* A port is no quantity. */
		if (strcmp(column->key, "port") == 0)
			fprintf(out, "%" PRIu64, cell->number);
		else
			eg_chart_number(out, cell->number);
		break;
	case EG_CELL_TIME:
		print_time(out, cell->number, page->print->one_day);
		break;
	case EG_CELL_WORDS:
		print_words(page, column, cell);
		break;
	default:
		fputs("<span class=\"z\">-</span>", out);
	}
}

/* The first column that is shown heads its row. */
static void print_cell(const struct page *page, const struct eg_sheet *s, size_t c,
		       const struct eg_row *row, bool head)
{
	const char *tag = head ? "th" : "td", *class = column_class(&s->columns[c]);
	struct eg_cell cell;
	FILE *out = page->out;

	eg_sheet_cell(s, c, row, &cell);
	fprintf(out, "<%s%s", tag, head ? " scope=\"row\"" : "");
	if (class[0])
		fprintf(out, " class=\"%s%s\"", class,
			cell.kind == EG_CELL_NUMBER && cell.number == 0 ? " z" : "");
	if (cell.kind == EG_CELL_NUMBER || cell.kind == EG_CELL_TIME)
		fprintf(out, " data-v=\"%" PRIu64 "\"", cell.number);
	fputc('>', out);
	print_value(page, &s->columns[c], &cell);
	fprintf(out, "</%s>", tag);
}

/* The reasons of a row, for the script to find. */
static void print_row_reasons(const struct page *page, const struct eg_sheet *s,
			      const struct eg_row *row)
{
	const char *between = "";
	uint64_t mask = row->reasons;

	if (s->lexicon == &page->print->tally->reasons)
		mask = UINT64_C(1) << (row - s->by_number);
	if (s->key == eg_sheet_key(EG_SHEET_FLOWS))
		return;
	fputs(" data-r=\"", page->out);
	for (unsigned int i = 0; i < EG_LEXICON_MAX; i++)
		if (mask >> i & 1) {
			fputs(between, page->out);
			eg_escape_html(page->out, eg_lexicon_word(&page->print->tally->reasons, i));
			between = " ";
		}
	fputc('"', page->out);
}

/* How much of the most a reason has. */
static void print_bar(const struct page *page, const struct eg_sheet *s, const struct eg_row *row)
{
	double most = (double)eg_row_tries(s->rows[0]), own = (double)eg_row_tries(row);

	fprintf(page->out,
		"<td class=\"b\"><svg class=\"bar\" viewBox=\"0 0 100 8\" "
		"preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><rect class=\"%s\" width=\"%.1f\" height=\"8\" "
		"rx=\"1\"/></svg></td>",
		eg_chart_class(&page->colours, (unsigned int)(row - s->by_number)),
		most > 0 ? own * 99 / most + 1 : 0);
}

static void print_titles(const struct page *page, const struct eg_sheet *s, bool bars)
{
	FILE *out = page->out;

	fputs("<thead><tr>", out);
	for (size_t c = 0; c < s->columns_n; c++) {
		if (!eg_sheet_shows(s, c))
			continue;
		fprintf(out, "<th scope=\"col\" class=\"%s\">%s</th>", column_class(&s->columns[c]),
			s->columns[c].title);
		if (bars && strcmp(s->columns[c].key, "tries") == 0)
			fputs("<td class=\"b\"></td>", out);
	}
	fputs("</tr></thead>\n", out);
}

static void print_row(const struct page *page, const struct eg_sheet *s, const struct eg_row *row,
		      bool bars)
{
	bool head = true;

	fputs("<tr", page->out);
	print_row_reasons(page, s, row);
	fputc('>', page->out);
	for (size_t c = 0; c < s->columns_n; c++) {
		if (!eg_sheet_shows(s, c))
			continue;
		print_cell(page, s, c, row, head);
		head = false;
		if (bars && strcmp(s->columns[c].key, "tries") == 0)
			print_bar(page, s, row);
	}
	fputs("</tr>\n", page->out);
}

static void print_rest(const struct page *page, const struct eg_sheet *s)
{
	FILE *out = page->out;

	if (s->rest.folded) {
		fputs("<p class=\"note\">And ", out);
		eg_chart_number(out, s->rest.folded);
		fprintf(out, " more %s with ", s->rows_name);
		eg_chart_number(out, eg_row_tries(&s->rest));
		fputs(" tries.</p>\n", out);
	}
	if (s->slack) {
		fprintf(out,
			"<p class=\"note\">There were too many %s to tell them all apart: a row "
			"may "
			"show up to ",
			s->rows_name);
		eg_chart_number(out, s->slack);
		fputs(" too few.</p>\n", out);
	}
}

static void print_sheet(const struct page *page, enum eg_sheet_kind kind)
{
	const struct eg_sheet *s = &page->print->sheets[kind];
	bool bars = kind == EG_SHEET_REASONS;
	FILE *out = page->out;

	fprintf(out, "<section><h2 id=\"%s\">%s <small>", s->key, s->title);
	eg_chart_number(out, s->all);
	fprintf(out,
		"</small></h2>\n<div class=\"scroll\" role=\"region\" aria-labelledby=\"%s\" "
		"tabindex=\"0\"><table class=\"sheet\">\n",
		s->key);
	print_titles(page, s, bars);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < s->count; i++)
		print_row(page, s, s->rows[i], bars);
	fputs("</tbody></table></div>\n", out);
	print_rest(page, s);
	fputs("</section>\n", out);
}

static void print_files(const struct page *page)
{
	const struct eg_intake *in = page->print->intake;
	FILE *out = page->out;

	fputs("</main>\n<footer>\n<p>Read from ", out);
	for (size_t i = 0; i < in->count; i++) {
		fputs(i ? ", " : "", out);
		eg_escape_html(out, in->files[i].name);
	}
	fputs(".</p>\n", out);
	for (size_t i = 0; i < in->count; i++) {
		if (!in->files[i].trouble[0])
			continue;
		fprintf(out, "<p%s>", in->files[i].fault ? " class=\"alarm\"" : "");
		eg_escape_html(out, in->files[i].name);
		fputs(": ", out);
		eg_escape_html(out, in->files[i].trouble);
		fputs(".</p>\n", out);
	}
	fputs("</footer>\n", out);
}

void eg_print_page(FILE *out, const struct eg_print *p)
{
	struct page page = { .out = out, .print = p };
	bool any = false;

	eg_chart_choose(&page.colours, &p->sheets[EG_SHEET_REASONS]);
	print_head(&page);
	print_header(&page);
	print_facts(&page);
	eg_chart_print(out, p, &page.colours);
	print_filter(&page);
	fputs("<div id=\"sheets\">\n", out);
	for (int kind = 0; kind < EG_SHEETS; kind++)
		if (eg_print_wants(p, (enum eg_sheet_kind)kind)) {
			print_sheet(&page, (enum eg_sheet_kind)kind);
			any = true;
		}
	fputs(any ? "</div>\n" : "<p>Nothing was tried.</p></div>\n", out);
	print_files(&page);
	fprintf(out, "<script nonce=\"%s\">\n%s</script>\n</body>\n</html>\n", p->nonce, script);
}
