/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables. A figure is the median over all rounds, with the tenth and the ninetieth
 * percentile. What is added, and how many times something else it is, is taken within each
 * round first, and the median of that is shown: what slowed a round down slowed both.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 128 };

static struct cell *cells[CELLS_MAX];
static struct row rows[CELLS_MAX];
static size_t cell_count, row_count, round_count;
static unsigned goals_missed;

struct cell *cell_new(double (*slice)(void *ctx), void *ctx, const char *name, ...)
{
	struct cell *c = calloc(1, sizeof(*c));
	char text[128];
	va_list args;

	va_start(args, name);
	vsnprintf(text, sizeof(text), name, args);
	va_end(args);
	if (!c || cell_count == CELLS_MAX || !(c->name = strdup(text)))
		die("no memory");
	c->slice = slice;
	c->ctx = ctx;
	cells[cell_count++] = c;
	return c;
}

void row_add(struct row row)
{
	if (row_count == CELLS_MAX)
		die("too many rows");
	rows[row_count++] = row;
}

/* Each round begins elsewhere: nothing always stands behind the same. */
static void measure(void)
{
	for (size_t i = 0; i < cell_count; i++)
		if (!(cells[i]->ns = calloc(round_count, sizeof(double))))
			die("no memory");
	for (size_t round = 0; round < round_count; round++)
		for (size_t i = 0; i < cell_count; i++) {
			struct cell *c = cells[(i + 7 * round) % cell_count];

			c->ns[round] = c->slice(c->ctx);
		}
}

enum how { PLAINLY, MINUS, TIMES };

/* A quantile of C over all rounds, seen from BASE. */
static double seen(const struct cell *c, const struct cell *base, enum how how, double q)
{
	double *v = calloc(round_count, sizeof(*v));
	double result;

	if (!v)
		die("no memory");
	for (size_t i = 0; i < round_count; i++)
		v[i] = how == MINUS   ? c->ns[i] - base->ns[i]
		       : how == TIMES ? c->ns[i] / base->ns[i]
				      : c->ns[i];
	result = quantile(v, round_count, q);
	free(v);
	return result;
}

static void print_against(const struct cell *c, const struct cell *other, enum how how)
{
	if (other)
		printf(" %7.*f |", how == TIMES ? 2 : 1, seen(c, other, how, 0.5));
	else
		printf("         |");
}

static void print_goal(double value, double goal)
{
	if (goal > 0)
		printf(" %4.0f %-7s |\n", goal, value <= goal ? "met" : "NOT met");
	else
		printf("              |\n");
	goals_missed += goal > 0 && value > goal;
}

static void print_row(const struct row *r)
{
	const struct cell *c = r->cell;

	if (!c) {
		printf("| %-34s | this build cannot do that\n", r->name);
		return;
	}
	printf("| %-34s | %7.1f | %7.1f - %7.1f |", r->name, seen(c, NULL, PLAINLY, 0.5),
	       seen(c, NULL, PLAINLY, 0.1), seen(c, NULL, PLAINLY, 0.9));
	print_against(c, r->base, MINUS);
	print_against(c, r->base, TIMES);
	print_against(c, r->null, TIMES);
	print_against(c, r->plain, TIMES);
	print_against(c, r->floor, TIMES);
	print_goal(r->base ? seen(c, r->base, MINUS, 0.5) : 0, r->goal);
}

void report_run(size_t rounds)
{
	if (row_count == 0)
		return;
	round_count = rounds;
	measure();
	printf("\n| ns a frame, medians of %4zu rounds  |  median |     10%% - 90%%     |   added |"
	       "  x base |  x null |  x vlan |  x hash | goal, added  |\n"
	       "|------------------------------------|---------|-------------------|---------|"
	       "---------|---------|---------|---------|--------------|\n",
	       rounds);
	for (size_t i = 0; i < row_count; i++)
		print_row(&rows[i]);
}

void report_head(void)
{
	printf("| once                               |  median |     10%% - 90%%     | unit    | "
	       "goal "
	       "        |\n"
	       "|------------------------------------|---------|-------------------|---------|"
	       "--------------|\n");
}

void report_line(const char *what, const double value[3], const char *unit, double goal)
{
	printf("| %-34s | %7.2f | %7.2f - %7.2f | %-7s |", what, value[1], value[0], value[2],
	       unit);
	print_goal(value[1], goal);
}

unsigned report_missed(void)
{
	return goals_missed;
}
