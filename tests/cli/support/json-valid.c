/* SPDX-License-Identifier: Apache-2.0 */
/* json-valid FILE: exit status 0 where FILE is one JSON value; else says where it stops being one. */
#include <stdio.h>
#include <stdlib.h>
#include "json-check.h"

static char text[1 << 24];

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	size_t n, at;

	if (!f) {
		fprintf(stderr, "usage: json-valid FILE\n");
		return 2;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if (json_is_valid(text, &at))
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: no JSON from byte %zu: %.40s\n", argv[1], at, text + at);
	return EXIT_FAILURE;
}
