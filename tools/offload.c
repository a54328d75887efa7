/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames as they were handed to a network card, made into those that it would have sent.
 *
 * Purpose. A capture on the machine that sends, or on a tap, a veth or a bridge between virtual
 * machines, shows frames before the card is done with them: checksums are not filled in, and TCP
 * hands over up to 64 KiB and more at once (or gets as much: what came in was put together). A
 * filter on a link without offload, which a VDE network is, sees none of these.
 *
 * Terms. A checksum is empty where it is wrong and holds what senders leave for the card: of TCP
 * and UDP the sum of the pseudo-header (of long segments also without its length), of TCP and the
 * IPv4 header also 0. Of UDP 0 is a value: none over IPv4, and a wrong one over IPv6. A segment is
 * long where its IP packet is longer than the MTU.
 *
 * What is done
 *   - an empty checksum is filled in. One that is wrong and not empty stays: it is damage, or
 *     somebody's intent.
 *   - a long TCP segment whose checksum is empty, or which no frame here can hold (EG_FRAME_MAX),
 *     is cut: sequence numbers and IPv4 ids go on, FIN and PSH are the last one's, CWR is the
 *     first one's (RFC 9293 3.1, RFC 3168 6.1.2). An IP length of 0 is what there is: senders leave
 *     it where no number would fit. One with a right checksum is as somebody sent it.
 *   - long, and the checksum is neither right nor empty: it may be damaged, or several that were
 *     put together. Nothing says which, nor at which lengths a UDP datagram beyond EG_FRAME_MAX was
 *     to be cut, or into fragments.
 *
 * Invariants. What this does not understand stays as it is, for the filter to refuse. Every piece
 * is within the MTU, and together they are the segment's bytes, once and in order.
 *
 * Limits. ICMP, SCTP and what is inside tunnels: no sender leaves their checksums to cards that the
 * filter lets pass.
 *
 * Fails how. It cannot.
 */
#include "offload.h"

#include "checksum.h"

enum { ETH_TYPE = 12, IP4_TOTAL = 2, IP4_ID = 4, IP4_FRAG = 6, IP4_PROTO = 9, IP4_SUM = 10 };
enum { IP4_SRC = 12, IP4_FRAGMENT = 0x3fff, IP6_PAYLOAD = 4, IP6_NEXT = 6, IP6_SRC = 8 };
enum { TCP_SEQ = 4, TCP_OFF = 12, TCP_FLAGS = 13, TCP_SUM = 16, UDP_SUM = 6, TCP_CWR = 128 };
enum { HOP_BY_HOP = 0 };

enum state { RIGHT, EMPTY, WRONG };

static const uint8_t *ip_of(const struct eg_offload_frame *o)
{
	return o->frame + EG_ETH_LEN;
}

static size_t sum_at(const struct eg_offload_frame *o)
{
	return o->proto == EG_PROTO_TCP ? TCP_SUM : UDP_SUM;
}

/* The sum of the pseudo-header in the IP packet at IP, for N bytes. */
static uint32_t pseudo(const struct eg_offload_frame *o, const uint8_t *ip, size_t n)
{
	uint8_t rest[8] = { 0, 0, 0, 0, 0, 0, 0, o->proto };

	eg_put32(rest, (uint32_t)n);
	return eg_sum(o->ip4 ? eg_sum(0, ip + IP4_SRC, 8) : eg_sum(0, ip + IP6_SRC, 32), rest,
		      sizeof(rest));
}

static bool read_ip4(struct eg_offload_frame *o, size_t n)
{
	const uint8_t *ip = ip_of(o);

	if (n < EG_IP4_LEN || ip[0] >> 4 != 4)
		return false;
	o->ip4 = true;
	o->ip_len = (size_t)(ip[0] & 0x0f) * 4;
	o->proto = ip[IP4_PROTO];
	o->total = eg_get16(ip + IP4_TOTAL);
	if (o->total == 0 && o->proto == EG_PROTO_TCP && n > o->mtu)
		o->total = n;
	return o->ip_len >= EG_IP4_LEN && o->total >= o->ip_len && o->total <= n;
}

static bool read_ip6(struct eg_offload_frame *o, size_t n)
{
	const uint8_t *ip = ip_of(o);
	size_t payload;

	if (n < EG_IP6_LEN || ip[0] >> 4 != 6)
		return false;
	o->ip_len = EG_IP6_LEN;
	o->proto = ip[IP6_NEXT];
	payload = eg_get16(ip + IP6_PAYLOAD);
	/* A jumbogram says its length in an option (RFC 2675). */
	if (payload == 0 && n > o->mtu && (o->proto == EG_PROTO_TCP || o->proto == HOP_BY_HOP))
		payload = n - EG_IP6_LEN;
	o->total = EG_IP6_LEN + payload;
	return o->total <= n;
}

static bool read_ip(struct eg_offload_frame *o)
{
	size_t n = o->len - EG_ETH_LEN;

	switch (eg_get16(o->frame + ETH_TYPE)) {
	case EG_ETHERTYPE_IP4:
		return read_ip4(o, n);
	case EG_ETHERTYPE_IP6:
		return read_ip6(o, n);
	default:
		return false;
	}
}

/* Whether there is a header of TCP or UDP, in no fragment. */
static bool read_l4(struct eg_offload_frame *o)
{
	const uint8_t *l4 = ip_of(o) + o->ip_len;
	size_t n = o->total - o->ip_len;

	if (o->ip4 && eg_get16(ip_of(o) + IP4_FRAG) & IP4_FRAGMENT)
		return false;
	if (o->proto == EG_PROTO_UDP) {
		o->l4_len = EG_UDP_LEN;
		return n >= EG_UDP_LEN;
	}
	if (o->proto != EG_PROTO_TCP || n < EG_TCP_LEN)
		return false;
	o->l4_len = (size_t)(l4[TCP_OFF] >> 4) * 4;
	return o->l4_len >= EG_TCP_LEN && o->l4_len <= n;
}

static enum state header_state(const struct eg_offload_frame *o)
{
	if (!o->ip4 || eg_fold(eg_sum(0, ip_of(o), o->ip_len)) == 0)
		return RIGHT;
	return eg_get16(ip_of(o) + IP4_SUM) == 0 ? EMPTY : WRONG;
}

static bool is_long(const struct eg_offload_frame *o)
{
	return o->total > o->mtu;
}

/* The sum of the pseudo-header for N bytes, as senders leave it for the card. */
static uint16_t left_for(const struct eg_offload_frame *o, size_t n)
{
	return (uint16_t)~eg_fold(pseudo(o, ip_of(o), n));
}

static bool is_left(const struct eg_offload_frame *o, uint16_t sum)
{
	if (sum == left_for(o, o->total - o->ip_len))
		return true;
	return o->proto == EG_PROTO_TCP && (sum == 0 || (is_long(o) && sum == left_for(o, 0)));
}

static enum state l4_state(const struct eg_offload_frame *o)
{
	const uint8_t *ip = ip_of(o), *l4 = ip + o->ip_len;
	size_t n = o->total - o->ip_len;
	uint16_t sum = eg_get16(l4 + sum_at(o));

	if (o->proto == EG_PROTO_UDP && sum == 0)
		return o->ip4 ? RIGHT : WRONG;
	if (eg_fold(eg_sum(pseudo(o, ip, n), l4, n)) == 0)
		return RIGHT;
	return is_left(o, sum) ? EMPTY : WRONG;
}

/* A long TCP segment, whose checksum is in STATE. */
static enum eg_offload judge_long(const struct eg_offload_frame *o, enum state state)
{
	const uint8_t *l4 = ip_of(o) + o->ip_len;

	if (state == WRONG)
		return EG_OFFLOAD_UNKNOWN;
	if (state == RIGHT && EG_ETH_LEN + o->total <= EG_FRAME_MAX)
		return EG_OFFLOAD_NONE;
	/* No card cuts these. */
	return l4[TCP_FLAGS] & (EG_TCP_SYN | EG_TCP_RST) ? EG_OFFLOAD_NONE : EG_OFFLOAD_SEGMENTS;
}

static enum eg_offload judge(struct eg_offload_frame *o)
{
	bool fits = o->len <= EG_FRAME_MAX, l4;
	enum state header, state = RIGHT;
	enum eg_offload kind = EG_OFFLOAD_NONE;

	if (o->len < EG_ETH_LEN || !read_ip(o))
		return EG_OFFLOAD_NONE;
	header = header_state(o);
	if (header == WRONG)
		return EG_OFFLOAD_NONE;
	l4 = read_l4(o);
	if (EG_ETH_LEN + o->total > EG_FRAME_MAX &&
	    (l4 ? o->proto == EG_PROTO_UDP : !o->ip4 && o->proto == HOP_BY_HOP))
		return EG_OFFLOAD_UNKNOWN;
	if (l4)
		state = l4_state(o);
	if (l4 && o->proto == EG_PROTO_TCP && is_long(o))
		kind = judge_long(o, state);
	o->header_empty = header == EMPTY || kind == EG_OFFLOAD_SEGMENTS;
	o->l4_empty = state == EMPTY || kind == EG_OFFLOAD_SEGMENTS;
	if (kind == EG_OFFLOAD_NONE && fits && (o->header_empty || o->l4_empty))
		kind = EG_OFFLOAD_CHECKSUM;
	return kind;
}

enum eg_offload eg_offload_begin(struct eg_offload_frame *o, const uint8_t *frame, size_t len,
				 size_t mtu)
{
	/* Not its piece, which is long, and written before it is read. */
	memset(o, 0, offsetof(struct eg_offload_frame, piece));
	o->frame = frame;
	o->len = len;
	o->mtu = mtu;
	o->kind = judge(o);
	return o->kind;
}

/* Write what the card does into the piece, whose IP packet is TOTAL bytes long. */
static void seal(struct eg_offload_frame *o, size_t total)
{
	uint8_t *ip = o->piece + EG_ETH_LEN, *l4 = ip + o->ip_len;
	size_t n = total - o->ip_len;
	uint16_t sum;

	if (o->ip4)
		eg_put16(ip + IP4_TOTAL, (uint16_t)total);
	else
		eg_put16(ip + IP6_PAYLOAD, (uint16_t)n);
	if (o->ip4 && o->header_empty) {
		eg_put16(ip + IP4_SUM, 0);
		eg_put16(ip + IP4_SUM, eg_fold(eg_sum(0, ip, o->ip_len)));
	}
	if (!o->l4_empty)
		return;
	eg_put16(l4 + sum_at(o), 0);
	sum = eg_fold(eg_sum(pseudo(o, ip, n), l4, n));
	/* 0 says that there is none (RFC 768). */
	eg_put16(l4 + sum_at(o), sum == 0 && o->proto == EG_PROTO_UDP ? 0xffff : sum);
}

/* What differs in the segment in the piece from the long one, of which it is the LAST or not. */
static void number(struct eg_offload_frame *o, bool last)
{
	uint8_t *ip = o->piece + EG_ETH_LEN, *l4 = ip + o->ip_len;

	if (o->ip4)
		eg_put16(ip + IP4_ID, (uint16_t)(eg_get16(ip + IP4_ID) + o->segments));
	eg_put32(l4 + TCP_SEQ, eg_get32(l4 + TCP_SEQ) + (uint32_t)o->done);
	if (!last)
		l4[TCP_FLAGS] &= (uint8_t) ~(EG_TCP_FIN | EG_TCP_PSH);
	if (o->done > 0)
		l4[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
}

static bool next_segment(struct eg_offload_frame *o, struct eg_span *piece)
{
	size_t headers = o->ip_len + o->l4_len, left = o->total - headers - o->done;
	size_t n = left < o->mtu - headers ? left : o->mtu - headers;

	if (left == 0)
		return false;
	memcpy(o->piece, o->frame, EG_ETH_LEN + headers);
	memcpy(o->piece + EG_ETH_LEN + headers, ip_of(o) + headers + o->done, n);
	number(o, n == left);
	seal(o, headers + n);
	o->segments++;
	o->done += n;
	*piece = (struct eg_span){ .p = o->piece, .n = EG_ETH_LEN + headers + n };
	return true;
}

bool eg_offload_next(struct eg_offload_frame *o, struct eg_span *piece)
{
	if (o->kind == EG_OFFLOAD_SEGMENTS)
		return next_segment(o, piece);
	if (o->kind == EG_OFFLOAD_UNKNOWN || o->segments++)
		return false;
	*piece = (struct eg_span){ .p = o->frame, .n = o->len };
	if (o->kind == EG_OFFLOAD_NONE)
		return true;
	memcpy(o->piece, o->frame, o->len);
	seal(o, o->total);
	piece->p = o->piece;
	return true;
}

const char *eg_offload_word(enum eg_offload kind)
{
	static const char *const words[] = {
		[EG_OFFLOAD_NONE] = "none",
		[EG_OFFLOAD_CHECKSUM] = "checksum",
		[EG_OFFLOAD_SEGMENTS] = "segments",
		[EG_OFFLOAD_UNKNOWN] = "unknown",
	};

	return words[kind];
}
