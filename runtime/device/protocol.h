/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROTOCOL_H
#define PEL_PROTOCOL_H

#include <stdalign.h>
#include <stdatomic.h>
#include "device.h"

/*
 * What a run and its device process (pelton-device) share. Neither trusts the other: whatever the other writes is copied, then checked, then
 * used.
 *
 * Descriptors that the device process starts with:
 */
enum {
	PEL_FD_CONTROL =
		3, /* SOCK_SEQPACKET: one struct pel_message each way, question and answer. Its end is the run's end */
	PEL_FD_SHARED,	    /* memfd of struct pel_shared */
	PEL_FD_MEMORY,	    /* memfd of the channels */
	PEL_FD_REQUESTS,    /* eventfd: there are requests */
	PEL_FD_COMPLETIONS, /* eventfd: there are completions, or the device is lost */
	PEL_FD_WORDS,	    /* memfd: what XRT says on stderr while a question is answered */
	PEL_FD_FIRST_FREE,
};

enum pel_message_kind {
	PEL_MESSAGE_OPEN =
		1, /* number: device; a: bytes of memory; b: enum pel_buffers; flag: emulated; text: xclbin; more: folder to remove */
	PEL_MESSAGE_KERNEL, /* number: of units; a: timeout_ms; text: kernel NUL unit NUL unit NUL ... -> code: number of the kernel */
	PEL_MESSAGE_BUFFER, /* number: kernel; a: bytes; b: argument -> code: number of the buffer */
	PEL_MESSAGE_CLOSE,  /* no answer */
};

struct pel_message {
	uint32_t kind, number, flag;
	int32_t code; /* answers: >= 0, or a negative errno, which `text` explains */
	uint64_t a, b;
	char more[64];
	char text[3984];
};

struct pel_request {
	uint64_t cookie;
	uint32_t kernel, cu, n_args, unused;
	struct pel_device_arg args[PEL_DEVICE_ARGS_MAX];
};

/*
 * Two rings: positions run freely, slot = position % PEL_DEVICE_CALLS_MAX. The run writes request_tail and completion_head, the process the
 * others. There are never more calls on their way than slots, so neither ring can overflow.
 */
struct pel_shared {
	alignas(64) _Atomic uint32_t request_tail;
	alignas(64) _Atomic uint32_t request_head;
	alignas(64) _Atomic uint32_t completion_tail;
	alignas(64) _Atomic uint32_t completion_head;
	alignas(64) _Atomic uint32_t beats; /* of the process */
	_Atomic uint32_t model_beats;	    /* of the device model */
	_Atomic uint32_t lost;		    /* `why` says why */
	char why[256];
	_Atomic uint64_t calls, to_device_bytes, from_device_bytes, copied_bytes;
	struct pel_request requests[PEL_DEVICE_CALLS_MAX];
	struct pel_device_completion completions[PEL_DEVICE_CALLS_MAX];
};

#endif
