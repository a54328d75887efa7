/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages are taken apart with one reader, whose error sticks, and judged once at the
 * end; they are put together from the fields of struct eg_dns_query alone. Between the
 * two nothing of the client's bytes is kept but the name as it was written, which only
 * goes back to where it came from.
 */
#include "dns.h"

#include <stdio.h>

/* Header flags (RFC 1035 4.1.1, RFC 4035 3.2). */
enum {
	FLAG_QR = 0x8000,
	OPCODE_MASK = 0x7800,
	OPCODE_SHIFT = 11,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_AD = 0x0020,
	FLAG_CD = 0x0010,
	/* All that a client may set; the rest is the server's, reserved, or another opcode. */
	QUERY_FLAGS = FLAG_RD | FLAG_AD | FLAG_CD,
};

enum {
	UDP_SIZE_MIN = 512,
	UDP_SIZE_GLIBC = 1200,
	OPT_DO = 0x8000, /* RFC 3225 3 */
	OPT_LEN = 1 + 2 + 2 + 4 + 2,
	OPT_PADDING = 12, /* RFC 7830 3 */
	OPT_EDE = 15,     /* Extended DNS Error (RFC 8914 2) */
	OPTION_HEADER = 2 + 2,
	EDE_LEN = OPTION_HEADER + 2,
	META_FIRST = 128, /* QTYPEs and meta types (RFC 6895 3.1) */
	META_LAST = 255,
};

/* Take a question. The name's own bytes are copied to RAW unless that is NULL. A name
 * that stands is whole, and has its type; else its length is 0. */
static void take_question(struct eg_reader *r, struct eg_name *name, uint8_t *raw, uint16_t *type,
			  uint16_t *class)
{
	const uint8_t *start = r->p;

	if (!eg_name_take(r, name))
		return;
	*type = eg_take16(r);
	*class = eg_take16(r);
	if (r->bad)
		name->len = name->labels = 0;
	else if (raw)
		eg_copy(raw, start, name->len);
}

/* Take N bytes of options, which must add up (RFC 6891 6.1.2). None is kept. */
static void skip_options(struct eg_reader *r, size_t n)
{
	const uint8_t *p = eg_take(r, n);
	struct eg_reader options = eg_reader(p, p ? n : 0);

	while (options.left > 0 && !options.bad) {
		eg_take16(&options);
		eg_take(&options, eg_take16(&options));
	}
	r->bad |= options.bad;
}

/* Take the one additional record that a query may have (RFC 6891 6.1.2). Its TTL is made
 * of extended RCODE, version, and flags: those that are not known are ignored (6.1.4). */
static void take_opt(struct eg_reader *r, struct eg_dns_query *q)
{
	bool owned_by_root = eg_take8(r) == 0;
	bool is_opt = eg_take16(r) == EG_DNS_TYPE_OPT;
	uint16_t size = eg_take16(r);
	uint32_t ttl = eg_take32(r);
	uint16_t options = eg_take16(r);

	if (!owned_by_root || !is_opt)
		r->bad = true;
	if (r->bad)
		return;
	q->edns = true;
	q->version = (uint8_t)(ttl >> 16);
	q->udp_size = size;
	q->dnssec_ok = ttl & OPT_DO;
	skip_options(r, options);
	if (ttl >> 24)
		r->bad = true;
}

/* What a server answers to Q, which is malformed, and has FLAGS. */
static enum eg_rcode fault_of(const struct eg_dns_query *q, size_t len, uint16_t flags)
{
	if (len < EG_DNS_HEADER_LEN || flags & FLAG_QR)
		return EG_RCODE_NOERROR;
	if (q->opcode)
		return EG_RCODE_NOTIMP;
	if (q->version)
		return EG_RCODE_BADVERS;
	return q->name.len > 0 && q->class != EG_DNS_CLASS_IN ? EG_RCODE_REFUSED : EG_RCODE_FORMERR;
}

enum eg_reason eg_dns_parse_query(struct eg_dns_query *q, struct eg_span msg)
{
	struct eg_reader r = eg_reader(msg.p, msg.n);
	uint16_t flags, questions, answers, authorities, additional;
	bool clean;

	/* All but the bytes of the names, which no length covers yet. */
	q->type = q->class = 0;
	q->version = 0;
	q->fault = EG_RCODE_NOERROR;
	q->udp_size = UDP_SIZE_MIN;
	q->edns = q->dnssec_ok = false;
	q->name.len = q->name.labels = 0;
	q->id = eg_take16(&r);
	flags = eg_take16(&r);
	questions = eg_take16(&r);
	answers = eg_take16(&r);
	authorities = eg_take16(&r);
	additional = eg_take16(&r);
	clean = !(flags & ~QUERY_FLAGS) && questions == 1 && answers == 0 && authorities == 0 &&
		additional <= 1;
	q->opcode = (uint8_t)((flags & OPCODE_MASK) >> OPCODE_SHIFT);
	q->rd = flags & FLAG_RD;
	q->ad = flags & FLAG_AD;
	q->cd = flags & FLAG_CD;
	/* Also of a message that is refused: the record shows what it was about. */
	if (questions > 0)
		take_question(&r, &q->name, q->raw, &q->type, &q->class);
	if (additional == 1)
		take_opt(&r, q);
	if (clean && !r.bad && r.left == 0 && q->class == EG_DNS_CLASS_IN && q->version == 0)
		return EG_R_NONE;
	q->fault = fault_of(q, msg.n, flags);
	return EG_R_DNS_MALFORMED;
}

static void give_header(struct eg_writer *w, uint16_t id, uint16_t flags, uint16_t questions,
			uint16_t additional)
{
	uint8_t *p = eg_room(w, EG_DNS_HEADER_LEN);

	if (!p)
		return;
	eg_put16(p, id);
	eg_put16(p + 2, flags);
	eg_put16(p + 4, questions);
	eg_put32(p + 6, 0);
	eg_put16(p + 10, additional);
}

/* TTL is made of extended RCODE, version and flags. */
static void give_opt(struct eg_writer *w, uint16_t size, uint32_t ttl, size_t options)
{
	uint8_t *p = eg_room(w, OPT_LEN);

	if (!p)
		return;
	p[0] = 0;
	eg_put16(p + 1, EG_DNS_TYPE_OPT);
	eg_put16(p + 3, size);
	eg_put32(p + 5, ttl);
	eg_put16(p + 9, (uint16_t)options);
}

/* Sizes come in few kinds, so that clients that ask for the same say so, too, and none can tell
 * its query from others by it: what all have had, what glibc asks for, and what is best (the DNS
 * flag day of 2020). */
static uint16_t clamp_size(uint16_t size)
{
	if (size >= EG_DNS_UDP_SIZE)
		return EG_DNS_UDP_SIZE;
	return size >= UDP_SIZE_GLIBC ? UDP_SIZE_GLIBC : UDP_SIZE_MIN;
}

uint16_t eg_dns_size(const struct eg_dns_query *q)
{
	return q->edns ? clamp_size(q->udp_size) : 0;
}

static uint16_t client_flags(const struct eg_dns_query *q)
{
	return (uint16_t)((q->rd ? FLAG_RD : 0) | (q->ad ? FLAG_AD : 0) | (q->cd ? FLAG_CD : 0));
}

size_t eg_dns_build_query(const struct eg_dns_query *q, uint8_t out[EG_DNS_QUERY_MAX])
{
	struct eg_writer w = eg_writer(out, EG_DNS_QUERY_MAX);

	give_header(&w, q->id, client_flags(q), 1, q->edns);
	eg_give(&w, q->name.wire, q->name.len);
	eg_give16(&w, q->type);
	eg_give16(&w, EG_DNS_CLASS_IN);
	if (q->edns)
		give_opt(&w, eg_dns_size(q), q->dnssec_ok ? OPT_DO : 0, 0);
	return w.len;
}

/* A query without OPT is header and question and nothing behind them, and the name is never
 * compressed: what is built is as long as what came. With OPT, what came is longer by its
 * options alone, which add up: none at all, or each of OPTION_HEADER bytes and more, the sum
 * in the 16 bits of the record's length. So a Padding option always fits their place. */
size_t eg_dns_build_padded(const struct eg_dns_query *q, size_t len, uint8_t *out)
{
	uint8_t bare[EG_DNS_QUERY_MAX];
	size_t n = eg_dns_build_query(q, bare);
	size_t options = len - n;
	struct eg_writer w = eg_writer(out, len);

	if (len < n || options > UINT16_MAX)
		return 0;
	if (options > 0 && (!q->edns || options < OPTION_HEADER))
		return 0;
	eg_give(&w, bare, n);
	if (options > 0) {
		eg_put16(out + n - 2, (uint16_t)options);
		eg_give16(&w, OPT_PADDING);
		eg_give16(&w, (uint16_t)(options - OPTION_HEADER));
		eg_give_zeros(&w, options - OPTION_HEADER);
	}
	return w.len;
}

size_t eg_dns_build_reply(const struct eg_dns_query *q, enum eg_rcode rcode, int ede,
			  uint8_t out[EG_DNS_REPLY_MAX])
{
	struct eg_writer w = eg_writer(out, EG_DNS_REPLY_MAX);
	uint16_t flags = (uint16_t)(FLAG_QR | FLAG_RA | (rcode & 15));
	/* The other bits of an RCODE stand in the OPT (RFC 6891 6.1.3). */
	uint32_t ttl = (uint32_t)rcode >> 4 << 24 | (q->dnssec_ok ? OPT_DO : 0);
	bool asked = q->name.len > 0;

	/* RD and CD are copied (RFC 1035 4.1.1, RFC 4035 3.1.6); AD would vouch for it. */
	flags |= (uint16_t)(q->opcode << OPCODE_SHIFT);
	flags |= client_flags(q) & (FLAG_RD | FLAG_CD);
	give_header(&w, q->id, flags, asked, q->edns);
	if (asked) {
		eg_give(&w, q->raw, q->name.len);
		eg_give16(&w, q->type);
		eg_give16(&w, q->class);
	}
	if (q->edns)
		give_opt(&w, EG_DNS_UDP_SIZE, ttl, ede > 0 ? EDE_LEN : 0);
	if (q->edns && ede > 0) {
		eg_give16(&w, OPT_EDE);
		eg_give16(&w, EDE_LEN - OPTION_HEADER);
		eg_give16(&w, (uint16_t)ede);
	}
	return w.len;
}

enum eg_reason eg_dns_parse_answer(struct eg_dns_answer *a, struct eg_span msg)
{
	struct eg_reader r = eg_reader(msg.p, msg.n);
	uint16_t flags, class = 0;

	a->id = eg_take16(&r);
	a->type = 0;
	a->name.len = a->name.labels = 0;
	flags = eg_take16(&r);
	if ((flags & (FLAG_QR | OPCODE_MASK)) != FLAG_QR || eg_take16(&r) != 1)
		r.bad = true;
	eg_take(&r, 6); /* the other counts: what they count is the client's matter */
	take_question(&r, &a->name, NULL, &a->type, &class);
	return r.bad || class != EG_DNS_CLASS_IN ? EG_R_DNS_ANSWER : EG_R_NONE;
}

/* Names of record types (IANA "Domain Name System (DNS) Parameters"), without those
 * that are obsolete or experimental: they have the form TYPE<number> (RFC 3597 5). */
static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", 1 },       { "NS", 2 },          { "CNAME", 5 },       { "SOA", 6 },
	{ "PTR", 12 },    { "HINFO", 13 },      { "MX", 15 },         { "TXT", 16 },
	{ "RP", 17 },     { "AAAA", 28 },       { "LOC", 29 },        { "SRV", 33 },
	{ "NAPTR", 35 },  { "CERT", 37 },       { "DNAME", 39 },      { "DS", 43 },
	{ "SSHFP", 44 },  { "RRSIG", 46 },      { "NSEC", 47 },       { "DNSKEY", 48 },
	{ "NSEC3", 50 },  { "NSEC3PARAM", 51 }, { "TLSA", 52 },       { "SMIMEA", 53 },
	{ "CDS", 59 },    { "CDNSKEY", 60 },    { "OPENPGPKEY", 61 }, { "CSYNC", 62 },
	{ "ZONEMD", 63 }, { "SVCB", 64 },       { "HTTPS", 65 },      { "SPF", 99 },
	{ "URI", 256 },   { "CAA", 257 },
};

/* Whether N characters at TEXT are WORD, which is in upper case, in any case. Locales have no
 * say in it (strncasecmp asks them: "uri" is not "URI" where the I has its dot). */
static bool is_word(const char *word, const char *text, size_t n)
{
	if (strlen(word) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - ('a' - 'A'));
		if (c != word[i])
			return false;
	}
	return true;
}

/* The number in TEXT, N characters of the form TYPE65; 0 where it is no such thing. */
static uint32_t numbered_type(const char *text, size_t n)
{
	uint32_t type = 0;

	if (n < 5 || n > 9 || !is_word("TYPE", text, 4) || text[4] == '0')
		return 0;
	for (size_t i = 4; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		type = type * 10 + (uint32_t)(text[i] - '0');
	}
	return type <= UINT16_MAX ? type : 0;
}

bool eg_dns_type_is_meta(uint16_t type)
{
	return type == EG_DNS_TYPE_OPT || (type >= META_FIRST && type <= META_LAST);
}

uint16_t eg_dns_type(const char *text, size_t n)
{
	uint32_t type = numbered_type(text, n);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (is_word(types[i].name, text, n))
			type = types[i].type;
	}
	return eg_dns_type_is_meta((uint16_t)type) ? 0 : (uint16_t)type;
}

/* Never read as a type, but known to who reads a record by these names (RFC 1035 3.2.3, RFC
 * 8482, RFC 1995). */
static const char *meta_type(uint16_t type)
{
	switch (type) {
	case 251:
		return "IXFR";
	case 252:
		return "AXFR";
	case 255:
		return "ANY";
	default:
		return NULL;
	}
}

const char *eg_dns_type_text(uint16_t type, char text[EG_DNS_TYPE_TEXT_MAX])
{
	const char *name = meta_type(type);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			name = types[i].name;
	}
	if (name)
		snprintf(text, EG_DNS_TYPE_TEXT_MAX, "%s", name);
	else
		snprintf(text, EG_DNS_TYPE_TEXT_MAX, "TYPE%u", type);
	return text;
}
