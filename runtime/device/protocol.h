/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PROTOCOL_H
#define PEL_PROTOCOL_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "device-call.h"
#include "support.h"

/*
 * The protocol between a run and its device process. Requests are rare and go through a socket; calls are frequent and go through shared
 * memory. Neither side trusts the other: it copies what the other can write, checks the copy, and uses only that.
 */
#define PEL_DEVICE_PROTOCOL    3
#define PEL_DEVICE_CONTROL_FD  3 /* in the device process: a SOCK_SEQPACKET socket */
#define PEL_DEVICE_BEAT_MS     80
#define PEL_DEVICE_TEXT_BYTES  16384
#define PEL_DEVICE_LOST_STATUS 3 /* exit status of a device process that has reported why it ends */

/* Messages of both sides for a missing device. The hint quotes XRT, whose text differs between releases. */
#define PEL_DEVICE_NONE "there is no device %u"
#define PEL_DEVICE_NONE_HINT \
	"XRT says '%s'; pelton doctor lists the devices of this machine; --emulate needs no card"

/* ---- requests ---- */

enum pel_device_message_kind {
	PEL_MESSAGE_OPEN = 1, /* with descriptors; text: path of the xclbin, folder of the emulation or "" */
	PEL_MESSAGE_KERNEL,   /* text: name of the kernel, then names of the compute units */
	PEL_MESSAGE_BUFFER,
	PEL_MESSAGE_CLOSE,
	PEL_MESSAGE_REPLY, /* from the device process. text: the error, the remedy */
	PEL_MESSAGE_LOST,  /* from the device process. text: why it ends */
};

/* Descriptors that come with PEL_MESSAGE_OPEN, in this order. */
enum pel_device_fd {
	PEL_FD_SHARED,
	PEL_FD_MEMORY,
	PEL_FD_BELL, /* eventfd: there may be calls */
	PEL_FD_DONE, /* eventfd: there may be completions */
	PEL_FD_LOG,  /* output of XRT; the client reads its last lines */
	PEL_FD_HOST, /* pidfd of the run's process */
	PEL_FD_ERR,  /* the run's standard error, for the output of emulated kernels */
	PEL_FDS,
};

struct pel_device_message {
	uint32_t kind, sequence;
	int32_t code;	     /* REPLY: 0 or a negative errno */
	uint32_t version;    /* OPEN */
	uint32_t index;	     /* OPEN: of the device. KERNEL: its number. BUFFER: its number */
	uint32_t buffers;    /* OPEN */
	uint32_t kernel;     /* BUFFER */
	uint32_t arg;	     /* BUFFER */
	uint32_t n_cus;	     /* KERNEL */
	uint32_t timeout_ms; /* KERNEL */
	uint64_t floats;     /* KERNEL: bit i: argument i is a float or a double */
	uint64_t pointers;   /* KERNEL: bit i: argument i is a pointer, so it takes a buffer */
	uint64_t bytes;	     /* OPEN: of the memory. BUFFER */
	uint32_t text_bytes; /* of the strings in `text`, each with its NUL */
	uint32_t unused;
	char text[PEL_DEVICE_TEXT_BYTES];
};
#define PEL_DEVICE_MESSAGE_HEAD offsetof(struct pel_device_message, text)

/* ---- calls ---- */

struct pel_device_slot {
	uint32_t ticket; /* identifies the call in its completion */
	uint32_t kernel, cu, n_args;
	struct pel_device_arg args[PEL_DEVICE_ARGS_MAX];
};

struct pel_device_done {
	uint32_t ticket, status;
	uint64_t busy_ns;
	char message[256];
};

/*
 * Two rings of PEL_DEVICE_CALLS_MAX slots. Indices run freely and wrap.
 *   I1  the client has at most PEL_DEVICE_CALLS_MAX calls in flight, so neither ring can be full when an entry is added
 *   I2  only one side writes an index; if the other side sees a difference above the capacity, it treats this side as broken
 */
struct pel_device_shared {
	/* Written by the client. */
	alignas(64) _Atomic uint32_t calls_tail; /* release: the slot is written. Pairs with the feeder's acquire */
	_Atomic uint32_t done_head;		 /* release: the slot is read */
	/* Written by the device process. */
	alignas(64) _Atomic uint32_t calls_head; /* release: the slot is read */
	_Atomic uint32_t done_tail;	   /* release: the slot is written. Pairs with the client's acquire */
	_Atomic uint32_t feeder_sleeps;	   /* the client must write to the bell */
	alignas(64) _Atomic uint32_t beat; /* grows while the device process lives */
	_Atomic uint32_t model_beat;	   /* grows while the device model sends signs of life */
	_Atomic uint32_t has_model;
	_Atomic int32_t model_pid;
	_Atomic uint64_t n_calls, to_device_bytes, from_device_bytes, copied_bytes;
	alignas(64) struct pel_device_slot calls[PEL_DEVICE_CALLS_MAX];
	struct pel_device_done done[PEL_DEVICE_CALLS_MAX];
};

#endif
