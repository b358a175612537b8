/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "interrupted.h"

#include "process-report.h"
#include "tree.h"

#define LOG_MAX	     (256 * 1024)
#define HOST_END_MS  1000
#define GREET_TRIES  100 /* of 10 ms */
#define MODEL_END_MS 1000

static struct {
	pthread_mutex_t lock;
	char line[1100];
	size_t used;
	bool too_long, ended;
	char broken[512]; /* what has failed in the device model; "": nothing */
} events = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- events of the device model ---- */

static struct cu *find_cu(struct self *self, const char *name, size_t length)
{
	uint32_t n_cus = atomic_load_explicit(&self->n_cus, memory_order_acquire);

	for (uint32_t i = 0; i < n_cus; i++)
		if (strncmp(self->cus[i]->name, name, length) == 0 && self->cus[i]->name[length] == '\0')
			return self->cus[i];
	return NULL;
}

/* `line` is "fault CU NUMBER TEXT" without its first word. */
static void note_fault(struct self *self, const char *line)
{
	size_t length = strcspn(line, " ");
	struct cu *cu = find_cu(self, line, length);
	struct fault *fault;
	char *text;
	unsigned long long call;

	if (!cu || line[length] != ' ')
		return;
	call = strtoull(line + length + 1, &text, 10);
	if (call == 0 || *text != ' ')
		return;
	fault = &cu->faults[cu->next_fault++ % FAULTS_KEPT];
	fault->call = call;
	snprintf(fault->text, sizeof(fault->text), "%s", text + 1);
}

static void greet_model(struct self *self, const char *number)
{
	long pid = strtol(number, NULL, 10);

	if (pid <= 1 || atomic_load(&self->model_pidfd) >= 0)
		return;
	atomic_store(&self->shared->model_pid, (int)pid);
	atomic_store(&self->model_pidfd, (int)syscall(SYS_pidfd_open, (pid_t)pid, 0));
	atomic_store(&self->shared->has_model, 1);
}

static void take_line(struct self *self, const char *line)
{
	atomic_fetch_add_explicit(&self->shared->model_beat, 1, memory_order_relaxed);
	if (strncmp(line, "hello ", 6) == 0)
		greet_model(self, line + 6);
	else if (strncmp(line, "fault ", 6) == 0)
		note_fault(self, line + 6);
	else if (strncmp(line, "broken ", 7) == 0)
		snprintf(events.broken, sizeof(events.broken), "%.500s", line + 7);
}

static void take_bytes(struct self *self, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			events.line[events.used] = '\0';
			if (!events.too_long)
				take_line(self, events.line);
			events.used = 0;
			events.too_long = false;
		} else if (events.used < sizeof(events.line) - 1) {
			events.line[events.used++] = bytes[i];
		} else {
			events.too_long = true;
		}
	}
}

void pel_events_read(struct self *self)
{
	int fd = atomic_load(&self->events);
	unsigned interrupted = 0;
	char bytes[4096];
	ssize_t n;

	pthread_mutex_lock(&events.lock);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && pel_interrupted(&interrupted)))
		if (n > 0)
			take_bytes(self, bytes, (size_t)n);
	events.ended = events.ended || n == 0;
	pthread_mutex_unlock(&events.lock);
}

bool pel_events_fault(struct cu *cu, uint64_t call, char *text, size_t bytes)
{
	bool found = false;

	pthread_mutex_lock(&events.lock);
	for (size_t i = 0; i < FAULTS_KEPT && !found; i++) {
		found = cu->faults[i].call == call;
		if (found)
			snprintf(text, bytes, "%s", cu->faults[i].text);
	}
	pthread_mutex_unlock(&events.lock);
	return found;
}

/* ---- watching ---- */

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&poll_fd, 1, timeout_ms) > 0;
}

bool pel_model_ended(struct self *self)
{
	bool ended;

	if (atomic_load(&self->events) < 0)
		return false;
	pel_events_read(self);
	pthread_mutex_lock(&events.lock);
	ended = events.ended || *events.broken;
	pthread_mutex_unlock(&events.lock);
	return ended || is_readable(atomic_load(&self->model_pidfd), 0);
}

void pel_model_lost(struct self *self)
{
	char broken[sizeof(events.broken)];

	pel_events_read(self); /* the reason may have arrived together with the end of file */
	pthread_mutex_lock(&events.lock);
	memcpy(broken, events.broken, sizeof(broken));
	pthread_mutex_unlock(&events.lock);
	if (*broken)
		pel_process_lost("%s", broken);
	pel_process_lost("the device model has ended");
}

void pel_model_unreachable(void *context, int code, const char *what)
{
	struct self *self = context;

	/* When the model ends, its sockets close before its pidfd reports it. Wait for that, because the model's own reason is better. */
	for (int ms = 0; ms < MODEL_END_MS && (code == EPIPE || code == ECONNRESET); ms++) {
		if (pel_model_ended(self))
			pel_model_lost(self);
		poll(NULL, 0, 1);
	}
	pel_process_lost("the device process cannot %s the device model: %s", what, strerror(code));
}

bool pel_model_greets(struct self *self)
{
	for (int i = 0; i < GREET_TRIES && atomic_load(&self->shared->has_model) == 0; i++) {
		is_readable(atomic_load(&self->events), 10);
		pel_events_read(self);
	}
	return atomic_load(&self->shared->has_model);
}

/* The run has closed its end of the socket: it no longer needs this process, or its own process has died. */
static void end_with_run(struct self *self)
{
	/* Killing the model makes calls fail, and their threads would end this process in the middle of the sweep. */
	pel_process_claim_end();
	if (self->remove_folders && is_readable(self->host, HOST_END_MS)) {
		int model = atomic_load(&self->model_pidfd);

		if (model >= 0)
			syscall(SYS_pidfd_send_signal, model, SIGKILL, NULL, 0);
		/* Remove the dead run's folder: nobody holds its lock any more. */
		pel_tree_sweep(true);
	}
	pel_process_lost("the run has ended");
}

static void cut_log(struct self *self)
{
	struct stat status;

	if (fstat(self->log, &status) == 0 && status.st_size > LOG_MAX)
		(void)!ftruncate(self->log, 0);
}

void *pel_watch(void *arg)
{
	struct self *self = arg;
	enum { CONTROL, HOST, EVENTS, MODEL, N };

	for (;;) {
		struct pollfd fds[N] = {
			[CONTROL] = { .fd = PEL_DEVICE_CONTROL_FD, .events = POLLRDHUP },
			[HOST] = { .fd = self->host, .events = POLLIN },
			[EVENTS] = { .fd = atomic_load(&self->events), .events = POLLIN },
			[MODEL] = { .fd = atomic_load(&self->model_pidfd), .events = POLLIN },
		};

		atomic_fetch_add_explicit(&self->shared->beat, 1, memory_order_relaxed);
		if (poll(fds, N, PEL_DEVICE_BEAT_MS) < 0)
			continue;
		if (fds[EVENTS].revents)
			pel_events_read(self);
		if (fds[CONTROL].revents || fds[HOST].revents)
			end_with_run(self);
		if (fds[MODEL].revents || (fds[EVENTS].revents && pel_model_ended(self))) {
			if (!atomic_load(&self->closing))
				pel_model_lost(self);
			usleep(1000);
		}
		cut_log(self);
	}
}
