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

enum { OPENS = 21, NAMES = 1000000, TARGETS = 10000, FLOWS = 1000000, VALUES_MAX = OPENS };

struct values {
	size_t n;
	double v[VALUES_MAX];
};

/* Have a child run MEASURE and hand over what it found. */
static struct values in_child(void (*measure)(struct values *out))
{
	struct values out = { 0 };
	int ends[2], status;
	pid_t child;

	fflush(stdout);
	if (pipe(ends) < 0 || (child = fork()) < 0)
		die("no child to measure in");
	if (child == 0) {
		measure(&out);
		_exit(write(ends[1], &out, sizeof(out)) != (ssize_t)sizeof(out));
	}
	close(ends[1]);
	if (read(ends[0], &out, sizeof(out)) != (ssize_t)sizeof(out))
		die("a child did not measure anything");
	close(ends[0]);
	waitpid(child, &status, 0);
	return out;
}

/* Milliseconds. */
static void open_time(struct values *out)
{
	plug_peer();
	for (out->n = 0; out->n < OPENS; out->n++) {
		double begun = clock_ns();
		VDECONN *conn = plug_open("egress://{benchpeer://}");

		out->v[out->n] = (clock_ns() - begun) / 1e6;
		vde_close(conn);
	}
}

/* Megabytes that a plugin without options, and without traffic, adds. */
static void resident(struct values *out)
{
	double before;

	plug_peer();
	before = plug_resident();
	plug_open("egress://{benchpeer://}");
	out->v[out->n++] = (plug_resident() - before) / 1e6;
}

/* Bytes a flow. */
static void flow_memory(struct values *out)
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
	out->v[out->n++] = (plug_resident() - before) / FLOWS;
}

/* Seconds, and megabytes. */
static void load_names(struct values *out)
{
	char path[256];
	double before, begun;

	plug_peer();
	snprintf(path, sizeof(path), "%s/many", plug_folder());
	names_write(path, NAMES);
	vde_close(plug_open("egress://{benchpeer://}"));
	before = plug_resident();
	begun = clock_ns();
	plug_open("egress://[policy=\"%s\"]{benchpeer://}", path);
	out->v[out->n++] = (clock_ns() - begun) / 1e9;
	out->v[out->n++] = (plug_resident() - before) / 1e6;
	unlink(path);
}

/* Milliseconds. */
static void load_targets(struct values *out)
{
	char path[256];
	double begun;

	plug_peer();
	snprintf(path, sizeof(path), "%s/targets", plug_folder());
	targets_write(path, TARGETS, 443);
	vde_close(plug_open("egress://{benchpeer://}"));
	begun = clock_ns();
	plug_open("egress://[policy=\"%s\"]{benchpeer://}", path);
	out->v[out->n++] = (clock_ns() - begun) / 1e6;
	unlink(path);
}

static void line(const char *what, double v, const char *unit, double goal)
{
	report_line(what, (const double[3]){ v, v, v }, unit, goal);
}

void memory_report(void)
{
	struct values v = in_child(open_time);
	const double ms[3] = { quantile(v.v, v.n, 0.1), quantile(v.v, v.n, 0.5),
			       quantile(v.v, v.n, 0.9) };

	report_head();
	report_line("open", ms, "ms", 5);
	v = in_child(resident);
	line("default limits, no traffic", v.v[0], "MB", 8);
	v = in_child(flow_memory);
	line("a flow, of 1 M", v.v[0], "B", 128);
	v = in_child(load_names);
	line("loading 1 M names", v.v[0], "s", 1);
	line("their memory", v.v[1], "MB", 100);
	v = in_child(load_targets);
	line("loading 10 k targets", v.v[0], "ms", 100);
}
