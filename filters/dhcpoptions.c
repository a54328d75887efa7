/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcpoptions.h"

#include "text.h"

static bool has_meaning(size_t number)
{
	return number == EG_DHCP_OPTION_ADDRESS ||
	       (number >= EG_DHCP_OPTION_OVERLOAD && number <= EG_DHCP_OPTION_LIST);
}

const char *eg_dhcp_options_read(struct eg_dhcp_options *o, const char *s, size_t n)
{
	size_t number = 0, i = 0;

	while (i < n && is_digit(s[i]) && number < EG_DHCP_OPTION_END)
		number = number * 10 + (size_t)(s[i++] - '0');
	if (n == 0 || i < n || s[0] == '0' || number >= EG_DHCP_OPTION_END)
		return "no number of an option from 1 to 254";
	if (has_meaning(number))
		return "an option that is judged, and is not to be trusted";
	eg_dhcp_options_add(o, (uint8_t)number);
	return NULL;
}
