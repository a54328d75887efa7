/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes: frames of ours between those of the guest, whose payload is text.
 *
 * A guest can send what looks like one. In a capture with comments the comment tells them apart. A
 * classic one has none: there a frame that looks like a note and is none is recorded without its
 * payload (pcapfile.c), and a reader believes notes only in a file whose header says that we wrote
 * it. So nothing that was sent is read as a note, whoever captured it.
 */
#ifndef EG_NOTE_H
#define EG_NOTE_H

#include "span.h"

enum {
	EG_NOTE_ETHERTYPE = 0x88b5, /* IEEE 802, local experimental */
	EG_NOTE_AT = 14,            /* where the text begins: after the Ethernet header */
};

/* Where the header of a classic capture says that we wrote it: its sixth word, the accuracy of
 * times, which writers set to 0 and readers pass over (pcap-savefile(5)). */
#define EG_NOTE_PCAP_MARK 0x65677265u

/* Whether the N bytes at FRAME begin as a note does: no station has the address 0. */
static inline bool eg_note_seems(const uint8_t *frame, size_t n)
{
	static const uint8_t nobody[12];

	return n >= EG_NOTE_AT && memcmp(frame, nobody, sizeof(nobody)) == 0 &&
	       eg_get16(frame + sizeof(nobody)) == EG_NOTE_ETHERTYPE;
}

#endif
