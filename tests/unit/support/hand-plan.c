/* SPDX-License-Identifier: Apache-2.0 */
#include "hand-plan.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Abort if out of memory: the test then proves nothing. */
static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void hand_plan_init(struct hand_plan *hand, const char *name)
{
	memset(hand, 0, sizeof(*hand));
	hand->f32 = (struct pel_type){ .elem = PEL_ELEM_F32, .elem_bytes = 4 };
	hand->plan = (struct pel_plan){
		.name = name,
		.machine = { .cores = 2, .l1_bytes = 32768, .l2_bytes = 1048576 },
		.workers = 2,
		.actors = hand->actors,
		.channels = hand->channels,
		.rings = hand->rings,
		.stages = hand->stages,
		.ins = hand->ins,
		.outs = hand->outs,
	};
}

void hand_plan_fini(struct hand_plan *hand)
{
	pel_arena_fini(&hand->plan.arena);
}

static struct pel_plan_port *ports(struct hand_plan *hand, const char *name, uint32_t n)
{
	static const uint64_t one = 1;
	struct pel_arena *arena = &hand->plan.arena;
	struct pel_plan_port *list = must(pel_arena_array(arena, n, sizeof(*list)));

	for (uint32_t i = 0; i < n; i++) {
		const char *own = i ? must(pel_arena_printf(arena, "%s%u", name, i)) : name;

		list[i] = (struct pel_plan_port){
			.name = own, .type = &hand->f32, .token_bytes = 4, .n_rates = 1, .rates = &one
		};
	}
	return list;
}

uint32_t hand_actor(struct hand_plan *hand, const char *id, const char *kernel, uint32_t n_in, uint32_t n_out)
{
	static const struct pel_policy policy = { .on_fault = "fail" };
	struct pel_kernel *desc = must(pel_arena_alloc(&hand->plan.arena, sizeof(*desc)));

	desc->name = kernel;
	hand->actors[hand->plan.n_actors] = (struct pel_plan_actor){
		.id = id,
		.kernel = desc,
		.in = ports(hand, "in", n_in),
		.out = ports(hand, "out", n_out),
		.n_in = n_in,
		.n_out = n_out,
		.phases = 1,
		.repetition = 1,
		.copies = 1,
		.policy = &policy,
		.where = { .kind = PEL_WHERE_CPU, .index = -1 },
		.stage = PEL_NONE,
	};
	return hand->plan.n_actors++;
}

uint32_t hand_boundary(struct hand_plan *hand, const char *id, bool in)
{
	uint32_t actor = hand_actor(hand, id, NULL, !in, in);

	hand->actors[actor].kind = in ? PEL_ACTOR_HOST_IN : PEL_ACTOR_HOST_OUT;
	hand->actors[actor].kernel = NULL;
	if (in)
		hand->ins[hand->plan.n_ins++] = actor;
	else
		hand->outs[hand->plan.n_outs++] = actor;
	return actor;
}

static const char *end_name(struct hand_plan *hand, uint32_t actor, const char *port)
{
	if (hand->actors[actor].kind != PEL_ACTOR_KERNEL)
		return hand->actors[actor].id;
	return must(pel_arena_printf(&hand->plan.arena, "%s.%s", hand->actors[actor].id, port));
}

struct pel_plan_channel *hand_channel(struct hand_plan *hand, uint32_t from, uint32_t from_port, uint32_t to,
				      uint32_t to_port, uint64_t capacity, enum pel_memory memory)
{
	struct pel_plan_channel *channel = &hand->channels[hand->plan.n_channels++];
	const char *from_name = end_name(hand, from, hand->actors[from].out[from_port].name);
	const char *to_name = end_name(hand, to, hand->actors[to].in[to_port].name);

	hand->actors[from].out[from_port].n_channels++;
	hand->actors[to].in[to_port].n_channels++;
	*channel = (struct pel_plan_channel){
		.name = must(pel_arena_printf(&hand->plan.arena, "%s->%s", from_name, to_name)),
		.from = from,
		.from_port = from_port,
		.to = to,
		.to_port = to_port,
		.capacity = capacity,
		.memory = memory,
		.ring = hand->plan.n_rings,
	};
	hand->rings[hand->plan.n_rings++] = (struct pel_plan_ring){ .actor = from,
								    .port = from_port,
								    .n_channels = 1,
								    .next = PEL_NONE,
								    .token_bytes = 4,
								    .slots = capacity };
	return channel;
}

void hand_stage(struct hand_plan *hand, uint32_t first, uint32_t n_actors)
{
	struct pel_plan_actor *actor = &hand->actors[first];
	uint32_t *list = must(pel_arena_array(&hand->plan.arena, n_actors, sizeof(*list)));

	for (uint32_t i = 0; i < n_actors; i++) {
		list[i] = first + i;
		actor[i].stage = hand->plan.n_stages;
	}
	for (uint32_t copy = 0; copy < actor->copies; copy++) {
		struct pel_plan_stage *stage = &hand->stages[hand->plan.n_stages++];

		*stage = (struct pel_plan_stage){ .id = actor->id,
						  .actors = list,
						  .n_actors = n_actors,
						  .cluster = PEL_NONE,
						  .copy = copy,
						  .where = actor->where };
		if (actor->copies > 1)
			stage->id = must(pel_arena_printf(&hand->plan.arena, "%s#%u", actor->id, copy + 1));
		if (n_actors > 1)
			stage->id = must(pel_arena_printf(&hand->plan.arena, "%s..%s", actor->id,
							  actor[n_actors - 1].id));
	}
}

void hand_rates(struct hand_plan *hand, struct pel_plan_port *port, uint32_t n, ...)
{
	uint64_t *rates = must(pel_arena_array(&hand->plan.arena, n, sizeof(*rates)));
	va_list ap;

	va_start(ap, n);
	for (uint32_t i = 0; i < n; i++)
		rates[i] = va_arg(ap, unsigned);
	va_end(ap);
	port->n_rates = n;
	port->rates = rates;
}

void *hand_pointers(void *items, size_t count, size_t bytes)
{
	static void *pointers[2048];
	static size_t used;
	size_t first = used + count > 2048 ? 0 : used;

	ck_assert_uint_le(count, 2048);
	for (size_t i = 0; i < count; i++) {
		pointers[first + i] = (char *)items + i * bytes;
		memcpy(pointers[first + i], &bytes, sizeof(bytes));
	}
	used = first + count;
	return &pointers[first];
}
