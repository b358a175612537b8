/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WINDOWS_H
#define PEL_WINDOWS_H

#include <stdint.h>

/*
 * The parts of its buffers that a call may access. XRT passes only addresses to a device model. A host that
 * knows more sends one message for each call of a compute unit, before XRT starts the call, on an inherited
 * SOCK_SEQPACKET socket whose number is in PELTON_EMULATOR_WINDOWS. The model then shows each window to the
 * kernel between guard pages.
 */
#define PEL_WINDOWS_MAX	   64 /* of one call */
#define PEL_WINDOWS_CU_MAX 64

struct pel_window {
	uint32_t arg;	 /* index of the argument */
	uint32_t writes; /* 0: what the kernel writes there is discarded */
	uint64_t bytes;	 /* from the address that XRT passes for the argument */
};

struct pel_windows {
	char cu[PEL_WINDOWS_CU_MAX]; /* its name; terminated by '\0' */
	uint64_t call;		     /* number of the call of this unit, from 1 */
	uint32_t count, unused;
	struct pel_window windows[PEL_WINDOWS_MAX]; /* `count` of them are sent */
};

#endif
