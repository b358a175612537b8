/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "thread.h"

#define BATCH_MAX   40 /* firings of a random call */
#define WINDOW_MAX  16 /* tokens of a random `*` window, while the kernel does not ask for more */
#define STUCK_MAX   (1u << 22)
#define THREADS_MAX 8

/* One call of fire() or drain(), and the memory it works in. A thread has its own. */
struct call {
	struct pel_rig_run *run;
	void *state;
	uint64_t *random;
	struct pel_rig_guard in_guard[PEL_RIG_PORTS], out_guard[PEL_RIG_PORTS];
	const void *in[PEL_RIG_PORTS];
	void *out[PEL_RIG_PORTS];
	size_t in_tokens[PEL_RIG_PORTS], out_tokens[PEL_RIG_PORTS], consumed[PEL_RIG_PORTS],
		produced[PEL_RIG_PORTS];
	size_t in_at[PEL_RIG_PORTS]; /* tokens before the window */
	size_t fired;
	char message[1200];
	int failed;
};

static int wrong(struct call *call, int code, const char *fmt, ...) PEL_PRINTF(3, 4);

static int wrong(struct call *call, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(call->message, sizeof(call->message), fmt, ap);
	va_end(ap);
	call->failed = code;
	return code;
}

static struct pel_rig_port *in_port(const struct call *call, unsigned i)
{
	return &call->run->rig->ports[i];
}

static struct pel_rig_port *out_port(const struct call *call, unsigned i)
{
	return &call->run->rig->ports[call->run->rig->n_in + i];
}

static size_t alignment(const struct pel_rig_port *port)
{
	return port->type.elem == PEL_ELEM_BYTES ? 1 : port->type.elem_bytes;
}

/* ---- windows ---- */

static int place_in(struct call *call, unsigned i, size_t at, size_t tokens)
{
	const struct pel_rig_port *port = in_port(call, i);
	const unsigned char *data = port->data;
	size_t bytes = port->token_bytes, history = port->history, zeros = at < history ? history - at : 0;
	unsigned char *window = pel_rig_guard_place(&call->in_guard[i], (history + tokens) * bytes,
						    alignment(port), call->random);

	if (!window)
		return wrong(call, -ENOMEM, "out of memory");
	memset(window, 0, zeros * bytes);
	if (history + tokens > zeros)
		memcpy(window + zeros * bytes, data + (at + zeros - history) * bytes,
		       (history + tokens - zeros) * bytes);
	call->in[i] = window + history * bytes;
	call->in_tokens[i] = tokens;
	call->in_at[i] = at;
	return 0;
}

static int place_out(struct call *call, unsigned i, size_t tokens)
{
	const struct pel_rig_port *port = out_port(call, i);

	call->out[i] = pel_rig_guard_place(&call->out_guard[i], tokens * port->token_bytes, alignment(port),
					   call->random);
	call->out_tokens[i] = tokens;
	return call->out[i] ? 0 : wrong(call, -ENOMEM, "out of memory");
}

static bool in_unchanged(const struct call *call, unsigned i)
{
	const struct pel_rig_port *port = in_port(call, i);
	size_t bytes = port->token_bytes;

	return pel_rig_guard_intact(&call->in_guard[i]) &&
	       memcmp(call->in[i], port->data + call->in_at[i] * bytes, call->in_tokens[i] * bytes) == 0;
}

/* Write `tokens` at place `at` of an output's stream. */
static int store(struct call *call, unsigned i, size_t at, const void *data, size_t tokens)
{
	struct pel_rig_stream *stream = &call->run->out[i];
	size_t bytes = out_port(call, i)->token_bytes;

	if (pel_grow(&stream->data, &stream->capacity, (at + tokens) * bytes, 1) < 0)
		return wrong(call, -ENOMEM, "out of memory");
	if (tokens)
		memcpy(stream->data + at * bytes, data, tokens * bytes);
	return 0;
}

/* ---- calls ---- */

static int check_call(struct call *call, int r)
{
	struct pel_rig *rig = call->run->rig;

	for (unsigned i = 0; i < rig->n_in; i++)
		if (call->in[i] && !in_unchanged(call, i))
			return wrong(call, -EINVAL, "it wrote to the window of input '%s', or beside it",
				     in_port(call, i)->name);
	for (unsigned i = 0; i < rig->n_out; i++)
		if (call->out[i] && !pel_rig_guard_intact(&call->out_guard[i]))
			return wrong(call, -EINVAL, "it wrote outside of the window of output '%s'",
				     out_port(call, i)->name);
	if (r < 0) {
		const char *said = pel_fire_message();

		return wrong(call, r, "%s", said[0] ? said : strerror(-r));
	}
	if (r != 0 && r != PEL_END)
		return wrong(call, -EINVAL, "it returned %d; it may return 0, PEL_END or a negative errno", r);
	for (unsigned i = 0; i < rig->n_in; i++)
		if (in_port(call, i)->dynamic && call->consumed[i] > call->in_tokens[i] &&
		    call->consumed[i] != PEL_MORE)
			return wrong(call, -EINVAL, "it took %zu tokens of input '%s', which had %zu",
				     call->consumed[i], in_port(call, i)->name, call->in_tokens[i]);
	for (unsigned i = 0; i < rig->n_out; i++)
		if (out_port(call, i)->dynamic && call->produced[i] > call->out_tokens[i] &&
		    call->produced[i] != PEL_MORE)
			return wrong(call, -EINVAL,
				     "it wrote %zu tokens to output '%s', which had room for %zu",
				     call->produced[i], out_port(call, i)->name, call->out_tokens[i]);
	return r;
}

static int do_call(struct call *call, uint64_t first, size_t firings, bool drain)
{
	const struct pel_kernel *kernel = call->run->rig->kernel;
	struct pel_io io = { call->in,	     call->out,	     call->in_tokens, call->out_tokens,
			     call->consumed, call->produced, &call->fired,    first };
	int r;

	memset(call->consumed, 0, sizeof(call->consumed));
	memset(call->produced, 0, sizeof(call->produced));
	call->fired = firings;
	pel_fire_reset();
	r = drain ? kernel->drain(call->state, &io) : kernel->fire(call->state, &io, firings);
	r = check_call(call, r);
	if (r >= 0 && call->fired > firings)
		return wrong(call, -EINVAL, "it says that it did %zu firings of %zu", call->fired, firings);
	if (r == 0 && call->fired != firings)
		return wrong(call, -EINVAL, "it returned 0, but says that it did %zu firings of %zu",
			     call->fired, firings);
	return r;
}

/* A call of a kernel without `*` ports. Returns as fire() does; call->fired firings were done. */
static int static_call(struct call *call, uint64_t first, size_t firings)
{
	struct pel_rig *rig = call->run->rig;
	int r, stored;

	for (unsigned i = 0; i < rig->n_in; i++) {
		uint64_t at = pel_rig_tokens(in_port(call, i), first);

		if (in_port(call, i)->connected &&
		    (r = place_in(call, i, at, pel_rig_tokens(in_port(call, i), first + firings) - at)) < 0)
			return r;
	}
	for (unsigned i = 0; i < rig->n_out; i++) {
		uint64_t at = pel_rig_tokens(out_port(call, i), first);

		if (out_port(call, i)->connected &&
		    (r = place_out(call, i, pel_rig_tokens(out_port(call, i), first + firings) - at)) < 0)
			return r;
	}
	if ((r = do_call(call, first, firings, false)) < 0)
		return r;
	for (unsigned i = 0; i < rig->n_out; i++) {
		uint64_t at = pel_rig_tokens(out_port(call, i), first);

		if (out_port(call, i)->connected &&
		    (stored = store(call, i, at, call->out[i],
				    pel_rig_tokens(out_port(call, i), first + call->fired) - at)) < 0)
			return stored;
	}
	return r;
}

/* ---- kernels without `*` ports ---- */

static uint64_t firings_possible(const struct pel_rig_run *run)
{
	uint64_t most = run->max_firings ? run->max_firings : UINT64_MAX;

	for (unsigned i = 0; i < run->rig->n_in; i++) {
		const struct pel_rig_port *port = &run->rig->ports[i];
		uint64_t cycle, n;

		if (!port->connected)
			continue;
		cycle = pel_rig_tokens(port, port->n_rates);
		for (n = run->in_tokens[i] / cycle * port->n_rates;
		     pel_rig_tokens(port, n + 1) <= run->in_tokens[i];)
			n++;
		most = n < most ? n : most;
	}
	return most;
}

/* What is wrong with what `function` returned, if it is neither 0 nor an errno. */
static int odd(struct call *call, const char *function, int r)
{
	char text[128];

	return pel_kernel_result_ok(r, false)
		       ? r
		       : wrong(call, -EINVAL, "%s",
			       pel_kernel_result_text(function, r, false, NULL, text, sizeof(text)));
}

/* Put the state away and take it up again in a new one, as after the loss of a device. */
static int renew(struct call *call)
{
	struct pel_rig_run *run = call->run;
	const struct pel_kernel *kernel = run->rig->kernel;
	void *data = NULL;
	size_t bytes = 0;
	int r = kernel->save(call->state, &data, &bytes);

	if (odd(call, "save", r) != r)
		return -EINVAL;
	if (r < 0)
		return wrong(call, r, "save() failed: %s", strerror(-r));
	if (kernel->fini)
		kernel->fini(call->state);
	call->state = NULL;
	r = pel_rig_start(run->rig, &call->state, NULL, run->err);
	if (r < 0)
		call->failed = r;
	else if ((r = odd(call, "restore", kernel->restore(call->state, data, bytes))) < 0 && !call->message[0])
		wrong(call, r, "restore() failed: %s", strerror(-r));
	free(data);
	return r;
}

static int run_in_order(struct call *call)
{
	struct pel_rig_run *run = call->run;
	uint64_t possible = firings_possible(run), first = 0;
	int r = 0;

	while (first < possible && r != PEL_END) {
		size_t firings = call->random ? 1 + pel_rig_random(call->random) % BATCH_MAX
				 : run->batch ? run->batch
					      : 1;

		if (call->random && possible != UINT64_MAX && pel_rig_random(call->random) % 8 == 0)
			firings = SIZE_MAX; /* the longest window there can be */
		if (firings > possible - first)
			firings = (size_t)(possible - first);
		if (run->save && pel_rig_random(call->random) % 3 == 0 && (r = renew(call)) < 0)
			return r;
		if ((r = static_call(call, first, firings)) < 0)
			return r;
		first += call->fired;
	}
	run->firings = first;
	return 0;
}

/* ---- stateless kernels: any order, several threads ---- */

struct batches {
	uint64_t *starts; /* n + 1 of them, in order */
	size_t *order;
	size_t n;
	atomic_size_t next;
};

struct helper {
	pthread_t thread;
	struct call *call;
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
		int r = static_call(helper->call, first, firings);

		if (r >= 0 && helper->call->fired != firings)
			wrong(helper->call, -EINVAL, "it ended at another firing than in order");
		if (helper->call->failed)
			break;
	}
	return NULL;
}

static int deal_batches(struct call *call, struct batches *batches)
{
	uint64_t total = call->run->shuffle, at = 0;

	batches->starts = pel_calloc(total + 1, sizeof(*batches->starts));
	batches->order = pel_calloc(total + 1, sizeof(*batches->order));
	if (!batches->starts || !batches->order)
		return wrong(call, -ENOMEM, "out of memory");
	while (at < total) {
		batches->order[batches->n] = batches->n;
		batches->starts[batches->n++] = at;
		at += 1 + pel_rig_random(call->random) % BATCH_MAX;
	}
	batches->starts[batches->n] = total;
	for (size_t i = batches->n; i > 1; i--) {
		size_t j = pel_rig_random(call->random) % i, swap = batches->order[i - 1];

		batches->order[i - 1] = batches->order[j];
		batches->order[j] = swap;
	}
	/* Room for all, so that the threads never move the streams under each other. */
	for (unsigned i = 0; i < call->run->rig->n_out; i++)
		if (out_port(call, i)->connected &&
		    store(call, i, pel_rig_tokens(out_port(call, i), total), NULL, 0) < 0)
			return call->failed;
	return 0;
}

static void call_fini(struct call *call)
{
	for (unsigned i = 0; i < PEL_RIG_PORTS; i++) {
		pel_rig_guard_fini(&call->in_guard[i]);
		pel_rig_guard_fini(&call->out_guard[i]);
	}
}

static int start_helpers(struct call *call, struct helper *helpers, unsigned n, struct batches *batches)
{
	unsigned started = 0;

	for (; started < n; started++) {
		struct helper *helper = &helpers[started];

		helper->batches = batches;
		helper->random = pel_rig_random(call->random);
		helper->call = pel_calloc(1, sizeof(*helper->call));
		if (!helper->call)
			break;
		helper->call->run = call->run;
		helper->call->state = call->state;
		if (pel_thread_create(&helper->thread, 0, work, helper) != 0) {
			pel_free(helper->call);
			break;
		}
	}
	for (unsigned i = 0; i < started; i++) {
		pthread_join(helpers[i].thread, NULL);
		if (helpers[i].call->failed && !call->failed)
			wrong(call, helpers[i].call->failed, "%s", helpers[i].call->message);
		call_fini(helpers[i].call);
		pel_free(helpers[i].call);
	}
	return started == n ? call->failed : wrong(call, -EAGAIN, "cannot start %u threads", n);
}

static int run_in_any_order(struct call *call)
{
	struct helper helpers[THREADS_MAX];
	struct batches batches = { 0 };
	int r = deal_batches(call, &batches);

	if (r == 0)
		r = start_helpers(call, helpers,
				  call->run->threads < THREADS_MAX ? call->run->threads : THREADS_MAX,
				  &batches);
	call->run->firings = call->run->shuffle;
	pel_free(batches.starts);
	pel_free(batches.order);
	return r;
}

/* ---- kernels with `*` ports ---- */

/* Where a kernel with `*` ports is. */
struct progress {
	size_t taken[PEL_RIG_PORTS], written[PEL_RIG_PORTS];
	size_t limit; /* of windows, in tokens */
	bool eager;   /* the kernel asked for more: no window is smaller than the limit allows */
};

static size_t some(struct call *call, const struct progress *at, size_t least, size_t have)
{
	size_t n = at->limit;

	if (call->random && !at->eager)
		n = least + pel_rig_random(call->random) % (at->limit + 1 - least);
	return n < have ? n : have;
}

/* 1: placed; 0: the inputs hold too little. With several `*` inputs, all but one may come empty. */
static int place_dynamic(struct call *call, const struct progress *at, uint64_t firing)
{
	struct pel_rig_run *run = call->run;
	unsigned n_dynamic = 0;
	size_t shown = 0;
	int r;

	for (unsigned i = 0; i < run->rig->n_in; i++)
		n_dynamic += in_port(call, i)->connected && in_port(call, i)->dynamic;
	for (unsigned i = 0; i < run->rig->n_in; i++) {
		const struct pel_rig_port *port = in_port(call, i);
		size_t left = run->in_tokens[i] - at->taken[i], n;

		if (!port->connected)
			continue;
		n = port->dynamic ? some(call, at, n_dynamic > 1 ? 0 : 1, left)
				  : port->rates[firing % port->n_rates];
		if (left < n)
			return 0;
		if ((r = place_in(call, i, at->taken[i], n)) < 0)
			return r;
		shown += port->dynamic ? n : 0;
	}
	if (n_dynamic && !shown)
		return 0;
	for (unsigned i = 0; i < run->rig->n_out; i++) {
		const struct pel_rig_port *port = out_port(call, i);
		size_t n = port->dynamic ? some(call, at, 1, SIZE_MAX) : port->rates[firing % port->n_rates];

		if (port->connected && (r = place_out(call, i, n)) < 0)
			return r;
	}
	return 1;
}

/* What the call took of a `*` port, or wrote to one. */
static size_t moved_of(size_t counted)
{
	return counted == PEL_MORE ? 0 : counted;
}

/* Add what the call moved to `at`. Returns whether it was anything. */
static int take_moved(struct call *call, struct progress *at, bool drain)
{
	struct pel_rig *rig = call->run->rig;
	bool moved = false;

	for (unsigned i = 0; i < rig->n_in && !drain; i++) {
		size_t n = in_port(call, i)->dynamic ? moved_of(call->consumed[i])
			   : call->fired	     ? call->in_tokens[i]
						     : 0;

		at->taken[i] += n;
		moved |= n > 0;
	}
	for (unsigned i = 0; i < rig->n_out; i++) {
		size_t n = out_port(call, i)->dynamic ? moved_of(call->produced[i])
			   : call->fired && !drain    ? call->out_tokens[i]
						      : 0;

		if (!out_port(call, i)->connected)
			continue;
		if (store(call, i, at->written[i], call->out[i], n) < 0)
			return call->failed;
		at->written[i] += n;
		moved |= n > 0;
	}
	return moved;
}

/* After a call that moved nothing: is there an input that the kernel waits for, and that was shown to its end? */
static bool waits_in_vain(const struct call *call, const struct progress *at)
{
	const struct pel_rig_run *run = call->run;
	bool named = false, room = false;

	for (unsigned i = 0; i < run->rig->n_in; i++)
		named |= in_port(call, i)->dynamic && call->consumed[i] == PEL_MORE;
	for (unsigned i = 0; i < run->rig->n_out; i++)
		room |= out_port(call, i)->dynamic && call->produced[i] == PEL_MORE;
	for (unsigned i = 0; i < run->rig->n_in; i++)
		if (in_port(call, i)->connected && in_port(call, i)->dynamic &&
		    (named ? call->consumed[i] == PEL_MORE : !room) &&
		    call->in_tokens[i] == run->in_tokens[i] - at->taken[i])
			return true;
	return false;
}

static int drain(struct call *call, struct progress *at)
{
	struct pel_rig *rig = call->run->rig;
	int r, moved;

	for (unsigned i = 0; i < rig->n_in; i++) {
		call->in[i] = NULL;
		call->in_tokens[i] = 0;
	}
	do {
		for (unsigned i = 0; i < rig->n_out; i++)
			if (out_port(call, i)->connected &&
			    (r = place_out(call, i, some(call, at, 1, SIZE_MAX))) < 0)
				return r;
		if ((r = do_call(call, 0, 0, true)) < 0)
			return r;
		if ((moved = take_moved(call, at, true)) < 0)
			return moved;
		if (r == 0 && !moved)
			return wrong(call, -EINVAL,
				     "drain() returned 0 without writing anything, so it would never end");
	} while (r != PEL_END);
	return 0;
}

static int run_dynamic(struct call *call)
{
	struct pel_rig_run *run = call->run;
	size_t usual = call->random ? WINDOW_MAX : 1;
	struct progress at = { .limit = usual };
	bool ended = false;
	int r, moved;

	for (run->firings = 0; !ended && (!run->max_firings || run->firings < run->max_firings);
	     run->firings++) {
		if ((r = place_dynamic(call, &at, run->firings)) < 0)
			return r;
		if (r == 0 && at.eager)
			break;
		if (r == 0) { /* perhaps only because empty windows were drawn */
			at.eager = true;
			continue;
		}
		if (run->save && pel_rig_random(call->random) % 3 == 0 && (r = renew(call)) < 0)
			return r;
		if ((r = do_call(call, run->firings, 1, false)) < 0)
			return r;
		if ((moved = take_moved(call, &at, false)) < 0)
			return moved;
		ended = r == PEL_END;
		run->firings += ended ? call->fired : (size_t)moved;
		at.eager = !moved;
		if (moved)
			at.limit = usual;
		else if (!ended && waits_in_vain(call, &at))
			break;
		else if (!ended && (at.limit *= 2) > STUCK_MAX)
			return wrong(call, -EINVAL, "it moved nothing, however much it was given");
	}
	at.limit = usual;
	at.eager = false;
	if (!ended && run->rig->kernel->drain && (r = drain(call, &at)) < 0)
		return r;
	for (unsigned i = 0; i < run->rig->n_out; i++)
		run->out[i].tokens = at.written[i];
	return 0;
}

/* ---- all of it ---- */

static int finish(struct call *call)
{
	const struct pel_kernel *kernel = call->run->rig->kernel;
	int r;

	if (!kernel->finish)
		return 0;
	pel_fire_reset();
	r = odd(call, "finish", kernel->finish(call->state, &call->run->results));
	if (r < 0 && !call->message[0])
		return wrong(call, r, "%s", pel_fire_message()[0] ? pel_fire_message() : strerror(-r));
	if (r < 0)
		return r;
	return call->run->results.failed ? wrong(call, -ENOMEM, "out of memory") : 0;
}

int pel_rig_run(struct pel_rig_run *run)
{
	struct pel_rig *rig = run->rig;
	struct call *call = pel_calloc(1, sizeof(*call));
	int r;

	if (!call)
		return pel_nomem(run->err);
	call->run = run;
	call->random = run->random;
	if ((r = pel_rig_start(rig, &call->state, &run->expected_firings, run->err)) < 0) {
		pel_free(call);
		return r;
	}
	r = rig->dynamic ? run_dynamic(call) : run->shuffle ? run_in_any_order(call) : run_in_order(call);
	for (unsigned i = 0; i < rig->n_out && !rig->dynamic; i++)
		run->out[i].tokens =
			out_port(call, i)->connected ? pel_rig_tokens(out_port(call, i), run->firings) : 0;
	if (r >= 0)
		r = finish(call);
	if (call->message[0])
		pel_fail(run->err, r, (struct pel_place){ 0 }, "kernel %s: %s", rig->kernel->name,
			 call->message);
	/* Without a state after a restart that failed. */
	if (rig->kernel->fini && (call->state || r >= 0))
		rig->kernel->fini(call->state);
	call_fini(call);
	pel_free(call);
	return r;
}

void pel_rig_run_fini(struct pel_rig_run *run)
{
	for (unsigned i = 0; i < PEL_RIG_PORTS; i++)
		pel_free(run->out[i].data);
	memset(run->out, 0, sizeof(run->out));
	pel_results_fini(&run->results);
}
