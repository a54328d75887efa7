/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Established TCP flows, in random order, and what costs as little as a network can: the
 * frames of one flow through null://, the peer, and vlan://0{...} around them.
 */
#include "bench.h"

#include <stdlib.h>

enum {
	WARM_MOST = 100000, /* frames before the clock counts: caches hold what they can */
	WARM_LEAST = 1024,
	BATCHES = 101, /* of a slice */
};

/* A connection and the flows that go through it. */
struct path {
	VDECONN *conn;
	uint32_t flows;
	struct conversation *talks;
};

struct stream {
	const struct path *path;
	enum way way;
	size_t len;
	struct batch *batch;
};

static const struct {
	uint32_t flows;
	const char *name;
	double goal;
} sizes[] = { { 1, "1 flow", 35 },
	      { 1000, "1 k flows", 50 },
	      { 100000, "100 k flows", 150 },
	      { 1000000, "1 M flows", 250 } };

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), LENGTHS = 2 };
static const size_t lengths[LENGTHS] = { 64, 1514 };
static const char *const ways[] = { "sent", "received" };

static double go(VDECONN *conn, enum way way, const struct batch *b)
{
	return way == SENT ? plug_send(conn, b, ANY) : plug_recv(conn, b);
}

static void fill(const struct stream *s)
{
	for (size_t i = 0; i < BATCH; i++) {
		uint32_t flow = draw() % s->path->flows;

		frame_data(s->batch, i, s->way, flow, &s->path->talks[flow], s->len);
	}
	s->batch->count = BATCH;
}

static double slice(void *stream)
{
	const struct stream *s = stream;
	uint32_t warm = s->path->flows < WARM_MOST ? s->path->flows : WARM_MOST;
	double ns[BATCHES];

	if (warm < WARM_LEAST)
		warm = WARM_LEAST;
	for (uint32_t i = 0; i < warm; i += BATCH) {
		fill(s);
		go(s->path->conn, s->way, s->batch);
	}
	for (size_t i = 0; i < BATCHES; i++) {
		fill(s);
		ns[i] = go(s->path->conn, s->way, s->batch) / BATCH;
	}
	return quantile(ns, BATCHES, 0.5);
}

static const struct path *path_new(VDECONN *conn, uint32_t flows)
{
	struct path *p = calloc(1, sizeof(*p));

	if (!p || !(p->talks = calloc(flows, sizeof(*p->talks))))
		die("no memory");
	p->conn = conn;
	p->flows = flows;
	return p;
}

void flows_open(VDECONN *conn, uint32_t flows, struct conversation *talks)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		die("no memory");
	for (uint32_t at = 0; at < flows; at += BATCH) {
		b->count = flows - at < BATCH ? flows - at : BATCH;
		for (int step = STEP_SYN; step <= STEP_WINDOW; step++) {
			for (uint32_t i = 0; i < b->count; i++)
				frame_open(b, i, (enum step)step, at + i, &talks[at + i]);
			if (step == STEP_SYNACK || step == STEP_WINDOW)
				plug_send(conn, b, b->count);
			else
				plug_recv(conn, b);
		}
	}
	free(b);
}

static const struct path *egress_path(uint32_t flows)
{
	const struct path *p =
		path_new(plug_open("egress://[flows=%u]{benchpeer://}", flows), flows);

	flows_open(p->conn, flows, p->talks);
	return p;
}

static struct cell *cell_of(const struct path *p, const char *name, enum way way, size_t len)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s || !(s->batch = calloc(1, sizeof(*s->batch))))
		die("no memory");
	s->path = p;
	s->way = way;
	s->len = len;
	return cell_new(slice, s, "%s, %zu B, %s", name, len, ways[way]);
}

struct cell *flows_cell(VDECONN *conn, bool open, enum way way)
{
	const struct path *p = path_new(conn, 1);

	if (open)
		flows_open(conn, 1, p->talks);
	return cell_of(p, "1 flow", way, lengths[0]);
}

struct bases {
	const struct cell *null, *peer, *vlan, *floor[SIZES];
};

/* The rows of one direction and one length. */
static void add_direction(const struct bases *b, const struct path *const paths[SIZES],
			  enum way way, size_t len)
{
	for (size_t i = 0; i < SIZES; i++) {
		struct cell *c = cell_of(paths[i], sizes[i].name, way, len);

		row_add((struct row){ .name = c->name,
				      .cell = c,
				      .base = b->peer,
				      .null = way == SENT ? b->null : NULL,
				      .plain = b->vlan,
				      .floor = b->floor[i],
				      .goal = sizes[i].goal });
	}
}

/* What the plugin is compared with, as rows of their own. */
static void add_bases(struct bases *b, enum way way, size_t len)
{
	static const struct path *null, *null_vlan, *peer, *peer_vlan;
	const struct cell *vlan;

	if (!null) {
		null = path_new(plug_open("null://"), 1);
		null_vlan = path_new(plug_open("vlan://0{null://}"), 1);
		peer = path_new(plug_open("benchpeer://"), 1);
		peer_vlan = path_new(plug_open("vlan://0{benchpeer://}"), 1);
	}
	b->peer = cell_of(peer, "the bench's own peer", way, len);
	b->vlan = cell_of(peer_vlan, "vlan://0{peer}", way, len);
	if (way == SENT) {
		b->null = cell_of(null, "null://", way, len);
		vlan = cell_of(null_vlan, "vlan://0{null://}", way, len);
		row_add((struct row){ .name = b->null->name, .cell = b->null });
		row_add((struct row){
			.name = vlan->name, .cell = vlan, .base = b->null, .null = b->null });
	}
	row_add((struct row){ .name = b->peer->name, .cell = b->peer });
	row_add((struct row){ .name = b->vlan->name, .cell = b->vlan, .base = b->peer });
}

void flows_add(void)
{
	const struct path *paths[SIZES];
	struct bases b;

	for (size_t i = 0; i < SIZES; i++) {
		paths[i] = egress_path(sizes[i].flows);
		b.floor[i] = floor_add(sizes[i].flows);
	}
	for (size_t len = 0; len < LENGTHS; len++)
		for (int way = SENT; way <= RECEIVED; way++) {
			add_bases(&b, (enum way)way, lengths[len]);
			add_direction(&b, paths, (enum way)way, lengths[len]);
		}
}
