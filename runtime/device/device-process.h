/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DEVICE_PROCESS_H
#define PEL_DEVICE_PROCESS_H

#include <sys/types.h>

#include "protocol.h"

/*
 * The device process as a child process, and the messages to and from it. This part knows nothing of calls. It does not touch the signal
 * handlers of the host, nor its other children.
 */
struct pel_device_process {
	pid_t pid; /* 0: none */
	int pidfd, control, log;
	uint32_t sequence;
	bool reaped;	 /* by us, or by a host that waits for all children */
	bool has_status; /* wstatus is known */
	int wstatus;
	struct pel_device_message message; /* the last one received */
};

#define PEL_DEVICE_PROCESS_NONE                       \
	{                                             \
		.pidfd = -1, .control = -1, .log = -1 \
	}

/*
 * Start the program. `environment`: from pel_emulation_environment(), or NULL. Returns 0, or a negative errno and explains: -ENOSYS if the
 * program is missing, or XRT is.
 */
int pel_device_process_start(struct pel_device_process *process, const char *const *environment,
			     struct pel_place place, struct pel_error *err);
/* Kill the process and everything it started, and wait for it. */
void pel_device_process_end(struct pel_device_process *process);
/* The same, without waiting. */
void pel_device_process_kill(struct pel_device_process *process, pid_t model);
/* Wait up to timeout_ms for it to end. True: it has ended. */
bool pel_device_process_ended(struct pel_device_process *process, int timeout_ms);

/* Send the message, and `fds` with it. 0 or a negative errno. */
int pel_device_process_send(struct pel_device_process *process, struct pel_device_message *message,
			    const int *fds, unsigned n_fds);
/* Receive a message into process->message, without waiting. 1; 0: none; -EIO: there will be no more. Control characters are removed. */
int pel_device_process_receive(struct pel_device_process *process);
/*
 * Wait for the answer to the message sent last. Returns 0; -ETIMEDOUT; -EIO: the process ended; -ECANCELED: one of `give_up` polls readable
 * (-1: none); or the error that the answer holds. `text` and `hint` then point to the reason and the remedy ("": none) in process->message.
 */
int pel_device_process_answer(struct pel_device_process *process, int timeout_ms, const int give_up[2],
			      const char **text, const char **hint);

/* How it ended: "was killed by signal 9", "ended with status 1". */
void pel_device_process_fate(struct pel_device_process *process, char *text, size_t bytes);
/* The last error that XRT logged, or else the last line of the log; "" if it is empty. */
void pel_device_process_last_words(const struct pel_device_process *process, char *text, size_t bytes);

#endif
