/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pass from the outside in: Ethernet, IP, transport. Each step reads only
 * bytes whose presence the step itself has checked, and leaves the frame's
 * fields in such a state that a later refusal can still be recorded.
 */
#include "frame.h"

enum { ETH_SRC = 6, ETH_TYPE = 12 };
enum {
	IP4_TOTAL = 2,
	IP4_ID = 4,
	IP4_FRAG = 6,
	IP4_TTL = 8,
	IP4_PROTO = 9,
	IP4_SUM = 10,
	IP4_SRC = 12,
	IP4_DST = 16,
	IP4_PLAIN = 0x45, /* its first byte: version 4, no options */
	IP4_RESERVED = 0x8000,
	IP4_DF = 0x4000,
	IP4_FRAGMENT = 0x3fff, /* more fragments, and the offset */
};
enum { IP6_PAYLOAD = 4, IP6_NEXT = 6, IP6_HOPS = 7, IP6_SRC = 8, IP6_DST = 24 };
enum { TCP_SEQ = 4, TCP_ACK = 8, TCP_OFF = 12, TCP_FLAGS = 13, TCP_WINDOW = 14 };
enum { UDP_LENGTH = 4 };

/* Of the four bits behind the data offset the lowest is ECN's AE (RFC 9768). */
enum { TCP_RESERVED = 0x0e };

/* Next headers that get a reason more telling than EG_R_IP_PROTOCOL (RFC 8200 4,
 * RFC 4302). Mobility, HIP and Shim6 are nobody's but their own. */
static const struct {
	uint8_t next;
	enum eg_reason reason;
} extensions[] = {
	{ 0, EG_R_IP_OPTIONS },                           /* hop-by-hop options */
	{ 43, EG_R_IP_OPTIONS },                          /* routing */
	{ 44, EG_R_FRAGMENT },   { 51, EG_R_IP_OPTIONS }, /* authentication header */
	{ 60, EG_R_IP_OPTIONS },                          /* destination options */
};

/* What may be inside IP, by protocol number: in which versions of it, and whether from an
 * unspecified source: DHCP, and duplicate address detection. */
static const struct transport {
	bool in4, in6, unspecified;
} transports[EG_PROTO_ICMP6 + 1] = {
	[EG_PROTO_ICMP] = { .in4 = true },
	[EG_PROTO_TCP] = { .in4 = true, .in6 = true },
	[EG_PROTO_UDP] = { .in4 = true, .in6 = true, .unspecified = true },
	[EG_PROTO_ICMP6] = { .in6 = true, .unspecified = true },
};

static inline uint64_t sum64(const uint8_t *p)
{
	uint64_t w = eg_get64le(p);

	return (w & UINT32_MAX) + (w >> 32);
}

/* Whether the IPv4 header at IP, of EG_IP4_LEN bytes and REST (a multiple of 4), sums up. All bits
 * set are so in any byte order, and words add up as their halves do (RFC 1071 2). */
EG_INLINED bool header_sums_up(const uint8_t *ip, size_t rest)
{
	uint64_t sum = sum64(ip) + sum64(ip + 8) + eg_get32le(ip + 16);

	for (size_t i = 0; i < rest; i += 4)
		sum += eg_get32le(ip + EG_IP4_LEN + i);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* The transport header starts AT bytes behind IP's start and is N bytes long with
 * all that follows; both lie in the frame. */
static inline void set_l4(struct eg_frame *f, size_t at, size_t n)
{
	f->l4_off = (uint16_t)(EG_ETH_LEN + at);
	f->l4_len = (uint16_t)n;
}

/* Why the IPv4 header at IP, of N bytes with all that follows and 20 at least, is not plain. */
EG_APART enum eg_reason why_not_ip4(const uint8_t *ip, size_t n)
{
	size_t ihl = (size_t)(ip[0] & 0x0f) * 4, total = eg_get16(ip + IP4_TOTAL);
	uint16_t frag = eg_get16(ip + IP4_FRAG);

	if (ihl < EG_IP4_LEN || total < ihl || total > n || !header_sums_up(ip, ihl - EG_IP4_LEN))
		return EG_R_IP_HEADER;
	if (frag & IP4_RESERVED || ip[IP4_TTL] == 0)
		return EG_R_IP_HEADER;
	if (ihl > EG_IP4_LEN)
		return EG_R_IP_OPTIONS;
	return frag & IP4_FRAGMENT ? EG_R_FRAGMENT : EG_R_IP_HEADER;
}

EG_INLINED enum eg_reason decode_ip4(struct eg_frame *restrict f, const uint8_t *restrict ip,
				     size_t n)
{
	uint16_t total, frag;

	if (n < EG_IP4_LEN || ip[0] >> 4 != 4)
		return EG_R_IP_HEADER;
	f->ip_version = 4;
	f->ttl = ip[IP4_TTL];
	f->proto = ip[IP4_PROTO];
	f->src = eg_addr4(ip + IP4_SRC);
	f->dst = eg_addr4(ip + IP4_DST);
	total = eg_get16(ip + IP4_TOTAL);
	frag = eg_get16(ip + IP4_FRAG);
	if (ip[0] != IP4_PLAIN || total < EG_IP4_LEN || total > n || frag & ~IP4_DF ||
	    f->ttl == 0 || !header_sums_up(ip, 0))
		return why_not_ip4(ip, n);
	set_l4(f, EG_IP4_LEN, total - EG_IP4_LEN);
	return EG_R_NONE;
}

EG_INLINED enum eg_reason decode_ip6(struct eg_frame *restrict f, const uint8_t *restrict ip,
				     size_t n)
{
	size_t payload;

	if (n < EG_IP6_LEN || ip[0] >> 4 != 6)
		return EG_R_IP_HEADER;
	f->ip_version = 6;
	f->ttl = ip[IP6_HOPS];
	f->proto = ip[IP6_NEXT];
	f->src = eg_addr6(ip + IP6_SRC);
	f->dst = eg_addr6(ip + IP6_DST);
	payload = eg_get16(ip + IP6_PAYLOAD);
	if (payload > n - EG_IP6_LEN || f->ttl == 0)
		return EG_R_IP_HEADER;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (extensions[i].next == f->proto)
			return extensions[i].reason;
	set_l4(f, EG_IP6_LEN, payload);
	return EG_R_NONE;
}

EG_INLINED const struct transport *find_transport(const struct eg_frame *f)
{
	static const size_t count = sizeof(transports) / sizeof(transports[0]);
	const struct transport *t = &transports[f->proto < count ? f->proto : 0];

	return (f->ip_version == 4 ? t->in4 : t->in6) ? t : NULL;
}

EG_INLINED enum eg_addr_kind kind_of(const struct eg_frame *f, const struct eg_addr *a)
{
	return f->ip_version == 4 ? eg_addr_kind4(eg_get32(a->b + EG_ADDR_IP4)) : eg_addr_kind(a);
}

/* Whether F's addresses are the same. */
EG_INLINED bool are_one(const struct eg_frame *f)
{
	return f->ip_version == 4 ? memcmp(f->src.b + EG_ADDR_IP4, f->dst.b + EG_ADDR_IP4, 4) == 0
				  : eg_addr_equal(&f->src, &f->dst);
}

EG_APART enum eg_reason judge_group_mac(const struct eg_frame *f)
{
	uint8_t mac[6];

	eg_addr_group_mac(&f->dst, mac);
	return memcmp(eg_eth_dst(f), mac, sizeof(mac)) == 0 ? EG_R_NONE : EG_R_ETH_ADDRESS;
}

/* Judge the IP addresses, and the destination MAC, of BYTES, that has to go with them. */
EG_INLINED enum eg_reason judge_addresses(const struct eg_frame *f, const uint8_t *bytes,
					  const struct transport *t)
{
	enum eg_addr_kind src = kind_of(f, &f->src), dst = kind_of(f, &f->dst);

	/* An IPv4-mapped address would read as IPv4 from here on. */
	if (f->ip_version == 6 && (eg_addr_is4(&f->src) || eg_addr_is4(&f->dst)))
		return EG_R_IP_ADDRESS;
	if (src != EG_ADDR_STATION && !(src == EG_ADDR_UNSPECIFIED && t->unspecified))
		return EG_R_IP_ADDRESS;
	if (dst != EG_ADDR_STATION && dst != EG_ADDR_GROUP)
		return EG_R_IP_ADDRESS;
	if (are_one(f))
		return EG_R_IP_ADDRESS;
	if (dst == EG_ADDR_GROUP)
		return judge_group_mac(f);
	return eg_mac_is_station(bytes) ? EG_R_NONE : EG_R_ETH_ADDRESS;
}

/* What is behind the first HEADER bytes of the transport header H, which are there. */
EG_INLINED void set_payload(struct eg_frame *f, const uint8_t *h, size_t header)
{
	f->payload.p = h + header;
	f->payload.n = f->l4_len - header;
}

/* The ports of TCP and UDP; false where one is 0, which is nobody's (RFC 6335 6). */
EG_INLINED bool read_ports(struct eg_frame *f, const uint8_t *h)
{
	f->sport = eg_get16(h);
	f->dport = eg_get16(h + 2);
	return f->sport != 0 && f->dport != 0;
}

EG_INLINED enum eg_reason decode_tcp(struct eg_frame *restrict f, const uint8_t *restrict h)
{
	size_t header;
	bool ports;

	if (f->l4_len < EG_TCP_LEN)
		return EG_R_L4_HEADER;
	ports = read_ports(f, h);
	f->tcp.seq = eg_get32(h + TCP_SEQ);
	f->tcp.ack = eg_get32(h + TCP_ACK);
	f->tcp.flags = h[TCP_FLAGS];
	f->tcp.window = eg_get16(h + TCP_WINDOW);
	header = (size_t)(h[TCP_OFF] >> 4) * 4;
	if (!ports || header < EG_TCP_LEN || header > f->l4_len || h[TCP_OFF] & TCP_RESERVED)
		return EG_R_L4_HEADER;
	set_payload(f, h, header);
	return EG_R_NONE;
}

EG_APART enum eg_reason decode_udp(struct eg_frame *f, const uint8_t *h)
{
	if (f->l4_len < EG_UDP_LEN)
		return EG_R_L4_HEADER;
	if (!read_ports(f, h) || eg_get16(h + UDP_LENGTH) != f->l4_len)
		return EG_R_L4_HEADER;
	set_payload(f, h, EG_UDP_LEN);
	return EG_R_NONE;
}

EG_APART enum eg_reason decode_icmp(struct eg_frame *f, const uint8_t *h)
{
	if (f->l4_len < EG_ICMP_LEN)
		return EG_R_L4_HEADER;
	f->icmp.type = h[0];
	f->icmp.code = h[1];
	set_payload(f, h, EG_ICMP_LEN);
	return EG_R_NONE;
}

EG_INLINED enum eg_reason decode_transport(struct eg_frame *restrict f, const uint8_t *restrict h)
{
	switch (f->proto) {
	case EG_PROTO_TCP:
		return decode_tcp(f, h);
	case EG_PROTO_UDP:
		return decode_udp(f, h);
	default:
		return decode_icmp(f, h);
	}
}

/* Once for each version, IP4 being known: half of what is asked above needs not be asked then. */
EG_INLINED enum eg_reason decode_ip(struct eg_frame *restrict f, const uint8_t *restrict bytes,
				    size_t len, bool ip4)
{
	const uint8_t *ip = bytes + EG_ETH_LEN;
	size_t n = len - EG_ETH_LEN;
	const struct transport *t;
	enum eg_reason r;

	r = ip4 ? decode_ip4(f, ip, n) : decode_ip6(f, ip, n);
	if (r != EG_R_NONE)
		return r;
	t = find_transport(f);
	if (!t)
		return EG_R_IP_PROTOCOL;
	r = judge_addresses(f, bytes, t);
	if (r == EG_R_NONE)
		r = decode_transport(f, bytes + f->l4_off);
	if (r)
		return r;
	f->len = (size_t)f->l4_off + f->l4_len;
	f->to_group = eg_mac_is_group(bytes);
	return EG_R_NONE;
}

EG_APART enum eg_reason decode_in_ip6(struct eg_frame *f, const uint8_t *bytes, size_t len)
{
	return decode_ip(f, bytes, len, false);
}

/* F with nothing decoded yet. Field by field: compilers clear a struct of this size with a string
 * instruction, which takes longer than all of decoding. */
static inline void begin(struct eg_frame *f, const uint8_t *bytes, size_t len)
{
	static const struct eg_addr none;

	f->bytes = bytes;
	f->len = len;
	f->ip_version = f->proto = f->ttl = 0;
	f->to_group = false;
	f->ethertype = 0;
	f->src = f->dst = none;
	f->l4_off = f->l4_len = f->sport = f->dport = 0;
	f->payload = (struct eg_span){ 0 };
	f->tcp.seq = f->tcp.ack = f->tcp.window = f->tcp.flags = 0;
	f->icmp.type = f->icmp.code = 0;
}

/* Decode at most MOST bytes, of which 65535 or fewer are behind the IP header, as the
 * fields for lengths and offsets of the transport are 16 bits wide. */
EG_INLINED enum eg_reason decode(struct eg_frame *restrict f, const uint8_t *restrict bytes,
				 size_t len, size_t most)
{
	begin(f, bytes, len);
	if (len < EG_ETH_LEN || len > most)
		return EG_R_LENGTH;
	f->ethertype = eg_get16(bytes + ETH_TYPE);
	switch (f->ethertype) {
	case EG_ETHERTYPE_ARP:
	case EG_ETHERTYPE_IP4:
	case EG_ETHERTYPE_IP6:
		break;
	default:
		return EG_R_ETHERTYPE;
	}
	if (!eg_mac_is_station(bytes + ETH_SRC))
		return EG_R_ETH_ADDRESS;
	if (f->ethertype == EG_ETHERTYPE_IP4)
		return decode_ip(f, bytes, len, true);
	return f->ethertype == EG_ETHERTYPE_IP6 ? decode_in_ip6(f, bytes, len) : EG_R_NONE;
}

enum eg_reason eg_frame_decode(struct eg_frame *f, const uint8_t *bytes, size_t len)
{
	return decode(f, bytes, len, EG_FRAME_MAX);
}

enum eg_reason eg_frame_decode_whole(struct eg_frame *f, const uint8_t *bytes, size_t len)
{
	return decode(f, bytes, len, EG_WHOLE_MAX);
}

/* Headers are written into room that was taken at once: with a check for each field they take
 * longer than what is in them. */
static void put_ip4(uint8_t *ip, const struct eg_ends *ends, uint8_t proto, size_t n)
{
	eg_put16(ip, IP4_PLAIN << 8);
	eg_put16(ip + IP4_TOTAL, (uint16_t)(EG_IP4_LEN + n));
	eg_put16(ip + IP4_ID, 0); /* none is needed with DF (RFC 6864 4.1) */
	eg_put16(ip + IP4_FRAG, IP4_DF);
	ip[IP4_TTL] = EG_TTL;
	ip[IP4_PROTO] = proto;
	eg_put16(ip + IP4_SUM, 0);
	memcpy(ip + IP4_SRC, ends->src.b + EG_ADDR_IP4, 4);
	memcpy(ip + IP4_DST, ends->dst.b + EG_ADDR_IP4, 4);
}

static void put_ip6(uint8_t *ip, const struct eg_ends *ends, uint8_t proto, size_t n)
{
	eg_put32(ip, 0x60000000);
	eg_put16(ip + IP6_PAYLOAD, (uint16_t)n);
	ip[IP6_NEXT] = proto;
	ip[IP6_HOPS] = EG_TTL;
	memcpy(ip + IP6_SRC, ends->src.b, 16);
	memcpy(ip + IP6_DST, ends->dst.b, 16);
}

void eg_frame_begin(struct eg_writer *w, const struct eg_ends *ends, uint8_t proto, size_t n)
{
	bool ip4 = eg_addr_is4(&ends->src);
	uint8_t *p = eg_room(w, EG_ETH_LEN + (ip4 ? EG_IP4_LEN : EG_IP6_LEN));

	if (!p)
		return;
	memcpy(p, ends->dst_mac, 6);
	memcpy(p + ETH_SRC, ends->src_mac, 6);
	eg_put16(p + ETH_TYPE, ip4 ? EG_ETHERTYPE_IP4 : EG_ETHERTYPE_IP6);
	if (ip4)
		put_ip4(p + EG_ETH_LEN, ends, proto, n);
	else
		put_ip6(p + EG_ETH_LEN, ends, proto, n);
}
