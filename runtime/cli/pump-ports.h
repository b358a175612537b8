/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_PORTS_H
#define PEL_PUMP_PORTS_H

#include <pelton/plan.h>
#include "options.h"

/* --in PORT=FILE and --out PORT=FILE. */

/* Check their syntax and that the graph has the ports. Returns 0, or CLI_USAGE after reporting the error. */
int pump_check_names(const struct cli_args *args, const struct pel_plan *plan, bool in);
/* The FILE given with PORT=FILE for port `name`; NULL: none. *twice is set if there is more than one. */
const char *pump_file(const struct cli_args *args, const char *option, const char *name, bool *twice);

#endif
