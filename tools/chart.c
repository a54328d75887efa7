/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The drawing is in units of a bin across and of a hundredth of the height up, and is stretched to
 * where it stands, so that all text is HTML's around it.
 */
#include "chart.h"

#include "escape.h"

#include <inttypes.h>

#define SMALLEST 1.5 /* what is there can be seen */

void eg_chart_choose(struct eg_chart_colours *c, const struct eg_sheet *reasons)
{
	memset(c->of, EG_CHART_COLOURS, sizeof(c->of));
	for (size_t i = 0; i < reasons->count && i < EG_CHART_COLOURS; i++)
		c->of[reasons->rows[i] - reasons->by_number] = (unsigned char)i;
}

const char *eg_chart_class(const struct eg_chart_colours *c, unsigned int number)
{
	static const char *const classes[EG_CHART_COLOURS + 1] = { "r0", "r1", "r2", "r3",
								   "r4", "r5", "r6", "rx" };

	return classes[c->of[number]];
}

void eg_chart_number(FILE *out, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && len > 4)
			fputs("&#8239;", out); /* narrow, and no line ends there */
		fputc(digits[i], out);
	}
}

/* 1, 2 or 5 and zeros, N at least. */
static uint64_t round_up(uint64_t n)
{
	uint64_t unit = 1;

	while (unit <= UINT64_MAX / 100 && unit * 10 <= n)
		unit *= 10;
	if (n <= unit)
		return unit;
	if (n <= 2 * unit)
		return 2 * unit;
	return n <= 5 * unit ? 5 * unit : 10 * unit;
}

static uint64_t highest(const struct eg_timeline *t)
{
	uint64_t most = 0;

	for (size_t i = 0; i < t->used; i++)
		if (eg_timeline_sum(t, i) > most)
			most = eg_timeline_sum(t, i);
	return round_up(most);
}

/* What is shown of a bin where somebody points at it, or has it read out. */
static void print_title(FILE *out, const struct eg_print *p, size_t bin)
{
	const struct eg_timeline *t = &p->tally->timeline;
	const struct eg_sheet *reasons = &p->sheets[EG_SHEET_REASONS];
	char text[EG_MOMENT_MAX];

	fprintf(out, "<title>%s", eg_moment_text((t->begin + bin) * t->width, text));
	for (size_t i = 0; i < reasons->count; i++) {
		unsigned int number = (unsigned int)(reasons->rows[i] - reasons->by_number);

		if (t->bins[bin][number] == 0)
			continue;
		fprintf(out, "\n%" PRIu64 " ", t->bins[bin][number]);
		eg_escape_html(out, eg_lexicon_word(&p->tally->reasons, number));
	}
	fputs("</title>", out);
}

/* The parts of a bin, one upon the other, in the order of the sheet. */
static void print_parts(FILE *out, const struct eg_print *p, const struct eg_chart_colours *c,
			size_t bin, double height)
{
	const struct eg_timeline *t = &p->tally->timeline;
	const struct eg_sheet *reasons = &p->sheets[EG_SHEET_REASONS];
	double sum = (double)eg_timeline_sum(t, bin), y = 100;

	for (size_t i = 0; i < reasons->count; i++) {
		unsigned int number = (unsigned int)(reasons->rows[i] - reasons->by_number);
		double part = (double)t->bins[bin][number] / sum * height;

		if (t->bins[bin][number] == 0)
			continue;
		y -= part;
		fprintf(out,
			"<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\".84\" height=\"%.2f\"/>",
			eg_chart_class(c, number), (double)bin + .08, y, part);
	}
}

static void print_bin(FILE *out, const struct eg_print *p, const struct eg_chart_colours *c,
		      size_t bin, uint64_t most)
{
	double height = (double)eg_timeline_sum(&p->tally->timeline, bin) * 100 / (double)most;

	if (height <= 0)
		return;
	fputs("<g class=\"bin\">", out);
	print_title(out, p, bin);
	fprintf(out, "<rect class=\"hit\" x=\"%zu\" y=\"0\" width=\"1\" height=\"100\"/>", bin);
	print_parts(out, p, c, bin, height < SMALLEST ? SMALLEST : height);
	fputs("</g>\n", out);
}

static void print_times(FILE *out, const struct eg_print *p)
{
	const struct eg_timeline *t = &p->tally->timeline;
	char text[EG_MOMENT_MAX];

	fputs("<div class=\"x\" aria-hidden=\"true\">", out);
	for (size_t i = 0; i < 3; i++) {
		uint64_t when = (t->begin + t->used * i / 2) * t->width;

		fprintf(out, "<span>%s</span>",
			p->one_day ? eg_moment_clock(when, text) : eg_moment_text(when, text));
	}
	fputs("</div>", out);
}

static void print_legend(FILE *out, const struct eg_print *p, const struct eg_chart_colours *c)
{
	const struct eg_sheet *reasons = &p->sheets[EG_SHEET_REASONS];

	fputs("<ul class=\"legend\" aria-label=\"Reasons\">", out);
	for (size_t i = 0; i < reasons->count; i++) {
		unsigned int number = (unsigned int)(reasons->rows[i] - reasons->by_number);

		fprintf(out, "<li class=\"%s\" data-r=\"", eg_chart_class(c, number));
		eg_escape_html(out, eg_lexicon_word(&p->tally->reasons, number));
		fputs("\">", out);
		eg_escape_html(out, eg_lexicon_word(&p->tally->reasons, number));
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void eg_chart_print(FILE *out, const struct eg_print *p, const struct eg_chart_colours *c)
{
	const struct eg_timeline *t = &p->tally->timeline;
	uint64_t most = highest(t);

	if (t->used == 0)
		return;
	fprintf(out,
		"<section><h2 id=\"timeline\">Tries over time <small>%s a bar, UTC</small></h2>\n"
		"<figure aria-labelledby=\"timeline\"><div class=\"plot\">"
		"<div class=\"y\" aria-hidden=\"true\"><span>",
		eg_timeline_unit(t));
	eg_chart_number(out, most);
	fputs("</span>", out);
	if (most % 2 == 0) {
		fputs("<span>", out);
		eg_chart_number(out, most / 2);
		fputs("</span>", out);
	}
	fprintf(out,
		"<span>0</span></div>\n"
		"<svg viewBox=\"0 0 %zu 100\" preserveAspectRatio=\"none\" role=\"img\" "
		"aria-labelledby=\"timeline\">"
		"<path class=\"grid\" d=\"M0 0H%zuM0 50H%zu\"/>\n",
		t->used, t->used, t->used);
	for (size_t i = 0; i < t->used; i++)
		print_bin(out, p, c, i, most);
	fputs("</svg>", out);
	print_times(out, p);
	fputs("</div>", out);
	print_legend(out, p, c);
	fputs("</figure></section>\n", out);
}
