/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vde_egress learn: a policy for what a guest tried. */
#include "commands.h"
#include "intake.h"
#include "print_policy.h"
#include "say.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/random.h>

static int print_help(void)
{
	puts("Usage: vde_egress learn [OPTION]... FILE...\n"
	     "The smallest policy that would have let through what was recorded as blocked, or, "
	     "under "
	     "\"mode\n"
	     "monitor\", as what would have been; to be cut down by hand. FILE is a capture or a "
	     "file of "
	     "events; any\n"
	     "number of them, in any order; - is standard input.\n"
	     "\n"
	     "  --progress    say how far it is, even where stderr is no terminal\n"
	     "  --help\n"
	     "\n"
	     "Exit status: 0 done, 1 some of the input could not be used, 2 a wrong command line.");
	return EG_EXIT_GOOD;
}

static const struct option long_options[] = {
	{ "progress", no_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Returns -1 where there is something to be done, else what to exit with. */
static int parse_options(bool *progress, int argc, char **argv)
{
	int c;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == 'h')
			return print_help();
		if (c != 'p')
			return eg_say_usage("learn: no option \"%s\"", argv[optind - 1]);
		*progress = true;
	}
	if (optind == argc)
		return eg_say_usage("learn: a file is missing");
	if (eg_intake_says_twice(argv + optind, (size_t)(argc - optind)))
		return eg_say_usage("learn: standard input is given twice");
	return -1;
}

static void add(void *wants, const struct eg_finding *f)
{
	eg_wants_add(wants, f);
}

static bool learn(struct eg_intake *in, bool progress)
{
	struct eg_wants w;
	bool good = eg_wants_init(&w);

	if (!good || getrandom(&in->twins.seed, sizeof(in->twins.seed), 0) < 0) {
		eg_say("no random bytes");
		return false;
	}
	eg_progress_init(&in->progress, progress);
	good = eg_intake_run(in, add, &w);
	eg_intake_say(in);
	if (eg_intake_unread(in) < in->count && !eg_print_policy(stdout, &w)) {
		eg_say("no memory for the policy");
		good = false;
	}
	eg_wants_free(&w);
	return good;
}

int eg_command_learn(int argc, char **argv)
{
	struct eg_intake in = { .until = EG_MOMENT_NONE };
	bool progress = false, good = false;
	int status = parse_options(&progress, argc, argv);

	if (status >= 0)
		return status;
	if (eg_intake_give(&in, argv + optind, (size_t)(argc - optind)))
		good = learn(&in, progress);
	else
		eg_say("no memory for the files");
	eg_intake_free(&in);
	return good ? EG_EXIT_GOOD : EG_EXIT_FAULT;
}
