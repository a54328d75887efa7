/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eve.h"

#include "packet.h"
#include "reply.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

enum { SECOND = 1795518234, NS = 123456789 };

#define HEAD(type)                                                                                 \
	"{\"timestamp\":\"2026-11-24T11:03:54.123456+0000\",\"event_type\":\"" type                \
	"\",\"vm\":\"build-7\",\"in_iface\":\"build-7\""
#define ENDS(proto)                                                                                \
	",\"src_ip\":\"10.0.2.15\",\"src_port\":40000,\"dest_ip\":\"10.0.2.2\",\"dest_port\":443," \
	"\"proto\":\"" proto "\""
#define BARE(proto) ",\"src_ip\":\"10.0.2.15\",\"dest_ip\":\"10.0.2.2\",\"proto\":\"" proto "\""
#define ENDS6(proto, dport)                                                                        \
	",\"src_ip\":\"fd00::5054:ff:fe12:3456\",\"src_port\":40000,\"dest_ip\":\"fd00::2\","      \
	"\"dest_port\":" dport ",\"proto\":\"" proto "\""
#define GUEST_SENT   ",\"direction\":\"to_server\""
#define NETWORK_SENT ",\"direction\":\"to_client\""
#define WHY(reason)  ",\"reason\":\"" reason "\",\"rule\":\"default\""
#define NEW(reason)  ",\"reason\":\"" reason "\",\"rule\":\"allow\""
#define DROP         ",\"verdict\":{\"action\":\"drop\"}"
#define TOLD(what)   ",\"verdict\":{\"action\":\"drop\",\"reject\":[\"" what "\"]}"

static char line[EG_EVE_LINE_MAX + 1];
static const struct eg_eve eve = { .vm = "build-7", .capture = "/var/log/vm.pcapng" };

/* A record of KIND as of the second above, of what the guest sent. */
static struct eg_record record(enum eg_record_kind kind, size_t len)
{
	return (struct eg_record){
		.when = { .tv_sec = SECOND, .tv_nsec = NS },
		.kind = (uint8_t)kind,
		.dir = EG_FROM_GUEST,
		.len = (uint32_t)len,
	};
}

/* The line of R and BYTES, which end at an unreadable page and are not aligned; "" where there is
 * none. */
static const char *text_of(const struct eg_eve *e, const struct eg_record *r, const void *bytes,
			   uint64_t cnt)
{
	uint8_t *copy = guarded_copy(bytes, r->len);
	size_t n = eg_eve_line(e, r, copy, cnt, line, sizeof(line) - 1);

	guarded_free(copy, r->len);
	line[n] = '\0';
	ck_assert_uint_eq(strlen(line), n);
	return line;
}

static const char *blocked(enum eg_reason reason, const uint8_t *frame, size_t n)
{
	struct eg_record r = record(EG_RECORD_BLOCKED, n);

	r.reason = (uint8_t)reason;
	return text_of(&eve, &r, frame, 0);
}

START_TEST(blocked_frame_is_a_drop)
{
	static const struct packet_tcp syn = { .flags = EG_TCP_SYN };
	uint8_t b[PACKET_MAX];
	size_t n = packet_tcp4(b, &packet_guest, &packet_network, &syn, NULL, 0);
	struct eg_record r = record(EG_RECORD_BLOCKED, n);

	r.reason = EG_R_TCP_NEW;
	r.answer = EG_ANSWER_RST;
	ck_assert_str_eq(
		text_of(&eve, &r, b, 0),
		HEAD("drop") ENDS("TCP") GUEST_SENT NEW(
			"tcp-new") ",\"drop\":{\"len\":54,\"ttl\":64,\"syn\":"
				   "true,\"ack\":false,"
				   "\"psh\":false,\"rst\":false,\"urg\":false,\"fin\":false}" TOLD(
					   "tcp-reset") "}");
}
END_TEST

START_TEST(packet_in_a_capture_says_which)
{
	uint8_t b[PACKET_MAX];
	size_t n = packet_base(PACKET_UDP4, b);
	struct eg_record r = record(EG_RECORD_BLOCKED, n);
	struct eg_eve nowhere = { .vm = "build-7" };

	r.reason = EG_R_UDP_NEW;
	ck_assert_str_eq(text_of(&eve, &r, b, 4711),
			 HEAD("drop") ",\"pcap_cnt\":4711" ENDS("UDP") GUEST_SENT NEW(
				 "udp-new") ",\"drop\":{\"len\":62,\"ttl\":64}" DROP
					    ",\"pcap_filename\":\"/var/log/vm.pcapng\"}");
	ck_assert_ptr_null(strstr(text_of(&eve, &r, b, 0), "pcap"));
	ck_assert_ptr_nonnull(strstr(text_of(&nowhere, &r, b, 1), "\"pcap_cnt\":1,"));
	ck_assert_ptr_null(strstr(line, "pcap_filename"));
}
END_TEST

START_TEST(frame_of_the_network_goes_to_the_client)
{
	uint8_t b[PACKET_MAX];
	size_t n = packet_base(PACKET_UDP4, b);
	struct eg_record r = record(EG_RECORD_BLOCKED, n);

	r.dir = EG_FROM_NETWORK;
	r.reason = EG_R_CHECKSUM;
	ck_assert_str_eq(text_of(&eve, &r, b, 0),
			 HEAD("drop") ENDS("UDP") NETWORK_SENT WHY(
				 "checksum") ",\"drop\":{\"len\":62,\"ttl\":64}" DROP "}");
}
END_TEST

START_TEST(each_kind_of_frame_has_its_fields)
{
	uint8_t b[PACKET_MAX];
	size_t n = packet_base(PACKET_ICMP4, b);

	ck_assert_str_eq(blocked(EG_R_ICMP, b, n),
			 HEAD("drop")
				 BARE("ICMP") ",\"icmp_type\":8,\"icmp_code\":0" GUEST_SENT WHY(
					 "icmp") ",\"drop\":{\"len\":62,\"ttl\":64}" DROP "}");
	ck_assert_str_eq(blocked(EG_R_UDP_NEW, b, packet_base(PACKET_UDP6, b)),
			 HEAD("drop") ENDS6("UDP", "443") GUEST_SENT NEW(
				 "udp-new") ",\"drop\":{\"len\":82,\"hoplimit\":64}" DROP "}");
	n = packet_base(PACKET_ARP, b);
	ck_assert_str_eq(blocked(EG_R_ARP, b, n), HEAD("drop") BARE("ARP") GUEST_SENT WHY(
							  "arp") ",\"drop\":{\"len\":42}" DROP "}");
	eg_put16(b + 12, 0x88cc);
	ck_assert_str_eq(blocked(EG_R_ETHERTYPE, b, n),
			 HEAD("drop") ",\"proto\":\"0x88cc\"" GUEST_SENT WHY(
				 "ethertype") ",\"drop\":{\"len\":42}" DROP "}");
	ck_assert_str_eq(blocked(EG_R_LENGTH, b, 13),
			 HEAD("drop") GUEST_SENT WHY("frame-length") ",\"drop\":{\"len\":13}" DROP
								     "}");
}
END_TEST

START_TEST(protocols_have_ianas_names)
{
	static const struct {
		uint8_t proto;
		const char *text;
	} rows[] = {
		{ 0, "HOPOPT" },      { 2, "IGMP" },   { 4, "IPv4" },      { 6, "TCP" },
		{ 41, "IPv6" },       { 47, "GRE" },   { 50, "ESP" },      { 58, "IPv6-ICMP" },
		{ 59, "IPv6-NoNxt" }, { 132, "SCTP" }, { 136, "UDPLite" }, { 253, "253" },
	};
	uint8_t b[PACKET_MAX];
	size_t n = packet_base(PACKET_UDP4, b);
	char want[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b[PACKET_ETH + 9] = rows[i].proto;
		snprintf(want, sizeof(want), "\"proto\":\"%s\"", rows[i].text);
		ck_assert_msg(strstr(blocked(EG_R_IP_PROTOCOL, b, n), want) != NULL, "%s", line);
	}
}
END_TEST

START_TEST(tcp_flags_are_said_twice)
{
	static const struct packet_tcp all = { .flags = 0xff };
	uint8_t b[PACKET_MAX];

	blocked(EG_R_TCP_FLAGS, b, packet_tcp4(b, &packet_guest, &packet_network, &all, NULL, 0));
	ck_assert_ptr_nonnull(strstr(line,
				     "\"syn\":true,\"ack\":true,\"psh\":true,"
				     "\"rst\":true,\"urg\":true,\"fin\":true}"));
	for (int bit = 0; bit < 6; bit++) {
		static const char *const keys[] = { "fin", "syn", "rst", "psh", "ack", "urg" };
		struct packet_tcp one = { .flags = (uint8_t)(1 << bit) };
		char want[16];

		blocked(EG_R_TCP_FLAGS, b,
			packet_tcp4(b, &packet_guest, &packet_network, &one, NULL, 0));
		snprintf(want, sizeof(want), "\"%s\":true", keys[bit]);
		ck_assert_ptr_nonnull(strstr(line, want));
		ck_assert_ptr_null(strstr(strstr(line, ":true") + 1, ":true"));
	}
	blocked(EG_R_TCP_FLAGS, b, PACKET_L4_4 + 13);
	ck_assert_ptr_null(strstr(line, "\"syn\""));
}
END_TEST

/* "Would be blocked": nothing was told, and the frame went its way. */
START_TEST(monitored_frame_is_an_alert)
{
	uint8_t b[PACKET_MAX];
	struct eg_record r = record(EG_RECORD_BLOCKED, packet_base(PACKET_UDP4, b));

	r.reason = EG_R_UDP_NEW;
	r.passed = 1;
	ck_assert_ptr_nonnull(
		strstr(text_of(&eve, &r, b, 0), ",\"verdict\":{\"action\":\"alert\"}}"));
}
END_TEST

START_TEST(verdict_says_what_the_guest_was_told)
{
	static const char *const told[EG_ANSWERS] = {
		[EG_ANSWER_RST] = "tcp-reset",         [EG_ANSWER_PROHIBITED] = "icmp-prohib",
		[EG_ANSWER_NXDOMAIN] = "dns-nxdomain", [EG_ANSWER_NOERROR] = "dns-noerror",
		[EG_ANSWER_SERVFAIL] = "dns-servfail", [EG_ANSWER_FORMERR] = "dns-formerr",
		[EG_ANSWER_NOTIMP] = "dns-notimp",     [EG_ANSWER_REFUSED] = "dns-refused",
		[EG_ANSWER_BADVERS] = "dns-badvers",
	};
	uint8_t b[PACKET_MAX];
	struct eg_record r = record(EG_RECORD_BLOCKED, packet_base(PACKET_UDP4, b));
	char want[64];

	for (uint8_t a = 0; a <= EG_ANSWERS; a++) {
		const char *word = a < EG_ANSWERS ? told[a] : NULL;

		ck_assert(word || a == EG_ANSWER_NONE || a == EG_ANSWERS);
		r.answer = a;
		snprintf(want, sizeof(want), word ? TOLD("%s") "}" : DROP "}", word);
		ck_assert_ptr_nonnull(strstr(text_of(&eve, &r, b, 0), want));
	}
}
END_TEST

/* A query for X.example.org, type AAAA, id 0x4ecc, with RD. */
static const uint8_t query[] = { 0x4e, 0xcc, 1,   0,   0,   1,   0,   0,   0,   0,   0,
				 0,    1,    'X', 7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
				 3,    'o',  'r', 'g', 0,   0,   28,  0,   1 };
enum { FLAGS_AT = 2, LABEL_AT = 12 };

#define QUESTION(name)                                                                             \
	",\"dns\":{\"version\":2,\"type\":\"query\",\"id\":20172,\"rrname\":\"" name               \
	"\",\"rrtype\":\"AAAA\",\"opcode\":0}"

static size_t ask(uint8_t *b, const uint8_t *msg)
{
	struct packet_end to = packet_at(&packet_network, 53);

	return packet_udp6(b, &packet_guest, &to, msg, sizeof(query));
}

START_TEST(query_that_passes_is_a_dns_event)
{
	uint8_t b[PACKET_MAX];
	struct eg_record r = record(EG_RECORD_QUERY, ask(b, query));

	r.passed = 1;
	ck_assert_str_eq(text_of(&eve, &r, b, 0),
			 HEAD("dns") ENDS6("UDP", "53") GUEST_SENT QUESTION(
				 "x.example.org") ",\"verdict\":{\"action\":\"pass\"}}");
}
END_TEST

START_TEST(query_that_is_blocked_is_a_dns_event)
{
	uint8_t b[PACKET_MAX];
	struct eg_record r = record(EG_RECORD_BLOCKED, ask(b, query));

	r.reason = EG_R_DNS_NAME;
	r.answer = EG_ANSWER_NXDOMAIN;
	ck_assert_str_eq(text_of(&eve, &r, b, 7),
			 HEAD("dns") ",\"pcap_cnt\":7" ENDS6("UDP", "53") GUEST_SENT
			 ",\"reason\":\"dns-name\",\"rule\":\"resolve\"" QUESTION("x.example.org")
				 TOLD("dns-nxdomain") ",\"pcap_filename\":\"/var/log/vm.pcapng\"}");
}
END_TEST

START_TEST(what_asks_nothing_is_no_dns_event)
{
	uint8_t b[PACKET_MAX], msg[sizeof(query)];
	struct eg_record r;
	size_t n;

	memcpy(msg, query, sizeof(query));
	msg[FLAGS_AT] = 0x80;
	n = ask(b, msg);
	ck_assert_ptr_nonnull(strstr(blocked(EG_R_DNS_ANSWER, b, n), HEAD("drop")));
	msg[FLAGS_AT] = 0x28;
	ck_assert_ptr_nonnull(strstr(blocked(EG_R_DNS_MALFORMED, b, ask(b, msg)), "\"opcode\":5}"));
	/* A passed one without a question there is not. */
	r = record(EG_RECORD_QUERY, packet_base(PACKET_UDP4, b));
	ck_assert_str_eq(text_of(&eve, &r, b, 0), "");
}
END_TEST

START_TEST(hostile_names_come_out_harmless)
{
	uint8_t b[PACKET_MAX], msg[sizeof(query)];

	memcpy(msg, query, sizeof(query));
	memcpy(msg + LABEL_AT + 3, "\n\"\\\x1b\0.\xff", 7);
	ck_assert_ptr_nonnull(
		strstr(blocked(EG_R_DNS_NAME, b, ask(b, msg)),
		       QUESTION("x.\\\\010\\\\034\\\\092\\\\027\\\\000\\\\046\\\\255.org")));
}
END_TEST

/* Whatever a query or a label is made of, the line is printable ASCII and JSON. */
START_TEST(any_bytes_make_a_line_of_json)
{
	char vm[] = { 'v', (char)_i, '"', '\0' };
	struct eg_eve e = { .vm = vm, .capture = vm };
	uint8_t b[PACKET_MAX], msg[sizeof(query)];
	struct eg_record r;
	json_t *j;

	memcpy(msg, query, sizeof(query));
	memset(msg + LABEL_AT + 3, _i, 7);
	r = record(EG_RECORD_BLOCKED, ask(b, msg));
	text_of(&e, &r, b, 1);
	for (size_t i = 0; line[i]; i++)
		if (line[i] < ' ' || line[i] > '~')
			ck_abort_msg("%s", line);
	j = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(json_string_value(json_object_get(j, "pcap_filename")),
			 json_string_value(json_object_get(j, "vm")));
	ck_assert_uint_eq(json_string_length(json_object_get(j, "vm")), _i ? 3 : 1);
	json_decref(j);
}
END_TEST

static struct eg_record_flow flow(void)
{
	struct eg_record_flow f = {
		.opened = { .tv_sec = SECOND - 61, .tv_nsec = 5000 },
		.guest = eg_addr4(packet_guest.ip4),
		.network = eg_addr4(packet_network.ip4),
		.guest_port = 22,
		.network_port = 40001,
		.proto = EG_PROTO_TCP,
		.state = EG_FLOW_NEW,
		.bytes = { [EG_FROM_GUEST] = 100, [EG_FROM_NETWORK] = 60 },
	};

	return f;
}

#define FORWARD                                                                                    \
	",\"src_ip\":\"10.0.2.2\",\"src_port\":40001,\"dest_ip\":\"10.0.2.15\",\"dest_port\":22,"  \
	"\"proto\":\"TCP\""

START_TEST(flow_starts_from_who_opened_it)
{
	struct eg_record r = record(EG_RECORD_FLOW_START, sizeof(struct eg_record_flow));
	struct eg_record_flow f = flow();

	r.dir = EG_FROM_NETWORK;
	ck_assert_str_eq(text_of(&eve, &r, &f, 0), HEAD("flow_start") FORWARD
			 ",\"flow\":{\"bytes_toserver\":60,\"bytes_toclient\":100,"
			 "\"start\":\"2026-11-24T11:02:53.000005+0000\",\"state\":\"new\"}}");
	r.dir = EG_FROM_GUEST;
	f.proto = EG_PROTO_UDP;
	ck_assert_str_eq(
		text_of(&eve, &r, &f, 0),
		HEAD("flow_start") ",\"src_ip\":\"10.0.2.15\",\"src_port\":22,\"dest_ip\":"
				   "\"10.0.2.2\",\"dest_port\":40001,\"proto\":\"UDP\""
				   ",\"flow\":{\"bytes_toserver\":100,\"bytes_toclient\":60,"
				   "\"start\":\"2026-11-24T11:02:53.000005+0000\",\"state\":"
				   "\"new\"}}");
}
END_TEST

START_TEST(flow_ends_with_its_age_and_why)
{
	static const char *const states[] = { "new", "established", "closed", "closed" };
	static const char *const ends[] = { "timeout", "forced", "shutdown", "shutdown" };
	struct eg_record r = record(EG_RECORD_FLOW_END, sizeof(struct eg_record_flow));
	struct eg_record_flow f = flow();
	char want[512];

	r.dir = EG_FROM_NETWORK;
	for (uint8_t i = 0; i < 4; i++) {
		f.state = i;
		f.end = (uint8_t)(3 - i);
		snprintf(want, sizeof(want),
			 HEAD("flow") FORWARD
			 ",\"flow\":{\"bytes_toserver\":60,\"bytes_toclient\":100,"
			 "\"start\":\"2026-11-24T11:02:53.000005+0000\","
			 "\"end\":\"2026-11-24T11:03:54.123456+0000\",\"age\":61,\"state\":\"%s\","
			 "\"reason\":\"%s\"}}",
			 states[i], ends[3 - i]);
		ck_assert_str_eq(text_of(&eve, &r, &f, 0), want);
	}
	/* The wall clock may go back. */
	f.opened.tv_sec = SECOND + 1;
	ck_assert_ptr_nonnull(strstr(text_of(&eve, &r, &f, 0), "\"age\":0,"));
}
END_TEST

START_TEST(suppressed_ones_are_summed_up)
{
	struct eg_record_suppressed s = {
		.of = EG_RECORD_BLOCKED,
		.count = 12345,
		.first = { .tv_sec = SECOND - 10, .tv_nsec = 123456789 },
		.last = { .tv_sec = SECOND },
		.ethertype = EG_ETHERTYPE_IP4,
		.proto = EG_PROTO_UDP,
		.has_dst = true,
		.dst = eg_addr4(packet_network.ip4),
		.dport = 53,
	};
	struct eg_record r = record(EG_RECORD_SUPPRESSED, sizeof(s));

	r.reason = EG_R_UDP_NEW;
	ck_assert_str_eq(text_of(&eve, &r, &s, 0),
			 HEAD("suppressed") ",\"dest_ip\":\"10.0.2.2\",\"dest_port\":53,\"proto\":"
					    "\"UDP\"" GUEST_SENT NEW(
						    "udp-new") ",\"suppressed\":{\"of\":"
							       "\"blocked\",\"count\":12345,"
							       "\"first\":\"2026-11-24T11:03:44."
							       "123456+0000\","
							       "\"last\":\"2026-11-24T11:03:54."
							       "000000+0000\"}}");
	/* What found no room in the table. */
	s.has_dst = false;
	s.ethertype = s.dport = 0;
	s.proto = -1;
	s.of = EG_RECORD_QUERY;
	r.reason = EG_R_NONE;
	ck_assert_str_eq(text_of(&eve, &r, &s, 0), HEAD("suppressed") GUEST_SENT
			 ",\"suppressed\":{\"of\":\"query\",\"count\":12345,"
			 "\"first\":\"2026-11-24T11:03:44.123456+0000\","
			 "\"last\":\"2026-11-24T11:03:54.000000+0000\"}}");
	s.of = EG_RECORD_ANSWER;
	ck_assert_ptr_nonnull(strstr(text_of(&eve, &r, &s, 0), "\"suppressed\":{\"count\":"));
	s.of = 255;
	ck_assert_ptr_nonnull(strstr(text_of(&eve, &r, &s, 0), "\"suppressed\":{\"count\":"));
}
END_TEST

START_TEST(lost_ones_are_counted)
{
	struct eg_record_lost s = { .count = 5 };
	struct eg_record r = record(EG_RECORD_LOST, sizeof(s));

	ck_assert_str_eq(text_of(&eve, &r, &s, 0), HEAD("lost") ",\"lost\":{\"count\":5}}");
	s.count = UINT64_MAX;
	ck_assert_str_eq(text_of(&eve, &r, &s, 0),
			 HEAD("lost") ",\"lost\":{\"count\":9223372036854775807}}");
}
END_TEST

START_TEST(engine_says_how_it_runs)
{
	struct eg_record_engine s = { .message = "start", .mode = "enforce", .action = "reject" };
	struct eg_record r = record(EG_RECORD_ENGINE, sizeof(s));

	ck_assert_str_eq(
		text_of(&eve, &r, &s, 0),
		HEAD("engine") ",\"engine\":{\"message\":\"start\",\"version\":\"" PACKAGE_VERSION
			       "\",\"mode\":\"enforce\",\"action\":\"reject\"}}");
	memset(s.message, 'x', sizeof(s.message)); /* no end */
	ck_assert_ptr_nonnull(
		strstr(text_of(&eve, &r, &s, 0), "\"message\":\"xxxxxxxxxxxxxxxx\",\"version"));
}
END_TEST

START_TEST(stats_name_the_reasons_that_there_were)
{
	struct eg_record_stats s = {
		.uptime = 3600,
		.passed = { [EG_FROM_GUEST] = 10, [EG_FROM_NETWORK] = 20 },
		.blocked = { [EG_R_TCP_NEW] = 3, [EG_R_DNS_NAME] = 4 },
		.recorded = 5,
		.suppressed = 1,
		.lost = 1,
	};
	struct eg_record r = record(EG_RECORD_STATS, sizeof(s));

	ck_assert_str_eq(text_of(&eve, &r, &s, 0),
			 HEAD("stats") ",\"stats\":{\"uptime\":3600,\"passed\":{\"guest\":10,"
				       "\"network\":20},"
				       "\"blocked\":{\"tcp-new\":3,\"dns-name\":4},"
				       "\"recorded\":5,\"suppressed\":1,\"lost\":1}}");
}
END_TEST

START_TEST(what_is_no_event_has_no_line)
{
	uint8_t b[PACKET_MAX];
	struct eg_record r = record(EG_RECORD_ANSWER, packet_base(PACKET_UDP4, b));

	ck_assert_str_eq(text_of(&eve, &r, b, 1), "");
	r.len = 0;
	ck_assert_str_eq(text_of(&eve, &r, b, 1), "");
	r.kind = EG_RECORD_KINDS;
	ck_assert_str_eq(text_of(&eve, &r, b, 1), "");
	r.kind = 255;
	ck_assert_str_eq(text_of(&eve, &r, b, 1), "");
	/* Bytes that are not the kind's. */
	for (r.kind = EG_RECORD_FLOW_START; r.kind < EG_RECORD_KINDS; r.kind++)
		for (r.len = 0; r.len < 8; r.len++)
			ck_assert_str_eq(text_of(&eve, &r, b, 1), "");
}
END_TEST

/* The most that a line can be; and no buffer that is too small gets anything but 0. */
START_TEST(longest_line_fits)
{
	char path[5000]; /* longer than any */
	struct eg_eve e = { .vm = "build-7", .capture = path };
	uint8_t b[PACKET_MAX], msg[12 + EG_NAME_MAX + 4] = { [5] = 1 };
	struct packet_end to = packet_at(&packet_network, 53);
	struct eg_record r = record(EG_RECORD_BLOCKED, 0);
	size_t at = 12, n;

	memset(path, '"', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t left = EG_NAME_MAX - 1, k; left > 0; left -= k + 1) {
		k = left > EG_LABEL_MAX + 1 ? EG_LABEL_MAX : left - 1;
		msg[at++] = (uint8_t)k;
		memset(msg + at, 0xff, k);
		at += k;
	}
	r.len = (uint32_t)packet_udp6(b, &packet_guest, &to, msg, sizeof(msg));
	n = strlen(text_of(&e, &r, b, UINT64_MAX));
	ck_assert_uint_gt(n, 5 * 250 + 2 * 4096);
	ck_assert_uint_eq(eg_eve_line(&e, &r, b, UINT64_MAX, line, n), n);
	ck_assert_uint_eq(eg_eve_line(&e, &r, b, UINT64_MAX, line, n - 1), 0);
	ck_assert_uint_eq(eg_eve_line(&e, &r, b, UINT64_MAX, line, 0), 0);
}
END_TEST

static unsigned allocations, fail_at;
static int outstanding;

static void *counted_malloc(size_t n)
{
	void *p = ++allocations == fail_at ? NULL : malloc(n);

	outstanding += p != NULL;
	return p;
}

static void counted_free(void *p)
{
	outstanding -= p != NULL;
	free(p);
}

/* Each allocation fails in turn: no line, no crash, nothing left behind. */
START_TEST(short_memory_costs_the_line_only)
{
	static const struct packet_tcp syn = { .flags = EG_TCP_SYN };
	struct eg_record_stats s = { .blocked = { [EG_R_ARP] = 1 } };
	struct eg_record stats = record(EG_RECORD_STATS, sizeof(s));
	struct eg_record r = record(EG_RECORD_BLOCKED, 0);
	uint8_t b[PACKET_MAX];
	unsigned total[2];

	r.len = (uint32_t)packet_tcp4(b, &packet_guest, &packet_network, &syn, NULL, 0);
	r.answer = EG_ANSWER_RST;
	json_set_alloc_funcs(counted_malloc, counted_free);
	ck_assert_str_ne(text_of(&eve, &r, b, 1), "");
	total[0] = allocations;
	ck_assert_str_ne(text_of(&eve, &stats, &s, 0), "");
	total[1] = allocations - total[0];
	ck_assert_uint_gt(total[0], 50);
	ck_assert_int_eq(outstanding, 0);
	for (int i = 0; i < 2; i++) {
		for (fail_at = 1; fail_at <= total[i]; fail_at++) {
			allocations = 0;
			ck_assert_str_eq(i ? text_of(&eve, &stats, &s, 0) : text_of(&eve, &r, b, 1),
					 "");
			ck_assert_int_eq(outstanding, 0);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("eve");
	TCase *t = tcase_create("eve");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, blocked_frame_is_a_drop);
	tcase_add_test(t, packet_in_a_capture_says_which);
	tcase_add_test(t, frame_of_the_network_goes_to_the_client);
	tcase_add_test(t, each_kind_of_frame_has_its_fields);
	tcase_add_test(t, protocols_have_ianas_names);
	tcase_add_test(t, tcp_flags_are_said_twice);
	tcase_add_test(t, monitored_frame_is_an_alert);
	tcase_add_test(t, verdict_says_what_the_guest_was_told);
	tcase_add_test(t, query_that_passes_is_a_dns_event);
	tcase_add_test(t, query_that_is_blocked_is_a_dns_event);
	tcase_add_test(t, what_asks_nothing_is_no_dns_event);
	tcase_add_test(t, hostile_names_come_out_harmless);
	tcase_add_loop_test(t, any_bytes_make_a_line_of_json, 0, 256);
	tcase_add_test(t, flow_starts_from_who_opened_it);
	tcase_add_test(t, flow_ends_with_its_age_and_why);
	tcase_add_test(t, suppressed_ones_are_summed_up);
	tcase_add_test(t, lost_ones_are_counted);
	tcase_add_test(t, engine_says_how_it_runs);
	tcase_add_test(t, stats_name_the_reasons_that_there_were);
	tcase_add_test(t, what_is_no_event_has_no_line);
	tcase_add_test(t, longest_line_fits);
	tcase_add_test(t, short_memory_costs_the_line_only);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
