/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench [ROUNDS [PART]]   measure everything, or memory, flows, blocked, names or targets alone,
 *                         and print the tables; the default is 21 rounds
 * bench --list            what callgrind can count
 * bench --count NAME      one slice of NAME, and how many frames it was
 * bench --plain NAME      the same without the plugin
 *
 * The exit status says whether it ran, not whether the goals are met: a machine may be slow.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 21 };

static const struct {
	const char *name;
	void (*add)(void);
} parts[] = {
	{ "memory", memory_report }, /* first, while this process is small */
	{ "flows", flows_add },
	{ "blocked", blocked_add },
	{ "names", names_add },
	{ "targets", targets_add },
};

/* ONLY is NULL: all. */
static int measure(size_t rounds, const char *only)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!only || strcmp(only, parts[i].name) == 0) {
			found = true;
			parts[i].add();
		}
	if (!found)
		die("no part is named %s", only);
	report_run(rounds);
	printf("\ngoals not met: %u\n", report_missed());
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS;

	plug_init();
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return count_list();
	if (argc == 3 && strcmp(argv[1], "--count") == 0)
		return count_run(argv[2], false);
	if (argc == 3 && strcmp(argv[1], "--plain") == 0)
		return count_run(argv[2], true);
	if (argc > 3 || rounds < 3 || rounds > 10000)
		die("what is meant is: bench [ROUNDS [PART] | --list | --count NAME | --plain "
		    "NAME]");
	return measure((size_t)rounds, argc > 2 ? argv[2] : NULL);
}
