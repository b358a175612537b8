/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_HAND_PLAN_H
#define PEL_TEST_HAND_PLAN_H

#include <pelton/stats.h>
#include "plan-model.h"

/*
 * Plans put together by hand, for tests of what reads plans. Zeroed memory is an empty one; HAND_MAX of each kind. Every port is one
 * f32 a firing unless changed; ports are called in, in1, ... and out, out1, ...
 */
#define HAND_MAX 2048

struct hand_plan {
	struct pel_plan plan;
	struct pel_plan_actor actors[HAND_MAX];
	struct pel_plan_channel channels[HAND_MAX];
	struct pel_plan_ring rings[HAND_MAX];
	struct pel_plan_stage stages[HAND_MAX];
	uint32_t ins[8], outs[8];
	struct pel_type f32;
};

void hand_plan_init(struct hand_plan *hand, const char *name);
void hand_plan_fini(struct hand_plan *hand);

uint32_t hand_actor(struct hand_plan *hand, const char *id, const char *kernel, uint32_t n_in, uint32_t n_out);
uint32_t hand_boundary(struct hand_plan *hand, const char *id, bool in);
/* The channel to a free ring of its own. */
struct pel_plan_channel *hand_channel(struct hand_plan *hand, uint32_t from, uint32_t from_port, uint32_t to,
				      uint32_t to_port, uint64_t capacity, enum pel_memory memory);
/* A stage of these actors; their ids joined as the compiler does; one stage a copy. */
void hand_stage(struct hand_plan *hand, uint32_t first, uint32_t n_actors);

/* The elements of an array of structs of a report (pelton/base.h), as pointers to them. Sets their size. The last 2048 pointers stay valid. */
void *hand_pointers(void *items, size_t count, size_t bytes);
#define POINTERS(array) hand_pointers((array), sizeof(array) / sizeof(*(array)), sizeof(*(array)))
void hand_rates(struct hand_plan *hand, struct pel_plan_port *port, uint32_t n, ...);

#endif
