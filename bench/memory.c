/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is measured once: memory and time to open. Each figure is taken in a child of its
 * own, so that nothing is there already.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPENS = 21, NAMES = 1000000, TARGETS = 10000, FLOWS = 1000000 };

enum line { OPEN, RESIDENT, FLOW, NAMES_TIME, NAMES_MEMORY, TARGETS_TIME };

static const struct {
	const char *name, *unit;
	double goal;
} lines[] = {
	[OPEN] = { "open", "ms", 5 },
	[RESIDENT] = { "default limits, no traffic", "MB", 8 },
	[FLOW] = { "a flow, of 1 M", "B", 128 },
	[NAMES_TIME] = { "loading 1 M names", "s", 1 },
	[NAMES_MEMORY] = { "their memory", "MB", 100 },
	[TARGETS_TIME] = { "loading 10 k targets", "ms", 100 },
};

static void found(enum line line, double value)
{
	struct figure f = {
		.sheet = ONCE,
		.line = line,
		.value = { value },
		.goal = lines[line].goal,
	};

	snprintf(f.name, sizeof(f.name), "%s", lines[line].name);
	snprintf(f.unit, sizeof(f.unit), "%s", lines[line].unit);
	process_found(&f);
}

/* Milliseconds. */
static void open_time(void)
{
	double ms[OPENS];

	plug_peer();
	for (size_t i = 0; i < OPENS; i++) {
		double begun = clock_ns();
		VDECONN *conn = plug_open("egress://{benchpeer://}");

		ms[i] = (clock_ns() - begun) / 1e6;
		vde_close(conn);
	}
	for (size_t i = 0; i < OPENS; i++)
		found(OPEN, ms[i]);
}

/* Megabytes that a plugin without options, and without traffic, adds. */
static void resident(void)
{
	double before;

	plug_peer();
	before = plug_resident();
	plug_open("egress://{benchpeer://}");
	found(RESIDENT, (plug_resident() - before) / 1e6);
}

/* Bytes a flow. */
static void flow_memory(void)
{
	VDECONN *conn = plug_open("egress://[flows=%d]{benchpeer://}", FLOWS);
	struct conversation *talks = malloc(FLOWS * sizeof(*talks));
	double before;

	if (!talks)
		die("no memory");
	memset(talks, 1, FLOWS * sizeof(*talks));
	flows_open(conn, 1, talks);
	before = plug_resident();
	flows_open(conn, FLOWS, talks);
	found(FLOW, (plug_resident() - before) / FLOWS);
}

/* Seconds, and megabytes. */
static void load_names(void)
{
	char path[256];
	double before, begun, took, grown;

	plug_peer();
	snprintf(path, sizeof(path), "%s/many", plug_folder());
	names_write(path, NAMES);
	vde_close(plug_open("egress://{benchpeer://}"));
	before = plug_resident();
	begun = clock_ns();
	plug_open("egress://[policy=\"%s\"]{benchpeer://}", path);
	took = clock_ns() - begun;
	grown = plug_resident() - before;
	found(NAMES_TIME, took / 1e9);
	found(NAMES_MEMORY, grown / 1e6);
	unlink(path);
}

/* Milliseconds. */
static void load_targets(void)
{
	char path[256];
	double begun;

	plug_peer();
	snprintf(path, sizeof(path), "%s/targets", plug_folder());
	targets_write(path, TARGETS, 443);
	vde_close(plug_open("egress://{benchpeer://}"));
	begun = clock_ns();
	plug_open("egress://[policy=\"%s\"]{benchpeer://}", path);
	found(TARGETS_TIME, (clock_ns() - begun) / 1e6);
	unlink(path);
}

static void (*const measures[])(void) = {
	open_time, resident, flow_memory, load_names, load_targets,
};

static void run_in_child(void (*measure)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		measure();
		_exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		die("a child did not measure what it should");
}

/* The folder is made here: a child that leaves in haste does not remove it. */
void memory_run(void)
{
	plug_folder();
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++)
		run_in_child(measures[i]);
}
