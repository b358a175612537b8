/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"
#include "plan-model.h"
#include "text.h"

#include <math.h>
#include <pelton/observe.h>

int pel_profile_write(const struct pel_plan *plan, const struct pel_stats *stats, FILE *out)
{
	char number[PEL_NUMBER_BYTES];
	size_t at = 0;

	fputs("<profile xmlns=\"urn:pelton:profile:1\">\n", out);
	for (uint32_t i = 0; i < plan->n_actors;
	     i++) { /* the statistics have the same actors, each copy separately */
		const struct pel_plan_actor *actor = &plan->actors[i];
		uint64_t firings = 0;
		double call_s = 0;

		if (actor->kind != PEL_ACTOR_KERNEL)
			continue;
		for (uint32_t copy = 0; copy < actor->copies && at < stats->n_actors; copy++, at++) {
			firings += stats->actors[at]->firings;
			call_s += stats->actors[at]->call_s;
		}
		if (firings && call_s > 0)
			fprintf(out, "  <cost actor=\"%s\" ns=\"%s\"/>\n", actor->id,
				pel_real_format(round(call_s * 1e13 / (double)firings) / 1e4, number));
	}
	fputs("</profile>\n", out);
	return pel_stream_result(out);
}
