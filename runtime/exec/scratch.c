/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <errno.h>
#include "support.h"
#include "trace.h"

static size_t whole_lines(size_t bytes)
{
	return (bytes + PEL_SCRATCH_ALIGN - 1) / PEL_SCRATCH_ALIGN * PEL_SCRATCH_ALIGN;
}

int pel_scratch_init(struct pel_scratch *scratch, uint64_t bytes, uint32_t n_in, uint32_t n_out, bool trace)
{
	size_t n = (size_t)n_in + n_out, room = whole_lines(bytes);
	size_t *numbers;

	scratch->memory =
		pel_aligned_alloc(PEL_SCRATCH_ALIGN, room + whole_lines((3 * n + 1) * sizeof(size_t)));
	if (!scratch->memory)
		return -ENOMEM;
	numbers = (size_t *)(scratch->memory + room);
	scratch->io = (struct pel_io){ .in_tokens = numbers,
				       .out_tokens = numbers + n_in,
				       .consumed = numbers + n,
				       .produced = numbers + n + n_in,
				       .fired = numbers + 2 * n,
				       .in = (const void **)(numbers + 2 * n + 1),
				       .out = (void **)(numbers + 2 * n + 1) + n_in };
	return trace ? pel_trace_create(&scratch->trace) : 0;
}

void pel_scratch_fini(struct pel_scratch *scratch)
{
	pel_trace_destroy(scratch->trace);
	pel_free(scratch->memory);
}
