/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every fuzz target has, whoever drives it: libFuzzer, AFL++'s standard driver, or
 * run_corpus.c, which needs no fuzzer.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called before the first input; absent from targets that need nothing. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Both are absent from targets that have one mode. Start mode PERMISSIVE anew: without the
 * filter, and with counters at zero. */
__attribute__((weak)) void fuzz_start(bool permissive);
/* Print the counts of the mode. Returns whether they are what the mode must show. */
__attribute__((weak)) bool fuzz_end(void);

enum { FUZZ_MAX = 16384 };

/* A writable copy of the SIZE bytes (FUZZ_MAX at most) at DATA which ends at an unreadable
 * page. It stands until the next call. */
uint8_t *fuzz_place(const uint8_t *data, size_t size);

/* End the program where OK is false: a fuzzer takes that for a finding. */
#define FUZZ_MUST(ok)                                                                              \
	do {                                                                                       \
		if (!(ok))                                                                         \
			fuzz_broken(#ok, __FILE__, __LINE__);                                      \
	} while (0)
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

#endif
