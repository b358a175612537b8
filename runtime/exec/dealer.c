/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>

/*
 * An actor with copies: several stages share it. Each takes the next firings as a claim (the lock is held only for that), makes the
 * call on windows of its own, in place, while the others do the same further on, and hands its claim in. Claims are committed in the
 * order in which they were taken, so the readers see the same tokens in the same order as without copies.
 *
 *	in:	| head ... claim 0 | claim 1 | claim 2 | not claimed ...
 *	out:	| tail ... claim 0 | claim 1 | claim 2 | free ...
 */
#define CLAIM_NS \
	100000u /* a claim is meant to last about so long: short enough to share out evenly, long against the lock */

struct claim {
	uint64_t first, firings;
	bool done, end;
};

struct dealer {
	pthread_mutex_t lock;
	uint32_t at_once;	 /* copies that can be at work at the same time */
	uint32_t n_claims;	 /* size of the ring of claims */
	uint64_t taken, retired; /* claims; retired <= taken <= retired + n_claims */
	double firing_ns;	 /* what a firing has taken lately; 0: not known */
	bool closed;		 /* the kernel has said PEL_END: no more claims */
	bool dropping;		 /* the claim in which it did has retired: those behind it are dropped */
	struct claim *claims;
	struct pel_io *io; /* of each copy */
};

int dealer_create(struct run_actor *actor, uint32_t copies)
{
	struct pel_arena *arena = &actor->run->arena;
	uint32_t counts = 2 * (actor->n_in + actor->n_out) + 1;
	struct dealer *dealer = pel_arena_alloc(arena, sizeof(*dealer));

	if (!dealer)
		return -ENOMEM;
	dealer->at_once = copies;
	if (!(actor->plan->kernel->flags & PEL_KERNEL_BLOCKING) && copies > actor->run->n_workers)
		dealer->at_once = actor->run->n_workers;
	dealer->n_claims = 2 * copies; /* a copy that is done can go on while a slower one before it is not */
	dealer->claims = pel_arena_array(arena, dealer->n_claims, sizeof(*dealer->claims));
	dealer->io = pel_arena_array(arena, copies, sizeof(*dealer->io));
	if (!dealer->claims || !dealer->io)
		return -ENOMEM;
	for (uint32_t i = 0; i < copies; i++) {
		struct pel_io *io = &dealer->io[i];
		size_t *numbers = pel_arena_array(arena, counts, sizeof(*numbers));

		io->in = pel_arena_array(arena, actor->n_in, sizeof(*io->in));
		io->out = pel_arena_array(arena, actor->n_out, sizeof(*io->out));
		if (!numbers || !io->in || !io->out)
			return -ENOMEM;
		io->in_tokens = numbers;
		io->out_tokens = numbers + actor->n_in;
		io->consumed = numbers + actor->n_in + actor->n_out;
		io->produced = io->consumed + actor->n_in;
		io->fired = io->produced + actor->n_out;
	}
	pthread_mutex_init(&dealer->lock, NULL);
	actor->dealer = dealer;
	return 0;
}

void dealer_destroy(struct run_actor *actor)
{
	if (actor->dealer)
		pthread_mutex_destroy(&actor->dealer->lock);
}

static void unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

/* [locked] The call on a padded window, if there is one, may be cancelled: a thread must not take the lock with it. */
static int step_short(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	int r;

	pthread_cleanup_push(unlock, &actor->dealer->lock);
	r = actor_step_short(actor, stage, ret);
	pthread_cleanup_pop(0);
	return r;
}

/*
 * Take the next firings, and their windows. [locked] Returns the claim, or NULL: none can be taken now, *ret says why; or the actor
 * has ended; *code is a negative errno if something failed. *more: another copy could take firings too.
 */
static struct claim *take_claim(struct run_actor *actor, struct run_stage *stage, struct pel_io *io,
				enum step *ret, bool *more, int *code)
{
	struct dealer *dealer = actor->dealer;
	uint64_t firings = UINT64_MAX, share;
	struct claim *claim;
	uint32_t port;

	*ret = STEP_WAITS_ROOM;
	if (dealer->taken - dealer->retired == dealer->n_claims || dealer->closed)
		return NULL;
	switch (actor_inputs(actor, &firings, &port)) {
	case INPUT_SHORT:
		*ret = STEP_WAITS_INPUT;
		if (dealer->taken == dealer->retired) { /* else who retires the last claim comes here again */
			*ret = STEP_RAN;
			*code = step_short(actor, stage, ret);
		}
		return NULL;
	case INPUT_WAIT:
		*ret = STEP_WAITS_INPUT;
		if (dealer->taken == dealer->retired && actor_abandoned_now(actor)) {
			*ret = STEP_RAN;
			*code = actor_end(actor, stage);
		}
		return NULL;
	case INPUT_READY:
		break;
	}
	if (!actor_outputs(actor, &firings, &port))
		return NULL;
	if (actor_abandoned(actor)) {
		if (dealer->taken == dealer->retired) {
			*ret = STEP_RAN;
			*code = actor_end(actor, stage);
		}
		return NULL;
	}
	if (firings == UINT64_MAX)
		firings = 1;
	share = (firings + dealer->at_once - 1) / dealer->at_once;
	if (actor->max_firings && share > actor->max_firings)
		share = actor->max_firings;
	if (dealer->firing_ns == 0)
		share = 1;
	if (share > 1 && (double)share * dealer->firing_ns > CLAIM_NS)
		share = dealer->firing_ns < CLAIM_NS ? (uint64_t)(CLAIM_NS / dealer->firing_ns) : 1;
	claim = &dealer->claims[dealer->taken++ % dealer->n_claims];
	*claim = (struct claim){ .first = actor->next_firing, .firings = share };
	actor_windows(actor, io, share);
	actor_move_claimed(actor, claim->first, claim->firings, true);
	actor->next_firing += share;
	firings = 1;
	*more = actor_inputs(actor, &firings, &port) == INPUT_READY && actor_outputs(actor, &firings, &port);
	*ret = STEP_RAN;
	return claim;
}

/* Commit all claims at the front that are done. [locked] */
static int retire_claims(struct run_actor *actor, struct run_stage *stage)
{
	struct dealer *dealer = actor->dealer;

	while (dealer->retired < dealer->taken) {
		struct claim *claim = &dealer->claims[dealer->retired % dealer->n_claims];

		if (!claim->done)
			return 0;
		actor_move_claimed(actor, claim->first, claim->firings, false);
		if (!dealer->dropping)
			actor_commit(actor, stage, claim->first, claim->firings);
		dealer->dropping |= claim->end;
		dealer->retired++;
	}
	return dealer->closed && actor->state != ACTOR_ENDED ? actor_end(actor, stage) : 0;
}

/* Hand in a claim whose call took `ns` and returned `r`. [locked] */
static int hand_in(struct run_actor *actor, struct run_stage *stage, struct claim *claim, uint64_t ns, int r)
{
	struct dealer *dealer = actor->dealer;
	uint64_t fired = *dealer->io[stage->plan->copy].fired;

	dealer->firing_ns += ((double)ns / (double)claim->firings - dealer->firing_ns) / 4;
	claim->done = true;
	if (r == PEL_END) { /* the rest of its windows, and all claims behind it, are dropped */
		claim->end = dealer->closed = true;
		actor_move_claimed(actor, claim->first + fired, claim->firings - fired, false);
		claim->firings = fired;
	}
	actor_count(actor, stage, fired);
	return retire_claims(actor, stage);
}

int dealer_step(struct run_actor *actor, struct run_stage *stage, enum step *ret)
{
	struct dealer *dealer = actor->dealer;
	struct pel_io *io = &dealer->io[stage->plan->copy];
	struct claim *claim = NULL;
	bool more = false, ended, had_ended;
	int code = 0;

	pthread_mutex_lock(&dealer->lock);
	had_ended = actor->state == ACTOR_ENDED;
	if (!had_ended)
		claim = take_claim(actor, stage, io, ret, &more, &code);
	ended = actor->state == ACTOR_ENDED;
	pthread_mutex_unlock(&dealer->lock);
	if (claim) {
		uint64_t begin = now_ns(), ns;
		int r;

		if (more)
			actor_notify(actor, stage, true);
		r = actor_call(actor, io, claim->firings);
		if (r < 0)
			return r;
		ns = now_ns() - begin;
		pthread_mutex_lock(&dealer->lock);
		code = hand_in(actor, stage, claim, ns, r);
		ended = actor->state == ACTOR_ENDED;
		pthread_mutex_unlock(&dealer->lock);
	}
	if (ended && !had_ended) /* the other copies come to see it */
		for (uint32_t i = 0; i < actor->n_stages; i++)
			if (&actor->stage[i] != stage)
				stage_notify(&actor->stage[i], stage, false);
	if (ended)
		*ret = STEP_ENDED;
	return code;
}
