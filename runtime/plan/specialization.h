/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SPECIALIZATION_H
#define PEL_SPECIALIZATION_H

#include "kernel-use.h"

/* A port of a kernel whose parameters are known. */
struct specialization_port {
	struct pel_type_expr type;
	struct term *term; /* [types] shared, if the type has no symbols */
	bool symbolic;
	bool dynamic;
	uint32_t n_rates;
	const uint64_t *rates;
	uint64_t history;
};

/* A kernel with its parameters: shared by all actors with the same settings. */
struct specialization {
	struct kernel_use *use;
	const struct pel_value *params;
	struct specialization_port *in, *out;
	const struct specialization_port *cpu_in,
		*cpu_out; /* ports of the registered CPU implementation of an inline kernel */
	const struct instance *instance;
	const struct pel_decl_actor *actor; /* an actor with these settings */
	struct specialization *next;
};

/* Find the specialization of `use` with the settings of `actor`, or make it. */
int pel_specialization_find(struct compiler *c, struct kernel_use *use, const struct pel_decl_actor *actor,
			    struct instance *instance, struct specialization **ret);
static inline struct specialization_port *
pel_specialization_port(const struct specialization *spec, const struct pel_plan_actor *actor, uint32_t i)
{
	return i < actor->n_in ? &spec->in[i] : &spec->out[i - actor->n_in];
}

#endif
