/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS messages (RFC 1035, 6891): one clean question in, one clean question out.
 *
 * A query is parsed into the few fields it may have and leaves as a new message
 * built from them; cookies, padding, client subnets, letter case and whatever
 * else it carried stay behind.
 */
#ifndef EG_DNS_H
#define EG_DNS_H

#include "name.h"
#include "reason.h"

enum {
	EG_DNS_PORT = 53,
	EG_DNS_HEADER_LEN = 12,
	EG_DNS_UDP_SIZE = 1232, /* the most that a rebuilt query asks for */
	EG_DNS_QUERY_MAX = EG_DNS_HEADER_LEN + EG_NAME_MAX + 4 + 11,
	EG_DNS_REPLY_MAX = EG_DNS_QUERY_MAX + 6, /* and an Extended DNS Error */
	EG_DNS_TYPE_TEXT_MAX = 11,               /* OPENPGPKEY, its NUL included */
	EG_DNS_CLASS_IN = 1,
	EG_DNS_TYPE_A = 1,
	EG_DNS_TYPE_AAAA = 28,
	EG_DNS_TYPE_OPT = 41,
};

enum eg_rcode {
	EG_RCODE_NOERROR = 0,
	EG_RCODE_FORMERR = 1,
	EG_RCODE_SERVFAIL = 2,
	EG_RCODE_NXDOMAIN = 3,
	EG_RCODE_NOTIMP = 4,
	EG_RCODE_REFUSED = 5,
	EG_RCODE_BADVERS = 16, /* only where the query had EDNS (RFC 6891 9) */
};

struct eg_dns_query {
	uint16_t id;
	uint16_t type, class;
	uint16_t udp_size;       /* from its OPT, else 512 */
	uint8_t opcode, version; /* of the header, and of its OPT; 0 where it is not malformed */
	bool rd, ad, cd;         /* header flags that a client may set */
	bool edns, dnssec_ok;    /* an OPT was there; its DO flag */
	/* What a server says of it where it is malformed; EG_RCODE_NOERROR: nothing, as it is no
	 * query, or not even a header. */
	enum eg_rcode fault;
	struct eg_name name;      /* folded */
	uint8_t raw[EG_NAME_MAX]; /* the name as the client wrote it, name.len bytes */
};

/* Parse the payload MSG of a datagram to a resolver into Q. Returns EG_R_NONE or
 * EG_R_DNS_MALFORMED: anything but QR 0, opcode 0, AA, TC, RA, Z and RCODE 0,
 * exactly one question (RFC 9619) of class IN without compression, no answer, no
 * authority, at most one additional record which is an OPT of version 0 owned by
 * the root, without extended RCODE, whose options add up (RFC 6891 6.1; its flags but DO are
 * ignored, 6.1.4), and nothing behind it. On a fault behind the question Q->name and Q->type
 * stand all the same (name.len is 0 where the question was not read), and Q->fault is what a
 * server would answer: EG_RCODE_NOTIMP to another opcode, EG_RCODE_BADVERS to another version of
 * EDNS, EG_RCODE_REFUSED to another class, EG_RCODE_FORMERR to the rest. */
enum eg_reason eg_dns_parse_query(struct eg_dns_query *q, struct eg_span msg);

/* The size of answers that Q says when it leaves; 0 where it has no OPT. */
uint16_t eg_dns_size(const struct eg_dns_query *q);

/* Build the query that leaves: id, RD, AD, CD, the folded question, and where
 * the client sent one a bare OPT (DO kept; size EG_DNS_UDP_SIZE, 1200 or 512, the largest that
 * it has room for). Returns its length. */
size_t eg_dns_build_query(const struct eg_dns_query *q, uint8_t out[EG_DNS_QUERY_MAX]);

/* Build the query that leaves, as above, into LEN bytes at OUT, LEN being the length of the
 * query as it came: where its client sent options there is one Padding option of zeros (RFC
 * 7830) in their place, so that all behind it in a stream stays where it is. Returns LEN; 0,
 * with OUT untouched, where no query that eg_dns_parse_query took is that long. */
size_t eg_dns_build_padded(const struct eg_dns_query *q, size_t len, uint8_t *out);

/* Build our own answer: the question as the client wrote it, or none where none was read, RCODE,
 * RA, no records; where the query had EDNS an OPT with the Extended DNS Error EDE (RFC 8914; 15 is
 * Blocked, 0 and less adds none). Returns its length. */
size_t eg_dns_build_reply(const struct eg_dns_query *q, enum eg_rcode rcode, int ede,
			  uint8_t out[EG_DNS_REPLY_MAX]);

/* The header and question of an answer. */
struct eg_dns_answer {
	uint16_t id;
	uint16_t type;
	struct eg_name name; /* folded */
};

/* Parse the answer MSG as far as its question. Returns EG_R_NONE, or EG_R_DNS_ANSWER where
 * it is no response with exactly one uncompressed question of class IN. */
enum eg_reason eg_dns_parse_answer(struct eg_dns_answer *a, struct eg_span msg);

/* The record type that TEXT (N bytes; "AAAA", "TYPE65") names, any case. Returns
 * 1 to 65535; 0 where it names none, or a meta type (OPT, and 128 to 255: ANY,
 * AXFR, TSIG and the like), which cannot be allowed. */
uint16_t eg_dns_type(const char *text, size_t n);

/* Whether TYPE asks for something else than records of one type: OPT, and 128 to 255. */
bool eg_dns_type_is_meta(uint16_t type);

/* Write the name of record type TYPE into TEXT, NUL-terminated: as eg_dns_type reads it, and
 * for the meta types that are asked for their names, ANY, AXFR and IXFR. Returns TEXT. */
const char *eg_dns_type_text(uint16_t type, char text[EG_DNS_TYPE_TEXT_MAX]);

#endif
