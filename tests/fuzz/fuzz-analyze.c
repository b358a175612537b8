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

#define BUDGET_S 0.05

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pel_analysis_options options = { .buffers = true, .budget_s = BUDGET_S };
	struct pel_analysis *analysis = NULL;
	struct pel_error err = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int r = pel_analyze_text((const char *)data, size, "<fuzz>", &options, &analysis, &err);

	if ((r < 0) != (err.count + err.lost > 0))
		abort();
	if (r == 0 && (pel_analysis_write_json(analysis, out) < 0 || pel_analysis_write_text(analysis, out) < 0))
		abort();
	fclose(out);
	free(text);
	pel_analysis_destroy(analysis);
	pel_error_fini(&err);
	return 0;
}
