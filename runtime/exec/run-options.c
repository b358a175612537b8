/* SPDX-License-Identifier: Apache-2.0 */
#include "run-options.h"

#include <errno.h>
#include <math.h>
#include "sized-options.h"

int pel_run_take_options(struct pel_run_options *to, const struct pel_run_options *from, struct pel_error *err)
{
	static const char name[] = "struct pel_run_options";
	int r = PEL_OPTIONS_TAKE(pel_run_options, to, from, err);

	if (r < 0 || (r = pel_options_need_list(to->xclbins, to->n_xclbins, name, "xclbins", err)) < 0)
		return r;
	for (size_t i = 0; i < to->n_xclbins && r == 0; i++)
		r = pel_options_need_element(to->xclbins[i].path, name, "xclbins", i, ".path", err);
	if (r == 0 && (to->stall_after_s < 0 || isnan(to->stall_after_s)))
		r = pel_fail(err, -EINVAL, (struct pel_place){ 0 },
			     "the member 'stall_after_s' of %s is %g, but must be a number of seconds from 0",
			     name, to->stall_after_s);
	return r;
}
