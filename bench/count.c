/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One slice of one cell for callgrind, which counts the instructions of plug_count_sent and
 * plug_count_received and no others: with the plugin or without it, what is between the two is
 * the plugin's. There is one flow, so that chains of the flow table, whose seed is random, have
 * no say in it.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 10000 };

static VDECONN *opened(bool plain)
{
	return plug_open("%s", plain ? "benchpeer://" : "egress://{benchpeer://}");
}

static struct cell *sent(bool plain)
{
	return flows_cell(opened(plain), !plain, SENT);
}

static struct cell *received(bool plain)
{
	return flows_cell(opened(plain), !plain, RECEIVED);
}

static struct cell *syn(bool plain)
{
	return blocked_cell(opened(plain), plain);
}

static struct cell *query(bool plain)
{
	return names_cell(plain ? opened(true) : names_open(NAMES), NAMES, true);
}

static struct cell *refused(bool plain)
{
	return names_cell(plain ? opened(true) : names_open(NAMES), NAMES, plain);
}

static const struct {
	const char *name;
	struct cell *(*make)(bool plain);
	enum way way;
} loops[] = {
	{ "tcp-sent", sent, SENT },       { "tcp-received", received, RECEIVED },
	{ "syn-blocked", syn, SENT },     { "dns-listed", query, SENT },
	{ "dns-refused", refused, SENT },
};

int count_run(const char *name, bool plain)
{
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		struct cell *c;

		if (strcmp(loops[i].name, name) != 0)
			continue;
		c = loops[i].make(plain);
		plug_counted[loops[i].way] = true;
		c->slice(c->ctx);
		printf("%zu\n", plug_counted_frames);
		return EXIT_SUCCESS;
	}
	die("nothing to count is named %s", name);
}

int count_list(void)
{
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		puts(loops[i].name);
	return EXIT_SUCCESS;
}
