/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS queries for names that are listed and for names that are not, with lists of three
 * lengths; and the answers to the former. Those that are refused are answered, and so come a
 * few at a time after a pause; those that are listed do so, too, and in a stream.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 8, FEW = 4, MANY = 101, SLICE_NS = 300000000 }; /* batches of a slice */

struct asker {
	VDECONN *conn;
	uint32_t names;
	const char *format; /* of a name */
	size_t pass;        /* how many queries of a batch leave */
	size_t batches;     /* FEW, each time after a pause, or MANY */
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
	fprintf(file, "dns-limit 0\n"); /* more are asked for than a guest may */
	if (fclose(file) != 0)
		die("%s cannot be written", path);
}

static unsigned count(const uint32_t *numbers, size_t n, uint32_t number)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		found += numbers[i] == number;
	return found;
}

/* No question is asked twice in a batch: of the same one only one query leaves at a time. */
static void fill(struct asker *a)
{
	uint32_t asked[BATCH];
	static uint16_t number;
	char name[64];

	for (size_t i = 0; i < BATCH; i++) {
		uint32_t n;
		unsigned kind;

		do
			n = draw() % a->names;
		while ((kind = count(asked, i, n)) == KINDS);
		asked[i] = n;
		name_of(name, a->format, n);
		frame_query(a->queries, i, name, kind, number++);
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
	double query[MANY], reply[MANY];

	if (a->batches == FEW)
		pause_until(a->next);
	for (size_t i = 0; i < a->batches; i++) {
		struct took t = ask(a);

		query[i] = t.query;
		reply[i] = t.answer;
	}
	a->next = clock_ns() + SLICE_NS;
	return (struct took){ quantile(query, a->batches, 0.5), quantile(reply, a->batches, 0.5) };
}

static double slice_query(void *asker)
{
	return slice(asker).query;
}

static double slice_answer(void *asker)
{
	return slice(asker).answer;
}

static struct asker *asker_new(VDECONN *conn, uint32_t names, bool pass, size_t batches)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (!a || !(a->queries = calloc(1, sizeof(*a->queries))) ||
	    !(a->answers = calloc(1, sizeof(*a->answers))))
		die("no memory");
	a->conn = conn;
	a->names = names;
	a->format = pass ? listed : unlisted;
	a->pass = pass ? BATCH : 0;
	a->batches = batches;
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
	return cell_new(slice_query, asker_new(conn, names, pass, FEW), "DNS");
}

/* What is asked about each list; the first list is the shortest. */
static const struct question {
	const char *format; /* of its row's name */
	double (*slice)(void *asker);
	bool pass;
	size_t batches;
	double goal, most;
} questions[] = {
	{ "DNS, listed, %s names", slice_query, true, MANY, 400, 2 },
	{ "DNS, refused, %s names", slice_query, false, FEW, 400, 2 },
	{ "DNS, listed, after a pause, %s", slice_query, true, FEW, 0, 0 },
	{ "DNS answer, %s names", slice_answer, true, MANY, 0, 0 },
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static const struct {
	uint32_t count;
	const char *name;
} lists[] = { { 10, "10" }, { 10000, "10 k" }, { 1000000, "1 M" } };

/* The rows of list L. BRIEF are the shortest one's cells, or none yet: then they become these. */
static void add(size_t l, const struct cell *query, const struct cell *reply,
		const struct cell *brief[QUESTIONS])
{
	VDECONN *conn = names_open(lists[l].count);

	for (size_t i = 0; i < QUESTIONS; i++) {
		const struct question *q = &questions[i];
		struct cell *c =
			cell_new(q->slice, asker_new(conn, lists[l].count, q->pass, q->batches),
				 q->format, lists[l].name);

		row_add((struct row){ .name = c->name,
				      .cell = cell_warm(c),
				      .base = q->slice == slice_query ? query : reply,
				      .brief = brief[i],
				      .goal = q->goal,
				      .most = brief[i] ? q->most : 0 });
		if (!brief[i])
			brief[i] = c;
	}
}

void names_add(void)
{
	struct asker *plain = asker_new(plug_open("benchpeer://"), 10, true, MANY);
	struct cell *query = cell_new(slice_query, plain, "a DNS query, unfiltered");
	struct cell *reply = cell_new(slice_answer, plain, "a DNS answer, unfiltered");
	const struct cell *brief[QUESTIONS] = { NULL };

	row_add((struct row){ .name = query->name, .cell = query });
	row_add((struct row){ .name = reply->name, .cell = reply });
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
		add(l, query, reply, brief);
}
