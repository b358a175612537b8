/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf-hitting.h"

#include <errno.h>
#include <string.h>

#define WORK	  (1u << 20)	    /* numbers examined between two checks of the clock */
#define BOXES_MAX ((size_t)1 << 25) /* numbers in all boxes together: 256 MiB */
#define DEPTH_MAX 65536		    /* of the search */

int pel_sdf_hitting_init(struct pel_sdf_hitting *h, uint32_t n, const struct pel_sdf_limits *limits)
{
	*h = (struct pel_sdf_hitting){ .n = n, .limits = limits };
	h->cost = pel_sdf_alloc(n, sizeof(*h->cost));
	h->rebate = pel_sdf_alloc(n, sizeof(*h->rebate));
	h->level = pel_sdf_alloc(n, sizeof(*h->level));
	h->ceiling = pel_sdf_alloc(n, sizeof(*h->ceiling));
	h->best = pel_sdf_alloc(n, sizeof(*h->best));
	h->touched = pel_sdf_alloc(n, sizeof(*h->touched));
	return !h->cost || !h->rebate || !h->level || !h->ceiling || !h->best || !h->touched ? -ENOMEM : 0;
}

void pel_sdf_hitting_fini(struct pel_sdf_hitting *h)
{
	pel_sdf_release(h->cost);
	pel_sdf_release(h->rebate);
	pel_sdf_release(h->boxes);
	pel_sdf_release(h->level);
	pel_sdf_release(h->ceiling);
	pel_sdf_release(h->best);
	pel_sdf_release(h->touched);
	pel_sdf_release(h->choices);
}

int pel_sdf_hitting_copy(struct pel_sdf_hitting *to, const struct pel_sdf_hitting *from)
{
	int r = pel_sdf_hitting_init(to, from->n, from->limits);

	if (r < 0)
		return r;
	memcpy(to->cost, from->cost, from->n * sizeof(*to->cost));
	memcpy(to->rebate, from->rebate, from->n * sizeof(*to->rebate));
	to->boxes = pel_sdf_alloc((size_t)from->n_boxes * from->n, sizeof(*to->boxes));
	if (!to->boxes)
		return -ENOMEM;
	if (from->n_boxes)
		memcpy(to->boxes, from->boxes, (size_t)from->n_boxes * from->n * sizeof(*to->boxes));
	to->boxes_room = to->n_boxes = from->n_boxes;
	return 0;
}

static uint64_t *corner_of(const struct pel_sdf_hitting *h, uint32_t box)
{
	return h->boxes + (size_t)box * h->n;
}

bool pel_sdf_hitting_holds(const struct pel_sdf_hitting *h, uint32_t box, const uint64_t *level)
{
	const uint64_t *corner = corner_of(h, box);

	for (uint32_t i = 0; i < h->n; i++)
		if (level[i] > corner[i])
			return false;
	return true;
}

int pel_sdf_hitting_add(struct pel_sdf_hitting *h, const uint64_t *corner)
{
	size_t bytes = h->n * sizeof(*corner);
	uint32_t kept = 0;

	for (uint32_t box = 0; box < h->n_boxes; box++) {
		bool inside = true;

		for (uint32_t i = 0; i < h->n && inside; i++)
			inside = corner_of(h, box)[i] <= corner[i];
		if (inside)
			continue;
		if (kept != box)
			memcpy(corner_of(h, kept), corner_of(h, box), bytes);
		kept++;
	}
	h->n_boxes = kept;
	if (h->n_boxes == h->boxes_room) {
		size_t room = h->boxes_room * 2 + 64;
		size_t most = BOXES_MAX / ((size_t)h->n + 1);
		uint64_t *larger;

		room = room < most ? room : most;
		if (room <= h->boxes_room)
			return -ETIME;
		larger = pel_sdf_alloc(room, bytes);
		if (!larger)
			return -ENOMEM;
		if (h->n_boxes)
			memcpy(larger, h->boxes, h->n_boxes * bytes);
		pel_sdf_release(h->boxes);
		h->boxes = larger;
		h->boxes_room = room;
	}
	memcpy(corner_of(h, h->n_boxes++), corner, bytes);
	return 0;
}

uint64_t pel_sdf_hitting_cost(const struct pel_sdf_hitting *h, uint32_t i, uint64_t from, uint64_t to)
{
	return (to - from) * h->cost[i] - (!from && to ? h->rebate[i] : 0);
}

/* The cost of leaving the box by variable i; PEL_SDF_ANY_LEVEL: it has no exit there. */
static uint64_t exit_cost(const struct pel_sdf_hitting *h, const uint64_t *corner, uint32_t i)
{
	if (corner[i] >= h->ceiling[i]) /* true for PEL_SDF_ANY_LEVEL, too */
		return PEL_SDF_ANY_LEVEL;
	return pel_sdf_hitting_cost(h, i, h->level[i], corner[i] + 1);
}

/* A summary of the boxes that contain the current vector. */
struct view {
	uint64_t least; /* lower bound on the cost of leaving them all: the sum over boxes that share no exit */
	uint32_t box;	/* the one with the fewest exits; UINT32_MAX: no box contains the vector */
	bool dead;	/* some box has no exit */
};

static struct view look(struct pel_sdf_hitting *h, uint64_t allowed)
{
	struct view view = { .box = UINT32_MAX };
	uint32_t fewest = UINT32_MAX;

	h->now++;
	for (uint32_t box = 0; box < h->n_boxes; box++) {
		const uint64_t *corner = corner_of(h, box);
		uint64_t least = PEL_SDF_ANY_LEVEL;
		uint32_t exits = 0;
		bool disjoint = true;

		if (!pel_sdf_hitting_holds(h, box, h->level))
			continue;
		for (uint32_t i = 0; i < h->n; i++) {
			uint64_t cost = exit_cost(h, corner, i);

			if (cost > allowed)
				continue;
			exits++;
			least = cost < least ? cost : least;
			disjoint &= h->touched[i] != h->now;
		}
		if (!exits) {
			view.dead = true;
			return view;
		}
		if (exits < fewest) {
			fewest = exits;
			view.box = box;
		}
		if (!disjoint)
			continue;
		view.least += least;
		for (uint32_t i = 0; i < h->n; i++)
			if (exit_cost(h, corner, i) <= allowed)
				h->touched[i] = h->now;
		if (view.least > allowed) {
			view.dead = true;
			return view;
		}
	}
	return view;
}

/* Take the exit of a box by `variable`, at the cost `way`, to a level above `corner`. */
struct exit {
	uint64_t way, corner;
	uint32_t variable;
};

/*
 * Decide about the current vector, which costs `cost`. True: leave a box by *exit; false: the vector is
 * finished.
 */
static bool visit(struct pel_sdf_hitting *h, uint64_t cost, struct exit *exit)
{
	struct view view;

	h->work += 1 + (uint64_t)h->n_boxes * h->n;
	if (h->work >= WORK && h->limits->expired) {
		h->work = 0;
		h->expired = h->limits->expired(h->limits->context);
	}
	if (h->expired || cost >= h->best_cost)
		return false;
	view = look(h, h->best_cost - cost - 1);
	if (view.dead)
		return false;
	if (view.box == UINT32_MAX) {
		memcpy(h->best, h->level, h->n * sizeof(*h->best));
		h->best_cost = cost;
		return false;
	}
	exit->way = PEL_SDF_ANY_LEVEL;
	for (uint32_t i = 0; i < h->n; i++) {
		uint64_t way = exit_cost(h, corner_of(h, view.box), i);

		if (way >= exit->way)
			continue;
		exit->way = way;
		exit->variable = i;
		exit->corner = corner_of(h, view.box)[i];
	}
	return exit->way != PEL_SDF_ANY_LEVEL && cost + exit->way < h->best_cost;
}

/* A choice made on the way to the current vector. */
struct pel_sdf_choice {
	uint64_t cost, level, ceiling; /* before the choice */
	uint64_t corner;
	uint32_t variable;
	bool stayed; /* the vectors that leave the box this way are done; now those that do not */
};

static int push(struct pel_sdf_hitting *h, const struct pel_sdf_choice *choice)
{
	if (h->n_choices == h->choices_room) {
		size_t room = h->choices_room * 2 + 64;
		struct pel_sdf_choice *larger = pel_sdf_alloc(room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		if (h->n_choices)
			memcpy(larger, h->choices, h->n_choices * sizeof(*larger));
		pel_sdf_release(h->choices);
		h->choices = larger;
		h->choices_room = room;
	}
	h->choices[h->n_choices++] = *choice;
	return 0;
}

/* Go back to the last choice whose other side is not done, and take that side. False: there is none. */
static bool turn(struct pel_sdf_hitting *h, uint64_t *cost)
{
	for (; h->n_choices; h->n_choices--) {
		struct pel_sdf_choice *choice = &h->choices[h->n_choices - 1];

		if (choice->stayed) {
			h->ceiling[choice->variable] = choice->ceiling;
			continue;
		}
		choice->stayed = true;
		h->level[choice->variable] = choice->level;
		h->ceiling[choice->variable] = choice->corner;
		*cost = choice->cost;
		return true;
	}
	return false;
}

/*
 * Visit all vectors from level[] up to ceiling[] that cost less than the best: first those that leave a box
 * by its cheapest exit, then those that do not, so that no vector is visited twice. The choices are kept in a
 * list, not on the stack: there can be many thousands.
 */
static int search(struct pel_sdf_hitting *h)
{
	uint64_t cost = 0;
	struct exit exit;

	h->n_choices = 0;
	do {
		while (visit(h, cost, &exit)) {
			struct pel_sdf_choice choice = { .cost = cost,
							 .level = h->level[exit.variable],
							 .ceiling = h->ceiling[exit.variable],
							 .corner = exit.corner,
							 .variable = exit.variable };

			if (h->n_choices >= DEPTH_MAX) {
				h->expired = true;
				break;
			}
			if (push(h, &choice) < 0)
				return -ENOMEM;
			h->level[exit.variable] = exit.corner + 1;
			cost += exit.way;
		}
	} while (!h->expired && turn(h, &cost));
	return 0;
}

int pel_sdf_hitting_solve(struct pel_sdf_hitting *h, uint64_t below)
{
	memset(h->level, 0, h->n * sizeof(*h->level));
	for (uint32_t i = 0; i < h->n; i++)
		h->ceiling[i] = PEL_SDF_ANY_LEVEL;
	h->best_cost = below;
	h->work = WORK; /* check the clock first */
	h->expired = false;
	if (search(h) < 0)
		return -ENOMEM;
	if (h->expired)
		return -ETIME;
	return h->best_cost < below ? 0 : -ENOENT;
}
