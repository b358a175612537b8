/* SPDX-License-Identifier: Apache-2.0 */
#include "process-report.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "descendants.h"
#include "interrupted.h"

static pthread_mutex_t control_lock = PTHREAD_MUTEX_INITIALIZER;
/* The thread that ends the process holds it until the process is gone. */
static pthread_mutex_t end_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

uint64_t pel_process_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void *pel_process_alloc(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		pel_process_lost("the device process is out of memory");
	return memory;
}

/* ---- words ---- */

const char *pel_process_words(const struct self *self, char *text, size_t bytes)
{
	static const char mark[] = "[XRT] ERROR: ";
	struct stat status;
	char log[2049];
	ssize_t n = 0;

	*text = '\0';
	if (fstat(self->log, &status) == 0)
		n = pread(self->log, log, sizeof(log) - 1,
			  status.st_size > (off_t)sizeof(log) - 1 ? status.st_size - (off_t)sizeof(log) + 1
								  : 0);
	log[n < 0 ? 0 : n] = '\0';
	for (char *at = log; (at = strstr(at, mark));) {
		at += sizeof(mark) - 1;
		snprintf(text, bytes, "%.*s", (int)strcspn(at, "\n"), at);
	}
	return text;
}

static bool send_message(struct pel_device_message *message)
{
	unsigned interrupted = 0;
	ssize_t n;

	pthread_mutex_lock(&control_lock);
	do
		n = send(PEL_DEVICE_CONTROL_FD, message, PEL_DEVICE_MESSAGE_HEAD + message->text_bytes,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && pel_interrupted(&interrupted));
	pthread_mutex_unlock(&control_lock);
	return n >= 0;
}

void pel_process_claim_end(void)
{
	pthread_mutex_lock(&end_lock);
}

void pel_process_die(void)
{
	pel_process_claim_end();
	/* Kill everything that this process started, in any session, and do not wait for XRT to shut down. */
	pel_kill_descendants(getpid(), NULL, 0);
	if (getpgrp() == getpid())
		kill(0, SIGKILL);
	_exit(PEL_DEVICE_LOST_STATUS);
}

void pel_process_lost(const char *fmt, ...)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_LOST };
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(message.text, 1024, fmt, ap);
	va_end(ap);
	message.text_bytes = n < 0 ? 0 : n > 1023 ? 1024 : (uint32_t)n + 1;
	send_message(&message);
	pel_process_die();
}

void pel_process_reply(uint32_t sequence, int code, const char *text, const char *hint)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_REPLY, .sequence = sequence, .code = code };

	message.text_bytes = (uint32_t)snprintf(message.text, TEXT_BYTES, "%s", text) + 1;
	if (message.text_bytes > TEXT_BYTES)
		message.text_bytes = TEXT_BYTES;
	message.text_bytes += (uint32_t)snprintf(message.text + message.text_bytes, TEXT_BYTES, "%s", hint) + 1;
	if (!send_message(&message))
		pel_process_lost("the device process cannot answer the run: %s", strerror(errno));
}
