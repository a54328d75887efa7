/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SYNs of the guest's under lists of what it may open, of two lengths: those that open a flow,
 * and those to another port of the same addresses, which look through the list in vain.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCHES = 31, TARGETS = 10000, WARM = 10 * TARGETS / BATCH, FLOWS = 1 << 15 };

struct opener {
	VDECONN *conn;
	size_t pass; /* how many SYNs of a batch leave */
	struct batch *batch;
};

/* The address of number N, as frame_syn has it: all over its 2^24. */
static uint32_t address(uint32_t n)
{
	return n * 1609 & 0xffffff;
}

void targets_write(const char *path, uint32_t count, uint16_t port)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die("%s cannot be written", path);
	if (count == 1)
		fprintf(file, "allow 192.0.0.0/8:%u/tcp\n", port);
	for (uint32_t i = 0; count > 1 && i < count; i++) {
		uint32_t a = address(i);

		fprintf(file, "allow 192.%u.%u.%u:%u/tcp\n", a >> 16, a >> 8 & 255, a & 255, port);
	}
	if (fclose(file) != 0)
		die("%s cannot be written", path);
}

static double send_batch(const struct opener *o)
{
	for (size_t j = 0; j < BATCH; j++)
		frame_syn(o->batch, j, address(draw() % TARGETS) | draw() << 24);
	o->batch->count = BATCH;
	return plug_send(o->conn, o->batch, o->pass) / BATCH;
}

/* Those that are refused leave nothing: as many as warm the caches come first. */
static double slice(void *opener)
{
	struct opener *o = opener;
	double ns[BATCHES];

	for (size_t i = 0; o->pass == 0 && i < WARM; i++)
		send_batch(o);
	for (size_t i = 0; i < BATCHES; i++)
		ns[i] = send_batch(o);
	return quantile(ns, BATCHES, 0.5);
}

static struct cell *opener_cell(VDECONN *conn, size_t pass)
{
	struct opener *o = calloc(1, sizeof(*o));

	if (!o || !(o->batch = calloc(1, sizeof(*o->batch))))
		die("no memory");
	o->conn = conn;
	o->pass = pass;
	return cell_warm(cell_new(slice, o, "SYN"));
}

/* A plugin with COUNT targets; SYNs PASS, or have another port. */
static VDECONN *targets_open(uint32_t count, bool pass)
{
	char path[256];
	VDECONN *conn;

	snprintf(path, sizeof(path), "%s/targets", plug_folder());
	targets_write(path, count, pass ? 443 : 80);
	conn = plug_open("egress://[policy=\"%s\"/action=drop/flows=%d]{benchpeer://}", path,
			 FLOWS);
	unlink(path);
	return conn;
}

void targets_add(void)
{
	static const uint32_t counts[] = { 1, TARGETS };
	static const char *const names[2][2] = {
		{ "SYN, refused, 1 target", "SYN, opens a flow, 1 target" },
		{ "SYN, refused, 10 k targets", "SYN, opens a flow, 10 k targets" },
	};
	const struct cell *base = opener_cell(plug_open("benchpeer://"), BATCH);

	row_add((struct row){ .name = "a SYN, unfiltered", .cell = base });
	for (size_t pass = 0; pass < 2; pass++) {
		const struct cell *brief = NULL;

		for (size_t i = 0; i < 2; i++) {
			struct cell *c =
				opener_cell(targets_open(counts[i], pass), pass ? BATCH : 0);

			row_add((struct row){ .name = names[i][pass],
					      .cell = c,
					      .base = base,
					      .brief = brief,
					      .goal = pass ? 0 : 200,
					      .most = brief && !pass ? 1.1 : 0 });
			brief = c;
		}
	}
}
