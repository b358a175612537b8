/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads any bytes as a graph document and compiles what loads: a plan, or an explained error.
 *   fuzz-compile -dict=tests/fuzz/graph.dict -max_len=4096 -timeout=10 -rss_limit_mb=2000 CORPUS tests/golden tests/good graphs tests/bad
 */
#include <pelton/pelton.h>
#include <stdint.h>
#include <stdlib.h>

#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small enough that what a limit allows is compiled at once. */
static const struct pel_limits limits = {
	.document_bytes = 1 << 20, .depth = 12, .elements = 2000, .nesting = 5, .actors = 500, .channels = 500
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pel_compile_options options = { .size = sizeof(options),
						     .machine = "cores=2,l2=1M",
						     .workers = 2 };
	struct pel_error err = { 0 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	int r = pel_graph_parse_limited(data, size, "<fuzz>", &limits, &graph, &err);

	if (r == 0) {
		r = pel_compile(graph, &options, &plan, &err);
		pel_graph_destroy(graph);
		/* A plan may come with warnings; a failure never comes without a word. */
		if ((r == 0) != (plan != NULL) || (r < 0 && err.count + err.lost == 0))
			abort();
		pel_plan_destroy(plan);
	}
	pel_error_fini(&err);
	return 0;
}
