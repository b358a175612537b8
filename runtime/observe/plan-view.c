/* SPDX-License-Identifier: Apache-2.0 */
#include "plan-view.h"

#include "text.h"

#include <inttypes.h>
#include <string.h>

const struct pel_plan_port *pel_view_from_port(const struct pel_plan *plan,
					       const struct pel_plan_channel *channel)
{
	return &plan->actors[channel->from].out[channel->from_port];
}

const struct pel_plan_port *pel_view_to_port(const struct pel_plan *plan, const struct pel_plan_channel *channel)
{
	return &plan->actors[channel->to].in[channel->to_port];
}

static char *endpoint(const struct pel_plan_actor *actor, const struct pel_plan_port *port, char *buf,
		      size_t size)
{
	if (actor->kind == PEL_ACTOR_KERNEL)
		snprintf(buf, size, "%s.%s", actor->id, port->name);
	else
		snprintf(buf, size, "%s", actor->id);
	return buf;
}

char *pel_view_from(const struct pel_plan *plan, const struct pel_plan_channel *channel, char *buf, size_t size)
{
	return endpoint(&plan->actors[channel->from], pel_view_from_port(plan, channel), buf, size);
}

char *pel_view_to(const struct pel_plan *plan, const struct pel_plan_channel *channel, char *buf, size_t size)
{
	return endpoint(&plan->actors[channel->to], pel_view_to_port(plan, channel), buf, size);
}

char *pel_view_rate(const struct pel_plan_port *port, char *buf, size_t size)
{
	size_t used = 0;

	if (port->dynamic) {
		snprintf(buf, size, "*");
		return buf;
	}
	buf[0] = '\0';
	for (uint32_t i = 0; i < port->n_rates; i++) {
		if (i == 8 && port->n_rates > 10) {
			snprintf(buf + used, size - used, ",... (%" PRIu32 " phases)", port->n_rates);
			break;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%" PRIu64, i ? "," : "", port->rates[i]);
		if (used >= size)
			break;
	}
	return buf;
}

bool pel_view_rate_is_one(const struct pel_plan_port *port)
{
	if (port->dynamic)
		return false;
	for (uint32_t i = 0; i < port->n_rates; i++)
		if (port->rates[i] != 1)
			return false;
	return true;
}

bool pel_view_bytes(const struct pel_plan *plan, const struct pel_plan_channel *channel, uint64_t *bytes)
{
	const struct pel_plan_port *port = pel_view_from_port(plan, channel);

	return channel->capacity && port->type &&
	       !__builtin_mul_overflow(channel->capacity, (uint64_t)port->token_bytes, bytes);
}

uint64_t pel_view_total_bytes(const struct pel_plan *plan)
{
	uint64_t total = 0, bytes;

	for (uint32_t i = 0; i < plan->n_rings; i++) {
		const struct pel_plan_ring *ring = &plan->rings[i];

		if (__builtin_add_overflow(ring->slots, ring->mirror, &bytes) ||
		    __builtin_mul_overflow(bytes, (uint64_t)ring->token_bytes, &bytes) ||
		    __builtin_add_overflow(total, bytes, &total))
			return UINT64_MAX;
	}
	return total;
}

char *pel_view_short(const char *id, unsigned length, char *buf, size_t size)
{
	size_t n = strlen(id), head = length / 2 - 1, tail = length - head - 2;

	if (n <= length)
		snprintf(buf, size, "%s", id);
	else
		snprintf(buf, size, "%.*s..%s", (int)head, id, id + n - tail);
	return buf;
}
