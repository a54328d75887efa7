/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capture files in the classic format (.pcap), by libpcap.
 *
 * libpcap writes to a stream in memory, from which the bytes are taken: first the file header,
 * then record by record. A file of ours is known by a mark in that header (note.h), in a word that
 * readers pass over; no other is written to, nor are notes believed in another. What was sent and
 * looks like a note is recorded without its payload.
 *
 * The format has no filler: a record that does not fit behind the others of a page is
 * written across its end, and a SIGKILL may tear it.
 *
 * References. pcap-savefile(5).
 */
#include "pcapfile.h"

#include "note.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_HEADER_LEN = 16, RECORD_MAX = RECORD_HEADER_LEN + EG_SNAPLEN };

/* What libpcap writes at the start of a file, but for the mark. */
static const struct pcap_file_header header = {
	.magic = 0xa1b2c3d4, /* times in microseconds */
	.version_major = PCAP_VERSION_MAJOR,
	.version_minor = PCAP_VERSION_MINOR,
	.sigfigs = EG_NOTE_PCAP_MARK,
	.snaplen = EG_SNAPLEN,
	.linktype = DLT_EN10MB,
};

struct state {
	pcap_t *pcap;
	FILE *stream;
	pcap_dumper_t *dumper;         /* the stream, as libpcap calls it */
	uint8_t bytes[RECORD_MAX + 1]; /* where it writes to; the stream adds a NUL */
};

static void free_state(void *state)
{
	struct state *s = state;

	if (s->dumper)
		pcap_dump_close(s->dumper);
	else if (s->stream)
		fclose(s->stream);
	if (s->pcap)
		pcap_close(s->pcap);
	free(s);
}

static void *new_state(const struct eg_capture_about *about)
{
	struct state *s = calloc(1, sizeof(*s));

	(void)about; /* there is no place for it */
	if (!s)
		return NULL;
	s->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, EG_SNAPLEN,
						       PCAP_TSTAMP_PRECISION_MICRO);
	s->stream = fmemopen(s->bytes, sizeof(s->bytes), "w");
	if (s->pcap && s->stream)
		s->dumper = pcap_dump_fopen(s->pcap, s->stream);
	if (!s->dumper) {
		free_state(s);
		return NULL;
	}
	return s;
}

static bool is_ours(const uint8_t *head, size_t n)
{
	return memcmp(head, &header, n < sizeof(header) ? n : sizeof(header)) == 0;
}

static size_t begin(void *state, bool empty, uint8_t *buf)
{
	(void)state;
	if (!empty)
		return 0;
	memcpy(buf, &header, sizeof(header));
	return sizeof(header);
}

static const uint8_t *record(void *state, const struct eg_packet *p, size_t caplen, size_t *len)
{
	struct state *s = state;
	bool false_note = !p->note && caplen > EG_NOTE_AT && eg_note_seems(p->bytes, p->len);
	const struct pcap_pkthdr packet = {
		.ts = { .tv_sec = p->when.tv_sec, .tv_usec = p->when.tv_nsec / 1000 },
		.caplen = false_note ? EG_NOTE_AT : (bpf_u_int32)caplen,
		.len = (bpf_u_int32)p->len,
	};

	rewind(s->stream);
	pcap_dump((u_char *)s->dumper, &packet, p->bytes);
	fflush(s->stream);
	*len = RECORD_HEADER_LEN + packet.caplen;
	return s->bytes;
}

/* Read FD from its start as libpcap does; the caller closes it with pcap_close. NULL: errno says
 * why. */
static pcap_t *reader(int fd, FILE **stream)
{
	char error[PCAP_ERRBUF_SIZE];
	/* The lock is the copy's too: no program that the host starts may keep it. */
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	pcap_t *p;

	*stream = copy < 0 ? NULL : fdopen(copy, "r");
	if (!*stream) {
		int saved = errno;

		if (copy >= 0)
			close(copy);
		errno = saved;
		return NULL;
	}
	rewind(*stream);
	p = pcap_fopen_offline(*stream, error);
	if (!p) {
		fclose(*stream);
		errno = EINVAL;
	}
	return p;
}

static off_t walk(void *state, int fd, off_t size, uint64_t *records)
{
	struct pcap_pkthdr *packet;
	const u_char *data;
	FILE *stream;
	off_t end = sizeof(header);
	pcap_t *p;

	(void)state;
	if (size < end)
		return 0;
	p = reader(fd, &stream);
	if (!p)
		return -errno;
	while (pcap_next_ex(p, &packet, &data) == 1) {
		++*records;
		end = ftello(stream);
	}
	pcap_close(p);
	return end;
}

const struct eg_capture_format eg_pcapfile = {
	.ending = ".pcap",
	.file = {
		.what = "a capture",
		.longest = RECORD_MAX,
		.is_ours = is_ours,
		.walk = walk,
		.begin = begin,
	},
	.new = new_state,
	.free = free_state,
	.record = record,
};
