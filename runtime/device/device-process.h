/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_PROCESS_H
#define PEL_DEVICE_PROCESS_H

#include <sys/types.h>

#include "protocol.h"

/*
 * The device process as a child, and the messages to and from it. Knows no calls. Signal handlers and other children of this process are
 * left alone.
 */
struct pel_device_process {
	pid_t pid; /* 0: none */
	int pidfd, control, log;
	uint32_t sequence;
	bool reaped;	 /* by us, or by a host that waits for everybody's children */
	bool has_status; /* wstatus is known */
	int wstatus;
	struct pel_device_message message; /* the last that was received */
};

#define PEL_DEVICE_PROCESS_NONE                       \
	{                                             \
		.pidfd = -1, .control = -1, .log = -1 \
	}

/*
 * Start the program. `environment`: as of pel_emulation_environment(), or NULL. 0 or a negative errno, explained: -ENOSYS where there is no
 * such program, or no XRT for it.
 */
int pel_device_process_start(struct pel_device_process *process, const char *const *environment,
			     struct pel_place place, struct pel_error *err);
/* Kill what is left of it and all it started, and wait for it. */
void pel_device_process_end(struct pel_device_process *process);
/* Kill, without waiting. */
void pel_device_process_kill(struct pel_device_process *process, pid_t model);
/* Wait at most so long for it to end. True: it has ended. */
bool pel_device_process_ended(struct pel_device_process *process, int timeout_ms);

/* Send the message, and `fds` with it. 0 or a negative errno. */
int pel_device_process_send(struct pel_device_process *process, struct pel_device_message *message,
			    const int *fds, unsigned n_fds);
/* Take a message if there is one, to process->message: 1, 0: none, -EIO: there will be no more. Its text is clean. */
int pel_device_process_receive(struct pel_device_process *process);
/*
 * Wait for the answer to the message sent last: 0; -ETIMEDOUT; -EIO: it ended; -ECANCELED: one of `give_up` polls readable (-1: none); or else
 * what it says, with the words in `text` and the remedy in `hint` ("": none), both in process->message.
 */
int pel_device_process_answer(struct pel_device_process *process, int timeout_ms, const int give_up[2],
			      const char **text, const char **hint);

/* How it ended: "was killed by signal 9 (Killed)", "ended with status 1". */
void pel_device_process_fate(struct pel_device_process *process, char *text, size_t bytes);
/* The last complaint of XRT, or its last line; "" if it said nothing. */
void pel_device_process_last_words(const struct pel_device_process *process, char *text, size_t bytes);

#endif
