/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several captures as one row of packets, in the order of time.
 *
 * Purpose. Rotated files in any order, or one of each side, are what was sent: one packet after the
 * other.
 *
 * Invariants. The packets of one file come in the order of the file, whatever their times say; of
 * two files the one whose next packet is older goes first, and of equally old ones the one that was
 * named first. A packet without a time goes with the one before it.
 *
 * Limits. All files are open at once, with one block of each in memory.
 *
 * Fails how. What cannot be opened, is no capture or is given twice: at once, before the first
 * packet. What is damaged: its other packets come, and trouble says so at the end.
 */
#include "merge.h"

#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void say_trouble(struct eg_merge_file *f, const char *why, bool fault)
{
	eg_plain(f->trouble, sizeof(f->trouble), why, strlen(why));
	f->fault = f->fault || fault;
}

/* Which file it is, to find out what is given twice; nothing where it can be read once only. */
static void identify(struct eg_merge_file *f)
{
	struct stat st;

	if (strcmp(f->path, "-") == 0 || stat(f->path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	f->device = st.st_dev;
	f->inode = st.st_ino;
}

static bool is_given_twice(const struct eg_merge_file *f, const struct eg_merge_file *before)
{
	return strcmp(f->path, before->path) == 0 ||
	       (f->inode && f->inode == before->inode && f->device == before->device);
}

static void open_file(struct eg_merge_file *f, const char *path)
{
	char error[EG_INPUT_ERROR_MAX];

	f->path = path;
	eg_plain(f->name, sizeof(f->name), path, strlen(path));
	identify(f);
	if (eg_input_open(&f->input, path, error) != 0) {
		f->input = NULL;
		say_trouble(f, error, true);
	} else if (eg_input_kind(f->input) == EG_INPUT_EVENTS) {
		say_trouble(f, "is a file of events: packets are needed", true);
	}
}

bool eg_merge_open(struct eg_merge *m, char *const *paths, size_t n)
{
	bool good = true;

	memset(m, 0, sizeof(*m));
	m->files = calloc(n, sizeof(*m->files));
	if (!m->files)
		return false;
	m->count = n;
	for (size_t i = 0; i < n; i++) {
		struct eg_merge_file *f = &m->files[i];

		open_file(f, paths[i]);
		for (size_t j = 0; j < i && !f->fault; j++)
			if (is_given_twice(f, &m->files[j]))
				say_trouble(f, "is given twice", true);
		good = good && !f->fault;
	}
	return good;
}

/* Have the next packet of F wait, as long as there is one. */
static void advance(struct eg_merge_file *f)
{
	const char *trouble;

	if (f->waiting || !f->input)
		return;
	f->waiting = eg_input_next(f->input, &f->packet) == 1;
	if (f->waiting) {
		if (f->packet.timed)
			f->when = f->packet.when_ns;
		return;
	}
	trouble = eg_input_trouble(f->input);
	if (trouble)
		say_trouble(f, trouble, eg_input_failed(f->input));
	eg_input_close(f->input);
	f->input = NULL;
}

const struct eg_merge_file *eg_merge_next(struct eg_merge *m)
{
	struct eg_merge_file *first = NULL;

	if (m->given)
		m->given->waiting = false;
	for (size_t i = 0; i < m->count; i++) {
		struct eg_merge_file *f = &m->files[i];

		advance(f);
		if (f->waiting && (!first || f->when < first->when))
			first = f;
	}
	m->given = first;
	return first;
}

void eg_merge_close(struct eg_merge *m)
{
	for (size_t i = 0; i < m->count; i++)
		eg_input_close(m->files[i].input);
	free(m->files);
	memset(m, 0, sizeof(*m));
}
