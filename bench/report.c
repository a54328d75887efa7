/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables. What is shown is the median over all rounds of all processes, with the tenth and
 * the ninetieth percentile.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct figure *figures;
static size_t figure_count, figure_room;
static unsigned goals_missed;

void report_take(const struct figure *f)
{
	if (figure_count == figure_room) {
		figure_room = figure_room ? 2 * figure_room : 1024;
		figures = reallocarray(figures, figure_room, sizeof(*figures));
		if (!figures)
			die("no memory");
	}
	figures[figure_count++] = *f;
}

/* A quantile of what was found for the line of F. */
static double over_all(const struct figure *f, enum column column, double q)
{
	double *v = calloc(figure_count, sizeof(*v));
	size_t n = 0;
	double result;

	if (!v)
		die("no memory");
	for (size_t i = 0; i < figure_count; i++)
		if (figures[i].sheet == f->sheet && figures[i].line == f->line)
			v[n++] = figures[i].value[column];
	result = quantile(v, n, q);
	free(v);
	return result;
}

static double median(const struct figure *f, enum column column)
{
	return over_all(f, column, 0.5);
}

/* The name, the median and how far it strays. */
static void print_value(const struct figure *f, int digits)
{
	printf("| %-34s | %7.*f | %7.*f - %7.*f |", f->name, digits, median(f, VALUE), digits,
	       over_all(f, VALUE, 0.1), digits, over_all(f, VALUE, 0.9));
}

static void print_column(const struct figure *f, enum column column)
{
	double v = median(f, column);

	if (isnan(v))
		printf("         |");
	else
		printf(" %7.*f |", column == ADDED ? 1 : 2, v);
}

static void print_goal(double value, double goal, int digits)
{
	if (goal > 0)
		printf(" %4.*f %-7s |", digits, goal, value <= goal ? "met" : "NOT met");
	else
		printf("              |");
	goals_missed += goal > 0 && value > goal;
}

static void print_once(const struct figure *f)
{
	print_value(f, 2);
	printf(" %-7s |", f->unit);
	print_goal(median(f, VALUE), f->goal, 0);
	putchar('\n');
}

static void print_frame(const struct figure *f)
{
	if (isnan(f->value[VALUE])) {
		printf("| %-34s | this build cannot do that\n", f->name);
		return;
	}
	print_value(f, 1);
	for (enum column c = ADDED; c < COLUMNS; c++)
		print_column(f, c);
	print_goal(median(f, ADDED), f->goal, 0);
	print_goal(median(f, X_SHORT), f->most, 1);
	putchar('\n');
}

static void print_once_head(void)
{
	printf("| once                               |  median |     10%% - 90%%     | unit    | "
	       "goal         |\n"
	       "|------------------------------------|---------|-------------------|---------|"
	       "--------------|\n");
}

static void print_frame_head(size_t rounds, size_t processes)
{
	char what[64];

	snprintf(what, sizeof(what), "ns a frame, %zu rounds, %zu process%s", rounds, processes,
		 processes == 1 ? "" : "es");
	printf("\n| %-34s |  median |     10%% - 90%%     |"
	       "   added |  x base |  x null |  x vlan |  x hash | x short | goal, added  | goal, "
	       "short  "
	       "|\n"
	       "|------------------------------------|---------|-------------------|---------|"
	       "---------|---------|---------|---------|---------|--------------|--------------|\n",
	       what);
}

/* The first figure of LINE, or NULL: there is no such line. */
static const struct figure *find(enum sheet sheet, size_t line)
{
	for (size_t i = 0; i < figure_count; i++)
		if (figures[i].sheet == sheet && figures[i].line == line)
			return &figures[i];
	return NULL;
}

static void print_lines(enum sheet sheet, void (*print)(const struct figure *f))
{
	const struct figure *f;

	for (size_t line = 0; (f = find(sheet, line)); line++)
		print(f);
}

void report_print(size_t rounds, size_t processes)
{
	if (find(ONCE, 0))
		print_once_head();
	print_lines(ONCE, print_once);
	if (find(FRAME, 0))
		print_frame_head(rounds, processes);
	print_lines(FRAME, print_frame);
	printf("\ngoals not met: %u\n", goals_missed);
}
