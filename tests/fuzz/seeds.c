/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first corpus: `seeds DIRECTORY` writes DIRECTORY/{frame,dns,policy,pipeline,slirp}/seed-*,
 * the same each time.
 */
#include "build.h"
#include "fuzz.h"
#include "net_acts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint8_t buf[FUZZ_MAX];
static size_t used;

static void save(const char *root, const char *target, const char *what, size_t number)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, target);
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	snprintf(path, sizeof(path), "%s/%s/seed-%s-%zu", root, target, what, number);
	f = fopen(path, "wb");
	if (!f || fwrite(buf, 1, used, f) != used || fclose(f) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	used = 0;
}

static void begin(unsigned options)
{
	buf[0] = (uint8_t)options;
	used = 1;
}

static void add(enum step_kind kind, uint8_t time, const void *bytes, size_t n)
{
	const struct step s = {
		.kind = (uint8_t)kind, .time = time, .len = (uint16_t)n, .bytes = bytes
	};

	used += steps_put(buf + used, sizeof(buf) - used, &s);
}

static void host(enum net_act act, uint8_t which, const char *text)
{
	uint8_t b[256] = { (uint8_t)act, which };

	memcpy(b + 2, text, strlen(text));
	add(STEP_HOST, 1, b, 2 + strlen(text));
}

/* A segment with DATA in connection NUMBER. */
static void live(uint8_t number, bool v6, uint8_t flags, const void *data, size_t n)
{
	const struct packet_tcp t = { .flags = flags, .window = 8192 };
	uint8_t b[PACKET_MAX + 3] = { number };
	size_t len = v6 ? packet_tcp6(b + 3, &packet_guest, &packet_network, &t, data, n)
			: packet_tcp4(b + 3, &packet_guest, &packet_network, &t, data, n);

	add(STEP_LIVE, 1, b, len + 3);
}

static void live_udp(uint8_t number, bool v6, const void *data, size_t n)
{
	uint8_t b[PACKET_MAX + 3] = { number };
	size_t len = v6 ? packet_udp6(b + 3, &packet_guest, &packet_network, data, n)
			: packet_udp4(b + 3, &packet_guest, &packet_network, data, n);

	add(STEP_LIVE, 1, b, len + 3);
}

/* A client of a forward, from its SYN to its end. */
static void forwards(const char *root)
{
	for (uint8_t i = 0; i < 8; i++) {
		bool v6 = i & 1;

		begin(i & 2);
		host(NET_CONNECT, (uint8_t)(i * 3), "");
		add(STEP_GUEST, 2, "", 0);
		host(NET_SEND, 0, "GET / HTTP/1.0");
		live(0, v6, 24, "hello", 5);
		live(0, v6, 24, "again", 5);
		if (i & 4)
			host(i & 1 ? NET_RESET : NET_CLOSE, 0, "");
		live(0, v6, i & 2 ? 17 : 20, "", 0);
		save(root, "slirp", "tcp", i);
		begin(0);
		host(NET_DATAGRAM, (uint8_t)(i * 5), "ping");
		add(STEP_GUEST, 2, "", 0);
		live_udp(0, v6, "pong", 4);
		live_udp(0, v6, "pong", 4);
		add(STEP_GUEST, 200, "", 0);
		live_udp(0, v6, "late", 4);
		save(root, "slirp", "udp", i);
	}
}

/* A guest that keeps open what the host opened, what it may open, and connections to a resolver. */
static void kept(const char *root)
{
	static const uint8_t close[] = { NET_CLOSE, 0 };

	for (uint8_t i = 0; i < 4; i++) {
		begin(STEP_OPTION_KEEP | STEP_OPTION_RESOLVE | STEP_OPTION_ALLOW);
		host(NET_CONNECT, (uint8_t)(i * 3), "");
		add(STEP_GUEST, 2, "", 0);
		if (i & 1)
			host(NET_SEND, 0, "four");
		host(i & 2 ? NET_RESET : NET_CLOSE, 0, "");
		add(STEP_HOST, 1, close, sizeof(close));
		add(STEP_HOST, 255, close, sizeof(close));
		save(root, "slirp", "kept", i);
		begin(STEP_OPTION_KEEP | STEP_OPTION_RESOLVE | STEP_OPTION_ALLOW);
		for (uint8_t port = 0; port < 40; port++) {
			const uint8_t ask[] = { i, port };

			add(STEP_ASK, port % 8 ? 1 : 140, ask, sizeof(ask));
		}
		add(STEP_HOST, 255, close, sizeof(close));
		save(root, "slirp", "asked", i);
	}
}

static void resolver(const char *root, struct rnd *r)
{
	for (uint8_t i = 0; i < 8; i++) {
		uint8_t ask[2] = { i & 1, i }, q[600], f[PACKET_MAX];
		size_t n = build_query(r, q + 2);

		q[0] = (uint8_t)(n >> 8);
		q[1] = (uint8_t)(n & 0xff);
		begin(1);
		add(STEP_ASK, 1, ask, 2);
		add(STEP_GUEST, 2, "", 0);
		live(0, i & 1, 24, q, n + 2);
		host(NET_ANSWER, 0, "xx");
		live(0, i & 1, 17, "", 0);
		save(root, "slirp", "dns-tcp", i);
		begin(1);
		add(STEP_GUEST, 1, f, build_kind(r, f, 3));
		host(NET_ANSWER, 0, "xx\x81\x80");
		save(root, "slirp", "dns", i);
	}
}

/* What is allowed and what is blocked of it, from its first frame on; strangers that write to it.
 */
static void allowed(const char *root)
{
	struct packet_end far = { .mac = { 0x52, 0x55, 10, 0, 2, 2 },
				  .ip4 = { 198, 51, 100, 7 },
				  .ip6 = { 0x20, 1, 0x0d, 0xb8, 1, [15] = 7 } };

	for (uint8_t i = 0; i < 8; i++) {
		uint8_t ask[2] = { (uint8_t)(STEP_ASK_FAR | (i & 1)), i }, f[PACKET_MAX];
		bool v6 = i & 1;
		size_t n;

		begin(STEP_OPTION_ALLOW | (i & 3));
		add(STEP_ASK, 1, ask, 2);
		add(STEP_GUEST, 2, "", 0);
		live(0, v6, 24, "GET / HTTP/1.0", 14);
		host(NET_REPLY, 0, "hello");
		live(0, v6, i & 4 ? 20 : 17, "", 0);
		save(root, "slirp", "allow-tcp", i);
		far.port = i & 4 ? 443 : 80; /* UDP to the first is blocked over IPv4 */
		begin(STEP_OPTION_ALLOW | (i & 3));
		n = v6 ? packet_udp6(f, &packet_guest, &far, "ping", 4)
		       : packet_udp4(f, &packet_guest, &far, "ping", 4);
		add(STEP_GUEST, 1, f, n);
		host(NET_REPLY, 0, "pong");
		host(NET_STRANGER, (uint8_t)(i * 2), "psst");
		live_udp(0, v6, "to the stranger", 15);
		host(NET_STRANGER, (uint8_t)(i * 2 + 1), "psst");
		live_udp(1, v6, "to the stranger", 15);
		save(root, "slirp", "allow-udp", i);
	}
}

static void sequences(const char *root, struct rnd *r)
{
	uint8_t b[PACKET_MAX + 3];

	for (size_t i = 0; i < 24; i++) {
		for (int which = 0; which < 2; which++) {
			begin((unsigned)(i & 7));
			for (size_t n = 0; n < 5; n++) {
				struct step s = build_step(r, b);

				if (s.len < 700)
					add((enum step_kind)s.kind, s.time, s.bytes, s.len);
			}
			save(root, which ? "slirp" : "pipeline", "mixed", i);
		}
	}
}

/* One frame each: what a guest tries first. */
static void singles(const char *root, struct rnd *r)
{
	const struct packet_end far = { .mac = { 0x52, 0x55, 10, 0, 2, 2 },
					.ip4 = { 198, 51, 100, 7 },
					.ip6 = { 0x20, 1, 0x0d, 0xb8, 1, [15] = 7 } };
	uint8_t b[PACKET_MAX];

	begin(0);
	add(STEP_GUEST, 1, b, packet_icmp4(b, &packet_guest, &far, 8, 0, 1, "ping", 4));
	save(root, "slirp", "echo", 4);
	begin(0);
	add(STEP_GUEST, 1, b, packet_icmp6(b, &packet_guest, &far, 128, 0, 1, "ping", 4));
	save(root, "slirp", "echo", 6);
	for (size_t i = 0; i < 4 * BUILD_KINDS; i++) {
		begin((unsigned)i / BUILD_KINDS & 1);
		add(STEP_GUEST, 1, b, build_kind(r, b, i % BUILD_KINDS));
		save(root, "slirp", "frame", i);
	}
}

/* A datagram in two parts, in either order. */
static void fragments(const char *root)
{
	struct packet_end far = packet_network;
	uint8_t data[400] = "parts", whole[PACKET_MAX], part[2][PACKET_MAX];
	size_t half = PACKET_L4_4 + 208, len;

	far.ip4[0] = 198;
	len = packet_udp4(whole, &packet_guest, &far, data, sizeof(data));
	memcpy(part[0], whole, half);
	part[0][17] = 228; /* the IP length: 20 + 208 */
	part[0][16] = 0;
	part[0][20] = 0x20; /* more fragments */
	memcpy(part[1], whole, PACKET_L4_4);
	memcpy(part[1] + PACKET_L4_4, whole + half, len - half);
	part[1][16] = 0;
	part[1][17] = 220; /* 20 + 200 */
	part[1][20] = 0;
	part[1][21] = 208 / 8;
	for (size_t first = 0; first < 2; first++) {
		begin(0);
		for (size_t i = 0; i < 2; i++) {
			size_t which = first ^ i;
			size_t n = which ? PACKET_L4_4 + len - half : half;

			packet_fix(part[which], n);
			add(STEP_GUEST, 1, part[which], n);
		}
		save(root, "slirp", "fragments", first);
	}
}

static void texts(const char *root)
{
	static const char *const all[] = {
		"[resolve=\"example.org *.example.net\"/log=\"/tmp/x.pcap\"]{slirp:///restricted}",
		"{vde:///tmp/s}",
		"[action=\"drop\"]",
		"[policy=\"/etc/p\"/vm=\"one\"]{slirp://}",
		"resolve a.example, *.b.example # and so on\naction reject\nflows 100\n",
		"dns 10.0.2.3 fd00::3\ndns-types A AAAA TYPE65\n",
		"vm guest\nlog /var/log/vm.pcap\r\n",
		"resolve xn--bcher-kva.example\n\n# nothing\n",
		"action\n",
		"[",
		"[]{}",
		"allow 10.1.2.3:80,443/tcp [2001:db8::/32]:8000-8010 10.0.0.0/8:53/udp,5,6/tcp\n",
		"block 10.1.2.0/24 [2001:db8::1]:443 a.example *.b.example\n",
		"dhcp-options 12 43,60,61\ndhcp-options 252\n"
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		used = strlen(all[i]);
		memcpy(buf, all[i], used);
		save(root, "policy", "text", i);
	}
}

int main(int argc, char **argv)
{
	struct rnd r = { 1 };

	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < 4 * BUILD_KINDS; i++) {
		used = build_kind(&r, buf, i % BUILD_KINDS);
		save(argv[1], "frame", "kind", i);
	}
	for (size_t i = 0; i < 16; i++) {
		used = build_query(&r, buf);
		save(argv[1], "dns", "query", i);
	}
	texts(argv[1]);
	kept(argv[1]);
	forwards(argv[1]);
	resolver(argv[1], &r);
	allowed(argv[1]);
	sequences(argv[1], &r);
	singles(argv[1], &r);
	fragments(argv[1]);
	return 0;
}
