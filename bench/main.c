/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench [ROUNDS [PART]]   measure everything, or memory, flows, blocked, names or targets alone,
 *                         and print the tables; the default is 21 rounds. They are spread over
 *                         several processes, each of which is this program with
 * bench --rounds FIRST COUNT [PART]
 *                         and hands over the figures of COUNT rounds, in binary, on stdout
 * bench --list            what callgrind can count
 * bench --count NAME      one slice of NAME, and how many frames it was
 * bench --plain NAME      the same without the plugin
 *
 * The exit status says whether it ran, not whether the goals are met: a machine may be slow.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 21 };

static const struct {
	const char *name;
	void (*add)(void);
	bool once; /* in the process that has the first round */
} parts[] = {
	{ "memory", memory_run, true }, /* first, while this process is small */
	{ "flows", flows_add, false },
	{ "blocked", blocked_add, false },
	{ "names", names_add, false },
	{ "targets", targets_add, false },
};

/* ROUNDS rounds from FIRST on, in this process. ONLY is NULL: all. */
static int measure(size_t first, size_t rounds, const char *only)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!only || strcmp(only, parts[i].name) == 0) {
			found = true;
			if (!parts[i].once || first == 0)
				parts[i].add();
		}
	if (!found)
		die("no part is named %s", only);
	cells_run(first, rounds);
	return EXIT_SUCCESS;
}

static size_t number(const char *text)
{
	return strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? number(argv[1]) : ROUNDS;

	plug_init();
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return count_list();
	if (argc == 3 && strcmp(argv[1], "--count") == 0)
		return count_run(argv[2], false);
	if (argc == 3 && strcmp(argv[1], "--plain") == 0)
		return count_run(argv[2], true);
	if (argc >= 4 && strcmp(argv[1], "--rounds") == 0)
		return measure(number(argv[2]), number(argv[3]), argv[4]);
	if (argc > 3 || rounds < 3 || rounds > 10000)
		die("what is meant is: bench [ROUNDS [PART] | --list | --count NAME | --plain "
		    "NAME]");
	report_print(rounds, process_run(rounds, argc > 2 ? argv[2] : NULL));
	return EXIT_SUCCESS;
}
