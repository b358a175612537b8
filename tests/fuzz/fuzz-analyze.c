/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Analyzes any bytes that are a graph, Pelton's or SDF3's. Nothing may crash, leak, hang or be refused without a word.
 *
 *   cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DPELTON_FUZZ=ON -DPELTON_SANITIZE=address,undefined
 *   build/fuzz/fuzz-analyze -max_len=8192 CORPUS tests/sdf3/free tests/golden
 */
#include <pelton/pelton.h>
#include <stdint.h>
#include <stdlib.h>

#include "load.h"
#include "sdf3.h"

#define BUDGET_S 0.05

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of a Pelton graph: small enough that what a limit allows is analyzed at once. */
static const struct pel_limits limits = {
	.document_bytes = 1 << 20, .depth = 12, .elements = 2000, .nesting = 5, .actors = 500, .channels = 500
};

static const struct pel_analysis_options options = { .size = sizeof(options),
						     .buffers = true,
						     .budget_s = BUDGET_S };

static int analyze_graph(const uint8_t *data, size_t size, struct pel_analysis **ret, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	int r = pel_graph_parse_limited(data, size, "<fuzz>", &limits, &graph, err);

	if (r == 0)
		r = pel_analyze(graph, &options, ret, err);
	pel_graph_destroy(graph);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pel_analysis *analysis = NULL;
	struct pel_error err = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int r = pel_sdf3_recognize((const char *)data, size)
			? pel_analyze_text((const char *)data, size, "<fuzz>", &options, &analysis, &err)
			: analyze_graph(data, size, &analysis, &err);

	if (r < 0 && err.count + err.lost == 0)
		abort();
	if (r == 0 && (pel_analysis_write_json(analysis, out) < 0 || pel_analysis_write_text(analysis, out) < 0))
		abort();
	fclose(out);
	free(text);
	pel_analysis_destroy(analysis);
	pel_error_fini(&err);
	return 0;
}
