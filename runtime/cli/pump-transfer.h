/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_TRANSFER_H
#define PEL_PUMP_TRANSFER_H

#include <pelton/run.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * One pump: its file and its thread. CLI_CUT_SIGNAL wakes it where it waits for the outside; all threads but the pumps' must have that
 * blocked.
 */

struct pump {
	struct pumps *all;
	const char *name; /* borrowed */
	char *file;
	bool in;
	int fd;		 /* -1: an output that is not there yet; a pipe that is not open yet */
	bool named_pipe; /* opened by the thread: that waits for who opens the other end */
	bool unopened;	 /* and nobody did. Written by the thread */
	struct pel_port *port;
	const struct pel_type *type;
	size_t token_bytes;
	uint64_t tokens;       /* moved */
	unsigned char *bounce; /* one token: its part at the end of a read, and what the blocking calls move */
	char *error;	       /* what went wrong, or NULL. Written by the thread, read after it was joined */
	int code;	       /* the negative errno of it, or 0 */
	pthread_t thread;
	bool started, done; /* done: under lock */
};

struct pumps {
	struct pump *list;
	size_t n;
	struct pel_run *run;
	pthread_mutex_t lock; /* of done and interrupted; nothing is called under it */
	pthread_cond_t changed;
	bool interrupted;
	bool stuck;	       /* a thread could not be ended */
	atomic_bool cut;       /* pumps that wait for the outside shall leave */
	atomic_size_t written; /* bytes, to all files */
};

/* Open the file; an output is not changed yet. 0, or CLI_FAILED, explained. */
int pump_open_file(struct pump *pump);
/* Empty the output, or make it. 0, or CLI_FAILED, explained. */
int pump_begin_file(struct pump *pump);
/* What messages call it: its name, or "standard input". */
const char *pump_file_name(const struct pump *pump);
/* [its thread] Move tokens until the file or the port ends. What went wrong is in pump->error. */
void *pump_thread(void *pump);

#endif
