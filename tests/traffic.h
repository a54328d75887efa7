/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of a guest and its network, one after the other in a capture. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "captures.h"
#include "packet.h"
#include "span.h"

#include <string.h>

#define TRAFFIC_NS UINT64_C(1000000000)
#define TRAFFIC_AT (UINT64_C(1795518234) * TRAFFIC_NS) /* 2026-11-24 11:03:54 UTC */

enum { TRAFFIC_IN = 1, TRAFFIC_OUT = 2, TRAFFIC_SYN = 2, TRAFFIC_ACK = 16 };

static struct captures traffic;
static uint64_t traffic_now; /* ns since TRAFFIC_AT */
static bool traffic_classic; /* .pcap, which says no direction */
static uint8_t frame[PACKET_MAX];

static inline void traffic_begin(bool classic)
{
	traffic_classic = classic;
	traffic_now = 0;
	if (classic) {
		captures_pcap(&traffic, 0xa1b2c3d4);
		return;
	}
	captures_section(&traffic);
	captures_interface(&traffic, "guest", 9);
}

/* The N bytes in frame go WAY, and a second goes by. */
static inline void traffic_add(uint32_t way, size_t n)
{
	uint64_t at = TRAFFIC_AT + traffic_now;

	if (traffic_classic)
		captures_record(&traffic, (uint32_t)(at / TRAFFIC_NS),
				(uint32_t)(at % TRAFFIC_NS / 1000), frame, (uint32_t)n);
	else
		captures_packet(&traffic, 0, at, frame, (uint32_t)n, NULL, way);
	traffic_now += TRAFFIC_NS;
}

/* The other end: 10.0.2.2 and fd00::2, at PORT. */
static inline void traffic_tcp(uint32_t way, uint16_t port, uint8_t flags, uint32_t seq,
			       uint32_t ack)
{
	const struct packet_end there = packet_at(&packet_network, port);
	const struct packet_tcp tcp = { .seq = seq, .ack = ack, .window = 1000, .flags = flags };

	if (way == TRAFFIC_OUT)
		traffic_add(way, packet_tcp4(frame, &packet_guest, &there, &tcp, NULL, 0));
	else
		traffic_add(way, packet_tcp4(frame, &there, &packet_guest, &tcp, NULL, 0));
}

static inline void traffic_udp(uint32_t way, uint16_t port)
{
	const struct packet_end there = packet_at(&packet_network, port);

	if (way == TRAFFIC_OUT)
		traffic_add(way, packet_udp4(frame, &packet_guest, &there, "hello", 5));
	else
		traffic_add(way, packet_udp4(frame, &there, &packet_guest, "hello", 5));
}

static inline void traffic_udp6(uint32_t way, uint16_t port)
{
	const struct packet_end there = packet_at(&packet_network, port);

	if (way == TRAFFIC_OUT)
		traffic_add(way, packet_udp6(frame, &packet_guest, &there, "hello", 5));
	else
		traffic_add(way, packet_udp6(frame, &there, &packet_guest, "hello", 5));
}

/* The guest asks 10.0.2.LAST for NAME (labels between dots) and TYPE. */
static inline void traffic_query(uint8_t last, const char *name, uint16_t type)
{
	static const uint8_t header[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	struct packet_end server = packet_at(&packet_network, 53);
	uint8_t message[512];
	struct eg_writer w = eg_writer(message, sizeof(message));

	server.ip4[3] = last;
	eg_give(&w, header, sizeof(header));
	for (const char *label = name; *label;) {
		size_t n = strcspn(label, ".");

		eg_give8(&w, (uint8_t)n);
		eg_give(&w, label, n);
		label += n + (label[n] == '.');
	}
	eg_give8(&w, 0);
	eg_give16(&w, type);
	eg_give16(&w, 1);
	traffic_add(TRAFFIC_OUT, packet_udp4(frame, &packet_guest, &server, message, w.len));
}

static inline void traffic_arp(uint32_t way)
{
	static const struct packet_end *const ends[] = { &packet_guest, &packet_network };

	traffic_add(way, packet_arp(frame, ends[way == TRAFFIC_IN], ends[way == TRAFFIC_OUT], 1));
}

/* A bit of everything: what the host opened, what the guest tried, and what is in form. */
static inline void traffic_all(bool classic)
{
	traffic_begin(classic);
	traffic_arp(TRAFFIC_OUT);
	traffic_tcp(TRAFFIC_OUT, 443, TRAFFIC_SYN, 1000, 0);
	traffic_tcp(TRAFFIC_IN, 5000, TRAFFIC_SYN, 7000, 0);
	traffic_tcp(TRAFFIC_OUT, 5000, TRAFFIC_SYN | TRAFFIC_ACK, 1000, 7001);
	traffic_tcp(TRAFFIC_IN, 5000, TRAFFIC_ACK, 7001, 1001);
	traffic_udp(TRAFFIC_OUT, 123);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_udp(TRAFFIC_OUT, 124);
	traffic_udp6(TRAFFIC_OUT, 123);
	traffic_query(3, "mirror.example.org", 1);
	traffic_query(3, "evil.example.org", 16);
	traffic_query(8, "mirror.example.org", 1);
	traffic_add(TRAFFIC_OUT, packet_base(PACKET_ICMP4, frame));
	traffic_add(TRAFFIC_OUT,
		    packet_eth(frame, &packet_guest, &packet_network, 0x88cc, "lldp", 4));
}

/* A fragment of a datagram from the guest's port 40000 to port 124: bytes OFF to OFF + N of 40. */
static inline void traffic_fragment(size_t off, size_t n, bool more)
{
	uint8_t payload[48] = { 0x9c, 0x40, 0, 124, 0, 48 };
	size_t len = packet_ip4(frame, &packet_guest, &packet_network, 253, payload + off, n);

	eg_put16(frame + 18, 0x4711);
	eg_put16(frame + 20, (uint16_t)(off / 8 | (more ? 0x2000 : 0)));
	frame[23] = 17 /* UDP */;
	packet_fix(frame, len);
	traffic_add(TRAFFIC_OUT, len);
}

#endif
