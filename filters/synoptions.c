/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of options is read to its end: what is not in form opens no connection. */
#include "synoptions.h"

enum { SCALE_MAX = 14 }; /* RFC 7323 2.3 */

/* Lengths of the options that stand on a SYN; those of others are their own matter. */
enum { OPT_END, OPT_NOP, OPT_MSS, OPT_SCALE, OPT_SACK_PERMITTED, OPT_TIMES = 8, OPT_KNOWN };
static const uint8_t option_lengths[OPT_KNOWN] = {
	[OPT_MSS] = 4, [OPT_SCALE] = 3, [OPT_SACK_PERMITTED] = 2, [OPT_TIMES] = 10
};

/* Take the rest of the option of KIND from R, and into O if it is the scale. */
static void take_option(struct eg_reader *r, uint8_t kind, struct eg_syn_options *o)
{
	uint8_t len = eg_take8(r);
	uint8_t shift;

	if (len < 2 || (kind < OPT_KNOWN && option_lengths[kind] && option_lengths[kind] != len) ||
	    (kind == OPT_SCALE && o->scaled)) {
		r->bad = true;
	} else if (kind == OPT_SCALE) {
		shift = eg_take8(r);
		o->scale = shift < SCALE_MAX ? shift : SCALE_MAX;
		o->scaled = true;
	} else {
		eg_take(r, len - 2u);
	}
}

/* After the end of the list the header is padded with zeros (RFC 9293 3.1). */
static void take_padding(struct eg_reader *r)
{
	while (r->left > 0 && !r->bad)
		r->bad = eg_take8(r) != 0;
}

bool eg_syn_options(struct eg_syn_options *o, const struct eg_frame *f)
{
	const uint8_t *header = f->bytes + f->l4_off;
	size_t len = f->l4_len - f->payload.n;
	struct eg_reader r = eg_reader(header + EG_TCP_LEN, len - EG_TCP_LEN);

	*o = (struct eg_syn_options){ 0 };
	while (r.left > 0 && !r.bad) {
		uint8_t kind = eg_take8(&r);

		if (kind == OPT_END)
			take_padding(&r);
		else if (kind != OPT_NOP)
			take_option(&r, kind, o);
	}
	return !r.bad;
}
