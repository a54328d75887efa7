/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands. Each takes its own arguments, argv[0] being its name, and returns what the
 * process exits with: see say.h. */
#ifndef EG_COMMANDS_H
#define EG_COMMANDS_H

int eg_command_learn(int argc, char **argv);
int eg_command_replay(int argc, char **argv);
int eg_command_report(int argc, char **argv);

#endif
