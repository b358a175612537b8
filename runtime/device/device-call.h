/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_CALL_H
#define PEL_DEVICE_CALL_H

#include <stdint.h>

/* What a run and its device process share: limits, the arguments of calls, and their results. */

#define PEL_DEVICE_ARGS_MAX    64  /* arguments of one kernel */
#define PEL_DEVICE_KERNELS_MAX 256 /* registered with one device */
#define PEL_DEVICE_CALLS_MAX   256 /* in flight: submitted, and the completion not taken yet */

enum pel_buffers {
	PEL_BUFFERS_AUTO,   /* user pointers; mapped buffers if XRT refuses them */
	PEL_BUFFERS_USER,   /* XRT works on the channel's own memory: Pelton copies nothing */
	PEL_BUFFERS_MAPPED, /* buffers that XRT allocates; Pelton copies to and from them */
};

enum pel_device_arg_kind {
	PEL_ARG_SCALAR,	  /* the first `bytes` bytes of `value`; `buffer`: 1 for a float or double */
	PEL_ARG_IN,	  /* memory [offset, offset + bytes) is copied to the device before the call */
	PEL_ARG_OUT,	  /* the memory is copied from the device after the call, but only if it succeeded */
	PEL_ARG_INOUT,	  /* both */
	PEL_ARG_CONSTANT, /* as IN, for memory that never changes: copied only once */
	PEL_ARG_DEVICE,	  /* [offset, offset + bytes) of device buffer number `buffer`: not copied */
};

struct pel_device_arg {
	uint32_t index; /* of the argument in the kernel's list */
	uint32_t kind;	/* enum pel_device_arg_kind */
	uint32_t buffer;
	uint32_t unused;
	uint64_t offset, bytes; /* bytes > 0; any alignment */
	/*
	 * IN, OUT, INOUT: the memory range that the buffer covers. It contains the window, so that all windows in the range share one buffer.
	 * range_bytes == 0: the buffer covers just the window.
	 */
	uint64_t range_offset, range_bytes;
	uint64_t value;
};

enum pel_device_status {
	PEL_CALL_DONE, /* XRT reported COMPLETED, there was no fault, and the outputs are in channel memory */
	PEL_CALL_FAULT, /* the kernel crashed, wrote outside its buffers or failed otherwise; no output was written, and the CU is usable */
	PEL_CALL_TIMEOUT, /* the call took longer than timeout_ms; the device is lost */
};

#endif
