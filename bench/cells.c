/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rounds of one process. What is added, and how many times something else it is, is taken
 * within each round: what slowed a round down slowed both.
 */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 128 };

static struct cell *cells[CELLS_MAX];
static struct row rows[CELLS_MAX];
static size_t cell_count, row_count;

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

struct cell *cell_warm(struct cell *c)
{
	c->slice(c->ctx);
	return c;
}

void row_add(struct row row)
{
	if (row_count == CELLS_MAX)
		die("too many rows");
	rows[row_count++] = row;
}

/* Each round begins elsewhere: nothing always stands behind the same. */
static void measure(size_t first, size_t rounds)
{
	for (size_t i = 0; i < cell_count; i++)
		if (!(cells[i]->ns = calloc(rounds, sizeof(double))))
			die("no memory");
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < cell_count; i++) {
			struct cell *c = cells[(i + 7 * (first + round)) % cell_count];

			c->ns[round] = c->slice(c->ctx);
		}
}

/* What is missing is no number, and nothing that is reckoned with it is one. */
static double ns(const struct cell *c, size_t round)
{
	return c ? c->ns[round] : NAN;
}

static void hand_over(size_t line, size_t round)
{
	const struct row *r = &rows[line];
	const double own = ns(r->cell, round), base = ns(r->base, round);
	struct figure f = {
		.sheet = FRAME,
		.line = line,
		.value = {
			[VALUE] = own,
			[ADDED] = own - base,
			[X_BASE] = own / base,
			[X_NULL] = own / ns(r->null, round),
			[X_VLAN] = own / ns(r->plain, round),
			[X_HASH] = own / ns(r->floor, round),
			[X_SHORT] = (own - base) / (ns(r->brief, round) - base),
		},
		.goal = r->goal,
		.most = r->most,
	};

	snprintf(f.name, sizeof(f.name), "%s", r->name);
	process_found(&f);
}

/* Nothing is handed over in between: the process that takes it sleeps while we measure. */
void cells_run(size_t first, size_t rounds)
{
	measure(first, rounds);
	for (size_t round = 0; round < rounds; round++)
		for (size_t line = 0; line < row_count; line++)
			hand_over(line, round);
}
