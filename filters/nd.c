/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nd.h"

#include "checksum.h"

/* Offsets from the ICMPv6 header. All messages have a target behind the first 8
 * bytes, or, RS, nothing. */
enum { WORD = 4, TARGET = 8 };
enum { HOPS = 255, TARGET_LEN = 16, RA_LEN = 8, OPTION_UNIT = 8 };
enum { SOURCE_LINK = 1, TARGET_LINK = 2, NONCE = 14 };
#define NA_FLAGS     UINT32_C(0xe0000000) /* R, S and O: the rest of WORD is reserved */
#define NA_SOLICITED UINT32_C(0x40000000)

static const struct eg_addr all_nodes = { { 0xff, 2, [15] = 1 } };
static const struct eg_addr all_routers = { { 0xff, 2, [15] = 2 } };

static uint32_t word(const struct eg_frame *f)
{
	return eg_get32(f->bytes + f->l4_off + WORD);
}

static struct eg_addr target_of(const struct eg_frame *f)
{
	return eg_addr6(f->bytes + f->l4_off + TARGET);
}

bool eg_nd_is(const struct eg_frame *f)
{
	return f->proto == EG_PROTO_ICMP6 && f->icmp.type >= EG_ND_RS &&
	       f->icmp.type <= EG_ND_REDIRECT;
}

/* The options behind the first FIXED bytes of the payload. */
static struct eg_span options_of(const struct eg_frame *f, size_t fixed)
{
	return (struct eg_span){ .p = f->payload.p + fixed, .n = f->payload.n - fixed };
}

/* Whether O is nothing, or one option TYPE with the frame's own source MAC. */
static bool own_link_at_most(const struct eg_frame *f, struct eg_span o, uint8_t type)
{
	if (o.n == 0)
		return true;
	return o.n == OPTION_UNIT && o.p[0] == type && o.p[1] == 1 &&
	       memcmp(o.p + 2, eg_eth_src(f), 6) == 0;
}

/* Whether O is nothing, or one nonce of 6 bytes. */
static bool nonce_at_most(struct eg_span o)
{
	if (o.n == 0)
		return true;
	return o.n == OPTION_UNIT && o.p[0] == NONCE && o.p[1] == 1;
}

/* Whether F goes to the solicited-node group of TARGET (RFC 4291 2.7.1). */
static bool to_solicited_node(const struct eg_frame *f, const struct eg_addr *target)
{
	struct eg_addr group = { { 0xff, 2, [11] = 1, [12] = 0xff } };

	memcpy(group.b + 13, target->b + 13, 3);
	return eg_addr_equal(&f->dst, &group);
}

static bool guest_rs(const struct eg_frame *f)
{
	if (word(f) != 0 || !eg_addr_equal(&f->dst, &all_routers))
		return false;
	if (eg_addr_is_unspecified(&f->src))
		return f->payload.n == 0;
	return own_link_at_most(f, f->payload, SOURCE_LINK);
}

static bool guest_ns(const struct eg_frame *f)
{
	const struct eg_addr target = target_of(f);
	struct eg_span options = options_of(f, TARGET_LEN);

	if (word(f) != 0)
		return false;
	if (eg_addr_is_unspecified(&f->src))
		return to_solicited_node(f, &target) && nonce_at_most(options);
	return (eg_addr_equal(&f->dst, &target) || to_solicited_node(f, &target)) &&
	       own_link_at_most(f, options, SOURCE_LINK);
}

static bool guest_na(const struct eg_frame *f)
{
	if (word(f) & ~NA_FLAGS || eg_addr_is_unspecified(&f->src))
		return false;
	if (eg_addr_is_group(&f->dst) &&
	    (word(f) & NA_SOLICITED || !eg_addr_equal(&f->dst, &all_nodes)))
		return false;
	return own_link_at_most(f, options_of(f, TARGET_LEN), TARGET_LINK);
}

/* Whether the options behind the first FIXED bytes of the payload add up: none of
 * length zero, none cut (RFC 4861 4.6). */
static bool options_add_up(const struct eg_frame *f, size_t fixed)
{
	struct eg_span o = options_of(f, fixed);
	struct eg_reader r = eg_reader(o.p, o.n);

	while (r.left && !r.bad) {
		uint8_t units;

		eg_take8(&r);
		units = eg_take8(&r);
		if (units == 0)
			return false;
		eg_take(&r, (size_t)units * OPTION_UNIT - 2);
	}
	return !r.bad;
}

static bool network_ra(const struct eg_frame *f)
{
	bool link_local = f->src.b[0] == 0xfe && (f->src.b[1] & 0xc0) == 0x80;

	return link_local && options_add_up(f, RA_LEN);
}

static bool network_neighbour(const struct eg_frame *f)
{
	return options_add_up(f, TARGET_LEN);
}

/* What may be said, by whom, how much of the payload it has at least, and
 * whether that is a target. A message that is not here is refused. */
static const struct form {
	enum eg_dir dir;
	uint8_t type, payload_min;
	bool target;
	bool (*right)(const struct eg_frame *f);
} forms[] = {
	{ EG_FROM_GUEST, EG_ND_RS, 0, false, guest_rs },
	{ EG_FROM_GUEST, EG_ND_NS, TARGET_LEN, true, guest_ns },
	{ EG_FROM_GUEST, EG_ND_NA, TARGET_LEN, true, guest_na },
	{ EG_FROM_NETWORK, EG_ND_RA, RA_LEN, false, network_ra },
	{ EG_FROM_NETWORK, EG_ND_NS, TARGET_LEN, true, network_neighbour },
	{ EG_FROM_NETWORK, EG_ND_NA, TARGET_LEN, true, network_neighbour },
};

static const struct form *find_form(const struct eg_frame *f, enum eg_dir dir)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].dir == dir && forms[i].type == f->icmp.type)
			return &forms[i];
	return NULL;
}

/* Whether the target may be resolved at all: no group, nor :: (RFC 4861 7.1). */
static bool target_is_station(const struct eg_frame *f)
{
	const struct eg_addr target = target_of(f);

	return eg_addr_kind(&target) == EG_ADDR_STATION && !eg_addr_is4(&target);
}

enum eg_reason eg_nd_judge(const struct eg_frame *f, enum eg_dir dir)
{
	const struct form *form = find_form(f, dir);

	if (!form || f->ttl != HOPS || f->icmp.code != 0 || f->payload.n < form->payload_min)
		return EG_R_ND;
	if (form->target && !target_is_station(f))
		return EG_R_ND;
	if (!form->right(f))
		return EG_R_ND;
	return eg_checksum_right(f) ? EG_R_NONE : EG_R_CHECKSUM;
}
