/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vde_egress: what is done with a record once it is there. */
#include "commands.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments, *summary;
} commands[] = {
	{ "report", eg_command_report, "[OPTION]... FILE...",
	  "who tried what: by reason, destination, name and time" },
	{ "replay", eg_command_replay, "[OPTION]... POLICY CAPTURE...",
	  "what a policy would have made of what was captured" },
	{ "learn", eg_command_learn, "[OPTION]... FILE...",
	  "a policy that would have let through what was recorded" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int print_help(void)
{
	puts("Usage: vde_egress COMMAND [ARGUMENT]...\n"
	     "Read what egress:// recorded.\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  vde_egress %s %s\n      %s\n", commands[i].name, commands[i].arguments,
		       commands[i].summary);
	puts("\n"
	     "  vde_egress COMMAND --help   what a command takes\n"
	     "  vde_egress --version\n"
	     "\n"
	     "Exit status: 0 done, 1 a fault in the input, 2 a wrong command line.");
	return EG_EXIT_GOOD;
}

static int print_version(void)
{
	puts("vde_egress " PACKAGE_VERSION);
	return EG_EXIT_GOOD;
}

static int run(int argc, char **argv)
{
	if (argc < 2)
		return eg_say_usage("a command is missing");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0)
		return print_version();
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return eg_say_usage("no command \"%s\"", argv[1]);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	/* Nothing is lost silently: neither to a full disk nor to a closed pipe. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EG_EXIT_GOOD) {
		eg_say("standard output cannot be written: %s", strerror(errno));
		status = EG_EXIT_FAULT;
	}
	return status;
}
