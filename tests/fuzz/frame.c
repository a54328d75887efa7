/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One frame, decoded, and every judge of form that the core has, in both directions. */
#include "fuzz.h"

#include "arp.h"
#include "checksum.h"
#include "dhcp.h"
#include "fragment.h"
#include "icmp.h"
#include "nd.h"
#include "reply.h"
#include "tcp.h"

#include <string.h>

static void judge_icmp(const struct eg_frame *f, enum eg_dir dir)
{
	uint8_t out[EG_ICMP_FRAME_MAX];
	struct eg_frame again;
	struct eg_quote q, quoted;
	size_t n;

	if (eg_nd_is(f)) {
		eg_nd_judge(f, dir);
		return;
	}
	if (eg_icmp_quote(f, &q) != EG_R_NONE)
		return;
	n = eg_icmp_rebuild(f, out);
	FUZZ_MUST(n <= sizeof(out) && eg_frame_decode(&again, out, n) == EG_R_NONE);
	FUZZ_MUST(again.len == n && eg_icmp_quote(&again, &quoted) == EG_R_NONE);
	FUZZ_MUST(q.sport == quoted.sport && q.dport == quoted.dport && q.proto == quoted.proto);
	FUZZ_MUST(eg_addr_equal(&q.src, &quoted.src) && eg_addr_equal(&q.dst, &quoted.dst));
}

static void judge_dhcp(const struct eg_frame *f, enum eg_dir dir)
{
	static const struct eg_dhcp nobody;
	/* 12, 60 and 61. */
	static const struct eg_dhcp_options trusted = { { [1] = 0x10, [7] = 0x30 } };
	static struct eg_dhcp d;
	uint8_t out[EG_DHCP_FRAME_MAX], twice[EG_DHCP_FRAME_MAX];
	struct eg_frame again;
	size_t n, m;

	if (!eg_dhcp_is(f, dir))
		return;
	d = nobody;
	if (dir == EG_FROM_NETWORK) {
		if (f->payload.n >= 34) /* it is asked for */
			eg_dhcptrack_ask(&d.exchanges, f->payload.p + 28,
					 eg_get32(f->payload.p + 4), f->payload.n & 1, 1);
		eg_dhcp_judge_network(&d, f, 1);
		return;
	}
	if (eg_dhcp_judge_guest(&d, f, 1, &trusted, out, &n) != EG_R_NONE)
		return;
	FUZZ_MUST(n <= sizeof(out) && eg_frame_decode(&again, out, n) == EG_R_NONE);
	FUZZ_MUST(again.len == n && eg_checksum_right(&again));
	d = nobody;
	FUZZ_MUST(eg_dhcp_judge_guest(&d, &again, 1, &trusted, twice, &m) == EG_R_NONE);
	FUZZ_MUST(n == m && memcmp(out, twice, n) == 0);
}

static void judge_tcp(const struct eg_frame *f, enum eg_dir dir)
{
	struct eg_tcp t;

	if (eg_tcp_open(&t, dir, f) == EG_R_NONE) {
		FUZZ_MUST(t.opener == dir);
		eg_tcp_segment(&t, dir, f);
		eg_tcp_segment(&t, dir == EG_FROM_GUEST ? EG_FROM_NETWORK : EG_FROM_GUEST, f);
		eg_tcp_timeout(&t);
	}
	FUZZ_MUST(eg_tcp_stray(f) != EG_R_NONE);
}

static void check_reply(size_t n, const uint8_t *reply)
{
	struct eg_frame f;

	if (n == 0)
		return;
	FUZZ_MUST(n <= EG_REPLY_MAX && eg_frame_decode(&f, reply, n) == EG_R_NONE);
	FUZZ_MUST(f.len == n && eg_checksum_right(&f));
}

static void judge(struct eg_frame *f, enum eg_dir dir)
{
	uint8_t reply[EG_REPLY_MAX];

	if (f->ethertype == EG_ETHERTYPE_ARP) {
		if (eg_arp_judge(f, dir) == EG_R_NONE)
			FUZZ_MUST(f->len == EG_ARP_FRAME_LEN);
		return;
	}
	eg_checksum_right(f);
	if (f->proto == EG_PROTO_ICMP || f->proto == EG_PROTO_ICMP6) {
		judge_icmp(f, dir);
	} else if (f->proto == EG_PROTO_UDP) {
		judge_dhcp(f, dir);
	} else {
		judge_tcp(f, dir);
		check_reply(eg_reply_reset(f, reply), reply);
	}
	check_reply(eg_reply_prohibited(f, reply), reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p;
	struct eg_frame f;

	if (size > FUZZ_MAX)
		return 0;
	p = fuzz_place(data, size);
	for (int dir = EG_FROM_GUEST; dir <= EG_FROM_NETWORK; dir++) {
		enum eg_reason r = eg_frame_decode(&f, p, size);

		if (r == EG_R_NONE) {
			FUZZ_MUST(f.len <= size && f.l4_off + (size_t)f.l4_len <= f.len);
			FUZZ_MUST(!f.payload.n ||
				  (f.payload.p >= p && f.payload.p + f.payload.n <= p + f.len));
			judge(&f, (enum eg_dir)dir);
		} else {
			FUZZ_MUST(r < EG_REASON_COUNT && f.len == size && !f.payload.p);
		}
	}
	return 0;
}
