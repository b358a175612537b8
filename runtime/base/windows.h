/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WINDOWS_H
#define PEL_WINDOWS_H

#include <stdint.h>

/*
 * Which part of its buffers a call may touch. XRT tells a device model addresses only; who started the host and knows more sends one message for each
 * call of a compute unit, before it lets XRT start the call, on a SOCK_SEQPACKET socket that is inherited: its number is in
 * PELTON_EMULATOR_WINDOWS. The model then lets the kernel see each window between guards.
 */
#define PEL_WINDOWS_MAX	   64 /* of one call */
#define PEL_WINDOWS_CU_MAX 64

struct pel_window {
	uint32_t arg;	 /* index */
	uint32_t writes; /* 0: what the kernel leaves there is of no meaning */
	uint64_t bytes;	 /* from the address that XRT gives for the argument */
};

struct pel_windows {
	char cu[PEL_WINDOWS_CU_MAX]; /* its name; ended by '\0' */
	uint64_t call;		     /* number of the unit's call, from 1 */
	uint32_t count, unused;
	struct pel_window windows[PEL_WINDOWS_MAX]; /* `count` of them are sent */
};

#endif
