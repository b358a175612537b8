/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "hls-table.h"

const struct hls_top *hls_find(const char *source, const char *kernel)
{
	for (const struct hls_top *top = hls_tops; top->source; top++)
		if (strcmp(top->source, source) == 0 && strcmp(top->name, kernel) == 0)
			return top;
	return NULL;
}

int hls_call(void *context, const char *source, const char *kernel, const struct pel_harness_arg *args,
	     size_t n_args)
{
	const struct hls_top *top = hls_find(source, kernel);
	char names[512] = "";

	(void)context;
	if (!top)
		return -ENOENT;
	for (size_t i = 0; i < n_args; i++) {
		size_t length = strlen(names);

		snprintf(names + length, sizeof(names) - length, "%s%s", i ? " " : "", args[i].name);
	}
	if (strcmp(names, top->args) != 0)
		return -EBADMSG;
	top->call(args);
	return 0;
}
