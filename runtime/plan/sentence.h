/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SENTENCE_H
#define PEL_SENTENCE_H

#include <pelton/base.h>

/* A long message, built piece by piece; text beyond its size is cut off. */
struct sentence {
	char bytes[4096];
	size_t length;
};
void pel_sentence_add(struct sentence *sentence, const char *fmt, ...) PEL_PRINTF(2, 3);

#endif
