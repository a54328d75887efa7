/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Say why each frame of a capture of blocked frames is blocked: one line per frame,
 * with the stable word of the reason and the sentence that explains it. The demo shows
 * them beside each try. The frames are judged again, by a pipeline of their own.
 *
 *   why CAPTURE [NAME...]        NAMEs may be looked up
 */
#include "pipeline.h"
#include "words.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

static struct eg_policy *policy_of(char **names)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	struct eg_policy *policy = eg_policy_new();

	if (!w || !policy)
		return NULL;
	w->policy = policy;
	for (; *names; names++) {
		if (eg_words_apply(w, "resolve", *names) != 0) {
			fprintf(stderr, "why: %s\n", w->error);
			return NULL;
		}
	}
	free(w);
	return policy;
}

int main(int argc, char **argv)
{
	const struct eg_seed seed = { 1, 2 };
	char error[PCAP_ERRBUF_SIZE];
	struct eg_pipeline *pipeline;
	struct eg_policy *policy;
	struct pcap_pkthdr *h;
	struct eg_outcome o;
	const u_char *frame;
	pcap_t *capture;

	if (argc < 2)
		return EXIT_FAILURE;
	policy = policy_of(argv + 2);
	pipeline = policy ? eg_pipeline_new(policy, &seed, NULL, NULL) : NULL;
	capture = pcap_open_offline(argv[1], error);
	if (!pipeline || !capture)
		return EXIT_FAILURE;
	while (pcap_next_ex(capture, &h, &frame) == 1) {
		uint64_t now = (uint64_t)h->ts.tv_sec * 1000 + (uint64_t)h->ts.tv_usec / 1000;

		eg_pipeline_from_guest(pipeline, frame, h->caplen, now, &o);
		printf("%s: %s\n", eg_reason_word(o.reason), eg_reason_text(o.reason));
	}
	pcap_close(capture);
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
	return EXIT_SUCCESS;
}
