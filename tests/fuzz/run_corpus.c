/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target over all files of its corpus, without a fuzzer.
 *
 *   corpus_X [DIRECTORY]    tests/corpus/X of the sources where none is given
 *
 * A target with two modes runs in both.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* After so many seconds an input hangs, and ends the test. */
enum { INPUT_LIMIT = 120 };

static uint8_t input[FUZZ_MAX];

/* Without the filter slirp gets frames that end it: each input has a process of its own. */
static void run_apart(size_t n)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child < 0) {
		perror("fork");
		exit(EXIT_FAILURE);
	}
	if (child == 0) {
		alarm(10);
		LLVMFuzzerTestOneInput(input, n);
		_exit(EXIT_SUCCESS);
	}
	waitpid(child, &status, 0);
	if (status)
		printf("without the filter, this input ends slirp\n");
}

static bool run_file(const char *directory, const char *name, bool apart)
{
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return false;
	}
	n = fread(input, 1, sizeof(input), f);
	fclose(f);
	alarm(INPUT_LIMIT);
	if (apart)
		run_apart(n);
	else
		LLVMFuzzerTestOneInput(input, n);
	return true;
}

/* Returns how many files there were; negative where one cannot be read. */
static int run_all(const char *directory, bool apart)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	int n = 0;

	if (!d) {
		perror(directory);
		return -1;
	}
	while (n >= 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			n = run_file(directory, e->d_name, apart) ? n + 1 : -1;
	closedir(d);
	return n;
}

static bool run_mode(const char *directory, bool permissive)
{
	int n;

	if (fuzz_start)
		fuzz_start(permissive);
	n = run_all(directory, permissive);
	printf("%s: %d inputs\n", directory, n);
	return n > 0 && (!fuzz_end || fuzz_end());
}

int main(int argc, char **argv)
{
	const char *sources = getenv("top_srcdir"), *name = strstr(argv[0], "corpus_");
	char directory[4096];
	bool ok;

	if (argc > 1)
		snprintf(directory, sizeof(directory), "%s", argv[1]);
	else
		snprintf(directory, sizeof(directory), "%s/tests/corpus/%s",
			 sources ? sources : ".", name ? name + strlen("corpus_") : "");
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	ok = run_mode(directory, false);
	if (ok && fuzz_start)
		ok = run_mode(directory, true);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
