/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of any kind, read to its end by both of the readers. */
#include "input.h"
#include "fuzz.h"

/* Read every byte of SPAN, which must lie in the N bytes at P; names live elsewhere. */
static unsigned int look(struct eg_span span, const uint8_t *p, size_t n)
{
	unsigned int sum = 0;

	FUZZ_MUST(!span.n || (span.p >= p && span.n <= n && span.p + span.n <= p + n));
	for (size_t i = 0; i < span.n; i++)
		sum += span.p[i];
	return sum;
}

static void read_packets(struct eg_input *c, const uint8_t *p, size_t n)
{
	struct eg_input_packet packet;
	uint64_t number = 0;
	int rc;

	while ((rc = eg_input_next(c, &packet)) == 1) {
		FUZZ_MUST(packet.number == ++number);
		FUZZ_MUST(packet.guest.n <= EG_INPUT_NAME_MAX);
		look(packet.bytes, p, n);
		look(packet.comment, p, n);
	}
	FUZZ_MUST(rc == 0 || eg_input_trouble(c));
	FUZZ_MUST(eg_input_next(c, &packet) == rc);
}

static void read_lines(struct eg_input *c, const uint8_t *p, size_t n)
{
	struct eg_span line;

	while (eg_input_line(c, &line) == 1) {
		FUZZ_MUST(line.n > 0 && line.n <= EG_INPUT_LINE_MAX);
		look(line, p, n);
	}
	FUZZ_MUST(eg_input_line(c, &line) == 0 && line.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[EG_INPUT_ERROR_MAX];
	struct eg_input *c;
	const uint8_t *p;

	if (size > FUZZ_MAX)
		return 0;
	p = fuzz_place(data, size);
	if (eg_input_open_memory(&c, p, size, error) != 0) {
		FUZZ_MUST(error[0]);
		return 0;
	}
	if (eg_input_kind(c) == EG_INPUT_EVENTS)
		read_lines(c, p, size);
	else
		read_packets(c, p, size);
	FUZZ_MUST(eg_input_offset(c) <= size);
	eg_input_close(c);
	return 0;
}
