/* SPDX-License-Identifier: Apache-2.0 */
#include "trial-kinds.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include "thread.h"
#include "random.h"

/* Executes stateless kernels in random order, in several threads. */

#define THREADS_MAX 8

struct batches {
	uint64_t *starts; /* n + 1 of them, in order */
	size_t *order;
	size_t n;
	atomic_size_t next;
};

struct helper {
	pthread_t thread;
	struct pel_trial_call *call;
	struct batches *batches;
	uint64_t random;
};

static void *work(void *context)
{
	struct helper *helper = context;
	struct batches *batches = helper->batches;
	size_t at;

	helper->call->random = &helper->random;
	while ((at = atomic_fetch_add(&batches->next, 1)) < batches->n) {
		uint64_t first = batches->starts[batches->order[at]];
		size_t firings = (size_t)(batches->starts[batches->order[at] + 1] - first);
		int r = pel_trial_fire_static(helper->call, first, firings);

		if (r >= 0 && helper->call->fired != firings)
			pel_trial_call_fail(helper->call, -EINVAL,
					    "it ended at another firing than when executed in order");
		if (helper->call->failed)
			break;
	}
	return NULL;
}

static int deal_batches(struct pel_trial_call *call, struct batches *batches)
{
	uint64_t total = call->trial->shuffle, at = 0;

	batches->starts = pel_calloc(total + 1, sizeof(*batches->starts));
	batches->order = pel_calloc(total + 1, sizeof(*batches->order));
	if (!batches->starts || !batches->order)
		return pel_trial_call_fail(call, -ENOMEM, "out of memory");
	while (at < total) {
		batches->order[batches->n] = batches->n;
		batches->starts[batches->n++] = at;
		at += 1 + pel_random(call->random) % PEL_TRIAL_BATCH;
	}
	batches->starts[batches->n] = total;
	for (size_t i = batches->n; i > 1; i--) {
		size_t j = pel_random(call->random) % i, swap = batches->order[i - 1];

		batches->order[i - 1] = batches->order[j];
		batches->order[j] = swap;
	}
	/* Allocate the whole streams now, so that no thread reallocates them while others write. */
	for (unsigned i = 0; i < call->trial->harness->n_out; i++)
		if (pel_trial_out(call, i)->connected &&
		    pel_trial_store(call, i, pel_harness_tokens(pel_trial_out(call, i), total), NULL, 0) < 0)
			return call->failed;
	return 0;
}

static int start_helpers(struct pel_trial_call *call, struct helper *helpers, unsigned n,
			 struct batches *batches)
{
	unsigned started = 0;

	for (; started < n; started++) {
		struct helper *helper = &helpers[started];

		helper->batches = batches;
		helper->random = pel_random(call->random);
		helper->call = pel_calloc(1, sizeof(*helper->call));
		if (!helper->call)
			break;
		helper->call->trial = call->trial;
		helper->call->state = call->state;
		if (pel_thread_create(&helper->thread, 0, work, helper) != 0) {
			pel_free(helper->call);
			break;
		}
	}
	for (unsigned i = 0; i < started; i++) {
		pthread_join(helpers[i].thread, NULL);
		if (helpers[i].call->failed && !call->failed)
			pel_trial_call_fail(call, helpers[i].call->failed, "%s", helpers[i].call->message);
		pel_trial_call_fini(helpers[i].call);
		pel_free(helpers[i].call);
	}
	return started == n ? call->failed : pel_trial_call_fail(call, -EAGAIN, "cannot start %u threads", n);
}

int pel_trial_shuffled(struct pel_trial_call *call)
{
	struct helper helpers[THREADS_MAX];
	struct batches batches = { 0 };
	int r = deal_batches(call, &batches);

	if (r == 0)
		r = start_helpers(call, helpers,
				  call->trial->threads < THREADS_MAX ? call->trial->threads : THREADS_MAX,
				  &batches);
	call->trial->firings = call->trial->shuffle;
	pel_free(batches.starts);
	pel_free(batches.order);
	return r;
}
