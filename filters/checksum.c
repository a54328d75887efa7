/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checksum.h"

/* Where headers keep what is summed, and the sum. */
enum { IP4_SUM = 10, IP4_SRC = 12, IP6_SRC = 8 };
enum { TCP_SUM = 16, UDP_SUM = 6, ICMP_SUM = 2 };

static inline uint64_t halves(uint64_t word)
{
	return (word & UINT32_MAX) + (word >> 32);
}

/* The last N % 8 of the N bytes at P, with zeros behind them: of the last eight, where there are
 * so many, as lengths are not to be foretold, and so no branch is to depend on them. */
static inline uint64_t last_of(const uint8_t *p, size_t n)
{
	unsigned away =
		4 * (8 - (unsigned)(n % 8)); /* half of the bits, as none can be shifted by 64 */
	uint64_t word = 0;

	if (n >= 8)
		return eg_get64le(p + n - 8) >> away >> away;
	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

/* Add N bytes at P to WIDE, eight at a time and the lowest first: a ones' complement sum of words
 * in one byte order is that in the other, its bytes exchanged, and words add up as their halves do
 * (RFC 1071 2). Behind an odd byte is a zero. */
static inline uint64_t gather(uint64_t wide, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8)
		wide += halves(eg_get64le(p + i));
	return wide + halves(last_of(p, n));
}

/* What was gathered, as a running sum. Carries come back in at the bottom, and the last time round
 * may leave one more. */
static inline uint32_t settle(uint64_t wide)
{
	uint16_t folded;

	wide = halves(wide);
	wide = (wide & 0xffff) + (wide >> 16 & 0xffff) + (wide >> 32);
	wide = (wide & 0xffff) + (wide >> 16);
	folded = (uint16_t)((wide & 0xffff) + (wide >> 16));
	return (uint32_t)(folded & 0xff) << 8 | folded >> 8;
}

uint32_t eg_sum(uint32_t sum, const void *p, size_t n)
{
	return (uint32_t)halves((uint64_t)sum + settle(gather(0, p, n)));
}

uint16_t eg_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The checksum of the N bytes at L4 of protocol PROTO in the IP packet at IP, with
 * the pseudo-header, which only ICMP of IPv4 has not (RFC 792). The last piece is
 * the one that may be odd. */
static uint16_t l4_checksum(const uint8_t *ip, uint8_t proto, const uint8_t *l4, size_t n)
{
	const uint8_t tail[4] = { (uint8_t)(n >> 8), (uint8_t)n, 0, proto };
	uint64_t wide = 0;

	if (proto != EG_PROTO_ICMP) {
		wide = ip[0] >> 4 == 4 ? gather(0, ip + IP4_SRC, 8) : gather(0, ip + IP6_SRC, 32);
		wide += eg_get32le(tail);
	}
	return eg_fold(settle(gather(wide, l4, n)));
}

/* Where the checksum stands in a header of PROTO; 0 where we know of none. */
static size_t sum_offset(uint8_t proto)
{
	switch (proto) {
	case EG_PROTO_TCP:
		return TCP_SUM;
	case EG_PROTO_UDP:
		return UDP_SUM;
	case EG_PROTO_ICMP:
	case EG_PROTO_ICMP6:
		return ICMP_SUM;
	default:
		return 0;
	}
}

bool eg_checksum_right(const struct eg_frame *f)
{
	size_t at = sum_offset(f->proto);
	const uint8_t *l4 = f->bytes + f->l4_off;

	if (at == 0 || f->l4_len < at + 2)
		return false;
	if (f->proto == EG_PROTO_UDP && eg_get16(l4 + at) == 0)
		return f->ip_version == 4;
	return l4_checksum(f->bytes + EG_ETH_LEN, f->proto, l4, f->l4_len) == 0;
}

/* Write the checksum of PROTO into the N bytes at L4 of the IP packet at IP. */
static void fill_l4(const uint8_t *ip, uint8_t proto, uint8_t *l4, size_t n)
{
	size_t at = sum_offset(proto);
	uint16_t sum;

	if (at == 0 || n < at + 2)
		return;
	eg_put16(l4 + at, 0);
	sum = l4_checksum(ip, proto, l4, n);
	if (proto == EG_PROTO_UDP && sum == 0)
		sum = 0xffff; /* 0 says that there is none (RFC 768) */
	eg_put16(l4 + at, sum);
}

void eg_checksum_fill(uint8_t *frame, size_t len)
{
	uint8_t *ip = frame + EG_ETH_LEN;

	if (len >= EG_ETH_LEN + EG_IP4_LEN && ip[0] >> 4 == 4) {
		eg_put16(ip + IP4_SUM, 0);
		eg_put16(ip + IP4_SUM, eg_fold(eg_sum(0, ip, EG_IP4_LEN)));
		fill_l4(ip, ip[9], ip + EG_IP4_LEN, len - EG_ETH_LEN - EG_IP4_LEN);
	} else if (len >= EG_ETH_LEN + EG_IP6_LEN && ip[0] >> 4 == 6) {
		fill_l4(ip, ip[6], ip + EG_IP6_LEN, len - EG_ETH_LEN - EG_IP6_LEN);
	}
}
