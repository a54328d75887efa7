/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"

#include "frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

void eg_finding_clear(struct eg_finding *f)
{
	memset(f, 0, sizeof(*f));
	f->when = f->first = f->last = EG_MOMENT_NONE;
	f->count = 1;
	f->proto = EG_PROTO_NONE;
}

/* The first row of a protocol is how it is shown. */
static const struct proto {
	const char *word;
	uint32_t proto;
} protos[] = {
	{ "tcp", EG_PROTO_TCP },
	{ "udp", EG_PROTO_UDP },
	{ "icmp", EG_PROTO_ICMP },
	{ "icmp6", EG_PROTO_ICMP6 },
	{ "ipv6-icmp", EG_PROTO_ICMP6 },
	{ "arp", EG_PROTO_ETHER | EG_ETHERTYPE_ARP },
	{ "igmp", 2 },
	{ "ipv4", 4 },
	{ "ipv6", 41 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "ipv6-nonxt", 59 },
	{ "sctp", 132 },
	{ "udplite", 136 },
	{ "hopopt", 0 },
};

enum { PROTOS = sizeof(protos) / sizeof(protos[0]) };

static bool parse_hex(const char *p, size_t n, uint32_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = p[i] ? strchr(digits, p[i] | 0x20) : NULL;

		if (!digit || i == 4)
			return false;
		*v = *v << 4 | (uint32_t)(digit - digits);
	}
	return n > 0;
}

uint32_t eg_proto_parse(const void *p, size_t n)
{
	const char *text = p;
	uint64_t number;
	uint32_t type;

	for (size_t i = 0; i < PROTOS; i++)
		if (strlen(protos[i].word) == n && strncasecmp(protos[i].word, text, n) == 0)
			return protos[i].proto;
	if (eg_finding_number(p, n, 255, &number))
		return (uint32_t)number;
	if (n > 2 && text[0] == '0' && text[1] == 'x' && parse_hex(text + 2, n - 2, &type))
		return EG_PROTO_ETHER | type;
	return EG_PROTO_NONE;
}

const char *eg_proto_text(uint32_t proto, char text[EG_PROTO_TEXT_MAX])
{
	for (size_t i = 0; i < PROTOS; i++)
		if (protos[i].proto == proto)
			return protos[i].word;
	if (proto & EG_PROTO_NONE)
		return "-";
	if (proto & EG_PROTO_ETHER)
		snprintf(text, EG_PROTO_TEXT_MAX, "0x%04x", proto & 0xffff);
	else
		snprintf(text, EG_PROTO_TEXT_MAX, "%u", proto & 0xff);
	return text;
}

bool eg_finding_address(struct eg_addr *a, const void *p, size_t n)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t four[4];

	if (n >= sizeof(text))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	if (memchr(p, ':', n))
		return inet_pton(AF_INET6, text, a->b) == 1;
	if (inet_pton(AF_INET, text, four) != 1)
		return false;
	*a = eg_addr4(four);
	return true;
}

bool eg_finding_number(const void *p, size_t n, uint64_t most, uint64_t *v)
{
	const char *text = p;
	uint64_t sum = 0;

	if (n == 0 || n > 20)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*v = sum;
	return sum <= most;
}
