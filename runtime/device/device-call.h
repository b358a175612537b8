/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_CALL_H
#define PEL_DEVICE_CALL_H

#include <stdint.h>

/* What a run and its device process agree on: limits, arguments of calls, what becomes of them. */

#define PEL_DEVICE_ARGS_MAX    64  /* arguments of one kernel */
#define PEL_DEVICE_KERNELS_MAX 256 /* registered with one device */
#define PEL_DEVICE_CALLS_MAX   256 /* submitted and not yet taken back */

enum pel_buffers {
	PEL_BUFFERS_AUTO,   /* user pointers; where XRT refuses them, mapped */
	PEL_BUFFERS_USER,   /* XRT works on the channel's own memory: Pelton copies nothing */
	PEL_BUFFERS_MAPPED, /* buffers of XRT's own, copied to and from */
};

enum pel_device_arg_kind {
	PEL_ARG_SCALAR,	  /* the first `bytes` bytes of `value`; `buffer`: 1 for a float or double */
	PEL_ARG_IN,	  /* memory [offset, offset + bytes) is brought to the device before the call */
	PEL_ARG_OUT,	  /* and back from it after a call that has succeeded: never after another */
	PEL_ARG_INOUT,	  /* both */
	PEL_ARG_CONSTANT, /* as IN, for memory that does not change: brought only when it is not there yet */
	PEL_ARG_DEVICE,	  /* [offset, offset + bytes) of device buffer number `buffer`: stays there */
};

struct pel_device_arg {
	uint32_t index; /* of the kernel's argument */
	uint32_t kind;	/* enum pel_device_arg_kind */
	uint32_t buffer;
	uint32_t unused;
	uint64_t offset, bytes; /* bytes > 0; any alignment */
	/*
	 * IN, OUT, INOUT: the range of the memory that the buffer shall cover, of which the window is a part, so that windows which vary inside it
	 * need no buffers of their own. range_bytes == 0: the window itself.
	 */
	uint64_t range_offset, range_bytes;
	uint64_t value;
};

enum pel_device_status {
	PEL_CALL_DONE,	/* XRT says COMPLETED, no fault was reported, and the outputs are in place */
	PEL_CALL_FAULT, /* the kernel failed (crashed, left its buffers, ...): nothing was written to the outputs; the CU can be used again */
	PEL_CALL_TIMEOUT, /* it took longer than timeout_ms; the device is lost with it */
};

#endif
