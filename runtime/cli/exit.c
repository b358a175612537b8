/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <pelton/run.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Kernels and the libraries that they use are foreign code in this process, and some call exit(). The status would then be theirs, and say
 * something that is not so: 3 is a stall here, 0 success.
 */

static atomic_bool working; /* whoever calls exit() now is not this program */

static void foreign_exit(int status, void *unused)
{
	const char *actor = pel_calling_actor();

	(void)unused;
	if (!atomic_exchange(&working, false))
		return;
	if (actor)
		cli_error(0, "actor '%s': its kernel has called exit(%d), which ends the whole program",
			  actor, status);
	else
		cli_error(0,
			  "a kernel, or a library that one uses, has called exit(%d), which ends the whole program",
			  status);
	cli_hint("a kernel that cannot go on returns a negative errno, with pel_fire_fail() or pel_info_fail()");
	_exit(CLI_FAILED);
}

void cli_work_begins(void)
{
	if (on_exit(foreign_exit, NULL) == 0)
		atomic_store(&working, true);
}

void cli_work_ends(void)
{
	atomic_store(&working, false);
}

void cli_exit(int status)
{
	cli_work_ends();
	exit(status);
}
