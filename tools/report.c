/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"
#include "input.h"
#include "say.h"

int eg_command_report(int argc, char **argv)
{
	(void)argv;
	if (argc < 2)
		return eg_say_usage("report: a file is missing");
	return EG_EXIT_GOOD;
}
