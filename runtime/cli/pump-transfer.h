/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PUMP_TRANSFER_H
#define PEL_PUMP_TRANSFER_H

#include <pelton/run.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * One pump: its file and its thread. CLI_CUT_SIGNAL wakes it when it waits for other processes; all threads
 * except the pumps' must block that signal.
 */

struct pump {
	struct pumps *all;
	const char *name; /* borrowed */
	char *file;
	bool in;
	int fd;		 /* -1: an output that does not exist yet, or a pipe that is not open yet */
	bool named_pipe; /* opened by the thread, which waits for a process to open the other end */
	bool unopened;	 /* no process has opened the other end. Written by the thread */
	struct pel_port *port;
	const struct pel_type *type;
	size_t token_bytes;
	uint64_t tokens; /* tokens moved */
	unsigned char *bounce; /* one token: an incomplete one at the end of a read, and the buffer of blocking calls */
	char *error;	       /* error message, or NULL. Written by the thread, read after it was joined */
	int code;	       /* its negative errno, or 0 */
	pthread_t thread;
	bool started, done; /* done: under lock */
};

struct pumps {
	struct pump *list;
	size_t n;
	struct pel_run *run;
	pthread_mutex_t lock; /* protects done and interrupted; nothing is called while it is held */
	pthread_cond_t changed;
	bool interrupted;
	bool stuck;	       /* a thread could not be ended */
	atomic_bool cut;       /* pumps that wait for other processes must return */
	atomic_size_t written; /* bytes written to all files */
};

/* Open the file; does not change an output yet. Returns 0, or CLI_FAILED after reporting the error. */
int pump_open_file(struct pump *pump);
/* Truncate the output, or create it. Returns 0, or CLI_FAILED after reporting the error. */
int pump_begin_file(struct pump *pump);
/* The name of the file for messages: its path, or "standard input". */
const char *pump_file_name(const struct pump *pump);
/* [its thread] Move tokens until the file or the port ends. Errors are in pump->error. */
void *pump_thread(void *pump);

#endif
