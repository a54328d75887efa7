/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "side.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAC_LEN = 6, SENDER_AT = 6, TEXT_LEN = 3 * MAC_LEN - 1 };

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) % 16 : -1;
}

bool eg_side_parse(uint8_t mac[6], const char *p, size_t n)
{
	uint8_t any = 0;

	if (n != TEXT_LEN || (p[2] != ':' && p[2] != '-'))
		return false;
	for (size_t i = 0; i < MAC_LEN; i++, p += 3) {
		int high = digit(p[0]), low = digit(p[1]);

		if (high < 0 || low < 0 || (i + 1 < MAC_LEN && p[2] != p[2 - 3 * (int)i]))
			return false;
		mac[i] = (uint8_t)(high * 16 + low);
		any |= mac[i];
	}
	return any && !(mac[0] & 1); /* one station's: neither 0 nor a group's */
}

const char *eg_side_text(const uint8_t mac[6], char text[EG_SIDE_TEXT_MAX])
{
	snprintf(text, EG_SIDE_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}

/* The sender of P; NULL where it is too short to have one. */
static const uint8_t *sender(const struct eg_input_packet *p)
{
	return p->bytes.n >= SENDER_AT + MAC_LEN ? p->bytes.p + SENDER_AT : NULL;
}

enum eg_input_dir eg_side_of(struct eg_side *s, const struct eg_input_packet *p)
{
	const uint8_t *mac = sender(p);

	if (!s->has_guest || (!mac && p->dir != EG_INPUT_UNKNOWN))
		return p->dir;
	if (!mac || memcmp(mac, s->guest, MAC_LEN) != 0)
		return EG_INPUT_TO_GUEST;
	s->of_guest++;
	return EG_INPUT_FROM_GUEST;
}

void eg_side_count(struct eg_side *s, const struct eg_input_packet *p)
{
	const uint8_t *mac = sender(p);
	size_t i = 0;

	if (!mac)
		return;
	while (i < s->sender_count && memcmp(s->senders[i].mac, mac, MAC_LEN) != 0)
		i++;
	if (i == EG_SIDE_SENDERS_MAX)
		return;
	if (i == s->sender_count)
		memcpy(s->senders[s->sender_count++].mac, mac, MAC_LEN);
	s->senders[i].frames++;
}

static int by_frames(const void *a, const void *b)
{
	const struct eg_side_sender *x = a, *y = b;

	if (x->frames != y->frames)
		return x->frames > y->frames ? -1 : 1;
	return memcmp(x->mac, y->mac, MAC_LEN);
}

void eg_side_sort(struct eg_side *s)
{
	qsort(s->senders, s->sender_count, sizeof(s->senders[0]), by_frames);
}
