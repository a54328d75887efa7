/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What network a VNL of slirp's makes: slirp:///host=192.168.5.2 has another gateway, and another
 * resolver, than the policy takes for granted.
 *
 * The options are read by libvdeplug's own parser with the plugin's own list, so that what is read
 * here is what libvdeplug_slirp reads. As there, an address alone is of a /24 or a /64, the resolver is number 3 of the network,
 * and what is no address counts for nothing.
 *
 * Fails how. Where libvdeplug cannot read the options, as with a word that is not in the list, no
 * network is known, and nothing may be opened.
 */
#include "slirpnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libvdeplug_mod.h>
#include <stdlib.h>
#include <string.h>

enum { RESOLVER = 3 }; /* of its network */

/* The words that say something about the network. */
struct said {
	char *host[EG_OWNNET_FAMILIES], *resolver[EG_OWNNET_FAMILIES];
};

/* Read TEXT, an address of the family IS4, into ADDR. */
static bool read_address(struct eg_addr *addr, const char *text, bool is4)
{
	uint8_t b[16];

	if (!text || inet_pton(is4 ? AF_INET : AF_INET6, text, b) != 1)
		return false;
	*addr = is4 ? eg_addr4(b) : eg_addr6(b);
	return true;
}

/* NET's IS4 family has its gateway at TEXT: an address, with or without a prefix length. */
static void set_host(struct eg_ownnet *net, char *text, bool is4)
{
	int offset = is4 ? EG_ADDR_IP4 * 8 : 0, most = 128 - offset, length = is4 ? 24 : 64;
	char *slash = text ? strchr(text, '/') : NULL;
	struct eg_addr addr;

	if (slash) {
		*slash = '\0';
		length = atoi(slash + 1);
	}
	if (!read_address(&addr, text, is4))
		return;
	length = length < 0 ? 0 : length > most ? most : length;
	net->of[is4].gateway = addr;
	net->of[is4].prefix = (uint8_t)(length + offset);
	net->of[is4].resolver = eg_addr_cut(&addr, net->of[is4].prefix);
	net->of[is4].resolver.b[15] |= RESOLVER;
}

/* Have libvdeplug read the options OPTIONS, which it writes to, into SAID. Returns whether it can. */
static bool read_options(struct said *said, char *options)
{
	char *other = NULL;
	struct vdeparms words[] = {
		{ "restricted", &other },
		{ "v4", &other },
		{ "v6", &other },
		{ "host", &said->host[EG_OWNNET_IP4] },
		{ "addr", &said->host[EG_OWNNET_IP4] },
		{ "host6", &said->host[EG_OWNNET_IP6] },
		{ "addr6", &said->host[EG_OWNNET_IP6] },
		{ "hostname", &other },
		{ "tftp_server_name", &other },
		{ "tftp_path", &other },
		{ "bootfile", &other },
		{ "dhcp", &other },
		{ "vnameserver", &said->resolver[EG_OWNNET_IP4] },
		{ "vnameserver6", &said->resolver[EG_OWNNET_IP6] },
		{ "vdnssearch", &other },
		{ "vdomainname", &other },
		{ "mtu", &other },
		{ "mru", &other },
		{ "disable_host_loopback", &other },
		{ "tcpfwd", &other },
		{ "udpfwd", &other },
		{ "unixfwd", &other },
		{ "cmdfwd", &other },
		{ "verbose", &other },
		{ NULL, NULL },
	};

	return vde_parseparms(options, words) == 0;
}

int eg_slirpnet_read(struct eg_ownnet *net, const char *vnl)
{
	static const char scheme[] = "slirp://";
	struct said said = { 0 };
	char *options;
	bool good;

	*net = eg_ownnet_default;
	if (strncmp(vnl, scheme, sizeof(scheme) - 1) != 0)
		return 0;
	options = strdup(vnl + sizeof(scheme) - 1);
	if (!options)
		return -ENOMEM;
	good = read_options(&said, options);
	for (int is4 = 0; is4 < EG_OWNNET_FAMILIES; is4++) {
		set_host(net, said.host[is4], is4);
		read_address(&net->of[is4].resolver, said.resolver[is4], is4);
	}
	free(options);
	return good ? 1 : -EINVAL;
}
