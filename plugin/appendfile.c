/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of records that grow at their end.
 *
 * Purpose. Append records to a file that readers may open at any moment, that a
 * SIGKILL or a full disk may interrupt anywhere, and that somebody hostile may have
 * prepared; and bound its size.
 *
 * Terms. A page is EG_PAGE bytes of the file, from a multiple of it on. A record is settled
 * when it is known to be in the file, or known to be lost.
 *
 * Life-cycle. open: take the file, check that it is of our kind, walk its records, cut off a torn
 * one at the end. put: copy the record behind the others of its page; a page is written when the
 * next record does not fit into it. flush: write what the page has so far. When the file is full,
 * end it, rotate and begin the next one. close: end.
 *
 * Invariants. size is the length of the file, all of it whole records; what is
 * in the buffer follows, and lies within one page of the file. Linux
 * interrupts a write(2) to a file for a SIGKILL between two pages and nowhere else, so no
 * write crosses the end of a page, nor does a record: what is left of the page is
 * filled up with bytes that readers skip. Exceptions: a record that fits into no
 * page, and in a format without filler one that does not fit behind the others. They are
 * written by a write(2) of their own; if that is torn, so is the last record, until the next open.
 *
 * Limits. No fsync: what is with the kernel survives us, not the machine. Nobody else may
 * write to the file or shorten it. Frames that a reader of a growing file meets half
 * written are whole a moment later.
 *
 * Fails how. open says why. Later a write that fails loses the records of the page: the
 * file is cut back to size, and the next page is tried again. A rotation that fails
 * loses records until it succeeds, since the file may not grow; it is tried once a
 * second.
 *
 * References. generic_perform_write() in Linux' mm/filemap.c.
 */
#include "appendfile.h"

#include "clock.h"
#include "ownfile.h"
#include "rotate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	RETRY = 1000,   /* ms between two tries to rotate */
	END_ROOM = 512, /* bytes: as much as a format's end takes, filler before it included */
};

enum { IN_PAGE, IN_FILE };

struct eg_appendfile {
	struct eg_append_options o;
	struct eg_rotation rotation;
	char *path;       /* rotation.name points into it */
	int fd;           /* -1: no file */
	bool torn;        /* there may be bytes behind size */
	bool ended;       /* the format's end was written */
	off_t size;       /* of the file: all of it whole */
	off_t begun;      /* of what stands before the first record of a file that is new */
	uint64_t records; /* in the file */
	size_t used;      /* bytes in page */
	unsigned waiting; /* records in page */
	uint64_t retry;   /* no rotation before, ms */
	uint8_t page[EG_PAGE];
};

/*
 * Writing
 */

static void settle(struct eg_appendfile *f, unsigned n, int rc)
{
	uint64_t first = rc ? 0 : f->records + 1;

	if (!rc)
		f->records += n;
	if (n)
		f->o.settled(f->o.ctx, n, first, rc);
}

/* Write LEN bytes behind the last, all or none. Returns 0 or a negative errno. */
static int append(struct eg_appendfile *f, const uint8_t *bytes, size_t len)
{
	size_t done = 0;
	int rc = 0;

	if (f->torn && ftruncate(f->fd, f->size) < 0)
		return -errno;
	f->torn = false;
	while (done < len && !rc) {
		ssize_t n = pwrite(f->fd, bytes + done, len - done, f->size + (off_t)done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			rc = n < 0 ? -errno : -EIO;
	}
	if (!rc) {
		f->size += (off_t)len;
		return 0;
	}
	f->torn = ftruncate(f->fd, f->size) < 0;
	return rc;
}

/* Write the page as far as it is filled. Returns 0 or a negative errno. */
static int write_page(struct eg_appendfile *f)
{
	unsigned n = f->waiting;
	int rc = f->used ? append(f, f->page, f->used) : 0;

	f->used = 0;
	f->waiting = 0;
	settle(f, n, rc);
	return rc;
}

/* How much of the page is left behind what it holds. */
static size_t room(const struct eg_appendfile *f)
{
	return EG_PAGE - ((size_t)f->size + f->used) % EG_PAGE;
}

/* Whether LEN bytes fit into what is LEFT of a page: to its end, or so that it can be filled up. */
static bool fits(const struct eg_appendfile *f, size_t len, size_t left)
{
	size_t least = f->o.format->fill ? f->o.format->fill_least : 0;

	return len == left || len + least <= left;
}

/* Fill the page up, as far as the format can, and write it. Returns 0 or a negative errno. */
static int finish_page(struct eg_appendfile *f)
{
	size_t left = room(f);

	if (f->o.format->fill && left < EG_PAGE) {
		f->o.format->fill(f->page + f->used, left);
		f->used += left;
	}
	return write_page(f);
}

/* Write LEN bytes that fit into no page, or behind no others, in one go. */
static int append_long(struct eg_appendfile *f, const uint8_t *bytes, size_t len)
{
	const struct eg_append_format *format = f->o.format;
	size_t behind = EG_PAGE - ((size_t)f->size + f->used + len) % EG_PAGE;
	int rc;

	/* What it leaves of its last page must not be too short for filler. */
	if (format->fill && behind < format->fill_least) {
		format->fill(f->page + f->used, format->fill_least);
		f->used += format->fill_least;
	}
	rc = write_page(f);
	if (!rc)
		rc = append(f, bytes, len);
	return rc ? rc : IN_FILE;
}

/* Put LEN bytes into the page, or into the next one, or into the file. Returns IN_PAGE, IN_FILE, or
 * a negative errno where they are nowhere. */
static int place(struct eg_appendfile *f, const uint8_t *bytes, size_t len)
{
	bool is_full = f->used && room(f) == EG_PAGE;
	int rc = is_full ? write_page(f) : 0;

	if (!rc && f->o.format->fill && fits(f, len, EG_PAGE) && !fits(f, len, room(f)))
		rc = finish_page(f);
	if (rc)
		return rc;
	if (!fits(f, len, room(f)))
		return append_long(f, bytes, len);
	memcpy(f->page + f->used, bytes, len);
	f->used += len;
	return IN_PAGE;
}

/*
 * The file's beginning and end
 */

/* Put what is to stand before the records. Returns 0 or a negative errno. */
static int begin(struct eg_appendfile *f)
{
	const struct eg_append_format *format = f->o.format;
	bool empty = f->size == 0;
	uint8_t bytes[EG_PAGE];
	size_t n = format->begin ? format->begin(f->o.state, empty, bytes) : 0;
	int rc = place(f, bytes, n);

	f->ended = false;
	if (empty)
		f->begun = (off_t)n;
	return rc < 0 ? rc : 0;
}

static void end(struct eg_appendfile *f)
{
	const struct eg_append_format *format = f->o.format;
	uint8_t bytes[EG_PAGE];

	write_page(f);
	if (f->ended || f->size == 0 || !format->end)
		return;
	f->ended = true;
	place(f, bytes, format->end(f->o.state, bytes));
	write_page(f);
}

/* Whether LEN more bytes would make the file too long. Where there is nothing in it yet they may.
 */
static bool full(const struct eg_appendfile *f, size_t len)
{
	off_t filled = f->size + (off_t)f->used;

	if (!f->o.limit || filled <= f->begun)
		return false;
	if (!fits(f, len, room(f)))
		filled += (off_t)room(f);
	return filled + (off_t)len + END_ROOM > f->o.limit;
}

/* Begin a file anew under the name, which must be free. Returns 0 or a negative errno. */
static int renew(struct eg_appendfile *f)
{
	static const struct eg_refusal nobody;
	int fd = eg_ownfile_open(f->rotation.dir, f->rotation.name, EG_OWNFILE_MAKE, &nobody);

	if (fd < 0)
		return fd;
	close(f->fd);
	f->fd = fd;
	f->size = 0;
	f->records = 0;
	f->torn = f->ended = false;
	begin(f);
	return write_page(f);
}

/* End this file and begin the next. Returns 0 or a negative errno. */
static int rotate(struct eg_appendfile *f)
{
	uint64_t now = eg_clock_ms();
	int rc;

	end(f);
	if (now < f->retry)
		return -EAGAIN;
	rc = eg_rotate(&f->rotation, f->fd);
	if (!rc)
		rc = renew(f);
	f->retry = rc ? now + RETRY : 0;
	return rc;
}

void eg_appendfile_put(struct eg_appendfile *f, const uint8_t *record, size_t len)
{
	int rc = full(f, len) ? rotate(f) : 0;

	/* Nothing stands in a file whose beginning could not be written. */
	if (!rc && f->size == 0 && f->used == 0)
		rc = begin(f);
	if (!rc)
		rc = place(f, record, len);
	f->ended = f->ended && rc < 0;
	if (rc == IN_PAGE)
		f->waiting++;
	else
		settle(f, 1, rc == IN_FILE ? 0 : rc);
}

void eg_appendfile_flush(struct eg_appendfile *f)
{
	write_page(f);
}

/*
 * Opening and closing
 */

/* Make sure that the file is of our kind and ends in a whole record. Returns 0 or a negative errno.
 */
static int mend(struct eg_appendfile *f, const struct eg_refusal *why)
{
	const struct eg_append_format *format = f->o.format;
	uint8_t head[EG_ROTATE_HEAD];
	ssize_t n = pread(f->fd, head, sizeof(head), 0);
	off_t whole = 0;
	struct stat st;

	if (n < 0 || fstat(f->fd, &st) < 0)
		return eg_refuse(why, -errno, "%s", strerror(errno));
	if (n > 0 && !format->is_ours(head, (size_t)n))
		return eg_refuse(why, -EINVAL,
				 "is not %s of this plugin's: it will not be written to",
				 format->what);
	if (n > 0)
		whole = format->walk(f->o.state, f->fd, st.st_size, &f->records);
	if (whole < 0)
		return eg_refuse(why, (int)whole, "%s", strerror((int)-whole));
	if (st.st_size - whole > (off_t)format->longest)
		return eg_refuse(why, -EINVAL, "is damaged at byte %lld: move it away",
				 (long long)whole);
	/* Now that it is ours: not a bit of another's file was touched. */
	if (ftruncate(f->fd, whole) < 0 || fchmod(f->fd, 0600) < 0)
		return eg_refuse(why, -errno, "%s", strerror(errno));
	f->size = whole;
	f->ended = true; /* as far as we are concerned */
	return 0;
}

/* Take the file. Returns 0 or a negative errno. */
static int take(struct eg_appendfile *f, const struct eg_refusal *why)
{
	struct eg_rotation *r = &f->rotation;
	int rc;

	rc = r->dir = eg_ownfile_folder(f->path, &r->name, why);
	if (rc < 0)
		return rc;
	rc = f->fd = eg_ownfile_open(r->dir, r->name, EG_OWNFILE_TAKE, why);
	if (rc < 0)
		return rc;
	rc = mend(f, why);
	return rc ? rc : eg_rotate_check(r, why);
}

/* Begin, in this file or the next. Returns 0 or a negative errno. */
static int start(struct eg_appendfile *f, const struct eg_refusal *why)
{
	int rc = 0;

	if (full(f, EG_PAGE))
		rc = rotate(f);
	if (rc)
		return eg_refuse(why, rc, "cannot be rotated: %s", strerror(-rc));
	/* One that was begun just now has its beginning already. */
	if (f->size == 0 || !f->begun)
		rc = begin(f);
	if (!rc)
		rc = write_page(f);
	return rc ? eg_refuse(why, rc, "cannot be written: %s", strerror(-rc)) : 0;
}

static void release(struct eg_appendfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->rotation.dir >= 0)
		close(f->rotation.dir);
	free(f->path);
	free(f);
}

int eg_appendfile_open(struct eg_appendfile **out, const struct eg_append_options *o,
		       const struct eg_refusal *why)
{
	struct eg_appendfile *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	f->o = *o;
	f->fd = -1;
	f->rotation = (struct eg_rotation){
		.dir = -1,
		.files = o->kept,
		.is_ours = o->format->is_ours,
	};
	f->path = strdup(o->path);
	rc = f->path ? take(f, why) : eg_refuse(why, -ENOMEM, "no memory for it");
	if (!rc)
		rc = start(f, why);
	if (rc) {
		release(f);
		return rc;
	}
	*out = f;
	return 0;
}

void eg_appendfile_close(struct eg_appendfile *f)
{
	if (!f)
		return;
	end(f);
	release(f);
}
