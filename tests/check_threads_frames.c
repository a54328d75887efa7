/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both ends are stateless, or nearly: an exchange's kind is its number modulo KINDS, and what is
 * said carries the number, so that what is late is told from what is wrong.
 */
#include "check_threads_frames.h"

#include <stdio.h>
#include <string.h>

enum kind { UDP4, UDP6, FRAGMENTS, TCP, NAME, KINDS };

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
	FAR_PORTS = 20000, /* the far end's first */
	TRY_PORT = 41000,  /* the guest's, from which it may say nothing */
	TRY_IDS = 0x8000,  /* of fragments that it may not send */
	GUEST_SEQ = 5000,
	FAR_SEQ = 100,
	TAG = 9, /* a letter and the number */
	PART = 1000 / 8 * 8,
	/* Where things stand in a frame. */
	AT_IP_LEN = PACKET_ETH + 2,
	AT_IP_ID = PACKET_ETH + 4,
	AT_IP_OFFSET = PACKET_ETH + 6,
	AT_PROTO = PACKET_ETH + 9,
	AT_PORTS = PACKET_L4_4,
	AT_FLAGS = PACKET_L4_4 + 13,
	AT_UDP4 = PACKET_L4_4 + 8,
	AT_UDP6 = PACKET_L4_6 + 8,
	AT_TCP = PACKET_L4_4 + 20,
	MORE = 0x2000,
};

static const char question[] = "\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0"; /* and \1 */

static uint16_t get16(const struct frame *f, size_t at)
{
	return (uint16_t)(f->bytes[at] << 8 | f->bytes[at + 1]);
}

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static bool is_ip4(const struct frame *f)
{
	return f->len > AT_PORTS + 8 && get16(f, 12) == 0x0800;
}

static bool is(const struct frame *f, uint8_t proto)
{
	return is_ip4(f) && f->bytes[AT_PROTO] == proto;
}

/* The number behind LETTER at AT; 0 where there is none. */
static unsigned tagged(const struct frame *f, size_t at, char letter)
{
	unsigned id = 0;

	if (f->len < at + TAG || f->bytes[at] != letter)
		return 0;
	for (size_t i = at + 1; i < at + TAG; i++) {
		if (f->bytes[i] < '0' || f->bytes[i] > '9')
			return 0;
		id = id * 10 + f->bytes[i] - '0';
	}
	return id;
}

static void tag(char out[TAG + 1], char letter, unsigned id)
{
	snprintf(out, TAG + 1, "%c%08u", letter, id % 100000000);
}

static void say_udp4(struct frame *f, const struct packet_end *from, const struct packet_end *to,
		     char letter, unsigned id)
{
	char text[TAG + 1];

	tag(text, letter, id);
	f->len = packet_udp4(f->bytes, from, to, text, TAG);
}

static void say_udp6(struct frame *f, const struct packet_end *from, const struct packet_end *to,
		     char letter, unsigned id)
{
	char text[TAG + 1];

	tag(text, letter, id);
	f->len = packet_udp6(f->bytes, from, to, text, TAG);
}

static void say_tcp(struct frame *f, const struct packet_end *from, const struct packet_end *to,
		    uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	const struct packet_tcp tcp = { .seq = seq, .ack = ack, .window = 65535, .flags = flags };

	f->len = packet_tcp4(f->bytes, from, to, &tcp, text, text ? TAG : 0);
}

/* A datagram too long for a frame, in PARTS of it. */
static unsigned say_parts(struct frame out[PARTS], const struct packet_end *from,
			  const struct packet_end *to, char letter, unsigned id)
{
	uint8_t whole[PACKET_MAX], text[PART * PARTS - 100] = { 0 };
	char word[TAG + 1];
	size_t len, n;

	tag(word, letter, id);
	memcpy(text, word, TAG);
	len = packet_udp4(whole, from, to, text, sizeof(text)) - PACKET_L4_4;
	for (unsigned i = 0; i < PARTS; i++) {
		uint8_t *b = out[i].bytes;

		n = i + 1 < PARTS ? PART : len - i * PART;
		memcpy(b, whole, PACKET_L4_4);
		memcpy(b + PACKET_L4_4, whole + PACKET_L4_4 + i * PART, n);
		put16(b + AT_IP_LEN, (unsigned)(20 + n));
		put16(b + AT_IP_ID, id & 0xffff);
		put16(b + AT_IP_OFFSET, i * PART / 8 | (i + 1 < PARTS ? MORE : 0));
		out[i].len = PACKET_L4_4 + n;
		packet_fix(b, out[i].len);
	}
	return PARTS;
}

/* A query for NAME, 12 bytes, whose id is ID. */
static void say_query(struct frame *f, uint16_t port, unsigned id, const char *name)
{
	const struct packet_end from = packet_at(&packet_guest, port);
	const struct packet_end to = packet_at(&packet_network, 53);
	uint8_t msg[2 + sizeof(question)];

	put16(msg, id);
	memcpy(msg + 2, question, sizeof(question) - 1);
	memcpy(msg + 13, name, 4);
	msg[sizeof(msg) - 1] = 1;
	f->len = packet_udp4(f->bytes, &from, &to, msg, sizeof(msg));
}

void frame_try(struct frame *f, unsigned n)
{
	const struct packet_end from = packet_at(&packet_guest, TRY_PORT);
	const struct packet_end to = packet_at(&packet_network, (uint16_t)(FAR_PORTS + n % 1000));
	struct frame parts[PARTS];

	switch (n % 8) {
	case 0:
		say_tcp(f, &from, &to, SYN, n, 0, NULL);
		break;
	case 1:
		say_udp4(f, &from, &to, 'A', n);
		break;
	case 2:
		say_query(f, TRY_PORT, n, "evil");
		break;
	case 3:
		say_udp6(f, &from, &to, 'A', n);
		break;
	case 4:
		say_tcp(f, &from, &to, ACK, n, n, NULL);
		break;
	default: /* a datagram's three parts, one with each call */
		say_parts(parts, &from, &to, 'A', TRY_IDS + n / 8 % TRY_IDS);
		*f = parts[n % 8 - 5];
	}
}

static unsigned answer_tcp(const struct frame *f, struct frame *out)
{
	const struct packet_end to = packet_at(&packet_network, get16(f, AT_PORTS));
	char text[TAG + 1];

	if (f->bytes[AT_FLAGS] == SYN) {
		say_tcp(out, &packet_guest, &to, SYN | ACK, GUEST_SEQ, FAR_SEQ + 1, NULL);
		return 1;
	}
	if (!tagged(f, AT_TCP, 'Q'))
		return 0;
	tag(text, 'A', tagged(f, AT_TCP, 'Q'));
	say_tcp(out, &packet_guest, &to, PSH | ACK, GUEST_SEQ + 1, FAR_SEQ + 1 + TAG, text);
	return 1;
}

static unsigned answer_udp(const struct frame *f, struct frame out[PARTS])
{
	const struct packet_end to = packet_at(&packet_network, get16(f, AT_PORTS));
	unsigned id = get16(f, AT_IP_ID);

	if (get16(f, AT_IP_OFFSET) & 0x3fff) {
		/* Parts come in order; the last asks for the answer. The first has the ports. */
		const struct packet_end far =
			packet_at(&packet_network, (uint16_t)(FAR_PORTS + id));

		return get16(f, AT_IP_OFFSET) & MORE ? 0
						     : say_parts(out, &packet_guest, &far, 'A', id);
	}
	if (get16(f, AT_PORTS) == 53 && get16(f, AT_PORTS + 2) == PACKET_PORT) {
		/* The name is known now: its id says for which exchange it was asked. */
		const struct packet_end far =
			packet_at(&packet_network, (uint16_t)(FAR_PORTS + get16(f, AT_UDP4)));

		say_udp4(out, &packet_guest, &far, 'A', get16(f, AT_UDP4));
		return 1;
	}
	id = tagged(f, AT_UDP4, 'D');
	if (id)
		say_query(out, PACKET_PORT, id, "host");
	else if ((id = tagged(f, AT_UDP4, 'Q')))
		say_udp4(out, &packet_guest, &to, 'A', id);
	return id != 0;
}

unsigned frame_answer(const struct frame *f, struct frame out[PARTS])
{
	if (is(f, 17))
		return answer_udp(f, out);
	if (is(f, 6))
		return answer_tcp(f, out);
	if (tagged(f, AT_UDP6, 'Q')) {
		const struct packet_end to = packet_at(&packet_network, get16(f, PACKET_L4_6));

		say_udp6(out, &packet_guest, &to, 'A', tagged(f, AT_UDP6, 'Q'));
		return 1;
	}
	return 0;
}

enum told frame_told(const struct frame *f)
{
	if (is(f, 6) && (f->bytes[AT_FLAGS] & RST))
		return TOLD_RESET;
	if (is(f, 1) || (get16(f, 12) == 0x86dd && f->bytes[PACKET_ETH + 6] == 58))
		return TOLD_PROHIBITED;
	if (is(f, 17) && get16(f, AT_PORTS) == 53 && (f->bytes[AT_UDP4 + 3] & 15) == 3)
		return TOLD_NO_NAME;
	/* A part that is not the last, and a handshake's last segment, ask for nothing. */
	if ((is(f, 17) && (get16(f, AT_IP_OFFSET) & MORE)) || is(f, 6))
		return TOLD_PART;
	return TOLD_NOTHING;
}

int exchange_begin(struct exchange *x, unsigned id, struct frame out[PARTS])
{
	const struct packet_end far = packet_at(&packet_network, (uint16_t)(FAR_PORTS + id));

	*x = (struct exchange){ .id = id, .port = far.port, .seq = FAR_SEQ };
	switch (id % KINDS) {
	case UDP4:
		say_udp4(out, &far, &packet_guest, 'Q', id);
		return 1;
	case UDP6:
		say_udp6(out, &far, &packet_guest, 'Q', id);
		return 1;
	case FRAGMENTS:
		return (int)say_parts(out, &far, &packet_guest, 'Q', id);
	case TCP:
		say_tcp(out, &far, &packet_guest, SYN, FAR_SEQ, 0, NULL);
		return 1;
	default:
		say_udp4(out, &far, &packet_guest, 'D', id);
		return 1;
	}
}

static int take_tcp(struct exchange *x, const struct frame *f, struct frame *out)
{
	const struct packet_end far = packet_at(&packet_network, x->port);
	unsigned id = get16(f, AT_PORTS + 2) - FAR_PORTS;
	char text[TAG + 1];

	if (get16(f, AT_PORTS) != PACKET_PORT || id > x->id || id % KINDS != TCP)
		return -1;
	if (id < x->id)
		return 0;
	if (f->bytes[AT_FLAGS] == (SYN | ACK)) {
		tag(text, 'Q', id);
		say_tcp(&out[0], &far, &packet_guest, ACK, FAR_SEQ + 1, GUEST_SEQ + 1, NULL);
		say_tcp(&out[1], &far, &packet_guest, PSH | ACK, FAR_SEQ + 1, GUEST_SEQ + 1, text);
		return 2;
	}
	if (tagged(f, AT_TCP, 'A') != id)
		return -1;
	x->complete = true;
	/* Half of the connections stay, until they expire. */
	say_tcp(out, &far, &packet_guest, RST | ACK, FAR_SEQ + 1 + TAG, GUEST_SEQ + 1 + TAG, NULL);
	return id % 2;
}

/* Whether it is the question at P, in whatever letters. */
static bool is_question(const uint8_t *p)
{
	for (size_t i = 0; i < sizeof(question) - 1; i++)
		if (p[i] != question[i] && (p[i] | 0x20) != question[i])
			return false;
	return true;
}

/* The guest's query: rebuilt, and so with another port and id, and in other letters. Its answer has no records. */
static int take_query(const struct frame *f, struct frame *out)
{
	const struct packet_end to = packet_at(&packet_guest, get16(f, AT_PORTS));
	const struct packet_end from = packet_at(&packet_network, 53);
	uint8_t msg[2 + sizeof(question)];

	if (f->len != AT_UDP4 + sizeof(msg) ||
	    !is_question(f->bytes + AT_UDP4 + 2) ||
	    get16(f, AT_PORTS) == PACKET_PORT || get16(f, AT_PORTS) == TRY_PORT)
		return -1;
	memcpy(msg, f->bytes + AT_UDP4, sizeof(msg));
	msg[2] |= 0x80;
	out->len = packet_udp4(out->bytes, &from, &to, msg, sizeof(msg));
	return 1;
}

static int take_part(struct exchange *x, const struct frame *f)
{
	unsigned id = get16(f, AT_IP_ID);

	if (id > x->id || id % KINDS != FRAGMENTS)
		return -1;
	x->parts += id == x->id;
	x->complete = x->complete || x->parts == PARTS;
	return 0;
}

int exchange_take(struct exchange *x, const struct frame *f, struct frame out[PARTS])
{
	size_t text = AT_UDP4, ports = AT_PORTS;
	unsigned id;

	if (is(f, 6))
		return take_tcp(x, f, out);
	if (is(f, 17) && (get16(f, AT_IP_OFFSET) & 0x3fff))
		return take_part(x, f);
	if (is(f, 17) && get16(f, AT_PORTS + 2) == 53)
		return take_query(f, out);
	if (!is(f, 17)) {
		text = AT_UDP6;
		ports = PACKET_L4_6;
	}
	id = tagged(f, text, 'A');
	if (!id || id > x->id || get16(f, ports) != PACKET_PORT ||
	    get16(f, ports + 2) != FAR_PORTS + id)
		return -1;
	x->complete = x->complete || id == x->id;
	return 0;
}
