/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sockets that are numbers.
 *
 * Terms. A socket is the host's if it was opened while net_setup was on, or accepted on
 * such a one; every other is the guest's.
 *
 * Invariants. No byte leaves the process. The host's stream sockets may be sent on. Its datagram
 * sockets may be sent on to whoever wrote to them. The guest's may exist only to ask the resolver,
 * and only if there is a list: each datagram, and each message of a stream, is one clean question;
 * and to reach what is allowed, and nobody who merely wrote to them.
 */
#include "net.h"

#include "question.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sockets.h"

static struct sock socks[SOCKS];
static size_t sock_count, accepted_ever;
static bool in_setup, may_ask, may_open, stalled, never_stalls;
static net_violation_fn *violated;
struct net_counts *net_counts;

enum {
	QUERY_SOCKS = 24,
	STREAM_SOCKS = 24,
	KEPT = 2 * 60 * 60 * 1000, /* ms: twice what a connection has that is half closed */
};

static const uint8_t resolver4[4] = { 192, 0, 2, 53 };
static const uint8_t resolver6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x53 };

void net_violate(const char *what)
{
	net_counts->violations++;
	violated(what);
}

struct sock *net_sock(int fd)
{
	if (fd < SOCK_FIRST || fd >= SOCK_FIRST + SOCKS || !socks[fd - SOCK_FIRST].used)
		return NULL;
	return &socks[fd - SOCK_FIRST];
}

int net_new(int family, int type, bool host)
{
	for (int i = 0; i < SOCKS; i++) {
		if (socks[i].used)
			continue;
		socks[i] =
			(struct sock){ .used = true, .family = family, .type = type, .host = host };
		if ((size_t)i >= sock_count)
			sock_count = (size_t)i + 1;
		return SOCK_FIRST + i;
	}
	errno = EMFILE;
	return -1;
}

int net_open(int family, int type, int protocol)
{
	bool usual = (type == SOCK_STREAM || type == SOCK_DGRAM) &&
		     (protocol == 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_UDP);

	if (in_setup) {
		net_counts->interposed++;
		return net_new(family, type, true);
	}
	net_counts->opened++;
	if (!may_ask && !may_open)
		net_violate("it opened a socket");
	else if (!usual)
		net_violate("it opened a socket of another kind than a query needs");
	return net_new(family, type, false);
}

static bool is_resolver(const struct sockaddr *to)
{
	const struct sockaddr_in *a4 = (const void *)to;
	const struct sockaddr_in6 *a6 = (const void *)to;

	if (to->sa_family == AF_INET)
		return a4->sin_port == htons(53) && memcmp(&a4->sin_addr, resolver4, 4) == 0;
	return to->sa_family == AF_INET6 && a6->sin6_port == htons(53) &&
	       memcmp(&a6->sin6_addr, resolver6, 16) == 0;
}

/* NET_ALLOW without NET_BLOCK, as slirp's host sees it: the gateways are its loopback, and who
 * names one of them means both. */
static bool is_allowed(const struct sockaddr *to, int type)
{
	static const struct {
		int family, type; /* 0: both types */
		uint8_t addr[16];
		uint16_t port;
	} rows[] = {
		{ AF_INET, 0, { 198, 51, 100, 7 }, 80 },
		{ AF_INET, SOCK_STREAM, { 198, 51, 100, 7 }, 443 },
		{ AF_INET, SOCK_STREAM, { 127, 0, 0, 1 }, 8080 },
		{ AF_INET, SOCK_DGRAM, { 127, 0, 0, 1 }, 443 },
		{ AF_INET, 0, { 198, 51, 100, 6 }, 853 },
		{ AF_INET6, 0, { 0x20, 0x01, 0x0d, 0xb8, 1, [15] = 7 }, 80 },
		{ AF_INET6, SOCK_DGRAM, { [15] = 1 }, 443 },
		{ AF_INET6, SOCK_STREAM, { [15] = 1 }, 8080 },
	};
	const struct sockaddr_in *a4 = (const void *)to;
	const struct sockaddr_in6 *a6 = (const void *)to;
	bool four = to->sa_family == AF_INET;
	const void *addr = four ? (const void *)&a4->sin_addr : (const void *)&a6->sin6_addr;

	for (size_t i = 0; may_open && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].family == to->sa_family && (!rows[i].type || rows[i].type == type) &&
		    htons(rows[i].port) == (four ? a4->sin_port : a6->sin6_port) &&
		    memcmp(rows[i].addr, addr, four ? 4 : 16) == 0)
			return true;
	return false;
}

/* S reaches TO, who is allowed. */
static void note_open(struct sock *s, const struct sockaddr *to)
{
	net_counts->allowed++;
	if (s->host)
		return;
	s->asked = s->open = true;
	memcpy(&s->peers[0].addr, to,
	       to->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

void net_connect(struct sock *s, const struct sockaddr *to)
{
	net_counts->connected++;
	if (!s->host && s->type == SOCK_STREAM && is_allowed(to, s->type)) {
		note_open(s, to);
		return;
	}
	if (s->host || s->type != SOCK_STREAM)
		net_violate("it connected a socket that no query needs connected");
	else if (!may_ask || !is_resolver(to))
		net_violate("it connected to somebody");
	s->asked = true;
}

static bool same_peer(const struct peer *p, const struct sockaddr *to)
{
	const struct sockaddr_in *a4 = (const void *)to, *b4 = (const void *)&p->addr;
	const struct sockaddr_in6 *a6 = (const void *)to, *b6 = (const void *)&p->addr;

	if (to->sa_family != p->addr.ss_family)
		return false;
	if (to->sa_family == AF_INET)
		return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a6->sin6_port == b6->sin6_port &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

static bool has_peer(const struct sock *s, const struct sockaddr *to)
{
	for (size_t i = 0; i < s->peer_count; i++)
		if (same_peer(&s->peers[i], to))
			return true;
	return false;
}

/* The query of N bytes at P was asked on S. */
static void note_name(struct sock *s, const uint8_t *p, size_t n)
{
	memset(s->name, 0, sizeof(s->name));
	memcpy(s->name, p + 12, n - 12 < 255 ? n - 12 : 255);
}

/* The answer of N bytes at P to S: in the letters of what was asked last, if it is the same. */
static void take_letters(const struct sock *s, uint8_t *p, size_t n)
{
	size_t len = strnlen((const char *)s->name, 255);

	if (len > 0 && n > 12 + len &&
	    strncasecmp((const char *)p + 12, (const char *)s->name, len) == 0)
		memcpy(p + 12, s->name, len);
}

void net_send_to(struct sock *s, const uint8_t *p, size_t n, const struct sockaddr *to)
{
	if (s->host && has_peer(s, to)) {
		net_counts->answered++;
		return;
	}
	net_counts->sent++;
	if (s->type == SOCK_DGRAM && is_allowed(to, s->type)) {
		note_open(s, to);
		return;
	}
	s->asked = true;
	if (s->type != SOCK_DGRAM || !may_ask || !is_resolver(to))
		net_violate("it sent a datagram to somebody who had not written");
	else if (!question_listed(p, n, false))
		net_violate("it asked the resolver something that is not on the list");
	else {
		net_counts->questions++;
		note_name(s, p, n);
	}
}

/* Take the whole messages out of what was sent (RFC 1035 4.2.2). */
static void read_stream(struct sock *s)
{
	while (s->said >= 2) {
		size_t n = (size_t)s->stream[0] << 8 | s->stream[1];

		if (s->said < n + 2)
			break;
		if (question_listed(s->stream + 2, n, true))
			net_counts->questions++;
		else
			net_violate("it told the resolver something that is not on the list");
		s->said -= n + 2;
		memmove(s->stream, s->stream + n + 2, s->said);
	}
}

void net_send(struct sock *s, const uint8_t *p, size_t n)
{
	if (s->host) {
		net_counts->answered++;
		if (!s->accepted)
			net_violate("it sent on a socket that is nobody's");
		return;
	}
	if (n == 0)
		return; /* how slirp asks whether a connect is done */
	net_counts->sent++;
	if (s->type == SOCK_STREAM && s->open)
		return;
	if (s->type != SOCK_STREAM || !s->asked || !may_ask) {
		net_violate("it sent on a socket of the guest's");
		return;
	}
	if (n > sizeof(s->stream) - s->said) {
		net_violate("it told the resolver more than a message");
		return;
	}
	memcpy(s->stream + s->said, p, n);
	s->said += n;
	read_stream(s);
}

bool net_stalled(void)
{
	return stalled;
}

/* Of an allowed datagram whose hop limit ends in slirp it has a socket, and says nothing on it. */
void net_check(void)
{
	size_t queries = 0;

	for (size_t i = 0; i < sock_count; i++)
		queries += socks[i].used && !socks[i].host && socks[i].type == SOCK_DGRAM &&
			   socks[i].asked && !socks[i].open;
	if (queries > QUERY_SOCKS)
		net_violate("it keeps more sockets for queries than 12 of each IP version");
	for (size_t i = 0; i < sock_count; i++)
		if (socks[i].used && !socks[i].host && !socks[i].asked &&
		    !(may_open && socks[i].type == SOCK_DGRAM))
			net_violate("it keeps a socket on which nothing was asked");
}

/* Whether S is one that the guest keeps open though its client has gone long ago. */
static bool is_kept(const struct sock *s, uint64_t now, uint64_t quiet)
{
	uint64_t since = s->ended_at > quiet ? s->ended_at : quiet;

	return s->used && s->accepted && s->ended && now > since + KEPT;
}

/* What finds no place in the table has no flow, and goes by slirp's own timers, which do not jump:
 * so the host's are looked at while they are few. */
void net_check_kept(uint64_t now, uint64_t quiet, size_t flows)
{
	size_t streams = 0, opened = 0;

	for (size_t i = 0; i < sock_count; i++) {
		const struct sock *s = &socks[i];

		opened += s->used && s->open;
		streams += s->used && !s->host && s->type == SOCK_STREAM && s->asked && !s->open;
		if (is_kept(s, now, quiet) && accepted_ever <= flows / 2)
			net_violate("it keeps a connection that its client closed long ago");
	}
	if (streams > STREAM_SOCKS)
		net_violate("it keeps more connections to resolvers than they have places");
	if (opened > flows / 2)
		net_violate("it keeps more sockets of the guest's than half of the table");
}

void net_reset(bool resolve, bool allow, net_violation_fn *violation)
{
	for (size_t i = 0; i < sock_count; i++)
		socks[i].used = false;
	sock_count = accepted_ever = 0;
	in_setup = stalled = false;
	may_ask = resolve;
	may_open = allow;
	never_stalls = false;
	violated = violation;
}

void net_never_stalls(void)
{
	never_stalls = true;
}

void net_setup(bool on)
{
	in_setup = on;
}

/* The host's socket number NUMBER of those of TYPE which are accepted, or are not. */
static struct sock *pick(int type, bool accepted, size_t number)
{
	struct sock *found[SOCKS];
	size_t n = 0;

	for (size_t i = 0; i < sock_count; i++)
		if (socks[i].used && socks[i].host && socks[i].type == type &&
		    socks[i].accepted == accepted)
			found[n++] = &socks[i];
	return n ? found[number % n] : NULL;
}

/* A client of a forward: on the host itself, which slirp shows as the gateway, or not. Some
 * ports are those of services that slirp has itself. */
static void net_peer(struct sockaddr_storage *a, int family, size_t number)
{
	static const uint16_t ports[] = { 40001, 53, 67, 69, 7, 40002, 547, 65535 };
	static const uint8_t far4[4] = { 198, 51, 100, 7 };
	static const uint8_t far6[16] = { 0x20, 0x01, 0x0d, 0xb8, 1, [15] = 7 };
	uint16_t port = htons(ports[number % 8]);
	bool near = number & 8;

	memset(a, 0, sizeof(*a));
	if (family == AF_INET6) {
		struct sockaddr_in6 *a6 = (void *)a;

		a6->sin6_port = port;
		memcpy(&a6->sin6_addr, near ? in6addr_loopback.s6_addr : far6, 16);
	} else {
		struct sockaddr_in *a4 = (void *)a;

		a4->sin_port = port;
		a4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (!near)
			memcpy(&a4->sin_addr, far4, 4);
	}
	a->ss_family = (sa_family_t)family;
}

static void queue(struct sock *s, const struct sockaddr_storage *from, const uint8_t *p, size_t n)
{
	if (!s || s->queued)
		return;
	s->queued = true;
	s->from = *from;
	s->waiting = n < sizeof(s->data) ? n : sizeof(s->data);
	if (s->waiting)
		memcpy(s->data, p, s->waiting);
}

static void datagram(size_t number, const uint8_t *p, size_t n)
{
	struct sock *s = pick(SOCK_DGRAM, false, number);
	struct sockaddr_storage from;

	if (!s || s->queued)
		return;
	net_peer(&from, s->family, number >> 1);
	if (!has_peer(s, (const void *)&from)) {
		if (s->peer_count == PEERS)
			return;
		s->peers[s->peer_count++].addr = from;
	}
	queue(s, &from, p, n);
}

/* The resolver answers on all sockets of the guest's: what P says, behind the id and, where
 * that is not said, flags of an answer. */
static void answer(const uint8_t *p, size_t n)
{
	static uint8_t said[sizeof(socks[0].data)];

	for (size_t i = 0; i < sock_count; i++) {
		struct sockaddr_storage from = { 0 };
		struct sockaddr_in6 *a6 = (void *)&from;
		struct sockaddr_in *a4 = (void *)&from;

		if (!socks[i].used || socks[i].host || !socks[i].asked)
			continue;
		from.ss_family = (sa_family_t)socks[i].family;
		if (socks[i].family == AF_INET) {
			a4->sin_port = htons(53);
			memcpy(&a4->sin_addr, resolver4, 4);
		} else {
			a6->sin6_port = htons(53);
			memcpy(&a6->sin6_addr, resolver6, 16);
		}
		memcpy(said, p, n < sizeof(said) ? n : sizeof(said));
		take_letters(&socks[i], said, n < sizeof(said) ? n : sizeof(said));
		queue(&socks[i], &from, said, n < sizeof(said) ? n : sizeof(said));
	}
}

/* The guest's socket number NUMBER of those of TYPE, or of those that are OPEN. */
static struct sock *pick_guests(int type, bool open, size_t number)
{
	struct sock *found[SOCKS];
	size_t n = 0;

	for (size_t i = 0; i < sock_count; i++)
		if (socks[i].used && !socks[i].host &&
		    (open ? socks[i].open : socks[i].type == type))
			found[n++] = &socks[i];
	return n ? found[number % n] : NULL;
}

/* Who did not get a datagram of the guest's writes to where one came from. */
static void stranger(size_t number, const uint8_t *p, size_t n)
{
	struct sock *s = pick_guests(SOCK_DGRAM, false, number);
	struct sockaddr_storage from;

	if (!s || s->queued)
		return;
	net_counts->strangers++;
	net_peer(&from, s->family, number >> 1);
	queue(s, &from, p, n);
}

static void reply(size_t number, const uint8_t *p, size_t n)
{
	struct sock *s = pick_guests(0, true, number);

	if (s)
		queue(s, &s->peers[0].addr, p, n);
}

void net_host(const uint8_t *p, size_t n, uint64_t now)
{
	struct sock *s;
	size_t number;

	if (n < 2)
		return;
	number = p[1];
	switch ((enum net_act)(p[0] % NET_ACTS)) {
	case NET_CONNECT:
		s = pick(SOCK_STREAM, false, number);
		if (s) {
			accepted_ever++;
			s->queued = true;
			net_peer(&s->from, s->family, number >> 1);
		}
		return;
	case NET_SEND:
		s = pick(SOCK_STREAM, true, number);
		if (s)
			queue(s, &s->from, p + 2, n - 2);
		return;
	case NET_CLOSE:
	case NET_RESET:
		s = pick(SOCK_STREAM, true, number);
		if (s) {
			s->ended = true;
			s->ended_at = now;
			s->reset = p[0] % NET_ACTS == NET_RESET;
		}
		return;
	case NET_DATAGRAM:
		datagram(number, p + 2, n - 2);
		return;
	case NET_ANSWER:
		answer(p + 2, n - 2);
		return;
	case NET_STRANGER:
		stranger(number, p + 2, n - 2);
		return;
	case NET_REPLY:
		reply(number, p + 2, n - 2);
		return;
	case NET_STALL:
		stalled = number & 1 && !never_stalls;
		return;
	default:
		return;
	}
}

enum { POLLS = 256 };
static struct {
	int fd, events;
} polls[POLLS];
static int poll_count;

void net_poll_begin(void)
{
	poll_count = 0;
}

int net_add_poll(int fd, int events, void *opaque)
{
	(void)opaque;
	if (poll_count == POLLS)
		return -1;
	polls[poll_count].fd = fd;
	polls[poll_count].events = events;
	return poll_count++;
}

int net_revents(int i, void *opaque)
{
	const struct sock *s = i >= 0 && i < poll_count ? net_sock(polls[i].fd) : NULL;
	int r = 0;

	(void)opaque;
	if (!s)
		return 0;
	if (s->queued || s->ended)
		r |= SLIRP_POLL_IN;
	if (!stalled)
		r |= SLIRP_POLL_OUT;
	return r & polls[i].events;
}
