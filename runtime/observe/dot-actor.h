/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DOT_ACTOR_H
#define PEL_DOT_ACTOR_H

#include "analysis-view.h"
#include "plan-view.h"
#include "text.h"

/* Boxes of actors in a picture, and how busy a stage was. */

struct picture {
	const struct pel_plan *plan;
	const struct pel_stats *stats;		 /* NULL: no run yet */
	struct pel_map stages, channels, actors; /* of stats, by name */
	struct pel_bound_view bound;		 /* all zero: not requested */
	FILE *out;
};

struct colours {
	const char *border, *fill;
};

/* The colour of everything on the cycle that limits the throughput. */
#define CRITICAL_COLOUR "#dc2626"

struct load {
	bool known;
	double busy, input, room, device; /* shares of the time, 0 to 1 */
	uint64_t firings;
};

const struct colours *pel_dot_where_colours(const struct pel_where *where);
void pel_dot_put_id(FILE *out, const char *id);
/* The load of a stage and of the copies that follow it. */
struct load pel_dot_stage_load(const struct picture *pic, uint32_t stage);
/* From white over yellow to red, always light enough for dark text. */
struct colours pel_dot_heat_colours(double busy, const char *border, char *buf, size_t size);
/* "97 % busy", and if it mostly waited, for what: "61 % waiting for room". */
char *pel_dot_load_text(const struct load *load, char *buf, size_t size);
bool pel_dot_shows_ports(const struct pel_plan_actor *actor);
void pel_dot_put_host_port(const struct picture *pic, uint32_t index);
/* `alone`: the stage has no frame, so the box shows its load. */
void pel_dot_put_actor(const struct picture *pic, uint32_t index, bool alone);
/* One line of small text in a box. */
void pel_dot_put_small(FILE *out, const char *text);

#endif
