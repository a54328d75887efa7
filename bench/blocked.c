/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SYNs of the guest's that are blocked: answered with a reset, not answered as too many
 * were, and recorded.
 */
#include "bench.h"

#include <stdlib.h>

enum {
	BATCHES = 4, /* of a slice; the plugin gives 1000 answers a second */
	SLICE_NS = 300000000,
	FLOOD = 101, /* batches where nobody is answered */
	SETTLE_MS = 5,
};

struct blocked {
	VDECONN *conn;
	struct batch *batch;
	double next; /* when the plugin can answer a whole slice again */
};

static void fill(struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++)
		frame_syn(b, i, draw());
	b->count = BATCH;
}

static double slice_answered(void *blocked)
{
	struct blocked *s = blocked;
	double ns[BATCHES];

	pause_until(s->next);
	for (size_t i = 0; i < BATCHES; i++) {
		fill(s->batch);
		ns[i] = plug_send(s->conn, s->batch, 0) / BATCH;
		plug_drain(s->conn, BATCH);
	}
	s->next = clock_ns() + SLICE_NS;
	return quantile(ns, BATCHES, 0.5);
}

/* The answers that are given all the same wait until there is no more room for them. */
static double slice_flood(void *blocked)
{
	struct blocked *s = blocked;
	double ns[FLOOD];

	for (size_t i = 0; i < FLOOD; i++) {
		fill(s->batch);
		ns[i] = plug_send(s->conn, s->batch, 0) / BATCH;
	}
	return quantile(ns, FLOOD, 0.5);
}

/* The writer's thread has done its work before another cell is measured. */
static double slice_logged(void *blocked)
{
	double ns = slice_answered(blocked);

	pause_until(clock_ns() + SETTLE_MS * 1e6);
	return ns;
}

static double slice_unfiltered(void *blocked)
{
	struct blocked *s = blocked;
	double ns[FLOOD];

	for (size_t i = 0; i < FLOOD; i++) {
		fill(s->batch);
		ns[i] = plug_send(s->conn, s->batch, BATCH) / BATCH;
	}
	return quantile(ns, FLOOD, 0.5);
}

static struct blocked *blocked_new(VDECONN *conn)
{
	struct blocked *s = calloc(1, sizeof(*s));

	if (!s || !(s->batch = calloc(1, sizeof(*s->batch))))
		die("no memory");
	s->conn = conn;
	return s;
}

struct cell *blocked_cell(VDECONN *conn, bool pass)
{
	return cell_new(pass ? slice_unfiltered : slice_answered, blocked_new(conn), "SYN");
}

static void add(const char *name, double (*slice)(void *ctx), VDECONN *conn,
		const struct cell *base, double goal)
{
	struct cell *c = NULL;

	if (conn)
		c = cell_warm(cell_new(slice, blocked_new(conn), "%s", name));
	row_add((struct row){ .name = name, .cell = c, .base = base, .goal = goal });
}

void blocked_add(void)
{
	const struct cell *base = cell_new(slice_unfiltered, blocked_new(plug_open("benchpeer://")),
					   "a SYN, unfiltered");

	row_add((struct row){ .name = base->name, .cell = base });
	add("blocked SYN, answered", slice_answered, plug_open("egress://{benchpeer://}"), base,
	    200);
	add("blocked SYN, too many to answer", slice_flood, plug_open("egress://{benchpeer://}"),
	    base, 200);
	add("blocked SYN, action drop", slice_flood,
	    plug_open("egress://[action=drop]{benchpeer://}"), base, 200);
	add("blocked SYN, answered, .pcap", slice_logged,
	    plug_open("egress://[log=\"%s/syn.pcap\"]{benchpeer://}", plug_folder()), base, 1000);
	add("blocked SYN, answered, .pcapng", slice_logged,
	    plug_try("egress://[log=\"%s/syn.pcapng\"]{benchpeer://}", plug_folder()), base, 1000);
}
