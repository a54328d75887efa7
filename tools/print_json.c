/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One object. Keys are there whether or not there is something to say: null then. */
#include "print.h"

#include "escape.h"

#include <inttypes.h>

static void print_time(FILE *out, uint64_t ns)
{
	char text[EG_MOMENT_MAX];

	if (ns == EG_MOMENT_NONE)
		fputs("null", out);
	else
		fprintf(out, "\"%s\"", eg_moment_exact(ns, text));
}

static void print_text(FILE *out, const char *text)
{
	if (text[0])
		eg_escape_json(out, text);
	else
		fputs("null", out);
}

static void print_cell(FILE *out, const struct eg_cell *cell)
{
	switch (cell->kind) {
	case EG_CELL_NONE:
		fputs("null", out);
		break;
	case EG_CELL_TEXT:
		eg_escape_json(out, cell->text);
		break;
	case EG_CELL_NUMBER:
		fprintf(out, "%" PRIu64, cell->number);
		break;
	case EG_CELL_TIME:
		print_time(out, cell->number);
		break;
	case EG_CELL_WORDS:
		fputc('[', out);
		for (size_t i = 0; i < cell->words_n; i++) {
			fputs(i ? "," : "", out);
			eg_escape_json(out, cell->words[i]);
		}
		fputc(']', out);
		break;
	}
}

static void print_row(FILE *out, const struct eg_sheet *s, const struct eg_row *row)
{
	struct eg_cell cell;

	for (size_t c = 0; c < s->columns_n; c++) {
		fprintf(out, "%s\"%s\":", c ? "," : "{", s->columns[c].key);
		eg_sheet_cell(s, c, row, &cell);
		print_cell(out, &cell);
	}
	fputc('}', out);
}

static void print_sheet(FILE *out, const struct eg_sheet *s)
{
	fprintf(out, ",\n\"%s\":[", s->key);
	for (size_t i = 0; i < s->count; i++) {
		fputs(i ? ",\n " : "\n ", out);
		print_row(out, s, s->rows[i]);
	}
	fprintf(out,
		"],\n\"%s_rest\":{\"rows\":%" PRIu64 ",\"tries\":%" PRIu64 ",\"passed\":%" PRIu64
		",\"slack\":%" PRIu64 "}",
		s->key, s->rest.folded, eg_row_tries(&s->rest), s->rest.count[EG_COUNT_PASSED],
		s->slack);
}

static void print_facts(FILE *out, const struct eg_fact *facts)
{
	fputs("\"summary\":{", out);
	for (int i = 0; i < EG_FACTS; i++) {
		fprintf(out, "%s\"%s\":", i ? "," : "", facts[i].key);
		if (i == EG_FACT_FIRST || i == EG_FACT_LAST)
			print_time(out, facts[i].number);
		else
			fprintf(out, "%" PRIu64, facts[i].number);
	}
	fputc('}', out);
}

static void print_files(FILE *out, const struct eg_intake *in)
{
	static const char *const kinds[] = {
		[EG_INPUT_EMPTY] = "empty",
		[EG_INPUT_PCAP] = "pcap",
		[EG_INPUT_PCAPNG] = "pcapng",
		[EG_INPUT_EVENTS] = "events",
	};

	fputs(",\n\"files\":[", out);
	for (size_t i = 0; i < in->count; i++) {
		const struct eg_intake_file *f = &in->files[i];

		fputs(i ? ",\n {\"name\":" : "\n {\"name\":", out);
		eg_escape_json(out, f->name);
		fprintf(out,
			",\"kind\":\"%s\",\"found\":%" PRIu64 ",\"told_by_events\":%" PRIu64
			",\"left_out\":%" PRIu64 ",\"told_again\":%" PRIu64
			",\"meaningless\":%" PRIu64 ",\"first\":",
			kinds[f->kind], f->found, f->twins, f->unmatched, f->again, f->meaningless);
		print_time(out, f->first);
		fputs(",\"last\":", out);
		print_time(out, f->last);
		fprintf(out, ",\"fault\":%s,\"trouble\":", f->fault ? "true" : "false");
		print_text(out, f->trouble);
		fputc('}', out);
	}
	fputc(']', out);
}

static void print_bin(FILE *out, const struct eg_tally *t, size_t bin)
{
	const struct eg_timeline *line = &t->timeline;
	const char *between = "";

	fputs("\n {\"first\":", out);
	print_time(out, (line->begin + bin) * line->width);
	fputs(",\"tries\":{", out);
	for (unsigned int r = 0; r < EG_LEXICON_MAX; r++) {
		if (line->bins[bin][r] == 0)
			continue;
		fputs(between, out);
		eg_escape_json(out, eg_lexicon_word(&t->reasons, r));
		fprintf(out, ":%" PRIu64, line->bins[bin][r]);
		between = ",";
	}
	fputs("}}", out);
}

/* Bins in which nothing happened are left out. */
static void print_timeline(FILE *out, const struct eg_tally *t)
{
	const struct eg_timeline *line = &t->timeline;
	const char *between = "";

	fprintf(out, ",\n\"timeline\":{\"bin_ns\":%" PRIu64 ",\"bins\":[", line->width);
	for (size_t i = 0; i < line->used; i++) {
		if (eg_timeline_sum(line, i) == 0)
			continue;
		fputs(between, out);
		print_bin(out, t, i);
		between = ",";
	}
	fputs("]}", out);
}

void eg_print_json(FILE *out, const struct eg_print *p)
{
	fputs("{", out);
	print_facts(out, p->facts);
	print_files(out, p->intake);
	for (int kind = 0; kind < EG_SHEETS; kind++)
		print_sheet(out, &p->sheets[kind]);
	print_timeline(out, p->tally);
	fputs("\n}\n", out);
}
