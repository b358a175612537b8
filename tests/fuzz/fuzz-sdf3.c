/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads any bytes as a graph of SDF3 and counts what it repeats. Nothing may crash, leak, hang or be refused without a word.
 *
 *   cmake -S . -B build/fuzz -DCMAKE_C_COMPILER=clang -DPELTON_FUZZ=ON -DPELTON_SANITIZE=address,undefined
 *   build/fuzz/fuzz-sdf3 -max_len=8192 CORPUS tests/sdf3/free tests/sdf3/bad
 */
#include <stdint.h>
#include <stdlib.h>

#include "sdf3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pel_error err = { 0 };
	struct pel_sdf3 *sdf3 = NULL;
	int r = pel_sdf3_parse((const char *)data, size, "<fuzz>", &sdf3, &err);
	uint64_t *q;

	pel_sdf3_recognize((const char *)data, size);
	if ((r < 0) != (err.count + err.lost > 0))
		abort();
	if (r == 0) {
		q = calloc(sdf3->sdf.n_actors + 1, sizeof(*q));
		if (q)
			pel_sdf_repetition(&sdf3->sdf, q, NULL, NULL);
		free(q);
	}
	pel_sdf3_destroy(sdf3);
	pel_error_fini(&err);
	return 0;
}
