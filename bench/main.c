/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench [ROUNDS]          measure everything, print the table; the default is 21 rounds
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

static int measure_all(size_t rounds)
{
	report_head();
	memory_report();
	flows_add();
	blocked_add();
	names_add();
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
	if (argc > 2 || rounds < 3 || rounds > 10000)
		die("what is meant is: bench [ROUNDS | --list | --count NAME | --plain NAME]");
	return measure_all((size_t)rounds);
}
