/* SPDX-License-Identifier: Apache-2.0 */
#include "load-case.h"

#include <check.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>

void ck_graph_error(struct pel_error *err, const char *wanted)
{
	const struct pel_error_item *item = err->items;
	char said[1024];

	ck_assert_msg(err->count == 1, "%zu errors instead of: %s", err->count, wanted);
	snprintf(said, sizeof(said), "%s:%u:%u: %s", item->file ? item->file : "", item->line, item->col,
		 item->text);
	ck_assert_str_eq(said, wanted);
	pel_error_fini(err);
}

char *chain(size_t actors, size_t *size)
{
	char *text = malloc(200 + actors * 120), *at = text;

	at += sprintf(at, "<graph " NS " name=\"chain\">\n");
	for (size_t i = 0; i < actors; i++)
		at += sprintf(at, "  <actor id=\"actor%zu\" kernel=\"core.copy\"/>\n", i);
	for (size_t i = 0; i + 1 < actors; i++)
		at += sprintf(at, "  <channel from=\"actor%zu\" to=\"actor%zu\"/>\n", i, i + 1);
	at += sprintf(at, "</graph>\n");
	*size = (size_t)(at - text);
	return text;
}
