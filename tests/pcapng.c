/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

static uint64_t get_time(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static bool fail(struct pcapng *p, size_t at, const char *fault)
{
	p->fault = fault;
	p->fault_at = at;
	return false;
}

/* The N bytes at P as text, without padding. */
static void copy_text(char *to, size_t size, const uint8_t *p, size_t n)
{
	n = n < size ? n : size - 1;
	memcpy(to, p, n);
	to[n] = '\0';
}

typedef bool option_fn(struct pcapng *p, uint16_t code, const uint8_t *value, uint16_t n);

static bool section_option(struct pcapng *p, uint16_t code, const uint8_t *value, uint16_t n)
{
	if (code == 4)
		copy_text(p->userappl, sizeof(p->userappl), value, n);
	return true;
}

static bool interface_option(struct pcapng *p, uint16_t code, const uint8_t *value, uint16_t n)
{
	if (code == 2)
		copy_text(p->name, sizeof(p->name), value, n);
	if (code == 9 && (n != 1 || *value != 9))
		return false; /* our packets are in nanoseconds */
	return true;
}

static bool statistics_option(struct pcapng *p, uint16_t code, const uint8_t *value, uint16_t n)
{
	if ((code == 4 || code == 5) && n != 8)
		return false;
	if (code == 4)
		memcpy(&p->received, value, 8);
	if (code == 5)
		memcpy(&p->dropped, value, 8);
	return true;
}

static bool packet_option(struct pcapng *p, uint16_t code, const uint8_t *value, uint16_t n)
{
	struct pcapng_packet *packet = &p->packets[p->count];

	if (code == 2) {
		if (n != 4)
			return false;
		packet->flags = get32(value);
	}
	if (code == 1) {
		char *text = malloc(n + 1u);

		copy_text(text, n + 1u, value, n);
		packet->comment = text;
	}
	return true;
}

/* The options from AT to END. */
static bool options(struct pcapng *p, size_t at, size_t end, option_fn *fn)
{
	if (at == end)
		return true;
	while (end - at >= 4) {
		uint16_t code = get16(p->bytes + at), n = get16(p->bytes + at + 2);

		if (code == 0)
			return at + 4 == end || fail(p, at, "bytes behind the last option");
		if (n > end - at - 4)
			break;
		if (!fn(p, code, p->bytes + at + 4, n))
			return fail(p, at, "an option's length or value");
		at += 4 + ((n + 3u) & ~3u);
	}
	return fail(p, at, "an option that is too long, or none that ends them");
}

static bool section(struct pcapng *p, size_t at, size_t end)
{
	const uint8_t *b = p->bytes + at;

	if (end - at < 16 || get32(b) != 0x1a2b3c4d || get16(b + 4) != 1 || get16(b + 6) != 0)
		return fail(p, at, "a section header");
	p->sections++;
	p->name[0] = '\0';
	return options(p, at + 16, end, section_option);
}

static bool interface(struct pcapng *p, size_t at, size_t end)
{
	const uint8_t *b = p->bytes + at;

	if (end - at < 8 || get16(b) != 1 || p->name[0])
		return fail(p, at, "an interface description");
	p->snaplen = get32(b + 4);
	return options(p, at + 8, end, interface_option) &&
	       (p->name[0] || fail(p, at, "an interface without a name"));
}

static bool packet(struct pcapng *p, size_t at, size_t end)
{
	const uint8_t *b = p->bytes + at;
	struct pcapng_packet *packet;
	size_t padded;

	if (end - at < 20 || get32(b) != 0 || !p->name[0])
		return fail(p, at, "a packet of no interface");
	if (p->count % 1024 == 0)
		p->packets = realloc(p->packets, (p->count + 1024) * sizeof(*p->packets));
	packet = &p->packets[p->count];
	*packet = (struct pcapng_packet){
		.time = get_time(b + 4),
		.caplen = get32(b + 12),
		.len = get32(b + 16),
		.bytes = b + 20,
		.comment = NULL,
		.section = p->sections,
	};
	padded = (packet->caplen + 3u) & ~3u;
	if (packet->caplen > p->snaplen || packet->caplen > packet->len || padded > end - at - 20)
		return fail(p, at, "a packet's length");
	if (!options(p, at + 20 + padded, end, packet_option))
		return false;
	if (!packet->comment)
		packet->comment = calloc(1, 1);
	p->count++;
	return true;
}

static bool statistics(struct pcapng *p, size_t at, size_t end)
{
	if (end - at < 12 || get32(p->bytes + at) != 0 || !p->name[0])
		return fail(p, at, "statistics of no interface");
	p->statistics++;
	return options(p, at + 12, end, statistics_option);
}

/* The block from AT to END, whose lengths are right. */
static bool block(struct pcapng *p, size_t at, size_t end)
{
	uint32_t type = get32(p->bytes + at);
	bool crosses = at / PAGE != (end - 1) / PAGE;

	if (p->sections == 0 && type != 0x0a0d0d0a)
		return fail(p, at, "no section");
	p->crossing += crosses && type == 6;
	if (crosses && type != 6)
		return fail(p, at, "a block that crosses a page");
	switch (type) {
	case 0x0a0d0d0a:
		return section(p, at + 8, end - 4);
	case 1:
		return interface(p, at + 8, end - 4);
	case 6:
		return packet(p, at + 8, end - 4);
	case 5:
		return statistics(p, at + 8, end - 4);
	default:
		return type & 0x80000000 || fail(p, at, "a block of a type that is not known");
	}
}

static void load(struct pcapng *p, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f) {
		p->fault = "no file";
		return;
	}
	fseek(f, 0, SEEK_END);
	p->size = (size_t)ftell(f);
	p->bytes = malloc(p->size + 1);
	rewind(f);
	p->size = fread(p->bytes, 1, p->size, f);
	fclose(f);
}

void pcapng_read(struct pcapng *p, const char *path)
{
	size_t at = 0;

	memset(p, 0, sizeof(*p));
	load(p, path);
	while (!p->fault && at < p->size) {
		size_t left = p->size - at, len = left < 12 ? 0 : get32(p->bytes + at + 4);

		if (len < 12 || len % 4 || len > left)
			fail(p, at, "a block's length");
		else if (get32(p->bytes + at + len - 4) != len)
			fail(p, at, "a block's two lengths");
		else
			block(p, at, at + len);
		at += len;
	}
}

void pcapng_free(struct pcapng *p)
{
	for (size_t i = 0; i < p->count; i++)
		free((void *)(uintptr_t)p->packets[i].comment);
	free(p->packets);
	free(p->bytes);
}
