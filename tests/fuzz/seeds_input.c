/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first corpus of files to read: `seeds_input DIRECTORY` writes DIRECTORY/seed-*, the same each
 * time. */
#include "captures.h"
#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct captures file;

static void save(const char *directory, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/seed-%s", directory, name);
	f = fopen(path, "wb");
	if (!f || fwrite(file.p, 1, file.n, f) != file.n || fclose(f) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	captures_free(&file);
}

static void pcap(const char *directory)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
	uint8_t frame[PACKET_MAX];
	char name[16];

	for (unsigned int i = 0; i < 4; i++) {
		file.big = i & 1;
		captures_pcap(&file, magics[i / 2]);
		for (int base = 0; base < PACKET_BASES; base++) {
			uint32_t n = (uint32_t)packet_base((enum packet_base)base, frame);

			captures_record(&file, 1700000000, 5, frame, n);
		}
		snprintf(name, sizeof(name), "pcap-%u", i);
		save(directory, name);
	}
}

static void other_blocks(void)
{
	size_t at = captures_begin(&file, 0x80000ef1);

	captures_bytes(&file, "filler", 6);
	captures_end(&file, at);
	at = captures_begin(&file, 3);
	captures_32(&file, 4);
	captures_32(&file, 0);
	captures_end(&file, at);
	at = captures_begin(&file, 2);
	for (int i = 0; i < 5; i++)
		captures_32(&file, 0);
	captures_option(&file, 1, "egress old", 10);
	captures_end(&file, at);
	at = captures_begin(&file, 5);
	for (int i = 0; i < 3; i++)
		captures_32(&file, 0);
	captures_option(&file, 4, "\7\0\0\0\0\0\0", 8);
	captures_end(&file, at);
}

static void pcapng(const char *directory)
{
	static const uint8_t resolutions[] = { 6, 9, 3, 0x80 | 10 };
	static const char comment[] = "egress verdict=block reason=tcp-new rule=allow proto=tcp "
				      "src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443";
	uint8_t frame[PACKET_MAX];
	char name[16];

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int section = 0; section < 2; section++) {
			file.big = (i ^ section) & 1;
			captures_section(&file);
			captures_interface(&file, section ? "guest" : NULL, resolutions[i]);
			captures_packet(&file, 0, 1700000000, frame,
					(uint32_t)packet_base(PACKET_TCP4 + i, frame), comment, 2);
			other_blocks();
		}
		snprintf(name, sizeof(name), "pcapng-%u", i);
		save(directory, name);
	}
}

int main(int argc, char **argv)
{
	static const char events[] = "{\"event_type\":\"drop\"}\n\n{\"event_type\":\"dns\"}\n{";

	if (argc != 2) {
		fprintf(stderr, "usage: seeds_input DIRECTORY\n");
		return 2;
	}
	pcap(argv[1]);
	pcapng(argv[1]);
	captures_bytes(&file, events, sizeof(events) - 1);
	save(argv[1], "events");
	save(argv[1], "empty");
	return 0;
}
