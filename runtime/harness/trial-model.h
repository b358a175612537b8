/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TRIAL_MODEL_H
#define PEL_TRIAL_MODEL_H

#include "harness-model.h"

/* One execution of the kernel, from its start to the end of its inputs. */

struct pel_trial_stream {
	unsigned char *data;
	size_t tokens, capacity; /* bytes */
};

/* How to execute it, and the results. After pel_trial_init() the caller may set the members before "results". */
struct pel_trial {
	struct pel_harness *harness;
	struct pel_error *err;
	uint64_t *random; /* state of the generator; NULL: one firing per call, exact windows */
	size_t in_tokens[PEL_HARNESS_PORTS]; /* at most as many as the case gives */
	uint64_t max_firings;		     /* 0: no limit */
	uint64_t batch;			     /* firings per call, unless they are random; 0: 1 */
	uint64_t shuffle;		     /* > 0: this many firings, in random order, */
	unsigned threads;		     /* ... by so many threads */
	bool save;			     /* save and restore the state now and then */
	/* results */
	struct pel_trial_stream out[PEL_HARNESS_PORTS];
	uint64_t firings, expected_firings;
	struct pel_results results;
};

#endif
