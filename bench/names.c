/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS queries for names that are listed and for names that are not, with lists of three
 * lengths; and the answers to the former.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 4, SLICE_NS = 300000000 };

struct asker {
	VDECONN *conn;
	uint32_t names;
	const char *format; /* of a name */
	size_t pass;        /* how many queries of a batch leave */
	struct batch *queries, *answers;
	double next; /* when the plugin can answer a whole slice again */
};

/* What one batch took, in nanoseconds a frame. */
struct took {
	double query, answer;
};

static const char listed[] = "host%u.example%u.org";
static const char unlisted[] = "evil%u.example%u.org";

static void name_of(char name[64], const char *format, uint32_t n)
{
	snprintf(name, 64, format, n, n % 1009);
}

void names_write(const char *path, uint32_t count)
{
	FILE *file = fopen(path, "we");
	char name[64];

	if (!file)
		die("%s cannot be written", path);
	for (uint32_t i = 0; i < count; i++) {
		name_of(name, listed, i);
		fprintf(file, "resolve %s\n", name);
	}
	if (fclose(file) != 0)
		die("%s cannot be written", path);
}

static void fill(struct asker *a)
{
	static uint16_t number;
	char name[64];

	for (size_t i = 0; i < BATCH; i++) {
		name_of(name, a->format, draw() % a->names);
		frame_query(a->queries, i, name, number++);
	}
	a->queries->count = BATCH;
}

/* The network answers what it was asked. */
static double answer(struct asker *a)
{
	const struct peer *peer = plug_peer();

	for (size_t i = 0; i < peer->kept; i++)
		frame_answer(a->answers, i, peer->keep + PEER_KEPT_SIZE * i);
	a->answers->count = peer->kept;
	return plug_recv(a->conn, a->answers);
}

static struct took ask(struct asker *a)
{
	static uint8_t keep[PEER_KEPT * PEER_KEPT_SIZE];
	struct took t = { 0 };

	fill(a);
	plug_peer()->keep = keep;
	t.query = plug_send(a->conn, a->queries, a->pass) / BATCH;
	if (a->pass > 0)
		t.answer = answer(a) / BATCH;
	else
		plug_drain(a->conn, BATCH);
	plug_peer()->keep = NULL;
	return t;
}

static struct took slice(struct asker *a)
{
	double query[BATCHES], reply[BATCHES];

	pause_until(a->next);
	for (size_t i = 0; i < BATCHES; i++) {
		struct took t = ask(a);

		query[i] = t.query;
		reply[i] = t.answer;
	}
	a->next = clock_ns() + SLICE_NS;
	return (struct took){ quantile(query, BATCHES, 0.5), quantile(reply, BATCHES, 0.5) };
}

static double slice_query(void *asker)
{
	return slice(asker).query;
}

static double slice_answer(void *asker)
{
	return slice(asker).answer;
}

static struct asker *asker_new(VDECONN *conn, uint32_t names, bool pass)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (!a || !(a->queries = calloc(1, sizeof(*a->queries))) ||
	    !(a->answers = calloc(1, sizeof(*a->answers))))
		die("no memory");
	a->conn = conn;
	a->names = names;
	a->format = pass ? listed : unlisted;
	a->pass = pass ? BATCH : 0;
	return a;
}

VDECONN *names_open(uint32_t count)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/names-%u", plug_folder(), count);
	names_write(path, count);
	return plug_open("egress://[policy=\"%s\"]{benchpeer://}", path);
}

struct cell *names_cell(VDECONN *conn, uint32_t names, bool pass)
{
	return cell_new(slice_query, asker_new(conn, names, pass), "DNS");
}

static void add_row(struct cell *c, const struct cell *base, double goal)
{
	cell_warm(c);
	row_add((struct row){ .name = c->name, .cell = c, .base = base, .goal = goal });
}

/* The rows of a list of COUNT names, of which the people say NAME. */
static void add(uint32_t count, const char *name, const struct cell *query,
		const struct cell *reply)
{
	VDECONN *conn = names_open(count);
	struct cell *c;

	c = cell_new(slice_query, asker_new(conn, count, true), "DNS, listed, %s names", name);
	add_row(c, query, 400);
	c = cell_new(slice_query, asker_new(conn, count, false), "DNS, refused, %s names", name);
	add_row(c, query, 400);
	c = cell_new(slice_answer, asker_new(conn, count, true), "DNS answer, %s names", name);
	add_row(c, reply, 0);
}

void names_add(void)
{
	struct asker *plain = asker_new(plug_open("benchpeer://"), 10, true);
	struct cell *query = cell_new(slice_query, plain, "a DNS query, unfiltered");
	struct cell *reply = cell_new(slice_answer, plain, "a DNS answer, unfiltered");

	row_add((struct row){ .name = query->name, .cell = query });
	row_add((struct row){ .name = reply->name, .cell = reply });
	add(10, "10", query, reply);
	add(10000, "10 k", query, reply);
	add(1000000, "1 M", query, reply);
}
