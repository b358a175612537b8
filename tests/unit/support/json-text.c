/* SPDX-License-Identifier: Apache-2.0 */
#include "json-text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "json-check.h"

char *text;
size_t text_size;

FILE *open_text(void)
{
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &text_size);
	ck_assert_ptr_nonnull(out);
	return out;
}

const char *text_of(FILE *out)
{
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

void assert_valid_json(const char *json)
{
	size_t at = 0;

	if (!json_is_valid(json, &at))
		ck_abort_msg("not JSON at byte %zu: %.60s", at, json + at);
}
