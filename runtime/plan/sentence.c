/* SPDX-License-Identifier: Apache-2.0 */
#include "sentence.h"

#include <stdarg.h>
#include <stdio.h>

void pel_sentence_add(struct sentence *sentence, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (sentence->length >= sizeof(sentence->bytes))
		return;
	va_start(ap, fmt);
	n = vsnprintf(sentence->bytes + sentence->length, sizeof(sentence->bytes) - sentence->length, fmt, ap);
	va_end(ap);
	sentence->length += n > 0 ? (size_t)n : 0;
}
