/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rounds, spread over several processes, one after the other.
 *
 * Where stack, heap and tables lie is drawn for each process, and in about one of ten some of
 * them share what ways a cache has: one cell is then dearer by a third in all of its rounds, and
 * more rounds of that process say nothing else. A fork would inherit the places; only exec has
 * them drawn again.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* At most. To set up what is measured takes a process as long as two of them. */
enum { ROUNDS_EACH = 4 };

/* Begin this program anew, with OUT for its figures. */
static pid_t start(size_t first, size_t rounds, const char *part, int out)
{
	char from[24], count[24];
	pid_t child;

	snprintf(from, sizeof(from), "%zu", first);
	snprintf(count, sizeof(count), "%zu", rounds);
	if ((child = fork()) < 0)
		die("no process to measure in: %s", strerror(errno));
	if (child > 0)
		return child;
	/* Nobody goes on measuring for a bench that was killed. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && dup2(out, STDOUT_FILENO) >= 0)
		execl("/proc/self/exe", "bench", "--rounds", from, count, part, (char *)NULL);
	die("the bench cannot be begun anew: %s", strerror(errno));
}

static void collect(int in)
{
	FILE *file = fdopen(in, "r");
	struct figure f;

	if (!file)
		die("no memory");
	while (fread(&f, sizeof(f), 1, file) == 1)
		report_take(&f);
	if (ferror(file))
		die("what a process measured cannot be read");
	fclose(file);
}

/* One that ended as it should has handed over all that it found. */
static void check_end(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		die("nobody knows how a process ended: %s", strerror(errno));
	if (WIFSIGNALED(status))
		die("a process that measured was killed: %s", strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != EXIT_SUCCESS)
		die("a process that measured failed");
}

static void run_one(size_t first, size_t rounds, const char *part)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("no pipe: %s", strerror(errno));
	child = start(first, rounds, part, ends[1]);
	close(ends[1]);
	collect(ends[0]);
	check_end(child);
}

size_t process_run(size_t rounds, const char *part)
{
	size_t processes = (rounds + ROUNDS_EACH - 1) / ROUNDS_EACH;

	for (size_t i = 0; i < processes; i++) {
		size_t first = rounds * i / processes;

		run_one(first, rounds * (i + 1) / processes - first, part);
	}
	return processes;
}

/* Not through stdio, whose buffer a fork would double. */
void process_found(const struct figure *f)
{
	if (write(STDOUT_FILENO, f, sizeof(*f)) != (ssize_t)sizeof(*f))
		die("nobody takes what was measured");
}
