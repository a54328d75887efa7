/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipeline as a whole: what passes, what does not and why, what the guest is
 * told, and what leaves in place of what was sent.
 */
#include "dnstrack.h"
#include "packet.h"
#include "pipeline.h"
#include "words.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static const struct packet_end resolver = { .mac = { 0x52, 0x55, 0x0a, 0, 2, 3 },
					    .ip4 = { 10, 0, 2, 3 },
					    .ip6 = { 0xfd, [15] = 3 },
					    .port = 53 };

static struct eg_policy *policy;
static struct eg_pipeline *pipeline;
static struct eg_outcome out;
static uint8_t frame[PACKET_MAX];

/* What the pipeline told of blocked frames. */
static unsigned told;
static enum eg_reason told_reason;
static uint64_t told_age;

static void note_blocked(void *ctx, const struct eg_report *b)
{
	(void)ctx;
	if (b->kind != EG_REPORT_BLOCKED)
		return;
	told++;
	told_reason = b->reason;
	told_age = b->age;
}

static void start(const char *option, const char *value)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	const struct eg_seed seed = { 1, 2 };

	policy = w->policy = eg_policy_new();
	w->in_vnl = true;
	ck_assert_int_eq(eg_words_apply(w, "resolve", "allowed.test *.below.test"), 0);
	if (option)
		ck_assert_msg(eg_words_apply(w, option, value) == 0, "%s", w->error);
	free(w);
	pipeline = eg_pipeline_new(policy, &seed, note_blocked, NULL);
	ck_assert_ptr_nonnull(pipeline);
}

static void setup(void)
{
	told = 0;
	start(NULL, NULL);
}

static void teardown(void)
{
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
}

/* The reason why N bytes of frame from DIR are blocked; EG_R_NONE where they pass. */
static enum eg_reason at(enum eg_dir dir, size_t n, uint64_t now)
{
	uint8_t *copy = guarded_copy(frame, n);

	if (dir == EG_FROM_GUEST)
		eg_pipeline_from_guest(pipeline, copy, n, now, &out);
	else
		eg_pipeline_from_network(pipeline, copy, n, now, &out);
	ck_assert_int_eq(out.verdict != EG_BLOCK, out.reason == EG_R_NONE);
	if (out.verdict == EG_PASS && out.out == copy)
		memcpy(frame, copy, n); /* it may have been written to */
	guarded_free(copy, n);
	return out.reason;
}

static enum eg_reason guest(size_t n)
{
	return at(EG_FROM_GUEST, n, 1);
}

static enum eg_reason network(size_t n)
{
	return at(EG_FROM_NETWORK, n, 1);
}

#define BLOCKED(call, reason) ck_assert_str_eq(eg_reason_word(call), eg_reason_word(reason))
#define PASSED(call)          BLOCKED(call, EG_R_NONE)

static size_t tcp(const struct packet_end *from, const struct packet_end *to, uint8_t flags,
		  uint32_t seq, uint32_t ack, bool v6)
{
	const struct packet_tcp t = { .seq = seq, .ack = ack, .flags = flags, .window = 65535 };

	return v6 ? packet_tcp6(frame, from, to, &t, NULL, 0)
		  : packet_tcp4(frame, from, to, &t, NULL, 0);
}

static size_t udp(const struct packet_end *from, const struct packet_end *to, bool v6)
{
	return v6 ? packet_udp6(frame, from, to, "x", 1) : packet_udp4(frame, from, to, "x", 1);
}

/* A query for NAME, dotted, of TYPE; with a bare OPT where EDNS. */
static size_t query(uint8_t *msg, const char *name, uint16_t type, bool edns)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
	uint8_t *p = msg + 12;

	memset(msg, 0, 12);
	msg[0] = 0xab;
	msg[1] = 0xcd;
	msg[2] = 1;
	msg[5] = 1;
	while (*name) {
		size_t n = strcspn(name, ".");

		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
		name += n + (name[n] == '.');
	}
	*p++ = 0;
	eg_put16(p, type);
	eg_put16(p + 2, 1);
	p += 4;
	if (edns) {
		msg[11] = 1;
		memcpy(p, opt, sizeof(opt));
		p += sizeof(opt);
	}
	return (size_t)(p - msg);
}

static size_t ask(const struct packet_end *to, const char *name, uint16_t type, bool edns, bool v6)
{
	uint8_t msg[512];
	size_t n = query(msg, name, type, edns);

	return v6 ? packet_udp6(frame, &packet_guest, to, msg, n)
		  : packet_udp4(frame, &packet_guest, to, msg, n);
}

/* What the last query that left has from us. */
static uint16_t left_port, left_id;
static uint8_t left_name[14]; /* of allowed.test */

static void note_alias(bool v6)
{
	const uint8_t *l4 = out.out + (v6 ? PACKET_L4_6 : PACKET_L4_4);

	left_port = eg_get16(l4);
	left_id = eg_get16(l4 + 8);
	memcpy(left_name, l4 + 8 + 12, sizeof(left_name));
}

/* The answer to it. */
static size_t answer(const char *name, bool v6)
{
	struct packet_end to = packet_at(&packet_guest, left_port);
	uint8_t msg[512];
	size_t n = query(msg, name, 1, false);

	eg_put16(msg, left_id);
	if (strcmp(name, "allowed.test") == 0)
		memcpy(msg + 12, left_name, sizeof(left_name));
	msg[2] = 0x81;
	msg[3] = 0x80;
	return v6 ? packet_udp6(frame, &resolver, &to, msg, n)
		  : packet_udp4(frame, &resolver, &to, msg, n);
}

START_TEST(guest_opens_nothing)
{
	bool v6 = _i;
	struct packet_end port69 = packet_at(&packet_network, 69);

	BLOCKED(guest(tcp(&packet_guest, &packet_network, SYN, 1, 0, v6)), EG_R_TCP_NEW);
	BLOCKED(guest(tcp(&packet_guest, &packet_network, ACK, 1, 1, v6)), EG_R_TCP_NO_FLOW);
	BLOCKED(guest(tcp(&packet_guest, &packet_network, SYN | ACK, 1, 1, v6)), EG_R_TCP_NO_FLOW);
	BLOCKED(guest(tcp(&packet_guest, &packet_network, 0, 1, 1, v6)), EG_R_TCP_FLAGS);
	BLOCKED(guest(udp(&packet_guest, &packet_network, v6)), EG_R_UDP_NEW);
	BLOCKED(guest(udp(&packet_guest, &port69, v6)), EG_R_UDP_NEW);
}
END_TEST

START_TEST(rejected_connection_is_reset_and_a_reset_is_not_answered)
{
	bool v6 = _i;
	size_t l4 = v6 ? PACKET_L4_6 : PACKET_L4_4;

	guest(tcp(&packet_guest, &packet_network, SYN, 77, 0, v6));
	ck_assert_uint_eq(out.reply_len, l4 + 20);
	ck_assert_uint_eq(out.reply[l4 + 13], RST | ACK);
	ck_assert_uint_eq(eg_get32(out.reply + l4 + 8), 78);
	guest(tcp(&packet_guest, &packet_network, RST, 77, 0, v6));
	ck_assert_uint_eq(out.reply_len, 0);
	guest(udp(&packet_guest, &packet_network, v6));
	ck_assert_uint_eq(out.reply[l4], v6 ? 1 : 3);
	ck_assert_uint_eq(out.reply[l4 + 1], v6 ? 1 : 13);
}
END_TEST

START_TEST(action_drop_says_nothing)
{
	teardown();
	start("action", "drop");
	guest(tcp(&packet_guest, &packet_network, SYN, 77, 0, false));
	ck_assert_uint_eq(out.reply_len, 0);
	guest(udp(&packet_guest, &packet_network, false));
	ck_assert_uint_eq(out.reply_len, 0);
	BLOCKED(guest(ask(&resolver, "denied.test", 1, true, false)), EG_R_DNS_NAME);
	ck_assert_uint_eq(out.reply_len, 0);
}
END_TEST

START_TEST(answers_to_a_flood_are_limited_and_counted)
{
	const struct eg_counters *c = eg_pipeline_counters(pipeline);

	for (int i = 0; i < 1500; i++)
		guest(tcp(&packet_guest, &packet_network, SYN, 77, 0, false));
	ck_assert_uint_eq(c->replies, 1000);
	ck_assert_uint_eq(c->replies_limited, 500);
	at(EG_FROM_GUEST, tcp(&packet_guest, &packet_network, SYN, 77, 0, false), 11);
	ck_assert_uint_eq(c->replies, 1001);
	ck_assert_uint_eq(c->blocked[EG_FROM_GUEST][EG_R_TCP_NEW], 1501);
}
END_TEST

START_TEST(host_opens_tcp_and_the_guest_answers_in_it)
{
	bool v6 = _i;

	PASSED(network(tcp(&packet_network, &packet_guest, SYN, 100, 0, v6)));
	BLOCKED(guest(tcp(&packet_guest, &packet_network, SYN, 500, 0, v6)), EG_R_TCP_STATE);
	ck_assert_uint_eq(out.reply_len, 0);
	PASSED(guest(tcp(&packet_guest, &packet_network, SYN | ACK, 500, 101, v6)));
	PASSED(network(tcp(&packet_network, &packet_guest, ACK, 101, 501, v6)));
	PASSED(guest(tcp(&packet_guest, &packet_network, ACK, 501, 101, v6)));
	PASSED(network(tcp(&packet_network, &packet_guest, RST, 101, 0, v6)));
	BLOCKED(guest(tcp(&packet_guest, &packet_network, ACK, 501, 101, v6)), EG_R_TCP_NO_FLOW);
}
END_TEST

/* A guest that still has the connection of an earlier run answers the new SYN with an
 * ACK; it is told to let go, and the host's next SYN finds nobody home. */
START_TEST(older_connection_in_the_way_is_reset)
{
	PASSED(network(tcp(&packet_network, &packet_guest, SYN, 100, 0, false)));
	BLOCKED(guest(tcp(&packet_guest, &packet_network, ACK, 9000, 777, false)),
		EG_R_TCP_NO_FLOW);
	ck_assert_uint_eq(out.reply[PACKET_L4_4 + 13], RST);
	ck_assert_uint_eq(eg_get32(out.reply + PACKET_L4_4 + 4), 777);
	PASSED(network(tcp(&packet_network, &packet_guest, SYN, 100, 0, false)));
	PASSED(guest(tcp(&packet_guest, &packet_network, SYN | ACK, 500, 101, false)));
}
END_TEST

START_TEST(host_opens_udp_and_the_guest_answers_it_alone)
{
	bool v6 = _i;
	struct packet_end other = packet_at(&packet_network, 444);

	PASSED(network(udp(&packet_network, &packet_guest, v6)));
	PASSED(guest(udp(&packet_guest, &packet_network, v6)));
	BLOCKED(guest(udp(&packet_guest, &other, v6)), EG_R_UDP_NEW);
	other = packet_network;
	other.ip4[3] = other.ip6[15] = 9;
	BLOCKED(guest(udp(&packet_guest, &other, v6)), EG_R_UDP_NEW);
	BLOCKED(at(EG_FROM_GUEST, udp(&packet_guest, &packet_network, v6), 2 + 300000),
		EG_R_UDP_NEW);
}
END_TEST

/* On a switch: a frame for another station, flooded to the guest, opens nothing for it, and
 * what belongs to a flow goes to the station that it came from. */
START_TEST(flow_belongs_to_its_stations)
{
	struct packet_end victim = packet_guest, other = packet_network;
	bool tcp_too = _i;

	victim.mac[5] ^= 1;
	other.mac[5] ^= 1;
	if (tcp_too)
		PASSED(network(tcp(&packet_network, &victim, SYN, 100, 0, false)));
	else
		PASSED(network(udp(&packet_network, &victim, false)));
	BLOCKED(guest(tcp_too ? tcp(&packet_guest, &packet_network, SYN | ACK, 500, 101, false)
			      : udp(&packet_guest, &packet_network, false)),
		EG_R_ETH_ADDRESS);
	BLOCKED(guest(tcp_too ? tcp(&victim, &other, SYN | ACK, 500, 101, false)
			      : udp(&victim, &other, false)),
		EG_R_ETH_ADDRESS);
	PASSED(guest(tcp_too ? tcp(&victim, &packet_network, SYN | ACK, 500, 101, false)
			     : udp(&victim, &packet_network, false)));
}
END_TEST

START_TEST(guest_alone_keeps_a_udp_flow_for_an_hour)
{
	uint64_t now = 1;

	PASSED(at(EG_FROM_NETWORK, udp(&packet_network, &packet_guest, false), now));
	for (int i = 0; i < 14; i++)
		PASSED(at(EG_FROM_GUEST, udp(&packet_guest, &packet_network, false),
			  now += 250000));
	PASSED(at(EG_FROM_NETWORK, udp(&packet_network, &packet_guest, false), now));
	for (int i = 0; i < 14; i++)
		PASSED(at(EG_FROM_GUEST, udp(&packet_guest, &packet_network, false),
			  now += 250000));
	BLOCKED(at(EG_FROM_GUEST, udp(&packet_guest, &packet_network, false), now + 250000),
		EG_R_UDP_NEW);
}
END_TEST

/* A guest of many addresses, or a switch of many guests: all may ask, from few ports. */
START_TEST(many_addresses_ask_from_few_ports)
{
	struct packet_end from = packet_guest;
	uint16_t ports[24];
	size_t count = 0;

	for (uint8_t i = 0; i < 64; i++) {
		char name[] = "aa.below.test";
		uint8_t msg[64];
		size_t n, known = 0;

		name[0] = (char)('a' + i % 26);
		name[1] = (char)('a' + i / 26);
		n = query(msg, name, 1, false);
		from.ip4[3] = (uint8_t)(20 + i);
		PASSED(guest(packet_udp4(frame, &from, &resolver, msg, n)));
		note_alias(false);
		while (known < count && ports[known] != left_port)
			known++;
		ck_assert_uint_lt(known, EG_DNSPORTS_ALIVE);
		ports[known] = left_port;
		count += known == count;
	}
	ck_assert_uint_eq(count, EG_DNSPORTS_ALIVE);
}
END_TEST

/* The most that is learnt of what is listed: which name, in which type and form, and when. */
START_TEST(listed_names_say_little)
{
	unsigned passed = 0, kinds = 0;

	for (uint64_t ms = 1; ms < 600000; ms += 3) {
		static uint8_t msg[512];
		size_t n = query(msg, "allowed.test", ms % 2 ? 1 : 28, ms / 2 % 2);

		msg[3] = ms / 4 % 2 ? 0x10 : 0;
		at(EG_FROM_GUEST, packet_udp4(frame, &packet_guest, &resolver, msg, n), ms);
		if (out.verdict != EG_PASS)
			continue;
		passed++;
		if (out.out) {
			note_alias(false);
			kinds++;
			at(EG_FROM_NETWORK, answer("allowed.test", false), ms);
		}
	}
	ck_assert_uint_ge(kinds, 12000);
	/* 1200 at once, and 20 a second. */
	ck_assert_uint_le(passed, 1200 + 12000);
}
END_TEST

/* The guest's SYN number I to the resolver, at NOW. */
static enum eg_reason syn_to_resolver(uint16_t i, uint64_t now)
{
	struct packet_end from = packet_at(&packet_guest, (uint16_t)(50000 + i));

	return at(EG_FROM_GUEST, tcp(&from, &resolver, SYN, 1, 0, false), now);
}

START_TEST(connections_to_resolvers_leave_the_host_half_of_the_table)
{
	struct packet_end second = packet_at(&packet_network, 777);
	struct packet_end third = packet_at(&packet_network, 778);

	teardown();
	start("flows", "4");
	PASSED(syn_to_resolver(0, 1));
	PASSED(syn_to_resolver(1, 1));
	BLOCKED(syn_to_resolver(2, 1), EG_R_FLOWS_FULL);
	ck_assert_ptr_null(out.out);
	PASSED(network(udp(&packet_network, &packet_guest, false)));
	PASSED(network(udp(&second, &packet_guest, false)));
	BLOCKED(network(udp(&third, &packet_guest, false)), EG_R_FLOWS_FULL);
}
END_TEST

/* slirp holds on to its socket when a reset comes early: there is a limit to these, until it says
 * that they are gone. */
START_TEST(connections_opened_and_reset_are_few)
{
	struct packet_end from = packet_at(&packet_guest, 50003);

	for (uint16_t i = 0; i < EG_DNSSTREAMS_MAX; i++) {
		PASSED(syn_to_resolver(i, 1));
		from = packet_at(&packet_guest, (uint16_t)(50000 + i));
		PASSED(guest(tcp(&from, &resolver, RST, 2, 0, false)));
	}
	BLOCKED(syn_to_resolver(EG_DNSSTREAMS_MAX, EG_DNSPLACES_GONE), EG_R_DNS_BUSY);
	ck_assert_uint_eq(out.reply_len, 0); /* it may be said again */
	from = packet_at(&packet_guest, 50003);
	PASSED(network(tcp(&resolver, &from, RST | ACK, 0, 2, false)));
	PASSED(syn_to_resolver(EG_DNSSTREAMS_MAX, 2));
	BLOCKED(syn_to_resolver(EG_DNSSTREAMS_MAX + 1, 2), EG_R_DNS_BUSY);
}
END_TEST

/* Those that the resolver refuses are not. */
START_TEST(refused_connections_are_no_more)
{
	struct packet_end to;

	for (uint16_t i = 0; i < 2 * EG_DNSSTREAMS_MAX; i++) {
		PASSED(syn_to_resolver(i, 1));
		to = packet_at(&packet_guest, (uint16_t)(50000 + i));
		PASSED(network(tcp(&resolver, &to, RST | ACK, 0, 2, false)));
	}
}
END_TEST

START_TEST(full_table_blocks_the_new_and_keeps_the_old)
{
	struct packet_end second = packet_at(&packet_network, 444);

	teardown();
	start("flows", "1");
	PASSED(network(udp(&packet_network, &packet_guest, false)));
	BLOCKED(network(udp(&second, &packet_guest, false)), EG_R_FLOWS_FULL);
	BLOCKED(network(tcp(&second, &packet_guest, SYN, 1, 0, false)), EG_R_FLOWS_FULL);
	PASSED(guest(udp(&packet_guest, &packet_network, false)));
}
END_TEST

START_TEST(listed_name_is_asked_and_its_answer_passes_once)
{
	bool v6 = _i;

	PASSED(guest(ask(&resolver, "aLLowed.TEST", 1, true, v6)));
	ck_assert_ptr_eq(out.out, out.rebuilt);
	note_alias(v6);
	ck_assert_uint_ge(left_port, EG_DNSPORTS_FIRST);
	ck_assert_int_eq(strncasecmp((char *)left_name, "\7allowed\4test", 14), 0);
	BLOCKED(network(answer("other.test", v6)), EG_R_DNS_ANSWER);
	PASSED(network(answer("allowed.test", v6)));
	/* The client's own letter case is back, and its port and id. */
	ck_assert_uint_eq(eg_get16(frame + (v6 ? PACKET_L4_6 : PACKET_L4_4) + 2), PACKET_PORT);
	ck_assert_uint_eq(eg_get16(frame + (v6 ? PACKET_L4_6 : PACKET_L4_4) + 8), 0xabcd);
	ck_assert_int_eq(
		memcmp(frame + (v6 ? PACKET_L4_6 : PACKET_L4_4) + 8 + 12, "\7aLLowed\4TEST", 14),
		0);
	BLOCKED(network(answer("allowed.test", v6)), EG_R_DNS_ANSWER);
	PASSED(guest(ask(&resolver, "deep.er.below.test", 28, false, v6)));
}
END_TEST

START_TEST(rebuilt_query_has_our_ip_header)
{
	struct packet_end to = resolver;
	size_t n = ask(&to, "allowed.test", 1, false, false);

	frame[15] = 0xff; /* type of service */
	frame[18] = 0xde; /* identification */
	frame[19] = 0xad;
	frame[22] = 7; /* TTL */
	packet_fix(frame, n);
	PASSED(guest(n));
	ck_assert_uint_eq(out.out[15], 0);
	ck_assert_uint_eq(eg_get16(out.out + 18), 0);
	ck_assert_uint_eq(out.out[22], 64);
	n = ask(&to, "allowed.test", 1, false, true);
	frame[15] = 0x1f; /* traffic class and flow label */
	frame[16] = 0xff;
	PASSED(guest(n));
	ck_assert_uint_eq(eg_get32(out.out + 14), 0x60000000);
}
END_TEST

static const struct {
	const char *name;
	uint16_t type;
	enum eg_reason reason;
	int rcode; /* of our answer; -1: an ICMP error instead */
} queries[] = {
	{ "denied.test", 1, EG_R_DNS_NAME, 3 },       { "xallowed.test", 1, EG_R_DNS_NAME, 3 },
	{ "allowed.test.evil", 1, EG_R_DNS_NAME, 3 }, { "sub.allowed.test", 1, EG_R_DNS_NAME, 3 },
	{ "below.test", 1, EG_R_DNS_NAME, 3 },        { "xbelow.test", 1, EG_R_DNS_NAME, 3 },
	{ "denied.test", 16, EG_R_DNS_NAME, 3 },      { "allowed.test", 16, EG_R_DNS_TYPE, 0 },
	{ "allowed.test", 255, EG_R_DNS_TYPE, 5 },    { "", 2, EG_R_DNS_NAME, 3 },
};

START_TEST(other_queries_are_answered_here)
{
	size_t n = ask(&resolver, queries[_i].name, queries[_i].type, _i % 2, _i % 3 == 0);
	size_t dns = (_i % 3 == 0 ? PACKET_L4_6 : PACKET_L4_4) + 8;

	BLOCKED(guest(n), queries[_i].reason);
	ck_assert_uint_gt(out.reply_len, dns + 12);
	ck_assert_uint_eq(eg_get16(out.reply + dns), 0xabcd);
	ck_assert_int_eq(out.reply[dns + 2] & 0x80, 0x80);
	ck_assert_int_eq(out.reply[dns + 3] & 15, queries[_i].rcode);
	ck_assert_mem_eq(out.reply, frame + 6, 6);
	ck_assert_uint_eq(packet_sum(out.reply + 14, _i % 3 ? 20 : 0), _i % 3 ? 0 : 0xffff);
}
END_TEST

START_TEST(other_servers_are_not_asked)
{
	struct packet_end other = resolver;
	struct packet_end dot = packet_at(&resolver, 853);

	other.ip4[3] = other.ip6[15] = 4;
	BLOCKED(guest(ask(&other, "allowed.test", 1, false, false)), EG_R_DNS_SERVER);
	BLOCKED(guest(ask(&other, "allowed.test", 1, false, true)), EG_R_DNS_SERVER);
	BLOCKED(guest(ask(&dot, "allowed.test", 1, false, false)), EG_R_UDP_NEW);
	BLOCKED(guest(tcp(&packet_guest, &dot, SYN, 1, 0, false)), EG_R_TCP_NEW);
	BLOCKED(guest(tcp(&packet_guest, &other, SYN, 1, 0, false)), EG_R_TCP_NEW);
}
END_TEST

START_TEST(empty_list_asks_nobody)
{
	teardown();
	policy = eg_policy_new();
	pipeline = eg_pipeline_new(policy, &(struct eg_seed){ 1, 2 }, note_blocked, NULL);
	BLOCKED(guest(tcp(&packet_guest, &resolver, SYN, 1, 0, false)), EG_R_DNS_NAME);
	BLOCKED(guest(ask(&resolver, "allowed.test", 1, false, false)), EG_R_DNS_NAME);
}
END_TEST

/* The guest's segment to the resolver: N bytes of a stream that starts at 1. */
static size_t stream(const uint8_t *bytes, size_t n, uint32_t at, bool v6)
{
	const struct packet_tcp t = { .seq = 1 + at, .ack = 501, .flags = ACK, .window = 65535 };

	return v6 ? packet_tcp6(frame, &packet_guest, &resolver, &t, bytes, n)
		  : packet_tcp4(frame, &packet_guest, &resolver, &t, bytes, n);
}

/* A query with its length field. */
static size_t message(uint8_t *msg, const char *name)
{
	size_t n = query(msg + 2, name, 1, true);

	eg_put16(msg, (uint16_t)n);
	return n + 2;
}

static void open_stream(bool v6)
{
	struct packet_end resolver_mac;

	PASSED(guest(tcp(&packet_guest, &resolver, SYN, 0, 0, v6)));
	ck_assert_ptr_eq(out.out, out.rebuilt);
	BLOCKED(guest(tcp(&packet_guest, &resolver, SYN | ACK, 0, 501, v6)), EG_R_TCP_STATE);
	resolver_mac = resolver;
	memcpy(resolver_mac.mac, packet_network.mac, 6); /* as slirp answers */
	PASSED(network(tcp(&resolver_mac, &packet_guest, SYN | ACK, 500, 1, v6)));
	PASSED(guest(tcp(&packet_guest, &resolver, ACK, 1, 501, v6)));
}

/* The one that is refused takes no place in the table of flows either. */
START_TEST(connections_to_resolvers_are_few)
{
	struct packet_end from = packet_guest;

	teardown();
	start("flows", "130");
	for (from.port = 1; from.port <= EG_DNSSTREAMS_MAX; from.port++)
		PASSED(guest(tcp(&from, &resolver, SYN, 1, 0, false)));
	for (; from.port < EG_DNSSTREAMS_MAX + 6; from.port++) {
		BLOCKED(guest(tcp(&from, &resolver, SYN, 1, 0, false)), EG_R_DNS_BUSY);
		ck_assert_ptr_null(out.out);
	}
	for (uint16_t i = 1; i <= 130 - EG_DNSSTREAMS_MAX; i++) {
		struct packet_end far = packet_at(&packet_network, i);

		PASSED(network(udp(&far, &packet_guest, false)));
	}
}
END_TEST

START_TEST(query_over_tcp_leaves_when_it_is_whole)
{
	bool v6 = _i;
	size_t l4 = v6 ? PACKET_L4_6 : PACKET_L4_4, n;
	uint8_t msg[512];

	open_stream(v6);
	n = message(msg, "ALLOWED.test");
	PASSED(guest(stream(msg, 10, 0, v6)));
	ck_assert_uint_eq(out.out_len, l4 + 20);
	PASSED(guest(stream(msg + 10, n - 10, 10, v6)));
	ck_assert_uint_eq(out.out_len, l4 + 20 + n);
	ck_assert_uint_eq(eg_get32(out.out + l4 + 4), 1);
	ck_assert_int_eq(memcmp(out.out + l4 + 20 + 14, "\7allowed\4test", 14), 0);
	PASSED(network(tcp(&resolver, &packet_guest, ACK, 501, 1 + (uint32_t)n, v6)));
}
END_TEST

/* The next frame of the pipeline's own from DIR is a reset, with sequence number SEQ. */
static void resets(enum eg_dir dir, uint32_t seq)
{
	uint8_t own[EG_FRAME_MAX];

	ck_assert_uint_eq(eg_pipeline_take_injected(pipeline, dir, own), PACKET_L4_4 + 20);
	ck_assert_uint_eq(own[PACKET_L4_4 + 13], RST | ACK);
	ck_assert_uint_eq(eg_get32(own + PACKET_L4_4 + 4), seq);
}

START_TEST(idle_connection_to_a_resolver_is_reset_at_both_ends)
{
	open_stream(false);
	PASSED(at(EG_FROM_GUEST, tcp(&packet_guest, &resolver, ACK, 1, 501, false), 100000));
	PASSED(at(EG_FROM_NETWORK, tcp(&resolver, &packet_guest, ACK, 501, 1, false), 100000));
	ck_assert_uint_eq(eg_pipeline_due(pipeline), 1 + EG_DNSSTREAM_IDLE);
	eg_pipeline_tick(pipeline, EG_DNSSTREAM_IDLE);
	ck_assert(!eg_pipeline_injects(pipeline, EG_FROM_GUEST));
	eg_pipeline_tick(pipeline, 1 + EG_DNSSTREAM_IDLE);
	resets(EG_FROM_GUEST, 1);
	resets(EG_FROM_NETWORK, 501);
	BLOCKED(at(EG_FROM_GUEST, tcp(&packet_guest, &resolver, ACK, 1, 501, false),
		   1 + EG_DNSSTREAM_IDLE),
		EG_R_TCP_NO_FLOW);
	/* One that the network still has is reset again. */
	BLOCKED(at(EG_FROM_NETWORK, tcp(&resolver, &packet_guest, ACK, 501, 1, false),
		   1 + EG_DNSSTREAM_IDLE),
		EG_R_TCP_NO_FLOW);
	resets(EG_FROM_GUEST, 1);
}
END_TEST

START_TEST(denied_query_over_tcp_is_answered_and_the_connection_goes_on)
{
	bool v6 = _i;
	size_t l4 = v6 ? PACKET_L4_6 : PACKET_L4_4, n;
	uint8_t msg[512];

	open_stream(v6);
	n = message(msg, "denied.test");
	PASSED(guest(stream(msg, 20, 0, v6)));
	BLOCKED(guest(stream(msg + 20, n - 20, 20, v6)), EG_R_DNS_NAME);
	ck_assert_uint_eq(out.out_len, l4 + 20);
	ck_assert_uint_eq(out.out[l4 + 13], ACK);
	ck_assert_uint_eq(eg_get32(out.out + l4 + 4), 1);
	ck_assert_uint_eq(out.reply[l4 + 13], 8 | ACK); /* PSH */
	ck_assert_uint_eq(eg_get32(out.reply + l4 + 4), 501);
	ck_assert_uint_eq(eg_get32(out.reply + l4 + 8), 1 + n);
	ck_assert_uint_eq(out.reply[l4 + 20 + 5] & 15, 3);
	n = (size_t)eg_get32(out.reply + l4 + 8) - 1;
	PASSED(guest(stream(NULL, 0, (uint32_t)n, v6)));
	ck_assert_uint_eq(eg_get32(out.out + l4 + 4), 1);
	ck_assert_uint_eq(eg_get32(out.out + l4 + 8), 501);
	PASSED(network(tcp(&resolver, &packet_guest, ACK, 501, 1, v6)));
	ck_assert_uint_eq(eg_get32(frame + l4 + 8), 1 + n);
}
END_TEST

/* As over UDP, under "action drop". */
START_TEST(denied_query_over_tcp_may_be_met_with_silence)
{
	size_t n;
	uint8_t msg[512];

	teardown();
	start("action", "drop");
	open_stream(false);
	n = message(msg, "denied.test");
	BLOCKED(guest(stream(msg, n, 0, false)), EG_R_DNS_NAME);
	ck_assert_uint_eq(out.reply_len, 0);
	/* The resolver is asked what it has: the query is acknowledged with it. */
	ck_assert_uint_eq(eg_get32(out.out + PACKET_L4_4 + 4), 0);
	PASSED(network(tcp(&resolver, &packet_guest, ACK, 501, 1, false)));
	ck_assert_uint_eq(eg_get32(frame + PACKET_L4_4 + 8), 1 + n);
}
END_TEST

START_TEST(message_over_tcp_that_is_no_query_ends_the_connection_at_both_ends)
{
	bool v6 = _i;
	size_t l4 = v6 ? PACKET_L4_6 : PACKET_L4_4, n;
	uint8_t msg[512];

	open_stream(v6);
	n = message(msg, "denied.test");
	msg[0] = 5;
	PASSED(guest(stream(msg, 1, 0, v6)));
	ck_assert_uint_eq(out.out_len, l4 + 20);
	BLOCKED(guest(stream(msg + 1, n - 1, 1, v6)), EG_R_DNS_MALFORMED);
	ck_assert_uint_eq(out.out_len, l4 + 20);
	ck_assert_uint_eq(out.out[l4 + 13] & RST, RST);
	ck_assert_uint_eq(out.reply[l4 + 13] & RST, RST);
	BLOCKED(guest(stream(msg, n, 0, v6)), EG_R_TCP_NO_FLOW);
	ck_assert_ptr_null(out.out);
}
END_TEST

/* Fragment the datagram in frame, N bytes, at AT bytes of its IP payload: the part with that
 * behind it (LAST) or in front of it is left in frame. Returns its length. */
static size_t fragment(size_t n, size_t at, bool last)
{
	size_t payload = n - PACKET_L4_4, len = last ? payload - at : at;

	if (last)
		memmove(frame + PACKET_L4_4, frame + PACKET_L4_4 + at, len);
	eg_put16(frame + 16, (uint16_t)(20 + len));
	eg_put16(frame + 20, (uint16_t)(last ? at / 8 : 0x2000));
	packet_fix(frame, PACKET_L4_4 + len);
	return PACKET_L4_4 + len;
}

static size_t big(const struct packet_end *from, const struct packet_end *to)
{
	static const uint8_t payload[3000] = { 1, 2, 3 };

	return packet_udp4(frame, from, to, payload, sizeof(payload));
}

START_TEST(fragments_of_a_flow_pass_together)
{
	for (enum eg_dir dir = EG_FROM_NETWORK;; dir = EG_FROM_GUEST) {
		bool out_ward = dir == EG_FROM_GUEST;
		const struct packet_end *from = out_ward ? &packet_guest : &packet_network;
		const struct packet_end *to = out_ward ? &packet_network : &packet_guest;

		PASSED(at(dir, fragment(big(from, to), 1480, false), 1));
		ck_assert_int_eq(out.verdict, EG_HOLD);
		ck_assert_ptr_null(out.out);
		PASSED(at(dir, fragment(big(from, to), 1480, true), 2));
		ck_assert_int_eq(out.verdict, EG_PASS);
		ck_assert_uint_eq(eg_datagram_parts(out.parts), 1);
		ck_assert_uint_eq(out.out_len, PACKET_L4_4 + 3008 - 1480);
		if (out_ward)
			break;
	}
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->passed[EG_FROM_GUEST], 2);
	ck_assert_uint_eq(told, 0);
}
END_TEST

/* slirp dies of fragments in another order; no sender has reason to send them so. */
START_TEST(fragments_out_of_order_stay_here)
{
	PASSED(network(udp(&packet_network, &packet_guest, false)));
	PASSED(guest(fragment(big(&packet_guest, &packet_network), 1480, true)));
	BLOCKED(guest(fragment(big(&packet_guest, &packet_network), 1480, false)), EG_R_FRAGMENT);
	ck_assert_uint_eq(told, 2);
	PASSED(guest(udp(&packet_guest, &packet_network, false)));
}
END_TEST

START_TEST(fragments_without_a_flow_are_blocked_together)
{
	PASSED(guest(fragment(big(&packet_guest, &packet_network), 1480, false)));
	ck_assert_int_eq(out.verdict, EG_HOLD);
	ck_assert_uint_eq(told, 0);
	BLOCKED(at(EG_FROM_GUEST, fragment(big(&packet_guest, &packet_network), 1480, true), 8),
		EG_R_UDP_NEW);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->blocked[EG_FROM_GUEST][EG_R_UDP_NEW], 2);
	ck_assert_ptr_null(out.out);
}
END_TEST

START_TEST(unfinished_datagram_is_told_of_with_its_age)
{
	guest(fragment(big(&packet_guest, &packet_network), 1480, false));
	at(EG_FROM_NETWORK, udp(&packet_network, &packet_guest, false), 1 + 20000);
	ck_assert_uint_eq(told, 1);
	ck_assert_int_eq(told_reason, EG_R_FRAGMENT);
	ck_assert_uint_eq(told_age, 20000);
}
END_TEST

START_TEST(what_is_held_at_the_end_is_told_of)
{
	guest(fragment(big(&packet_guest, &packet_network), 1480, false));
	PASSED(network(fragment(big(&packet_network, &packet_guest), 1480, false)));
	eg_pipeline_end(pipeline, 1 + 250);
	ck_assert_uint_eq(told, 2);
	ck_assert_int_eq(told_reason, EG_R_FRAGMENT);
	ck_assert_uint_eq(told_age, 250);
	eg_pipeline_end(pipeline, 1 + 250);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->blocked[EG_FROM_GUEST][EG_R_FRAGMENT], 1);
}
END_TEST

/* What is answered or rebuilt here is never in parts: no resolver gets a fragment. */
START_TEST(fragments_to_a_resolver_are_blocked)
{
	PASSED(guest(fragment(big(&packet_guest, &resolver), 1480, false)));
	BLOCKED(guest(fragment(big(&packet_guest, &resolver), 1480, true)), EG_R_FRAGMENT);
	PASSED(network(fragment(big(&resolver, &packet_guest), 1480, false)));
	BLOCKED(network(fragment(big(&resolver, &packet_guest), 1480, true)), EG_R_FRAGMENT);
}
END_TEST

START_TEST(resolver_opens_no_udp_flow)
{
	struct packet_end stranger = packet_at(&packet_network, 31337), port = packet_guest;

	PASSED(guest(ask(&resolver, "allowed.test", 1, false, false)));
	note_alias(false);
	/* Whoever finds slirp's socket on the host and writes to it opens nothing. */
	port.port = left_port;
	BLOCKED(network(udp(&stranger, &port, false)), EG_R_DNS_ANSWER);
	BLOCKED(guest(udp(&port, &stranger, false)), EG_R_UDP_NEW);
	PASSED(network(answer("allowed.test", false)));
	BLOCKED(guest(udp(&packet_guest, &resolver, false)), EG_R_DNS_MALFORMED);
	BLOCKED(network(udp(&resolver, &packet_guest, false)), EG_R_DNS_ANSWER);
	BLOCKED(guest(udp(&packet_guest, &resolver, false)), EG_R_DNS_MALFORMED);
}
END_TEST

START_TEST(too_many_unanswered_queries_wait)
{
	start("dns-limit", "0");
	for (uint16_t i = 0; i < 256; i++) {
		struct packet_end to = resolver;
		uint8_t msg[64];
		char name[] = "aa.below.test";
		size_t n;

		name[0] = (char)('a' + i % 26);
		name[1] = (char)('a' + i / 26);
		n = query(msg, name, 1, false);
		PASSED(guest(packet_udp4(frame, &packet_guest, &to, msg, n)));
	}
	BLOCKED(guest(ask(&resolver, "allowed.test", 1, false, false)), EG_R_DNS_BUSY);
	ck_assert_int_eq(out.reply[PACKET_L4_4 + 8 + 3] & 15, 2);
	PASSED(at(EG_FROM_GUEST, ask(&resolver, "allowed.test", 1, false, false), 60000));
}
END_TEST

/* An ICMP error of FROM about the packet that stands in frame, N bytes. */
static size_t error_about(const struct packet_end *from, const struct packet_end *to, size_t n,
			  bool v6)
{
	uint8_t quoted[PACKET_MAX];

	memcpy(quoted, frame + 14, n - 14);
	return v6 ? packet_icmp6(frame, from, to, 1, 4, 0, quoted, n - 14)
		  : packet_icmp4(frame, from, to, 3, 3, 0, quoted, n - 14);
}

START_TEST(icmp_error_needs_a_live_flow)
{
	bool v6 = _i;
	size_t n = udp(&packet_network, &packet_guest, v6);

	n = error_about(&packet_guest, &packet_network, n, v6);
	BLOCKED(guest(n), EG_R_ICMP);
	PASSED(network(udp(&packet_network, &packet_guest, v6)));
	n = error_about(&packet_guest, &packet_network, udp(&packet_network, &packet_guest, v6),
			v6);
	PASSED(guest(n));
	ck_assert_ptr_eq(out.out, out.rebuilt);
	n = error_about(&packet_network, &packet_guest, udp(&packet_guest, &packet_network, v6),
			v6);
	PASSED(network(n));
	/* Quoting what the guest itself sent, to the guest's own peer: no such packet came. */
	n = error_about(&packet_guest, &packet_network, udp(&packet_guest, &packet_network, v6),
			v6);
	BLOCKED(guest(n), EG_R_ICMP);
}
END_TEST

START_TEST(icmp_echo_and_unknown_protocols_are_blocked)
{
	static const uint8_t protocols[] = { 2, 4, 41, 47, 50, 51, 89, 132, 136, 255 };

	BLOCKED(guest(packet_icmp4(frame, &packet_guest, &packet_network, 8, 0, 0, "ping", 4)),
		EG_R_ICMP);
	BLOCKED(guest(packet_icmp6(frame, &packet_guest, &packet_network, 128, 0, 0, "ping", 4)),
		EG_R_ICMP);
	BLOCKED(network(packet_icmp4(frame, &packet_network, &packet_guest, 8, 0, 0, "ping", 4)),
		EG_R_ICMP);
	for (size_t i = 0; i < sizeof(protocols); i++)
		BLOCKED(guest(packet_ip4(frame, &packet_guest, &packet_network, protocols[i],
					 "12345678", 8)),
			EG_R_IP_PROTOCOL);
}
END_TEST

START_TEST(group_traffic_is_blocked)
{
	struct packet_end mdns = { .mac = { 1, 0, 0x5e, 0, 0, 0xfb },
				   .ip4 = { 224, 0, 0, 251 },
				   .ip6 = { 0xff, 2, [15] = 0xfb },
				   .port = 5353 };

	BLOCKED(guest(udp(&packet_guest, &mdns, false)), EG_R_GROUP);
	ck_assert_uint_eq(out.reply_len, 0);
	BLOCKED(network(udp(&packet_network, &mdns, false)), EG_R_GROUP);
	memcpy(mdns.mac, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, 0xfb }, 6);
	BLOCKED(guest(udp(&packet_guest, &mdns, true)), EG_R_GROUP);
}
END_TEST

START_TEST(arp_passes_and_other_ethertypes_do_not)
{
	size_t n = packet_arp(frame, &packet_guest, &packet_network, 1);

	memset(frame, 0xff, 6);
	memset(frame + 32, 0, 6); /* whom it asks for has no MAC address yet */
	PASSED(guest(n));
	PASSED(network(packet_arp(frame, &packet_network, &packet_guest, 2)));
	BLOCKED(guest(packet_eth(frame, &packet_guest, &packet_network, 0x8100, "12345678", 8)),
		EG_R_ETHERTYPE);
	BLOCKED(guest(packet_eth(frame, &packet_guest, &packet_network, 0x0026, "12345678", 8)),
		EG_R_ETHERTYPE);
	BLOCKED(guest(0), EG_R_LENGTH);
	BLOCKED(guest(13), EG_R_LENGTH);
}
END_TEST

START_TEST(dhcp_makes_no_flow)
{
	struct packet_end client = packet_at(&packet_guest, 68);
	struct packet_end server = packet_at(&packet_network, 67);

	BLOCKED(network(packet_udp4(frame, &server, &client, "x", 1)), EG_R_DHCP);
	BLOCKED(guest(packet_udp4(frame, &client, &server, "x", 1)), EG_R_DHCP);
	BLOCKED(guest(packet_udp6(frame, &client, &server, "x", 1)), EG_R_UDP_NEW);
}
END_TEST

static void cut_of_guest(uint8_t *copy, size_t n, void *passed)
{
	eg_pipeline_from_guest(pipeline, copy, n, 1, &out);
	*(unsigned *)passed += out.verdict == EG_PASS;
}

/* Of a frame that passes, only the whole passes. */
START_TEST(cut_frames_never_pass)
{
	size_t n[] = { ask(&resolver, "allowed.test", 1, true, _i),
		       udp(&packet_guest, &packet_network, _i),
		       tcp(&packet_guest, &packet_network, SYN | ACK, 500, 101, _i) };
	unsigned passed = 0;

	network(udp(&packet_network, &packet_guest, _i));
	network(tcp(&packet_network, &packet_guest, SYN, 100, 0, _i));
	ask(&resolver, "allowed.test", 1, true, _i);
	guarded_each_cut(frame, n[0], cut_of_guest, &passed);
	udp(&packet_guest, &packet_network, _i);
	guarded_each_cut(frame, n[1], cut_of_guest, &passed);
	tcp(&packet_guest, &packet_network, SYN | ACK, 500, 101, _i);
	guarded_each_cut(frame, n[2], cut_of_guest, &passed);
	ck_assert_uint_eq(passed, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pipeline");
	TCase *c = tcase_create("frames");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, guest_opens_nothing, 0, 2);
	tcase_add_loop_test(c, rejected_connection_is_reset_and_a_reset_is_not_answered, 0, 2);
	tcase_add_test(c, action_drop_says_nothing);
	tcase_add_test(c, answers_to_a_flood_are_limited_and_counted);
	tcase_add_loop_test(c, host_opens_tcp_and_the_guest_answers_in_it, 0, 2);
	tcase_add_test(c, older_connection_in_the_way_is_reset);
	tcase_add_loop_test(c, host_opens_udp_and_the_guest_answers_it_alone, 0, 2);
	tcase_add_loop_test(c, flow_belongs_to_its_stations, 0, 2);
	tcase_add_test(c, guest_alone_keeps_a_udp_flow_for_an_hour);
	tcase_add_test(c, many_addresses_ask_from_few_ports);
	tcase_add_test(c, listed_names_say_little);
	tcase_add_test(c, connections_to_resolvers_leave_the_host_half_of_the_table);
	tcase_add_test(c, connections_opened_and_reset_are_few);
	tcase_add_test(c, refused_connections_are_no_more);
	tcase_add_test(c, idle_connection_to_a_resolver_is_reset_at_both_ends);
	tcase_add_test(c, full_table_blocks_the_new_and_keeps_the_old);
	tcase_add_loop_test(c, listed_name_is_asked_and_its_answer_passes_once, 0, 2);
	tcase_add_test(c, rebuilt_query_has_our_ip_header);
	tcase_add_loop_test(c, other_queries_are_answered_here, 0,
			    (int)(sizeof(queries) / sizeof(queries[0])));
	tcase_add_test(c, other_servers_are_not_asked);
	tcase_add_test(c, empty_list_asks_nobody);
	tcase_add_test(c, connections_to_resolvers_are_few);
	tcase_add_loop_test(c, query_over_tcp_leaves_when_it_is_whole, 0, 2);
	tcase_add_loop_test(c, denied_query_over_tcp_is_answered_and_the_connection_goes_on, 0, 2);
	tcase_add_test(c, denied_query_over_tcp_may_be_met_with_silence);
	tcase_add_loop_test(c, message_over_tcp_that_is_no_query_ends_the_connection_at_both_ends,
			    0, 2);
	tcase_add_test(c, fragments_of_a_flow_pass_together);
	tcase_add_test(c, fragments_out_of_order_stay_here);
	tcase_add_test(c, fragments_without_a_flow_are_blocked_together);
	tcase_add_test(c, unfinished_datagram_is_told_of_with_its_age);
	tcase_add_test(c, what_is_held_at_the_end_is_told_of);
	tcase_add_test(c, fragments_to_a_resolver_are_blocked);
	tcase_add_test(c, resolver_opens_no_udp_flow);
	tcase_add_test(c, too_many_unanswered_queries_wait);
	tcase_add_loop_test(c, icmp_error_needs_a_live_flow, 0, 2);
	tcase_add_test(c, icmp_echo_and_unknown_protocols_are_blocked);
	tcase_add_test(c, group_traffic_is_blocked);
	tcase_add_test(c, arp_passes_and_other_ethertypes_do_not);
	tcase_add_test(c, dhcp_makes_no_flow);
	tcase_add_loop_test(c, cut_frames_never_pass, 0, 2);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
