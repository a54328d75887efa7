/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capture files in the classic format (.pcap), through libpcap.
 *
 * Purpose. Append frames to a file that readers may open at any moment, that a
 * SIGKILL or a full disk may interrupt anywhere, and that somebody hostile may
 * have prepared.
 *
 * Life-cycle. open: take the file (no link of any kind, regular, ours, exclusive
 * lock), then either write the file header or check that what is there
 * begins with the very header that we would write, walk its records and cut off
 * a torn one at the end. put: libpcap formats the record into the stream's
 * buffer. flush: one write, as a rule; only then does the file grow.
 *
 * Invariants. committed is the size of the file after the last good flush; all
 * bytes before it are whole records. A failed flush cuts the file back to it.
 *
 * Limits. BUFFER_SIZE is what is formatted between two flushes before the stream
 * writes by itself, SNAPLEN the longest record; a tail of more than one record
 * that does not parse is damage that we did not do, and is left alone.
 *
 * Fails how. open says why in words. Later only flush fails, with an errno.
 *
 * References. pcap-savefile(5).
 */
#include "pcapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SNAPLEN = 262144, /* what tcpdump and Wireshark take as the most */
	BUFFER_SIZE = 256 * 1024,
	HEADER_LEN = 24,
	RECORD_HEADER_LEN = 16,
};

struct eg_pcapfile {
	FILE *stream;
	pcap_t *pcap;
	pcap_dumper_t *dumper; /* the stream, as libpcap calls it */
	off_t committed;
	char buffer[BUFFER_SIZE];
};

struct failure {
	char *text;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct failure *e, int rc,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->text, e->size, format, args);
	va_end(args);
	return rc;
}

/* Open PATH safely and lock it. Returns the descriptor or a negative errno. */
static int take_file(const char *path, const struct failure *e)
{
	int fd =
		open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat st;
	int rc;

	if (fd < 0) {
		rc = -errno;
		return fail(e, rc, "%s",
			    rc == -ELOOP ? "is a symbolic link; name the file itself"
					 : strerror(-rc));
	}
	if (fstat(fd, &st) < 0)
		rc = fail(e, -errno, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = fail(e, -EINVAL, "is not a regular file");
	else if (st.st_uid != geteuid())
		rc = fail(e, -EPERM, "belongs to another user");
	else if (st.st_nlink != 1)
		rc = fail(e, -EMLINK, "has other names (hard links)");
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = fail(e, -errno, "%s",
			  errno == EWOULDBLOCK ? "is in use by another" : strerror(errno));
	else
		return fd;
	close(fd);
	return rc;
}

/* The file header that libpcap writes for us. Returns whether it could be had. */
static bool own_header(pcap_t *pcap, uint8_t header[HEADER_LEN])
{
	char buf[HEADER_LEN + 1];
	FILE *memory = fmemopen(buf, sizeof(buf), "w");
	pcap_dumper_t *d = memory ? pcap_dump_fopen(pcap, memory) : NULL;

	if (!d) {
		if (memory)
			fclose(memory);
		return false;
	}
	pcap_dump_close(d);
	memcpy(header, buf, HEADER_LEN);
	return true;
}

/* Walk the records of the capture FD. Returns where the last whole one ends, or
 * a negative errno. */
static off_t last_whole_record(int fd)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	off_t end = HEADER_LEN;
	/* The lock is the copy's too: no program that the host starts may keep it. */
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
	pcap_t *reader;

	if (!stream) {
		int rc = -errno;

		if (copy >= 0)
			close(copy);
		return rc;
	}
	rewind(stream);
	reader = pcap_fopen_offline(stream, error);
	if (!reader) {
		fclose(stream);
		return -EINVAL;
	}
	while (pcap_next_ex(reader, &header, &data) == 1)
		end = ftello(stream);
	pcap_close(reader);
	return end;
}

/* Make sure that FD, SIZE bytes long, is our kind of capture and ends in a whole
 * record. Returns its size then (0 where the header is yet to be written), or a
 * negative errno. */
static off_t mend(int fd, off_t size, const uint8_t header[HEADER_LEN], const struct failure *e)
{
	uint8_t found[HEADER_LEN];
	ssize_t n = pread(fd, found, sizeof(found), 0);
	off_t end;

	if (n < 0)
		return fail(e, -errno, "%s", strerror(errno));
	if (memcmp(found, header, (size_t)n) != 0)
		return fail(e, -EINVAL,
			    "is not a capture of this plugin's: it will not be written to");
	end = n < HEADER_LEN ? 0 : last_whole_record(fd);
	if (end < 0)
		return fail(e, (int)end, "%s", strerror((int)-end));
	if (size - end > RECORD_HEADER_LEN + SNAPLEN)
		return fail(e, -EINVAL, "is damaged at byte %lld: move it away", (long long)end);
	/* Now that it is ours: not a bit of another's file was touched. */
	if (ftruncate(fd, end) < 0 || fchmod(fd, 0600) < 0)
		return fail(e, -errno, "%s", strerror(errno));
	return end;
}

/* Give F its stream over FD, positioned at its end. FD is the stream's from success on. */
static int attach(struct eg_pcapfile *f, int fd, const struct failure *e)
{
	uint8_t header[HEADER_LEN];
	struct stat st;
	off_t size;

	f->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN,
						       PCAP_TSTAMP_PRECISION_MICRO);
	if (!f->pcap || !own_header(f->pcap, header) || fstat(fd, &st) < 0)
		return fail(e, -ENOMEM, "no memory for it");
	size = mend(fd, st.st_size, header, e);
	if (size < 0)
		return (int)size;
	f->stream = fdopen(fd, "r+e");
	if (!f->stream)
		return fail(e, -errno, "%s", strerror(errno));
	setvbuf(f->stream, f->buffer, _IOFBF, sizeof(f->buffer));
	rewind(f->stream);
	f->dumper = pcap_dump_fopen(f->pcap, f->stream); /* the same header over itself */
	if (!f->dumper || fflush(f->stream) != 0 || fseeko(f->stream, 0, SEEK_END) < 0)
		return fail(e, -errno, "cannot be written: %s", strerror(errno));
	f->committed = size > 0 ? size : HEADER_LEN;
	return 0;
}

int eg_pcapfile_open(struct eg_pcapfile **out, const char *path, char *error, size_t error_size)
{
	const struct failure e = { .text = error, .size = error_size };
	struct eg_pcapfile *f = calloc(1, sizeof(*f));
	int fd, rc;

	if (!f)
		return fail(&e, -ENOMEM, "no memory for it");
	rc = fd = take_file(path, &e);
	if (fd >= 0)
		rc = attach(f, fd, &e);
	if (rc < 0) {
		if (fd >= 0 && !f->stream)
			close(fd);
		eg_pcapfile_close(f);
		return rc;
	}
	*out = f;
	return 0;
}

void eg_pcapfile_put(struct eg_pcapfile *f, const struct timespec *when, const uint8_t *frame,
		     size_t caplen, size_t len)
{
	struct pcap_pkthdr header = {
		.ts = { .tv_sec = when->tv_sec, .tv_usec = when->tv_nsec / 1000 },
		.caplen = (bpf_u_int32)(caplen < SNAPLEN ? caplen : SNAPLEN),
		.len = (bpf_u_int32)len,
	};

	pcap_dump((u_char *)f->dumper, &header, frame);
}

int eg_pcapfile_flush(struct eg_pcapfile *f)
{
	int rc;

	if (!ferror(f->stream) && fflush(f->stream) == 0) {
		f->committed = ftello(f->stream);
		return 0;
	}
	rc = errno ? -errno : -EIO;
	__fpurge(f->stream);
	clearerr(f->stream);
	if (ftruncate(fileno(f->stream), f->committed) < 0 ||
	    fseeko(f->stream, f->committed, SEEK_SET) < 0)
		rc = -errno;
	return rc;
}

void eg_pcapfile_close(struct eg_pcapfile *f)
{
	if (!f)
		return;
	if (f->stream)
		__fpurge(f->stream);
	if (f->dumper)
		pcap_dump_close(f->dumper);
	else if (f->stream)
		fclose(f->stream);
	if (f->pcap)
		pcap_close(f->pcap);
	free(f);
}
