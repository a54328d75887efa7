/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of DHCP option numbers, such as those that a guest is trusted with. */
#ifndef EG_DHCPOPTIONS_H
#define EG_DHCPOPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What gives a message its meaning, and how lists are written (RFC 2132): never only copied. */
enum {
	EG_DHCP_OPTION_PAD = 0,
	EG_DHCP_OPTION_ADDRESS = 50, /* the address that a client asks for */
	EG_DHCP_OPTION_OVERLOAD = 52,
	EG_DHCP_OPTION_TYPE = 53,
	EG_DHCP_OPTION_SERVER = 54, /* the server that a client means */
	EG_DHCP_OPTION_LIST = 55,   /* the options that a client asks for */
	EG_DHCP_OPTION_END = 255,
};

/* All zero is the empty set. */
struct eg_dhcp_options {
	uint8_t bits[256 / 8];
};

static inline void eg_dhcp_options_add(struct eg_dhcp_options *o, uint8_t number)
{
	o->bits[number / 8] |= (uint8_t)(1 << number % 8);
}

static inline bool eg_dhcp_options_have(const struct eg_dhcp_options *o, uint8_t number)
{
	return o->bits[number / 8] >> number % 8 & 1;
}

/* Add the number that the N characters at S are, in decimal, to O. Returns NULL, or, with O
 * untouched, why it is none that a guest can be trusted with: static text. */
const char *eg_dhcp_options_read(struct eg_dhcp_options *o, const char *s, size_t n);

#endif
