/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads any bytes as a graph of SDF3, and makes one of Pelton's of it, which must load. Nothing may crash, leak, hang or be refused without a word.
 *
 *   cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DPELTON_FUZZ=ON -DPELTON_SANITIZE=address,undefined
 *   build/fuzz/fuzz-sdf3 -max_len=8192 CORPUS tests/sdf3/free tests/sdf3/bad
 */
#include <pelton/pelton.h>
#include <stdint.h>
#include <stdlib.h>

#include "sdf3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void import(const char *data, size_t size)
{
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int r = pel_import_text(data, size, "<fuzz>", NULL, out, &err);

	fclose(out);
	if (r == 0 && pel_graph_parse(text, length, "<import>", &graph, &err) < 0)
		abort();
	if (r < 0 && !err.count)
		abort();
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	int r = pel_sdf3_parse((const char *)data, size, "<fuzz>", &sdf3, &err);

	pel_sdf3_recognize((const char *)data, size);
	if ((r < 0) != (err.count + err.lost > 0))
		abort();
	pel_sdf3_destroy(sdf3);
	pel_error_fini(&err);
	if (r == 0)
		import((const char *)data, size);
	return 0;
}
