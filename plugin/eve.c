/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events as lines of JSON, as Suricata's EVE has them.
 *
 * Purpose. What already reads EVE reads this: a field that EVE has too means the same and has the
 * same type. Fields of our own stand beside them (vm, reason, rule) or in objects of our own.
 *
 * Terms. A blocked frame is a "drop", or a "dns" event where it asks a question that can be read,
 * and never both: "verdict" says what became of either. A flow's server is who did not open it.
 *
 * Invariants. One line for a record, or none. The order of the keys does not depend on values, and
 * "timestamp" is the first (an event file is known by it). A line is ASCII without control
 * characters, whatever bytes the guest sent: jansson quotes, and names are escaped before.
 *
 * Limits. EG_EVE_LINE_MAX.
 *
 * Fails how. What jansson has no memory for makes the line bad, and it is not written.
 *
 * References. "EVE JSON Format" in Suricata's user guide; RFC 8259; IANA's "Protocol Numbers".
 */
#include "eve.h"

#include "describe.h"
#include "reply.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>

/* A line in the making. */
struct line {
	const struct eg_eve *eve;
	const struct eg_record *r;
	const uint8_t *bytes;
	uint64_t cnt;
	struct eg_description d; /* of a record that is a frame */
	json_t *root;
	bool bad; /* something did not get into it */
};

/* Put VALUE, which is used up, into TO, an object of L's. */
static void put(struct line *l, json_t *to, const char *key, json_t *value)
{
	if (json_object_set_new(to, key, value) < 0)
		l->bad = true;
}

static void put_text(struct line *l, json_t *to, const char *key, const char *text)
{
	put(l, to, key, json_string(text));
}

/* The same for what may have other bytes than printable ASCII in it, or no end within N. */
static void put_foreign(struct line *l, json_t *to, const char *key, const char *text, size_t n)
{
	char plain[PATH_MAX];
	size_t len = 0;

	for (; len < n && len < sizeof(plain) && text[len]; len++)
		plain[len] = text[len] >= ' ' && text[len] <= '~' ? text[len] : '?';
	put(l, to, key, json_stringn(plain, len));
}

static void put_number(struct line *l, json_t *to, const char *key, uint64_t value)
{
	put(l, to, key, json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX));
}

/* "2026-11-24T11:03:54.123456+0000" */
static void put_time(struct line *l, json_t *to, const char *key, const struct timespec *when)
{
	struct tm tm = { 0 };
	char day[40], text[64];

	gmtime_r(&when->tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%06ld+0000", day, when->tv_nsec / 1000);
	put_text(l, to, key, text);
}

/*
 * Who and whom
 */

/* IANA's keywords, as far as a guest is likely to try them; others are numbers. */
static void put_proto(struct line *l, int proto, uint16_t ethertype)
{
	static const struct {
		int proto;
		const char *keyword;
	} known[] = {
		{ 0, "HOPOPT" }, { 1, "ICMP" },      { 2, "IGMP" },       { 4, "IPv4" },
		{ 6, "TCP" },    { 17, "UDP" },      { 41, "IPv6" },      { 47, "GRE" },
		{ 50, "ESP" },   { 51, "AH" },       { 58, "IPv6-ICMP" }, { 59, "IPv6-NoNxt" },
		{ 132, "SCTP" }, { 136, "UDPLite" },
	};
	char text[16];

	if (proto >= 0)
		snprintf(text, sizeof(text), "%d", proto);
	else if (ethertype == EG_ETHERTYPE_ARP)
		snprintf(text, sizeof(text), "ARP");
	else if (ethertype)
		snprintf(text, sizeof(text), "0x%04x", ethertype);
	else
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].proto == proto)
			snprintf(text, sizeof(text), "%s", known[i].keyword);
	put_text(l, l->root, "proto", text);
}

static void put_reason(struct line *l)
{
	if (l->r->reason == EG_R_NONE)
		return;
	put_text(l, l->root, "reason", eg_reason_word(l->r->reason));
	put_text(l, l->root, "rule", eg_reason_rule(l->r->reason));
}

static void put_direction(struct line *l)
{
	put_text(l, l->root, "direction", l->r->dir == EG_FROM_GUEST ? "to_server" : "to_client");
}

static void put_frame(struct line *l)
{
	const struct eg_description *d = &l->d;
	char src[EG_ADDR_TEXT_MAX], dst[EG_ADDR_TEXT_MAX];

	if (d->has_addresses)
		put_text(l, l->root, "src_ip", eg_describe_address(d, &d->src, src));
	if (d->has_ports)
		put_number(l, l->root, "src_port", d->sport);
	if (d->has_addresses)
		put_text(l, l->root, "dest_ip", eg_describe_address(d, &d->dst, dst));
	if (d->has_ports)
		put_number(l, l->root, "dest_port", d->dport);
	put_proto(l, d->proto, d->ethertype);
	if (d->has_icmp) {
		put_number(l, l->root, "icmp_type", d->type);
		put_number(l, l->root, "icmp_code", d->code);
	}
	put_direction(l);
	put_reason(l);
}

/*
 * What happened, one function per event
 */

static void put_verdict(struct line *l)
{
	static const char *const words[EG_ANSWERS] = {
		[EG_ANSWER_RST] = "tcp-reset",         [EG_ANSWER_PROHIBITED] = "icmp-prohib",
		[EG_ANSWER_NXDOMAIN] = "dns-nxdomain", [EG_ANSWER_NOERROR] = "dns-noerror",
		[EG_ANSWER_SERVFAIL] = "dns-servfail", [EG_ANSWER_FORMERR] = "dns-formerr",
		[EG_ANSWER_NOTIMP] = "dns-notimp",     [EG_ANSWER_REFUSED] = "dns-refused",
		[EG_ANSWER_BADVERS] = "dns-badvers",
	};
	const char *word = l->r->answer < EG_ANSWERS ? words[l->r->answer] : NULL;
	const char *blocked = l->r->passed ? "alert" : "drop";
	json_t *verdict = json_object();

	put_text(l, verdict, "action", l->r->kind == EG_RECORD_QUERY ? "pass" : blocked);
	if (word)
		put(l, verdict, "reject", json_pack("[s]", word));
	put(l, l->root, "verdict", verdict);
}

static void put_tcp_flags(struct line *l, json_t *to)
{
	static const struct {
		const char *key;
		uint8_t flag;
	} flags[] = {
		{ "syn", EG_TCP_SYN }, { "ack", EG_TCP_ACK }, { "psh", EG_TCP_PSH },
		{ "rst", EG_TCP_RST }, { "urg", EG_TCP_URG }, { "fin", EG_TCP_FIN },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		put(l, to, flags[i].key, json_boolean(l->d.tcp_flags & flags[i].flag));
}

static void put_drop(struct line *l)
{
	json_t *drop = json_object();
	bool ip6 = l->d.ethertype == EG_ETHERTYPE_IP6;

	put_number(l, drop, "len", l->r->len);
	if (l->d.proto >= 0)
		put_number(l, drop, ip6 ? "hoplimit" : "ttl", l->d.ttl);
	if (l->d.has_flags)
		put_tcp_flags(l, drop);
	put_frame(l);
	put(l, l->root, "drop", drop);
	put_verdict(l);
}

/* EVE's second form of DNS events: one question, flat. */
static void put_query(struct line *l)
{
	char name[EG_NAME_TEXT_MAX], type[EG_DNS_TYPE_TEXT_MAX];
	json_t *dns = json_object();

	eg_name_text(&l->d.name, name);
	put_number(l, dns, "version", 2);
	put_text(l, dns, "type", "query");
	put_number(l, dns, "id", l->d.dns_id);
	put_text(l, dns, "rrname", name);
	put_text(l, dns, "rrtype", eg_dns_type_text(l->d.qtype, type));
	put_number(l, dns, "opcode", l->d.dns_flags >> 11 & 15);
	put_frame(l);
	put(l, l->root, "dns", dns);
	put_verdict(l);
}

static void put_opener(struct line *l, const struct eg_record_flow *f, bool guest)
{
	char text[EG_ADDR_TEXT_MAX];

	put_text(l, l->root, "src_ip", eg_addr_text(guest ? &f->guest : &f->network, text));
	put_number(l, l->root, "src_port", guest ? f->guest_port : f->network_port);
	put_text(l, l->root, "dest_ip", eg_addr_text(guest ? &f->network : &f->guest, text));
	put_number(l, l->root, "dest_port", guest ? f->network_port : f->guest_port);
	put_proto(l, f->proto, 0);
}

static uint64_t age(const struct line *l, const struct eg_record_flow *f)
{
	return l->r->when.tv_sec > f->opened.tv_sec
		       ? (uint64_t)(l->r->when.tv_sec - f->opened.tv_sec)
		       : 0;
}

static void put_flow(struct line *l)
{
	static const char *const states[] = {
		[EG_FLOW_NEW] = "new",
		[EG_FLOW_ESTABLISHED] = "established",
		[EG_FLOW_CLOSED] = "closed",
	};
	static const char *const ends[] = {
		[EG_FLOW_TIMEOUT] = "timeout",
		[EG_FLOW_FORCED] = "forced",
		[EG_FLOW_SHUTDOWN] = "shutdown",
	};
	struct eg_record_flow f;
	json_t *flow = json_object();
	unsigned client = l->r->dir == EG_FROM_GUEST ? EG_FROM_GUEST : EG_FROM_NETWORK;

	memcpy(&f, l->bytes, sizeof(f));
	put_opener(l, &f, client == EG_FROM_GUEST);
	put_number(l, flow, "bytes_toserver", f.bytes[client]);
	put_number(l, flow, "bytes_toclient", f.bytes[!client]);
	put_time(l, flow, "start", &f.opened);
	if (l->r->kind == EG_RECORD_FLOW_END) {
		put_time(l, flow, "end", &l->r->when);
		put_number(l, flow, "age", age(l, &f));
	}
	put_text(l, flow, "state", states[f.state <= EG_FLOW_CLOSED ? f.state : EG_FLOW_CLOSED]);
	if (l->r->kind == EG_RECORD_FLOW_END)
		put_text(l, flow, "reason",
			 ends[f.end <= EG_FLOW_SHUTDOWN ? f.end : EG_FLOW_SHUTDOWN]);
	put(l, l->root, "flow", flow);
}

static void put_suppressed(struct line *l)
{
	static const char *const kinds[EG_RECORD_KINDS] = {
		[EG_RECORD_BLOCKED] = "blocked",
		[EG_RECORD_QUERY] = "query",
		[EG_RECORD_FLOW_START] = "flow_start",
		[EG_RECORD_FLOW_END] = "flow",
	};
	struct eg_record_suppressed s;
	json_t *suppressed = json_object();
	char text[EG_ADDR_TEXT_MAX];

	memcpy(&s, l->bytes, sizeof(s));
	if (s.has_dst)
		put_text(l, l->root, "dest_ip", eg_addr_text(&s.dst, text));
	if (s.dport)
		put_number(l, l->root, "dest_port", s.dport);
	put_proto(l, s.proto, s.ethertype);
	put_direction(l);
	put_reason(l);
	if (s.of < EG_RECORD_KINDS && kinds[s.of])
		put_text(l, suppressed, "of", kinds[s.of]);
	put_number(l, suppressed, "count", s.count);
	put_time(l, suppressed, "first", &s.first);
	put_time(l, suppressed, "last", &s.last);
	put(l, l->root, "suppressed", suppressed);
}

static void put_lost(struct line *l)
{
	struct eg_record_lost s;
	json_t *lost = json_object();

	memcpy(&s, l->bytes, sizeof(s));
	put_number(l, lost, "count", s.count);
	put(l, l->root, "lost", lost);
}

static void put_engine(struct line *l)
{
	struct eg_record_engine s;
	json_t *engine = json_object();

	memcpy(&s, l->bytes, sizeof(s));
	put_foreign(l, engine, "message", s.message, sizeof(s.message));
	put_text(l, engine, "version", PACKAGE_VERSION);
	put_foreign(l, engine, "mode", s.mode, sizeof(s.mode));
	put_foreign(l, engine, "action", s.action, sizeof(s.action));
	put(l, l->root, "engine", engine);
}

static void put_stats(struct line *l)
{
	struct eg_record_stats s;
	json_t *stats = json_object(), *passed = json_object(), *blocked = json_object();

	memcpy(&s, l->bytes, sizeof(s));
	put_number(l, stats, "uptime", s.uptime);
	put_number(l, passed, "guest", s.passed[EG_FROM_GUEST]);
	put_number(l, passed, "network", s.passed[EG_FROM_NETWORK]);
	put(l, stats, "passed", passed);
	for (unsigned r = 0; r < EG_REASON_COUNT; r++)
		if (s.blocked[r])
			put_number(l, blocked, eg_reason_word(r), s.blocked[r]);
	put(l, stats, "blocked", blocked);
	put_number(l, stats, "recorded", s.recorded);
	put_number(l, stats, "suppressed", s.suppressed);
	put_number(l, stats, "lost", s.lost);
	put(l, l->root, "stats", stats);
}

/*
 * Lines
 */

struct event {
	const char *type;
	void (*put)(struct line *l);
};

static const struct event drop = { "drop", put_drop };
static const struct event dns = { "dns", put_query };

/* Of the kinds that are structs, with their sizes. */
static const struct {
	struct event event;
	size_t size;
} others[EG_RECORD_KINDS] = {
	[EG_RECORD_FLOW_START] = { { "flow_start", put_flow }, sizeof(struct eg_record_flow) },
	[EG_RECORD_FLOW_END] = { { "flow", put_flow }, sizeof(struct eg_record_flow) },
	[EG_RECORD_SUPPRESSED] = { { "suppressed", put_suppressed },
				   sizeof(struct eg_record_suppressed) },
	[EG_RECORD_LOST] = { { "lost", put_lost }, sizeof(struct eg_record_lost) },
	[EG_RECORD_ENGINE] = { { "engine", put_engine }, sizeof(struct eg_record_engine) },
	[EG_RECORD_STATS] = { { "stats", put_stats }, sizeof(struct eg_record_stats) },
};

static bool is_query(const struct eg_description *d)
{
	enum { DNS_QR = 0x8000 };

	return d->has_question && !(d->dns_flags & DNS_QR);
}

/* What kind of event L is about; NULL: none. */
static const struct event *event_of(struct line *l)
{
	uint8_t kind = l->r->kind;

	if (kind == EG_RECORD_BLOCKED || kind == EG_RECORD_QUERY) {
		eg_describe(&l->d, l->bytes, l->r->len);
		if (is_query(&l->d))
			return &dns;
		return kind == EG_RECORD_BLOCKED ? &drop : NULL;
	}
	if (kind >= EG_RECORD_KINDS || !others[kind].event.put || l->r->len != others[kind].size)
		return NULL;
	return &others[kind].event;
}

static void put_all(struct line *l, const struct event *event)
{
	put_time(l, l->root, "timestamp", &l->r->when);
	put_text(l, l->root, "event_type", event->type);
	put_foreign(l, l->root, "vm", l->eve->vm, SIZE_MAX);
	put_foreign(l, l->root, "in_iface", l->eve->vm, SIZE_MAX);
	if (l->cnt)
		put_number(l, l->root, "pcap_cnt", l->cnt);
	event->put(l);
	if (l->cnt && l->eve->capture)
		put_foreign(l, l->root, "pcap_filename", l->eve->capture, SIZE_MAX);
}

size_t eg_eve_line(const struct eg_eve *e, const struct eg_record *r, const uint8_t *bytes,
		   uint64_t cnt, char *buf, size_t size)
{
	struct line l = { .eve = e, .r = r, .bytes = bytes, .cnt = cnt };
	const struct event *event = event_of(&l);
	size_t n = 0;

	if (!event)
		return 0;
	l.root = json_object();
	put_all(&l, event);
	if (!l.bad)
		n = json_dumpb(l.root, buf, size, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(l.root);
	return n <= size ? n : 0;
}
