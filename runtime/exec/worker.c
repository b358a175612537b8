/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "thread.h"

/*
 * How stages come to run.
 *
 * A stage that is told of something (tokens, room, an end) is put into a queue, unless it is there already or being run; in that case
 * its owner looks again before it lets go. stage->state says which: the fetch_or of who tells and the compare-exchange of the owner are the two
 * ends of a Dekker handshake, so no wake-up is lost.
 *
 * Depth first: readers of what was just written go to the front of the worker's own queue, where it takes its next stage, while
 * the data is in its cache; writers that have room again, and stages that could go on, go to the back, where idle workers steal.
 *
 * Parking: an idle worker counts itself in n_idle, looks at all queues once more, and sleeps. Who queues a stage does so before it
 * reads n_idle. Both sides go through the queue's lock, so one of the two sees the other.
 */
#define SEARCH_NS \
	20000u /* an idle worker looks around for so long before it parks: about the price of being woken */
#define URGENT_MAX 64u /* so many stages go to the front of a queue before one that should goes to the back */

static _Thread_local struct worker *this_worker;
_Thread_local struct scratch *this_scratch;

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* ---- the outcome ---- */

void run_finish(struct pel_run *run, enum pel_outcome outcome, int code)
{
	if (run->outcome != PEL_RUN_GOING)
		return;
	run->outcome = outcome;
	run->code = code;
	run->end_ns = now_ns();
	atomic_store_explicit(&run->over, true, memory_order_release);
	for (uint32_t i = 0; i < run->n_workers; i++)
		pthread_cond_signal(&run->workers[i].wake);
	for (uint32_t i = 0; i < run->n_blocking; i++)
		pthread_cond_signal(&run->blocking[i].wake);
	ports_over(run);
	pthread_cond_broadcast(&run->ended);
}

static bool is_over(struct pel_run *run)
{
	return atomic_load_explicit(&run->over, memory_order_acquire);
}

/* A stall is a fact: nobody runs, nothing is queued, and nothing outside can bring anything. */
bool run_stall_check(struct pel_run *run)
{
	if (run->outcome != PEL_RUN_GOING || !run->n_live || run->n_outside || atomic_load(&run->n_queued) ||
	    atomic_load(&run->n_idle) < run->n_workers)
		return false;
	if (ports_may_move(run))
		return false;
	/* A host that has moved something since, or just before, has queued the other end: look again. */
	if (atomic_load(&run->n_queued) || atomic_load(&run->n_idle) < run->n_workers)
		return false;
	explain_stall(run, &run->error);
	run_finish(run, PEL_RUN_STALLED, 0);
	return true;
}

void run_outside(struct pel_run *run, int change)
{
	pthread_mutex_lock(&run->park_lock);
	run->n_outside += (uint32_t)change;
	run_stall_check(run);
	pthread_mutex_unlock(&run->park_lock);
}

void run_part_ended(struct pel_run *run)
{
	pthread_mutex_lock(&run->park_lock);
	if (--run->n_live == 0 && run->outcome == PEL_RUN_GOING) {
		run->drained = true;
		if (unfired_explain(run, &run->error))
			run_finish(run, PEL_RUN_FAILED, -ENODATA);
		else
			run_finish(run, PEL_RUN_DONE, 0);
	}
	pthread_mutex_unlock(&run->park_lock);
}

/* ---- queues ---- */

/* Under park_lock. The caller signals worker->wake after it has let go of the lock, which the worker will want. */
static void unpark(struct pel_run *run, struct worker *worker)
{
	worker->parked = false;
	worker->searching = true;
	atomic_fetch_add(&run->n_searching, 1);
	atomic_fetch_sub(&run->n_idle, 1);
}

/* Wake one parked worker, unless an awake one is about to find the work anyway. */
static void wake_one(struct pel_run *run)
{
	struct worker *worker = run->workers, *end = worker + run->n_workers;

	if (!atomic_load(&run->n_idle) || atomic_load(&run->n_searching))
		return;
	pthread_mutex_lock(&run->park_lock);
	while (worker < end && !worker->parked)
		worker++;
	if (worker < end)
		unpark(run, worker);
	pthread_mutex_unlock(&run->park_lock);
	if (worker < end)
		pthread_cond_signal(&worker->wake);
}

/* A worker is to look at its own queue, where there is something that nobody else may run. */
static void wake_owner(struct pel_run *run, struct worker *worker)
{
	bool parked;

	if (worker == this_worker || !atomic_load(&run->n_idle))
		return;
	pthread_mutex_lock(&run->park_lock);
	parked = worker->parked;
	if (parked)
		unpark(run, worker);
	pthread_mutex_unlock(&run->park_lock);
	if (parked)
		pthread_cond_signal(&worker->wake);
}

void list_push(struct stage_list *list, struct run_stage *stage, bool front)
{
	stage->next = front ? list->front : NULL;
	stage->prev = front ? NULL : list->back;
	*(stage->next ? &stage->next->prev : &list->back) = stage;
	*(stage->prev ? &stage->prev->next : &list->front) = stage;
}

static struct run_stage *list_pop(struct stage_list *list, bool front)
{
	struct run_stage *stage = front ? list->front : list->back;

	if (stage) {
		*(stage->next ? &stage->next->prev : &list->back) = stage->prev;
		*(stage->prev ? &stage->prev->next : &list->front) = stage->next;
	}
	return stage;
}

/* Queue `stage`, which the caller has marked as scheduled. */
static void push(struct pel_run *run, struct run_stage *stage, bool urgent, bool wake)
{
	struct worker *worker = this_worker;
	struct queue *queue;
	bool alone;

	atomic_fetch_add(&run->n_queued, 1);
	if (stage->bound >= 0) {
		worker = &run->workers[stage->bound];
	} else if (!worker || worker->run != run) {
		worker = &run->workers[atomic_fetch_add(&run->next_worker, 1) % run->n_workers];
		wake = true;
	}
	queue = &worker->queue;
	pthread_mutex_lock(&queue->lock);
	/* Two that call each other to the front all the time must let the others pass, now and then. */
	if (urgent && ++queue->n_urgent % URGENT_MAX == 0)
		urgent = false;
	alone = !queue->shared.front && !queue->bound.front;
	list_push(stage->bound >= 0 ? &queue->bound : &queue->shared, stage, urgent);
	pthread_mutex_unlock(&queue->lock);
	if (stage->bound >= 0)
		wake_owner(run, worker);
	else if (wake || !alone) /* a single one the worker will take itself, at once */
		wake_one(run);
}

/*
 * Take a stage off `victim`'s queue: its owner from the front, of those that only it may run and the others in turn; thieves from
 * the back. NULL: there is none.
 */
static struct run_stage *take(struct worker *victim, bool own)
{
	struct queue *queue = &victim->queue;
	struct run_stage *stage = NULL;

	pthread_mutex_lock(&queue->lock);
	if (own && (!queue->shared.front || (queue->bound_next ^= true)))
		stage = list_pop(&queue->bound, true);
	if (!stage)
		stage = list_pop(&queue->shared, own);
	pthread_mutex_unlock(&queue->lock);
	if (stage)
		atomic_fetch_sub(&victim->run->n_queued, 1);
	return stage;
}

static struct run_stage *steal(struct worker *self)
{
	struct pel_run *run = self->run;
	struct run_stage *stage = NULL;
	uint32_t start;

	self->random = self->random * 1664525u + 1013904223u;
	start = (uint32_t)(((uint64_t)self->random * run->n_workers) >> 32);
	for (uint32_t i = 0; i < run->n_workers && !stage; i++) {
		struct worker *victim = &run->workers[(start + i) % run->n_workers];

		if (victim != self)
			stage = take(victim, false);
	}
	return stage;
}

void stage_notify(struct run_stage *stage, struct run_stage *from, bool urgent)
{
	struct pel_run *run = stage->run;
	unsigned old =
		atomic_fetch_or_explicit(&stage->state, STAGE_SCHEDULED | STAGE_AGAIN, memory_order_acq_rel);

	if (old & STAGE_SCHEDULED)
		return;
	if (stage->thread) {
		struct blocking_thread *thread = stage->thread;

		pthread_mutex_lock(&run->park_lock);
		thread->told = true;
		if (thread->parked) { /* at work again, before anybody can take this for a stall */
			thread->parked = false;
			run->n_outside++;
			pthread_cond_signal(&thread->wake);
		}
		pthread_mutex_unlock(&run->park_lock);
		return;
	}
	/* A stage of many actors may be busy for long before its worker comes to the queue; so may a round. */
	push(run, stage, urgent, !from || from->cluster || from->n_actors > 1);
}

void actor_notify(struct run_actor *actor, struct run_stage *from, bool urgent)
{
	if (actor->host) {
		port_notify(actor->host);
		return;
	}
	atomic_store_explicit(&actor->stage->told[actor->place], true, memory_order_release);
	if (actor->cluster)
		cluster_notify(actor->cluster, from, urgent);
	else if (actor->stage != from)
		stage_notify(actor->stage, from, urgent);
}

/* ---- running a stage ---- */

/* Must this actor be looked at? Then it counts as not told, until somebody tells it of something again. */
static bool take_told(atomic_bool *told)
{
	/* An exchange, so that what it was told of by then is seen in the look that follows. */
	return atomic_load_explicit(told, memory_order_relaxed) &&
	       atomic_exchange_explicit(told, false, memory_order_acquire);
}

int stage_sweep(struct run_stage *stage, enum step *ret)
{
	bool ran = false;

	*ret = stage->idle_reason;
	for (uint32_t i = 0; i < stage->n_actors; i++) {
		struct run_actor *actor = stage->actors[i];
		enum step step;
		int r;

		if (actor->next_firing >= actor->stop_at && actor->state == ACTOR_FIRING)
			continue;
		if (!take_told(&stage->told[i]) || actor->state == ACTOR_ENDED)
			continue;
		r = actor->device ? device_step(actor, stage, &step) : actor_step(actor, stage, &step);
		if (r < 0)
			return r;
		if (step == STEP_RAN) {
			atomic_store_explicit(&stage->told[i], true, memory_order_relaxed);
			ran = true;
		} else {
			*ret = step;
		}
		stage->n_ended += actor->state == ACTOR_ENDED;
		if (is_over(stage->run))
			break;
	}
	if (ran)
		*ret = STEP_RAN;
	else if (stage->n_ended == stage->n_actors)
		*ret = STEP_ENDED;
	return 0;
}

/*
 * One step of a stage that this thread owns, with the books kept. *clock is the time at which the thread was last seen, and is
 * moved on. false: the stage has stopped, for `*ret`, and is owned by nobody any more (or it ended, or the run is over).
 */
static bool run_stage_once(struct run_stage *stage, struct trace *trace, uint64_t *clock, enum step *ret)
{
	struct pel_run *run = stage->run;
	unsigned expected = STAGE_SCHEDULED;
	uint64_t start = *clock;
	int r;

	if (stage->idle_since_ns) {
		uint64_t idle = start > stage->idle_since_ns ? start - stage->idle_since_ns : 0;

		counter_add(stage->idle_reason == STEP_WAITS_ROOM     ? &stage->wait_room_ns
			    : stage->idle_reason == STEP_WAITS_DEVICE ? &stage->wait_device_ns
								      : &stage->wait_input_ns,
			    idle);
		stage->idle_since_ns = 0;
	}
	atomic_store_explicit(&this_scratch->calling.since_ns, start, memory_order_relaxed);
	/* What we are told of from here on, we may have to look at again. */
	atomic_fetch_and_explicit(&stage->state, ~STAGE_AGAIN, memory_order_acq_rel);
	r = stage->cluster ? cluster_step(stage, ret) : stage_sweep(stage, ret);
	actor_calling(NULL);
	*clock = now_ns();
	counter_add(&stage->busy_ns, *clock - start);
	if (trace && *ret == STEP_RAN)
		trace_add(trace, stage, start, *clock);
	if (r < 0) /* actor_fail() has ended the run */
		return false;
	if (*ret == STEP_ENDED) { /* stays marked as scheduled: nobody will queue it again */
		run_part_ended(run);
		return false;
	}
	if (*ret == STEP_RAN)
		return true;
	stage->idle_since_ns = *clock;
	stage->idle_reason = *ret;
	return !atomic_compare_exchange_strong_explicit(&stage->state, &expected, 0, memory_order_acq_rel,
							memory_order_acquire);
}

/* ---- workers ---- */

/* Nothing in our own queue: look at the others' for a while. */
static struct run_stage *search(struct worker *self)
{
	struct pel_run *run = self->run;
	struct run_stage *stage = NULL;
	uint64_t until = 0;

	if (!self->searching) {
		self->searching = true;
		atomic_fetch_add(&run->n_searching, 1);
	}
	for (unsigned i = 1; !is_over(run); i++) {
		if (atomic_load_explicit(&run->n_queued, memory_order_relaxed) &&
		    ((stage = take(self, true)) || (stage = steal(self))))
			break;
		if (run->n_workers == 1)
			break;
		if (i % 16 == 0) {
			uint64_t now = now_ns();

			if (!until)
				until = now + SEARCH_NS;
			else if (now > until)
				break;
			sched_yield(); /* the work may be another worker's, on this very core */
		}
		relax();
	}
	if (stage) {
		self->searching = false;
		atomic_fetch_sub(&run->n_searching, 1);
		if (atomic_load(&run->n_queued))
			wake_one(run); /* there is more than this worker took: somebody else should look now */
	}
	return stage;
}

/* Sleep until woken. Returns a stage if one turned up before we could. */
static struct run_stage *park(struct worker *self)
{
	struct pel_run *run = self->run;
	struct run_stage *stage;

	pthread_mutex_lock(&run->park_lock);
	if (self->searching) {
		self->searching = false;
		atomic_fetch_sub(&run->n_searching, 1);
	}
	atomic_fetch_add(&run->n_idle, 1);
	self->parked = true;
	stage = take(self, true);
	if (!stage)
		stage = steal(self);
	if (stage) {
		self->parked = false;
		atomic_fetch_sub(&run->n_idle, 1);
	} else {
		run_stall_check(run);
		while (self->parked && !is_over(run))
			pthread_cond_wait(&self->wake, &run->park_lock);
	}
	pthread_mutex_unlock(&run->park_lock);
	if (stage && atomic_load(&run->n_queued))
		wake_one(run); /* as in search(): who queued more may have left it to us */
	return stage;
}

/* A kernel may end its thread. Then nobody is left to go on with the stage. */
static void thread_ends(void *scratch)
{
	call_thread_lost(scratch);
	actor_calling(NULL);
}

static void work(struct worker *self)
{
	struct pel_run *run = self->run;
	uint64_t clock = now_ns();

	while (!is_over(run)) {
		/* Who was woken is counted as searching until it finds something. */
		struct run_stage *stage = self->searching ? NULL : take(self, true);
		enum step step;

		if (!stage && !(stage = search(self)) && !is_over(run))
			stage = park(self);
		if (!stage) {
			clock = now_ns();
			continue;
		}
		if (run_stage_once(stage, self->trace, &clock, &step) && !is_over(run))
			push(run, stage, false, false);
	}
}

static void *worker_main(void *data)
{
	struct worker *self = data;

	this_worker = self;
	this_scratch = &self->scratch;
	pthread_cleanup_push(thread_ends, &self->scratch);
	work(self);
	pthread_cleanup_pop(0);
	return NULL;
}

/* ---- stages with a thread of their own ---- */

static void work_blocking(struct blocking_thread *self)
{
	struct run_stage *stage = self->stage;
	struct pel_run *run = stage->run;
	enum step step = STEP_RAN;

	while (!is_over(run)) {
		uint64_t clock = now_ns();

		if (run_stage_once(stage, self->trace, &clock, &step))
			continue;
		if (step == STEP_ENDED)
			break;
		pthread_mutex_lock(&run->park_lock);
		if (!self->told && !is_over(run)) {
			self->parked = true;
			run->n_outside--;
			run_stall_check(run);
			while (self->parked && !is_over(run))
				pthread_cond_wait(&self->wake, &run->park_lock);
		}
		self->told = false;
		pthread_mutex_unlock(&run->park_lock);
	}
	if (step == STEP_ENDED)
		run_outside(run, -1);
}

static void *blocking_main(void *data)
{
	struct blocking_thread *self = data;

	this_scratch = &self->scratch;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &(int){ 0 });
	pthread_cleanup_push(thread_ends, &self->scratch);
	work_blocking(self);
	pthread_cleanup_pop(0);
	return NULL;
}

/* A thread cannot be had: say which, since some of them were started. */
static int fail_thread(struct pel_run *run, uint32_t started, int code, struct pel_error *err)
{
	pel_fail(err, -code, (struct pel_place){ 0 }, "cannot start thread %u of the %u that the run needs: %s",
		 started + 1, run->n_workers + run->n_blocking, strerror(code));
	pel_hint(err, "run with fewer workers, or raise the limits of the process (ulimit -u, ulimit -v)");
	return -code;
}

int workers_start(struct pel_run *run, bool pin, size_t stack_bytes, struct pel_error *err)
{
	const size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	uint32_t started = 0;
	int r = 0;

	if (stack_bytes && stack_bytes < least)
		return pel_fail(err, -EINVAL, (struct pel_place){ 0 },
				"a thread cannot have a stack of %zu bytes: %zu are the least", stack_bytes,
				least);
	if (pin)
		pin_choose(run);
	for (uint32_t i = 0; i < run->n_workers && !r; i++) {
		r = pel_thread_create(&run->workers[i].thread, stack_bytes, worker_main, &run->workers[i]);
		run->workers[i].started = !r;
		started += !r;
		if (!r && run->workers[i].cpu >= 0)
			pin_thread(run->workers[i].thread, run->workers[i].cpu);
	}
	for (uint32_t i = 0; i < run->n_blocking && !r; i++) {
		r = pel_thread_create(&run->blocking[i].thread, stack_bytes, blocking_main, &run->blocking[i]);
		run->blocking[i].started = !r;
		started += !r;
	}
	return r ? fail_thread(run, started, r, err) : 0;
}
