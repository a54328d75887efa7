/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two model TCP ends with the filter between them, on a path that loses, repeats
 * and reorders; and a guest that makes things up.
 *
 * The ends are simple but as odd as real ones: they cut data where they like,
 * say things again in other pieces, read slowly until their window is shut, probe it
 * in both known ways, send keepalives, and put a FIN behind a full window. Numbers
 * in the model have 64 bits, count from 0 at the SYN and never wrap; only what the
 * filter sees has 32 bits and starts anywhere. Nothing here depends on a clock or
 * on luck: time is simulated, and the random numbers are the same each time.
 */
#include "tcp_link.h"

#include "packet.h"

#include <stdlib.h>

enum {
	TOTAL = 10 << 20, /* bytes that each end sends */
	MSS = 1400,
	RTO = 60,          /* ms */
	PIECES = 256,      /* that an end keeps which came too early */
	AHEAD = 100 * MSS, /* bytes that an end sends ahead of what was acknowledged */
	EVENTS = 1 << 16,  /* under way at once */
	NEVER = 0x7fffffff,
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* A segment in the model's numbers. */
struct segment {
	enum eg_dir dir;
	uint8_t flags;
	uint32_t len;
	uint64_t seq, ack;
	uint16_t window;
};

struct piece {
	uint64_t from, to;
};

/* One end. The SYN is number 0, data begin at 1, the FIN is at TOTAL + 1. */
struct end {
	enum eg_dir dir;
	bool synced; /* the other's SYN came, and our own was acknowledged */
	bool heard;  /* the other's SYN came */
	uint8_t scale, peer_scale;
	uint64_t una, nxt, max; /* acknowledged, to be sent next, sent at most */
	uint64_t edge;          /* what the other allows */
	uint64_t rcv, read;     /* received in order, and read by the application */
	uint32_t capacity;
	bool fin_came;
	struct piece early[PIECES];
	unsigned int early_count;
	uint32_t timer; /* when to say something again */
};

struct event {
	uint32_t when;
	bool judged;
	struct segment s;
};

/* How the path treats what is on one of its two legs before and behind the filter. */
struct leg {
	uint32_t lost, repeated; /* of 1000 */
	uint32_t delay;          /* ms, at random up to that */
};

struct world {
	struct eg_tcp t;
	bool open;
	const uint32_t *iss;
	struct leg before, behind;
	struct end end[2]; /* by enum eg_dir */
	struct event *heap;
	size_t heap_count;
	uint32_t now;
	unsigned int judged, blocked;
};

static void swap_events(struct event *a, struct event *b)
{
	struct event e = *a;

	*a = *b;
	*b = e;
}

static void push(struct world *w, uint32_t when, bool judged, const struct segment *s)
{
	size_t i = w->heap_count++;

	if (i == EVENTS)
		ck_abort_msg("too much under way");
	w->heap[i] = (struct event){ .when = when, .judged = judged, .s = *s };
	for (; i > 0 && w->heap[i].when < w->heap[(i - 1) / 2].when; i = (i - 1) / 2)
		swap_events(&w->heap[i], &w->heap[(i - 1) / 2]);
}

static struct event pop(struct world *w)
{
	struct event first = w->heap[0];
	size_t i = 0;

	w->heap[0] = w->heap[--w->heap_count];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < w->heap_count && w->heap[child + 1].when < w->heap[child].when)
			child++;
		if (child >= w->heap_count || w->heap[i].when <= w->heap[child].when)
			return first;
		swap_events(&w->heap[i], &w->heap[child]);
		i = child;
	}
}

/* Put S on leg L: it arrives once, twice or not at all. */
static void put_on(struct world *w, const struct leg *l, bool judged, const struct segment *s)
{
	unsigned int copies = random_below(1000) < l->lost ? 0 : 1;

	copies += random_below(1000) < l->repeated;
	while (copies-- > 0)
		push(w, w->now + 1 + (l->delay ? random_below(l->delay) : 0), judged, s);
}

/* Let the filter judge S. Segments with a checksum to verify are made whole. */
static enum eg_reason judge(struct world *w, const struct segment *s)
{
	static const uint8_t payload[MSS];
	static uint8_t buf[PACKET_MAX];
	uint8_t option[4] = { 1, 3, 3, w->end[s->dir].scale };
	uint32_t seq = w->iss[s->dir] + (uint32_t)s->seq;
	uint32_t ack = w->iss[!s->dir] + (uint32_t)s->ack;
	bool out = s->dir == GUEST;
	struct packet_tcp tcp = { .seq = seq, .ack = ack, .window = s->window, .flags = s->flags };
	struct eg_frame f = { .payload = { .p = buf, .n = s->len } };

	if (s->flags & S && w->end[s->dir].scale < 15) {
		tcp.options = option;
		tcp.options_len = sizeof(option);
	}
	f.tcp.seq = seq;
	f.tcp.ack = ack;
	f.tcp.window = s->window;
	f.tcp.flags = s->flags;
	if (s->flags & (S | F | R) || out)
		eg_frame_decode(&f, buf,
				packet_tcp4(buf, out ? &packet_guest : &packet_network,
					    out ? &packet_network : &packet_guest, &tcp, payload,
					    s->len));
	if (!w->open && s->dir == HOST) {
		enum eg_reason r = eg_tcp_open(&w->t, EG_FROM_NETWORK, &f);

		w->open = r == EG_R_NONE;
		return r;
	}
	return w->open ? eg_tcp_segment(&w->t, s->dir, &f) : EG_R_TCP_NO_FLOW;
}

static void meet_filter(struct world *w, const struct segment *s);

/* E says FLAGS with LEN bytes from SEQ; acknowledgement and window as they are. */
static void say_segment(struct world *w, struct end *e, unsigned int flags, uint64_t seq,
			uint32_t len)
{
	uint64_t space = e->capacity - (e->rcv - e->read);
	unsigned int scale = flags & S ? 0 : e->scale;
	struct segment s = { .dir = e->dir, .flags = (uint8_t)flags, .len = len, .seq = seq };

	if (e->scale == 15 || e->peer_scale == 15)
		scale = 0;
	if (space >> scale > 0xffff)
		space = (uint64_t)0xffff << scale;
	s.window = (uint16_t)(space >> scale);
	s.ack = flags & A ? e->rcv : 0;
	if (seq + len + !!(flags & (S | F)) > e->max)
		e->max = seq + len + !!(flags & (S | F));
	if (w->before.delay)
		put_on(w, &w->before, false, &s);
	else
		meet_filter(w, &s); /* in the order in which it was said */
	e->timer = w->now + RTO;
}

static void say_ack(struct world *w, struct end *e)
{
	uint32_t timer = e->timer;

	say_segment(w, e, A, e->max, 0);
	e->timer = timer;
}

/* Send what the window allows, in pieces of any size. */
static void send_more(struct world *w, struct end *e)
{
	uint64_t edge = e->edge < e->una + AHEAD ? e->edge : e->una + AHEAD;

	while (e->nxt <= TOTAL && e->nxt < edge) {
		uint64_t len = 1 + random_below(MSS);

		if (random_below(4))
			len = MSS;
		if (len > edge - e->nxt)
			len = edge - e->nxt;
		if (len > TOTAL + 1 - e->nxt)
			len = TOTAL + 1 - e->nxt;
		say_segment(w, e, A | (random_below(2) ? P : 0), e->nxt, (uint32_t)len);
		e->nxt += len;
	}
	/* As BSD does, whatever the window. */
	if (e->nxt == TOTAL + 1) {
		say_segment(w, e, F | A, e->nxt, 0);
		e->nxt++;
	}
}

static void say_handshake(struct world *w, struct end *e)
{
	if (e->dir == HOST || e->heard)
		say_segment(w, e, e->dir == HOST ? S : S | A, 0, 0);
}

/* Nothing new came for a while: say again, probe, or ask whether anybody is there. */
static void timeout(struct world *w, struct end *e)
{
	e->timer = w->now + RTO;
	if (!e->synced) {
		say_handshake(w, e);
		return;
	}
	if (e->una < e->nxt) {
		e->nxt = e->una;
		if (e->nxt == e->edge && e->nxt <= TOTAL)
			say_segment(w, e, A, e->nxt, 1);
		else
			send_more(w, e);
	} else if (e->nxt <= TOTAL) {
		if (random_below(2))
			say_segment(w, e, A, e->nxt, 1); /* a window probe as BSD's */
		else
			say_segment(w, e, A, e->una - 1, 0); /* and as Linux's */
	} else {
		say_segment(w, e, A, e->una - 1, random_below(2)); /* a keepalive */
	}
}

static void keep_early(struct end *e, uint64_t from, uint64_t to)
{
	if (e->early_count < PIECES)
		e->early[e->early_count++] = (struct piece){ from, to };
}

/* Bytes FROM to TO came. */
static void receive(struct end *e, uint64_t from, uint64_t to)
{
	if (to > e->read + e->capacity)
		to = e->read + e->capacity;
	if (from > e->rcv) {
		keep_early(e, from, to);
		return;
	}
	if (to > e->rcv)
		e->rcv = to;
	for (unsigned int i = 0; i < e->early_count; i++) {
		struct piece p = e->early[i];

		if (p.from > e->rcv)
			continue;
		e->early[i] = e->early[--e->early_count];
		i = (unsigned int)-1;
		if (p.to > e->rcv)
			e->rcv = p.to;
	}
}

static void arrive_handshake(struct world *w, struct end *e, const struct segment *s)
{
	bool fresh = !e->heard;

	if (fresh) {
		e->heard = true;
		e->rcv = e->read = 1;
		e->edge = 1 + s->window;
	}
	if (e->dir == HOST && fresh) {
		e->synced = true;
		e->una = e->nxt = 1;
		say_ack(w, e);
		send_more(w, e);
	} else if (!e->synced) {
		say_handshake(w, e);
	} else {
		say_ack(w, e);
	}
}

static void take_ack(struct end *e, const struct segment *s)
{
	bool scaled = e->scale != 15 && e->peer_scale != 15;
	uint64_t edge = s->ack + ((uint64_t)s->window << (scaled ? e->peer_scale : 0));

	if (s->ack > e->una && s->ack <= e->max) {
		e->una = s->ack;
		if (e->nxt < e->una)
			e->nxt = e->una;
	}
	if (edge > e->edge)
		e->edge = edge;
}

static void arrive(struct world *w, const struct segment *s)
{
	struct end *e = &w->end[!s->dir];
	bool closed = e->rcv - e->read == e->capacity;

	if (s->flags & S) {
		arrive_handshake(w, e, s);
		return;
	}
	if (!e->synced) {
		if (e->dir == HOST || !e->heard || s->ack < 1)
			return;
		e->synced = true;
		e->una = e->nxt = 1;
	}
	take_ack(e, s);
	if (s->len && s->seq >= 1)
		receive(e, s->seq, s->seq + s->len);
	if (s->flags & F && s->seq == e->rcv && !e->fin_came) {
		e->fin_came = true;
		e->rcv++;
		e->read++;
	}
	if (e->rcv > e->read && random_below(3) == 0)
		e->read += random_below((uint32_t)(e->rcv - e->read) + 1);
	if (s->len || s->flags & F || closed || s->seq < e->rcv)
		say_ack(w, e);
	send_more(w, e);
}

static bool done(const struct end *e)
{
	return e->una == TOTAL + 2 && e->fin_came;
}

/* S comes to the filter. */
static void meet_filter(struct world *w, const struct segment *s)
{
	w->judged++;
	if (judge(w, s) == EG_R_NONE)
		put_on(w, &w->behind, true, s);
	else
		w->blocked++;
}

/* What comes next: an arrival, or an end's timer. */
static void step(struct world *w)
{
	struct end *e = &w->end[w->end[GUEST].timer < w->end[HOST].timer ? GUEST : HOST];
	struct event v;

	if (w->heap_count == 0 || e->timer < w->heap[0].when) {
		w->now = e->timer;
		timeout(w, e);
		return;
	}
	v = pop(w);
	w->now = v.when;
	if (v.judged)
		arrive(w, &v.s);
	else
		meet_filter(w, &v.s);
}

/* Paths; a window's scale of 15 is none. */
static const struct {
	struct leg before, behind;
	uint32_t capacity[2]; /* by enum eg_dir */
	uint8_t scale[2];
} paths[] = {
	{ { 0, 0, 0 }, { 0, 0, 0 }, { 65535, 65535 }, { 15, 15 } },
	{ { 0, 0, 0 }, { 20, 10, 15 }, { 65535, 65535 }, { 15, 15 } },
	{ { 0, 0, 0 }, { 20, 10, 15 }, { 1000000, 200000 }, { 7, 2 } },
	{ { 0, 0, 0 }, { 50, 50, 40 }, { 4000, 300000 }, { 0, 14 } },
	{ { 0, 0, 0 }, { 20, 10, 5 }, { 900, 1500 }, { 15, 3 } },
	{ { 0, 0, 0 }, { 100, 100, 30 }, { 500000, 30000 }, { 3, 15 } },
	{ { 10, 10, 15 }, { 10, 10, 15 }, { 65535, 65535 }, { 15, 15 } },
	{ { 20, 20, 15 }, { 20, 20, 15 }, { 1000000, 200000 }, { 7, 2 } },
	{ { 50, 50, 40 }, { 50, 50, 40 }, { 4000, 300000 }, { 0, 14 } },
	{ { 10, 10, 30 }, { 10, 10, 30 }, { 900, 1500 }, { 15, 3 } },
};

static void open_world(struct world *w, int path, int start)
{
	struct link l = new_link(start);

	memset(w, 0, sizeof(*w));
	w->iss = l.iss;
	w->before = paths[path].before;
	w->behind = paths[path].behind;
	w->heap = calloc(EVENTS, sizeof(*w->heap));
	ck_assert_ptr_nonnull(w->heap);
	for (int i = 0; i < 2; i++) {
		w->end[i].dir = (enum eg_dir)i;
		w->end[i].capacity = paths[path].capacity[i];
		w->end[i].scale = paths[path].scale[i];
		w->end[i].peer_scale = paths[path].scale[!i];
		w->end[i].timer = i == GUEST ? NEVER : 0;
	}
	random_state = (uint64_t)path * 1000 + (uint64_t)start;
}

/* Each end sends 10 MiB and closes; all of it arrives. What an end sends reaches the
 * filter as it was sent in the first paths: there not one segment may be blocked. In the others
 * old ones that come too late may be, but they are few. */
START_TEST(transfers_both_ways_arrive)
{
	int path = _i / LINK_STARTS;
	bool clean = paths[path].before.delay == 0;
	unsigned int steps = 0;
	struct world w;

	open_world(&w, path, _i % LINK_STARTS);
	while (!done(&w.end[GUEST]) || !done(&w.end[HOST])) {
		step(&w);
		if (++steps > 20000000)
			ck_abort_msg("stuck: guest %llu of %u, host %llu, blocked %u of %u",
				     (unsigned long long)w.end[GUEST].una, TOTAL,
				     (unsigned long long)w.end[HOST].una, w.blocked, w.judged);
	}
	if (clean)
		ck_assert_uint_eq(w.blocked, 0);
	else
		ck_assert_uint_lt(w.blocked, w.judged / 100);
	ck_assert_int_eq(w.t.state, EG_TCP_TIME_WAIT);
	free(w.heap);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp_path");
	TCase *c = tcase_create("tcp_path");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, transfers_both_ways_arrive, 0, (int)COUNT(paths) * LINK_STARTS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
