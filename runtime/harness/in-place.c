/* SPDX-License-Identifier: Apache-2.0 */
#include "in-place.h"

#include <errno.h>
#include <string.h>
#include "random.h"
#include "tokens.h"
#include "window.h"

/* Tests what PEL_KERNEL_IN_PLACE and fire_chain promise: the windows of the input and the output may be the same memory. */

#define CHAIN_MAX 20u

struct pass {
	struct pel_harness *harness;
	struct pel_error *err;
	void *states[CHAIN_MAX];
	size_t n; /* number of states */
	struct pel_guard in, out;
	size_t firings, tokens, bytes;
};

static int fail(const struct pass *pass, int code, const char *fmt, ...) PEL_PRINTF(3, 4);

static int fail(const struct pass *pass, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(pass->err, code, (struct pel_place){ 0 }, fmt, ap);
	va_end(ap);
	return code;
}

static bool may_share(const struct pel_harness *harness)
{
	const struct pel_harness_port *in = harness->ports, *out = harness->ports + 1;

	return (harness->kernel->flags & PEL_KERNEL_IN_PLACE) && harness->n_in == 1 && harness->n_out == 1 &&
	       !harness->dynamic && in->connected && out->connected && !in->history && in->n_rates == 1 &&
	       out->n_rates == 1 && in->rates[0] == out->rates[0] && in->token_bytes == out->token_bytes;
}

#define ALL SIZE_MAX

/* Call fire() with one of the states, or fire_chain() if `which` is ALL. Returns their result. */
static int call(const struct pass *pass, size_t which, const void *in, void *out)
{
	size_t consumed = 0, produced = 0, fired = pass->firings;
	struct pel_io io = { &in, &out, &pass->tokens, &pass->tokens, &consumed, &produced, &fired, 0 };
	int r;

	pel_fire_reset();
	r = which == ALL ? pass->harness->kernel->fire_chain(pass->states, pass->n, &io, pass->firings)
			 : pass->harness->kernel->fire(pass->states[which], &io, pass->firings);
	if (!pel_guard_intact(&pass->in) || !pel_guard_intact(&pass->out))
		return fail(pass, -EINVAL, "it wrote outside the window of output '%s'",
			    pass->harness->ports[1].name);
	if (which == ALL && r > 0)
		return fail(pass, -EINVAL, "fire_chain() returned %d; it may return 0 or a negative errno", r);
	if (r < 0) {
		const char *message = pel_fire_message();

		return fail(pass, r, "%s", message[0] ? message : strerror(-r));
	}
	return r;
}

static int compare(const struct pass *pass, const unsigned char *got, const unsigned char *want, size_t bytes,
		   const char *how)
{
	const struct pel_harness_port *port = &pass->harness->ports[1];

	for (size_t at = 0; at < bytes; at++)
		if (got[at] != want[at])
			return fail(pass, -EINVAL,
				    "token %zu of output '%s' has 0x%02x at byte %zu; %s it has 0x%02x%s",
				    at / port->token_bytes, port->name, got[at], at % port->token_bytes, how,
				    want[at], pel_harness_about_nans(port, got, want, at));
	return 0;
}

static int start(struct pass *pass, const struct pel_trial *reference, size_t n)
{
	*pass = (struct pass){ .harness = reference->harness,
			       .err = reference->err,
			       .firings = (size_t)reference->firings,
			       .tokens = (size_t)pel_harness_tokens(reference->harness->ports,
								    reference->firings) };
	pass->bytes = pass->tokens * reference->harness->ports->token_bytes;
	for (int r; pass->n < n; pass->n++)
		if ((r = pel_harness_start(pass->harness, &pass->states[pass->n], NULL, pass->err)) < 0)
			return r;
	return 0;
}

static void end(struct pass *pass)
{
	for (size_t i = 0; i < pass->n && pass->harness->kernel->fini; i++)
		pass->harness->kernel->fini(pass->states[i]);
	pel_guard_fini(&pass->in);
	pel_guard_fini(&pass->out);
}

/* Place a window with the input of the case. */
static unsigned char *place(const struct pass *pass, struct pel_guard *guard, uint64_t *random)
{
	unsigned char *window = pel_window_in(guard, &pass->harness->ports[0], 0, pass->tokens, random);

	if (!window)
		fail(pass, -ENOMEM, "out of memory");
	return window;
}

static int in_place(const struct pel_trial *reference, uint64_t *random)
{
	struct pass pass;
	int r = start(&pass, reference, 1);
	unsigned char *window = r == 0 ? place(&pass, &pass.out, random) : NULL;

	if (r == 0 && !window)
		r = -ENOMEM;
	if (r == 0 && (r = call(&pass, 0, window, window)) >= 0)
		r = compare(&pass, window, reference->out[0].data, pass.bytes, "with separate windows");
	end(&pass);
	return r;
}

static int chain(const struct pel_trial *reference, uint64_t *random)
{
	size_t n = 2 + pel_random(random) % (CHAIN_MAX - 1);
	struct pass pass;
	int r = start(&pass, reference, n);
	unsigned char *want = r == 0 ? place(&pass, &pass.in, random) : NULL;
	unsigned char *got = want ? place(&pass, &pass.out, random) : NULL, *from = got;

	if (r == 0 && !got)
		r = -ENOMEM;
	/* Half of the time, the chain reads from the other window, before the actors are called one by one in it. */
	if (r == 0 && pel_random(random) % 2)
		from = want;
	if (r == 0)
		r = call(&pass, ALL, from, got);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = call(&pass, i, want, want);
	if (r >= 0)
		r = compare(&pass, got, want, pass.bytes, "with a call of fire() for each actor");
	end(&pass);
	return r;
}

int pel_in_place_check(const struct pel_trial *reference, struct pel_child_report *report, uint64_t *random)
{
	struct pel_harness *harness = reference->harness;
	int r;

	if (!may_share(harness) || !reference->firings)
		return 0;
	pel_child_now(report, "in place", pel_harness_choose_cpu(harness, random));
	r = in_place(reference, random);
	if (r < 0 || !harness->kernel->fire_chain ||
	    !pel_type_equal(&harness->ports[0].type, &harness->ports[1].type))
		return r;
	pel_child_now(report, "a chain of actors", pel_harness_choose_cpu(harness, random));
	return chain(reference, random);
}
