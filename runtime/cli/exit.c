/* SPDX-License-Identifier: Apache-2.0 */
#include "exit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static atomic_bool working; /* kernels are running: an exit is not ours */

void cli_work_begins(void)
{
	atomic_store(&working, true);
}

bool cli_work_ends(void)
{
	return atomic_exchange(&working, false);
}

void cli_exit(int status)
{
	cli_work_ends();
	exit(status);
}
