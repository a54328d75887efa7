/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An honest guest and an honest resolver, each with a TCP of its own, and the filter between,
 * which answers some of the queries itself. Each hop loses segments; both ends say again what is
 * not acknowledged. Whatever is lost, each query has its answer, once; the resolver hears of no
 * other than it may; and the two close the connection in the end.
 */
#include "dnsstream_link.h"

#include "checksum.h"

enum { SEEDS = 60, QUERIES = 60, ROUNDS = 200000, BYTES = 8192 };

/* One end: what it says, and what it has heard. Numbers count from its SYN. */
struct side {
	uint8_t out[BYTES], in[BYTES];
	size_t out_len, una, next, in_len;
	size_t most;  /* how far it may send */
	uint32_t iss; /* its first number */
	bool fin;     /* all that it says is in out, and its FIN comes after */
	bool heard_fin;
};

struct both {
	struct link l;
	struct side guest, server;
	uint32_t state;
	uint16_t window; /* of the guest's */
	size_t answered; /* of the server's in: all messages before were answered */
	uint64_t now;
	bool refused[QUERIES];
};

static uint32_t any(struct both *b, uint32_t n)
{
	b->state = b->state * 1664525 + 1013904223;
	return (b->state >> 10) % n;
}

static bool lost(struct both *b)
{
	return any(b, 6) == 0;
}

/* The number of the next byte that S expects of the other, which began with ISS. */
static uint32_t expects(const struct side *s, uint32_t iss)
{
	return iss + 1 + (uint32_t)s->in_len + s->heard_fin;
}

/* End S receives segment F of the other's, which began with ISS: bytes in order alone. */
static void receive(struct side *s, const struct eg_frame *f, uint32_t iss)
{
	uint32_t known = expects(s, iss) - f->tcp.seq;
	size_t acked = f->tcp.ack - s->iss - 1;

	WANT(f->tcp.flags & ACK && !(f->tcp.flags & (RST | SYN)));
	WANT(eg_checksum_right(f));
	WANT(acked <= s->out_len + s->fin);
	if (acked > s->una)
		s->una = acked;
	if (acked + f->tcp.window > s->most)
		s->most = acked + f->tcp.window;
	if (known > f->payload.n || s->heard_fin)
		return;
	WANT(s->in_len + f->payload.n - known <= BYTES);
	memcpy(s->in + s->in_len, f->payload.p + known, f->payload.n - known);
	s->in_len += f->payload.n - known;
	s->heard_fin = f->tcp.flags & FIN;
}

/* A segment of S's, said anew or again, to BUF. Returns its length. */
static size_t segment(struct both *b, struct side *s, const struct side *to, uint8_t *buf)
{
	bool guest = s == &b->guest;
	size_t from = any(b, 3) ? s->next : s->una, n = any(b, any(b, 2) ? 30 : 500);
	struct packet_tcp tcp = { .ack = expects(s, to->iss), .flags = ACK };
	bool fin;

	if (from > s->una + 2000)
		from = s->una;
	from = from > s->out_len ? s->out_len : from;
	n = n > s->out_len - from ? s->out_len - from : n;
	n = from + n > s->most ? (s->most > from ? s->most - from : 0) : n;
	fin = s->fin && from + n == s->out_len && any(b, 2);
	tcp.seq = s->iss + 1 + (uint32_t)from;
	tcp.window = guest ? b->window : 60000;
	tcp.flags |= fin ? FIN : 0;
	/* What acknowledges after a FIN stands after it. */
	if (s->fin && !fin && from + n == s->out_len && s->next > s->out_len && n == 0)
		tcp.seq++;
	if (from + n + fin > s->next)
		s->next = from + n + fin;
	return (b->l.v6 ? packet_tcp6 : packet_tcp4)(buf, guest ? &b->l.guest : &b->l.server,
						     guest ? &b->l.server : &b->l.guest, &tcp,
						     s->out + from, n);
}

/* The N bytes at P come to the guest, or to the server, unless they are lost. */
static void deliver(struct both *b, bool to_guest, const uint8_t *p, size_t n)
{
	struct eg_frame f;

	WANT(eg_frame_decode(&f, p, n) == EG_R_NONE && f.len == n);
	if (!lost(b))
		receive(to_guest ? &b->guest : &b->server, &f,
			to_guest ? b->server.iss : b->guest.iss);
}

static void deliver_injected(struct both *b)
{
	static uint8_t own[EG_FRAME_MAX];
	size_t n;

	WANT(!eg_inject_waits(b->l.b, EG_FROM_GUEST));
	while ((n = eg_inject_take(b->l.b, EG_FROM_NETWORK, own)) > 0)
		deliver(b, true, own, n);
}

static void guest_says(struct both *b)
{
	uint8_t buf[PACKET_MAX];
	size_t n = segment(b, &b->guest, &b->server, buf);
	struct left x = { 0 };
	enum eg_reason r;
	struct eg_frame f;

	if (lost(b))
		return;
	WANT(eg_frame_decode(&f, buf, n) == EG_R_NONE);
	r = eg_tcp_segment_of_guest(&b->l.flow.tcp, &f);
	/* There may be too many small segments on their way: what has no room is lost, too. */
	WANT(r == EG_R_NONE || r == EG_R_TCP_WINDOW);
	if (r)
		return;
	n = take_at(&b->l, &f, b->now, &x);
	WANT(x.reason == EG_R_NONE && n > 0);
	deliver(b, false, b->l.out, n);
	if (x.told_len)
		deliver(b, true, b->l.told, x.told_len);
}

static void server_says_something(struct both *b)
{
	uint8_t buf[PACKET_MAX];
	size_t n = segment(b, &b->server, &b->guest, buf);
	enum eg_reason r;
	struct eg_frame f;
	bool shifted;

	if (lost(b))
		return;
	WANT(eg_frame_decode(&f, buf, n) == EG_R_NONE);
	WANT(eg_dnsstream_shift(b->l.t, &b->l.flow.key, &f, &shifted) == EG_R_NONE);
	r = eg_tcp_segment_of_network(&b->l.flow.tcp, &f);
	/* The guest's window may be full of an answer of ours: it is said again. */
	WANT(r == EG_R_NONE || (r == EG_R_TCP_WINDOW && b->window < 1000));
	if (r)
		return;
	if (shifted)
		eg_dnssplice_rewrite(&f, buf);
	WANT(eg_checksum_right(&f));
	eg_dnsstream_hear(b->l.t, &b->l.flow, &f, b->now, b->l.b);
	deliver(b, true, buf, f.len);
	deliver_injected(b);
}

/* The server answers what it has heard: the id, y, and some more. */
static void server_answers(struct both *b)
{
	struct side *s = &b->server;
	const uint8_t *m = s->in + b->answered;
	size_t len = s->in_len - b->answered < 2 ? 0 : eg_get16(m), n = 3 + any(b, 60);

	if (len && s->in_len - b->answered >= len + 2) {
		WANT(eg_get16(m + 2) < QUERIES && !b->refused[eg_get16(m + 2)]);
		WANT(s->out_len + n + 2 <= BYTES);
		eg_put16(s->out + s->out_len, (uint16_t)n);
		memset(s->out + s->out_len + 2, 'z', n);
		memcpy(s->out + s->out_len + 2, m + 2, 2);
		s->out[s->out_len + 4] = 'y';
		s->out_len += n + 2;
		b->answered += len + 2;
	}
	if (s->heard_fin && b->answered == s->in_len)
		s->fin = true;
}

static void add_queries(struct both *b)
{
	struct side *g = &b->guest;

	for (uint16_t i = 0; i < QUERIES; i++) {
		unsigned kind = any(b, 4);
		struct pair p = pair(kind == 1 ? "deny" : "Www", kind == 2 ? 16 : EG_DNS_TYPE_A,
				     any(b, 2) ? NO_EDNS : 4);

		b->refused[i] = kind == 1 || kind == 2;
		eg_put16(p.in + 2, i);
		WANT(g->out_len + p.n <= BYTES);
		memcpy(g->out + g->out_len, p.in, p.n);
		g->out_len += p.n;
	}
	g->fin = true;
}

static void open_both(struct both *b)
{
	static const uint16_t windows[] = { 60000, 400, 1500 };
	uint8_t buf[PACKET_MAX];
	struct packet_tcp tcp = { .window = windows[any(b, 3)], .flags = SYN };
	struct eg_frame f;
	size_t n;

	b->window = tcp.window;
	b->guest.iss = tcp.seq = b->l.iss;
	b->server.iss = starts[any(b, STARTS)];
	network_resets(&b->l);
	n = (b->l.v6 ? packet_tcp6 : packet_tcp4)(buf, &b->l.guest, &b->l.server, &tcp, NULL, 0);
	WANT(eg_frame_decode(&f, buf, n) == EG_R_NONE);
	WANT(eg_tcp_open(&b->l.flow.tcp, EG_FROM_GUEST, &f) == EG_R_NONE);
	WANT(eg_dnsstream_begin(b->l.t, &f, b->now, b->l.out, &n) == EG_R_NONE);
	tcp = (struct packet_tcp){
		.seq = b->server.iss, .ack = b->guest.iss + 1, .window = 60000, .flags = SYN | ACK
	};
	n = (b->l.v6 ? packet_tcp6 : packet_tcp4)(buf, &b->l.server, &b->l.guest, &tcp, NULL, 0);
	WANT(eg_frame_decode(&f, buf, n) == EG_R_NONE);
	WANT(eg_tcp_segment_of_network(&b->l.flow.tcp, &f) == EG_R_NONE);
	eg_dnsstream_hear(b->l.t, &b->l.flow, &f, b->now, b->l.b);
	b->server.most = b->window;
	b->guest.most = 60000;
	tcp = (struct packet_tcp){
		.seq = b->guest.iss + 1, .ack = b->server.iss + 1, .window = b->window, .flags = ACK
	};
	n = (b->l.v6 ? packet_tcp6 : packet_tcp4)(buf, &b->l.guest, &b->l.server, &tcp, NULL, 0);
	WANT(eg_frame_decode(&f, buf, n) == EG_R_NONE);
	WANT(eg_tcp_segment_of_guest(&b->l.flow.tcp, &f) == EG_R_NONE);
}

/* Each query has one answer in what the guest has heard, by the right one of the two. */
static void check_answers(const struct both *b)
{
	const struct side *g = &b->guest;
	bool had[QUERIES] = { false };
	size_t at = 0, count = 0;

	while (at < g->in_len) {
		size_t len = eg_get16(g->in + at), id = eg_get16(g->in + at + 2);

		WANT(at + 2 + len <= g->in_len && len >= 3 && id < QUERIES && !had[id]);
		ck_assert_int_eq(g->in[at + 4], b->refused[id] ? 'n' : 'y');
		had[id] = true;
		count++;
		at += 2 + len;
	}
	ck_assert_uint_eq(count, QUERIES);
}

START_TEST(each_query_has_its_answer_once_whatever_is_lost)
{
	struct both *b = calloc(1, sizeof(*b));
	size_t rounds = 0;

	ck_assert_ptr_nonnull(b);
	b->l = new_link(_i % LINKS);
	b->l.answers = true;
	b->state = (uint32_t)_i * 7919;
	b->now = NOW + b->l.now;
	add_queries(b);
	open_both(b);
	while (b->l.flow.tcp.state != EG_TCP_TIME_WAIT) {
		WANT(rounds++ < ROUNDS);
		if (any(b, 2))
			guest_says(b);
		else
			server_says_something(b);
		server_answers(b);
		if (any(b, 40) == 0) {
			b->now += 1000;
			eg_dnsstreams_tick(b->l.t, b->now, b->l.b);
			deliver_injected(b);
		}
	}
	check_answers(b);
	ck_assert_uint_eq(b->l.judged, QUERIES);
	free_link(&b->l);
	free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnsstream_both");
	TCase *c = tcase_create("both");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, each_query_has_its_answer_once_whatever_is_lost, 0, SEEDS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
