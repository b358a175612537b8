/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/observe.h>
#include <string.h>
#include "plan-model.h"

/* The connectivity with which v++ links the kernels of a graph: docs/cards.md. */
#define BANKS 4 /* of DDR, as on most cards; assigned to the units in turn */

static const struct pel_place nowhere;

/* Count the units of the kernel of actor `index`: `*before` of earlier actors, `*all` of all actors. */
static void count_units(const struct pel_plan *plan, uint32_t index, uint32_t *before, uint32_t *all)
{
	const struct pel_fpga *fpga = plan->actors[index].fpga;

	*before = *all = 0;
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_plan_actor *actor = &plan->actors[i];

		if (!actor->fpga || strcmp(actor->fpga->kernel, fpga->kernel) != 0)
			continue;
		*before += i < index ? actor->copies : 0;
		*all += actor->copies;
	}
}

int pel_plan_write_link_config(const struct pel_plan *plan, FILE *out, struct pel_error *err)
{
	uint32_t before, all, bank = 0, n = 0;

	for (uint32_t i = 0; i < plan->n_actors; i++)
		n += plan->actors[i].fpga != NULL;
	if (!n) {
		pel_fail(err, -EINVAL, nowhere, "no actor of the graph is placed on an FPGA");
		pel_hint(err, "place some with on=\"fpga\" in the graph, or --place ACTOR=fpga");
		return -EINVAL;
	}
	fprintf(out,
		"# For v++ --link --config. The banks are a suggestion for a card with %d DDR banks.\n[connectivity]\n",
		BANKS);
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_fpga *fpga = plan->actors[i].fpga;

		if (!fpga)
			continue;
		count_units(plan, i, &before, &all);
		if (!before)
			fprintf(out, "nk=%s:%u\n", fpga->kernel, all);
	}
	for (uint32_t i = 0; i < plan->n_actors; i++) {
		const struct pel_fpga *fpga = plan->actors[i].fpga;

		for (uint32_t unit = 0; fpga && unit < plan->actors[i].copies;
		     unit++, bank = (bank + 1) % BANKS) {
			count_units(plan, i, &before, &all);
			for (size_t k = 0; k < fpga->n_args; k++) {
				if (fpga->args[k].kind == PEL_FPGA_SCALAR)
					continue;
				if (fpga->args[k].name)
					fprintf(out, "sp=%s_%u.%s:DDR[%u]\n", fpga->kernel, before + unit + 1,
						fpga->args[k].name, bank);
				else
					fprintf(out,
						"# argument %zu of %s_%u has no name in the graph: sp=%s_%u.NAME:DDR[%u]\n",
						k, fpga->kernel, before + unit + 1, fpga->kernel,
						before + unit + 1, bank);
			}
		}
	}
	return ferror(out) ? -EIO : 0;
}
