/* SPDX-License-Identifier: Apache-2.0 */
#include "exit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { OURS, WORKING, LOST };
static _Atomic int state = OURS;

void cli_work_begins(void)
{
	atomic_store(&state, WORKING);
}

void cli_work_ends(void)
{
	int before = WORKING;

	if (!atomic_compare_exchange_strong(&state, &before, OURS))
		while (before == LOST)
			pause();
}

void cli_work_abandon(void)
{
	atomic_store(&state, OURS);
}

enum cli_lost cli_work_is_lost(void)
{
	int before = WORKING;

	if (atomic_compare_exchange_strong(&state, &before, LOST))
		return CLI_LOST;
	return before == LOST ? CLI_LOST_BEFORE : CLI_NOT_LOST;
}

void cli_exit(int status)
{
	cli_work_ends();
	exit(status);
}
