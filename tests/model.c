/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_fact.h"

#include "packet.h"

#include <stdlib.h>

enum { FACTS = 1 << 16, WHOLE = 66000 };

static bool no(struct model *m, const char *why)
{
	m->why = why;
	return false;
}

/* Flows. */

/* Whether F is to or from what the guest may open. */
static bool is_open(const struct model *m, const struct fact *f)
{
	static const uint8_t four[16] = { 198, 51, 100, 4 };
	static const uint8_t six[16] = { 0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 4 };

	return m->open && f->port[1] == 443 &&
	       memcmp(f->addr[1], f->version == 4 ? four : six, 16) == 0;
}

/* The guest speaks from and to the stations of the network's last frame in the flow, or, where it
 * may open it, of a frame before. */
static bool stations_fit(const struct model *m, const struct fact *f)
{
	for (size_t i = 0; f->guest && is_open(m, f) && i < m->count; i++)
		if (same_flow(&m->facts[i], f) &&
		    memcmp(m->facts[i].mac, f->mac, sizeof(f->mac)) == 0)
			return true;
	for (size_t i = m->count; f->guest && i-- > 0;)
		if (!m->facts[i].guest && same_flow(&m->facts[i], f))
			return memcmp(m->facts[i].mac, f->mac, sizeof(f->mac)) == 0;
	return true;
}

/* The network wrote within the hour, or the guest may by itself, and somebody wrote within five
 * minutes. */
static bool udp_lives(const struct model *m, const struct fact *f)
{
	bool heard = false, recent = false;

	for (size_t i = 0; i < m->count; i++) {
		const struct fact *g = &m->facts[i];

		if (!same_flow(g, f))
			continue;
		heard |= (!g->guest && f->time < g->time + HOUR) || is_open(m, g);
		recent |= f->time < g->time + 300 * SECOND;
	}
	return heard && recent;
}

/* Names as text, compared as text. */

static bool is_resolver(const struct fact *f)
{
	static const uint8_t four[16] = { 10, 0, 2, 3 }, six[16] = { 0xfd, [15] = 3 };

	return f->port[1] == 53 && memcmp(f->addr[1], f->version == 4 ? four : six, 16) == 0;
}

/* The length of the one clean question, A or AAAA of the name, whatever its first letter, that
 * stands alone in the N bytes at P but for an OPT record (bare, or padded with zeros); 0: it is another. */
static size_t clean_question(const struct model *m, const uint8_t *p, size_t n)
{
	char text[512] = "";
	size_t at = 12, t = 0;

	if (!m->name || n < 17 || (p[2] & 0xfe) || (p[3] & 0xcf) || get16(p + 4) != 1 ||
	    get32(p + 6) != 0 || get16(p + 10) > 1)
		return 0;
	while (at < n && p[at] && p[at] < 64 && at + p[at] < n && t + p[at] < 300) {
		for (size_t i = 1; i <= p[at]; i++)
			text[t++] = (char)(p[at + i] >= 'A' && p[at + i] <= 'Z' ? p[at + i] + 32
										: p[at + i]);
		text[t++] = '.';
		at += 1u + p[at];
	}
	if (t != strlen(m->name) + 1 || text[0] < 'a' || text[0] > 'z' ||
	    memcmp(text + 1, m->name + 1, t - 2) != 0 || at + 5 > n || p[at])
		return 0;
	if ((get16(p + at + 1) != 1 && get16(p + at + 1) != 28) || get16(p + at + 3) != 1)
		return 0;
	at += 5;
	if (get16(p + 10) == 0)
		return n == at ? at : 0;
	if (n < at + 11 || p[at] || get16(p + at + 1) != 41 || get16(p + at + 9) != n - at - 11)
		return 0;
	for (size_t i = at + 11; i < n; i++)
		if (p[i] && i != at + 12 && i != at + 13 && i != at + 14)
			return 0;
	return at;
}

/* Whether the question of answer F was asked by the query G. */
static bool answers(const struct fact *f, const struct fact *g)
{
	if (!g->guest || !same_flow(f, g) || f->time >= g->time + 15 * SECOND || f->n < g->n - 11)
		return false;
	for (size_t i = 12; i < f->n && i < g->n; i++) {
		if ((f->data[i] | 0x20) != (g->data[i] | 0x20))
			return false;
		if (g->data[i] == 0)
			return memcmp(f->data, g->data, 2) == 0 && f->data[2] & 0x80;
	}
	return false;
}

static bool dns_may(struct model *m, const struct fact *f)
{
	if (packet_sum_l4(f->addr[!f->guest], f->addr[f->guest], f->version == 4 ? 4 : 16, UDP,
			  f->l4, f->n + 8) != 0)
		return no(m, "DNS with a wrong checksum");
	if (f->guest)
		return clean_question(m, f->data, f->n) || no(m, "another query");
	for (size_t i = m->count; i-- > 0;) {
		if (answers(f, &m->facts[i]))
			return true;
		if (!m->facts[i].guest && same_flow(&m->facts[i], f) &&
		    memcmp(m->facts[i].data, f->data, 2) == 0)
			break; /* it had its answer since */
	}
	return no(m, "an answer that nobody asked for");
}

/* The bytes that the guest ever sent since its last SYN are whole clean messages. */
static bool stream_is_clean(struct model *m, const struct fact *f)
{
	static uint8_t bytes[WHOLE];
	uint32_t first = 0;
	size_t start = m->count, end = 0, at = 0;

	while (start-- > 0 && !(is_syn(&m->facts[start]) && same_flow(&m->facts[start], f)))
		;
	first = get32(m->facts[start].l4 + 4) + 1;
	for (size_t i = start + 1; i <= m->count; i++) {
		const struct fact *g = i < m->count ? &m->facts[i] : f;
		size_t off;

		if (!g->guest || !same_flow(g, f) || g->n == 0)
			continue;
		off = get32(g->l4 + 4) - first;
		if (off > end || off + g->n > sizeof(bytes))
			return no(m, "a gap in a stream");
		if (memcmp(bytes + off, g->data, off + g->n < end ? g->n : end - off) != 0)
			return no(m, "other bytes than before in a stream");
		memcpy(bytes + off, g->data, g->n);
		end = off + g->n > end ? off + g->n : end;
	}
	while (at + 2 < end && at + 2 + get16(bytes + at) <= end &&
	       clean_question(m, bytes + at + 2, get16(bytes + at)))
		at += 2 + get16(bytes + at);
	return at == end || no(m, "another query in a stream");
}

static bool tcp_may(struct model *m, const struct fact *f)
{
	bool stream = m->name && is_resolver(f);

	if (is_syn(f))
		return !f->guest || (f->n == 0 && (stream || is_open(m, f))) ||
		       no(m, "the guest's SYN");
	for (size_t i = m->count; i-- > 0;) {
		const struct fact *g = &m->facts[i];

		if (!is_syn(g) || !same_flow(g, f) || !model_fits_since(m, i, f))
			continue;
		if (f->guest && g->guest && is_open(m, f))
			return memcmp(f->mac, g->mac, sizeof(f->mac)) == 0 ||
			       no(m, "other stations than its own");
		if (f->guest && g->guest)
			return stream_is_clean(m, f);
		return g->guest || stations_fit(m, f) || no(m, "other stations");
	}
	return no(m, "a segment that fits no connection");
}

static bool tcp_lives(const struct model *m, const struct fact *f)
{
	for (size_t i = m->count; i-- > 0;)
		if (same_flow(&m->facts[i], f))
			return f->time < m->facts[i].time + 24 * (uint64_t)HOUR;
	return false;
}

/* DHCP, fixed in length where the guest sends it; to everybody, or to who answered. The guest's
 * stations may all ask at once. */
static bool dhcp_may(struct model *m, const struct fact *f)
{
	for (size_t i = m->count; i-- > 0;) {
		const struct fact *g = &m->facts[i];
		bool dhcp = g->proto == UDP && g->port[0] == 68 && g->port[1] == 67;

		if (!f->guest && dhcp && g->guest && f->time < g->time + 66 * SECOND &&
		    memcmp(g->data + 4, f->data + 4, 4) == 0)
			return true;
		if (f->guest && dhcp && !g->guest &&
		    memcmp(g->addr[1], f->addr[1], sizeof(f->addr[1])) == 0)
			return f->n == 300 || no(m, "DHCP of another length");
	}
	return (f->guest && f->n == 300 && get32(f->addr[1]) == UINT32_MAX) ||
	       no(m, "DHCP to or from somebody else");
}

/* The first that was said with the guest's address and port of A, but DHCP and DNS, was said by the
 * guest. */
static bool guest_was_first(const struct model *m, const struct fact *a)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct fact *f = &m->facts[i];

		if (f->proto == UDP && f->version == a->version && f->port[0] == a->port[0] &&
		    memcmp(f->addr[0], a->addr[0], sizeof(a->addr[0])) == 0 &&
		    !is_resolver(f) && !(f->port[0] == 68 && f->port[1] == 67))
			return f->guest;
	}
	return false;
}

/* Whether a query left lately from where the network's F goes to. */
static bool asked_from(const struct model *m, const struct fact *f)
{
	for (size_t i = m->count; i-- > 0;) {
		const struct fact *g = &m->facts[i];

		if (f->time >= g->time + 15 * SECOND)
			return false;
		if (g->guest && g->proto == UDP && g->port[0] == f->port[0] && is_resolver(g) &&
		    memcmp(g->addr[0], f->addr[0], sizeof(g->addr[0])) == 0)
			return true;
	}
	return false;
}

static bool udp_may(struct model *m, const struct fact *f)
{
	const uint8_t *to = f->addr[f->guest];

	if (f->version == 4 && f->port[0] == 68 && f->port[1] == 67)
		return dhcp_may(m, f);
	if (f->version == 4 ? to[0] >= 224 : to[0] == 255)
		return no(m, "a group");
	if (is_resolver(f))
		return dns_may(m, f);
	if (!f->guest && asked_from(m, f))
		return no(m, "a port of queries");
	if (!f->guest)
		return udp_lives(m, f) || !guest_was_first(m, f) ||
		       no(m, "a stranger at a port of the guest's");
	if (is_open(m, f) && !udp_lives(m, f))
		return packet_sum_l4(f->addr[0], f->addr[1], f->version == 4 ? 4 : 16, UDP, f->l4,
				     f->n + 8) == 0 ||
		       no(m, "a wrong checksum that opens");
	return (udp_lives(m, f) && stations_fit(m, f)) || no(m, "a datagram of no flow");
}

/* Neighbour discovery, and errors about what lives. */
static bool icmp_may(struct model *m, const struct fact *f)
{
	size_t header = f->version == 4 ? 20 : 40, alen = f->version == 4 ? 4 : 16;
	uint8_t type = f->l4[0];
	const uint8_t *q = f->data;
	struct fact quoted = { .version = f->version, .time = f->time };

	if (f->version == 6 && type >= 133 && type <= 137)
		return (f->hops == 255 && type != 137 && type != (f->guest ? 134 : 133) &&
			(!f->guest || f->n <= 24)) ||
		       no(m, "neighbour discovery out of form");
	if (f->n < header + 8 || (f->guest && f->n != header + 8))
		return no(m, "an ICMP error of another length");
	if (f->version == 4 ? type != 3 && type != 11 && type != 12 : type < 1 || type > 4)
		return no(m, "no ICMP error");
	quoted.proto = q[f->version == 4 ? 9 : 6];
	memcpy(quoted.addr[f->guest], q + header - 2 * alen, alen);
	memcpy(quoted.addr[!f->guest], q + header - alen, alen);
	quoted.port[f->guest] = (uint16_t)get16(q + header);
	quoted.port[!f->guest] = (uint16_t)get16(q + header + 2);
	return (quoted.proto == UDP && udp_lives(m, &quoted)) ||
	       (quoted.proto == TCP && tcp_lives(m, &quoted)) || no(m, "an error about no flow");
}

static bool arp_may(struct model *m, const struct fact *f)
{
	static const uint8_t fixed[6] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *b = f->bytes;

	return (f->len == 42 && memcmp(b + 14, fixed, 6) == 0 && (b[21] == 1 || b[21] == 2) &&
		(!f->guest || memcmp(b + 22, b + 6, 6) == 0)) ||
	       no(m, "ARP out of form");
}

static bool judge(struct model *m, struct fact *f)
{
	if (!model_decode(f))
		return no(m, "not understood");
	if (f->version == 0)
		return arp_may(m, f);
	if (f->proto == TCP)
		return tcp_may(m, f);
	return f->proto == UDP ? udp_may(m, f) : icmp_may(m, f);
}

bool model_may(struct model *m, bool guest, const uint8_t *frame, size_t len, uint64_t now)
{
	struct fact f = { .guest = guest, .time = now, .len = len, .bytes = malloc(len + 1) };
	bool may;

	if (!f.bytes || m->count == FACTS)
		abort();
	memcpy(f.bytes, frame, len);
	may = judge(m, &f);
	m->facts[m->count++] = f;
	return may;
}

bool model_may_parts(struct model *m, bool guest, const uint8_t *const *parts, const size_t *lens,
		     size_t count, uint64_t now)
{
	static uint8_t whole[PACKET_ETH + 40 + WHOLE];
	static uint8_t seen[WHOLE];
	bool six = parts[0][12] == 0x86;
	size_t head = six ? PACKET_L4_6 : PACKET_L4_4, own = head + (six ? 8 : 0), n = 0, next = 0;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = parts[i];
		size_t off = six ? get16(p + 56) & 0xfff8 : (get16(p + 20) & 0x1fff) * 8;

		if (guest && off < next)
			return no(m, "fragments out of order");
		if (off == 0)
			memcpy(whole, p, head);
		for (size_t j = own; j < lens[i]; j++, off++, n++) {
			if (seen[off]++)
				return no(m, "fragments that overlap");
			whole[head + off] = p[j];
		}
		next = off;
	}
	if (memchr(seen, 0, n))
		return no(m, "fragments with a gap");
	if (six) {
		whole[PACKET_ETH + 6] = UDP;
		whole[PACKET_ETH + 4] = (uint8_t)(n >> 8);
		whole[PACKET_ETH + 5] = (uint8_t)n;
	} else {
		whole[PACKET_ETH + 2] = (uint8_t)((n + 20) >> 8);
		whole[PACKET_ETH + 3] = (uint8_t)(n + 20);
		whole[PACKET_ETH + 6] = whole[PACKET_ETH + 7] = 0;
		packet_fix(whole, head); /* the header alone: the rest is as it came */
	}
	return model_may(m, guest, whole, head + n, now);
}

struct model *model_new(const char *name, bool open)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m || !(m->facts = calloc(FACTS, sizeof(*m->facts))))
		abort();
	m->name = name;
	m->open = open;
	return m;
}

void model_free(struct model *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->facts[i].bytes);
	free(m->facts);
	free(m);
}

const char *model_why(const struct model *m)
{
	return m->why;
}
