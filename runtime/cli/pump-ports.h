/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_PORTS_H
#define PEL_PUMP_PORTS_H

#include <pelton/plan.h>
#include "options.h"

/* --in PORT=FILE and --out PORT=FILE. */

/* Are all of them so, with ports that the graph has? 0 or CLI_USAGE, explained. */
int pump_check_names(const struct cli_args *args, const struct pel_plan *plan, bool in);
/* The FILE of PORT=FILE given for port `name`; NULL: none. *twice: more than one. */
const char *pump_file(const struct cli_args *args, const char *option, const char *name, bool *twice);

#endif
