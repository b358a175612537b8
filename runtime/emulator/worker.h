/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_WORKER_H
#define PEL_EMU_WORKER_H

#include "worker-protocol.h"

struct pel_emu_worker_options {
	int socket;
	pid_t supervisor;
	struct pel_emu_slot *slot;
	const struct pel_emu_kernel *kernel;
	const char *cu, *library;
	bool wait; /* for a debugger, before the first call */
};

/* The main loop of a worker process. */
_Noreturn void pel_emu_worker_main(const struct pel_emu_worker_options *options);

#endif
