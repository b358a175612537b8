/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PLAN_PORTS_H
#define PEL_PLAN_PORTS_H

#include "plan-model.h"

/* Access to the ports of an actor of the plan. */

/* The ports of an actor have numbers: inputs first, then outputs. */
static inline uint32_t pel_ports_count(const struct pel_plan_actor *actor)
{
	return actor->n_in + actor->n_out;
}

static inline struct pel_plan_port *pel_port_number(const struct pel_plan_actor *actor, uint32_t i)
{
	return i < actor->n_in ? &actor->in[i] : &actor->out[i - actor->n_in];
}

static inline uint64_t pel_rates_max(const struct pel_plan_port *port)
{
	uint64_t max = 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		max = port->rates[i] > max ? port->rates[i] : max;
	return max;
}

static inline uint64_t pel_rates_sum(const struct pel_plan_port *port)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		sum += port->rates[i];
	return sum;
}

/* How many tokens pass a port in an iteration of the actor's cluster. */
static inline uint64_t pel_cluster_tokens(const struct pel_plan_actor *actor, const struct pel_plan_port *port)
{
	return actor->cluster_firings / port->n_rates * pel_rates_sum(port);
}

#endif
