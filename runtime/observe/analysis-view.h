/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ANALYSIS_VIEW_H
#define PEL_ANALYSIS_VIEW_H

#include "json.h"

#include <pelton/analysis.h>

/* Within the folder only: the bound on a plan's runs, as part of what is written about the plan. */
void pel_bound_write_json(struct pel_json *json, const struct pel_analysis *analysis);
void pel_bound_write_text(const struct pel_analysis *analysis, FILE *out);

#endif
