/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "process.h"

/*
 * What the device model says beside XRT, which has no words for it: a line each
 *
 *	hello PID	alive	fault UNIT NUMBER MESSAGE
 *
 * A fault is written before the unit shows that it is done. The end of the pipe is the end of the model.
 */
#define FAULTS_MAX 512

struct fault {
	char unit[96];
	uint64_t number;
	char message[256];
};

static struct {
	pthread_mutex_t lock;
	char line[512];
	size_t length;
	struct fault faults[FAULTS_MAX];
	unsigned n_faults;
} heard = { .lock = PTHREAD_MUTEX_INITIALIZER };

int events_open(struct process *p, int *write_end)
{
	int pipe[2];
	char number[16];

	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	fcntl(pipe[1], F_SETFD, 0); /* the model, which XRT starts, is to have it */
	snprintf(number, sizeof(number), "%d", pipe[1]);
	setenv("PELTON_EMULATOR_EVENTS", number, 1);
	p->events = pipe[0];
	*write_end = pipe[1];
	return 0;
}

static void hear_fault(char *text)
{
	char *unit = strsep(&text, " "), *number = text ? strsep(&text, " ") : NULL;
	struct fault *fault;

	if (!text)
		return;
	if (heard.n_faults == FAULTS_MAX) /* of calls that nobody asks for any more */
		memmove(heard.faults, heard.faults + 1, --heard.n_faults * sizeof(*heard.faults));
	fault = &heard.faults[heard.n_faults++];
	snprintf(fault->unit, sizeof(fault->unit), "%s", unit);
	fault->number = strtoull(number, NULL, 10);
	snprintf(fault->message, sizeof(fault->message), "%s", text);
}

static void hear_line(struct process *p, char *line)
{
	if (strcmp(line, "alive") == 0 || strncmp(line, "hello ", 6) == 0)
		atomic_fetch_add(&p->shared->model_beats, 1);
	else if (strncmp(line, "fault ", 6) == 0)
		hear_fault(line + 6);
}

static void hear_bytes(struct process *p, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (heard.length < sizeof(heard.line) - 1)
				heard.line[heard.length++] = bytes[i];
			continue;
		}
		heard.line[heard.length] = '\0';
		heard.length = 0;
		hear_line(p, heard.line);
	}
}

void events_hear(struct process *p)
{
	char bytes[4096];
	ssize_t n;

	if (p->events < 0)
		return;
	pthread_mutex_lock(&heard.lock);
	while ((n = read(p->events, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			hear_bytes(p, bytes, (size_t)n);
	pthread_mutex_unlock(&heard.lock);
	if (n == 0)
		process_lose(p, "the device model has ended");
}

bool events_fault(const char *unit, uint64_t number, char *buf, size_t size)
{
	bool found = false;

	pthread_mutex_lock(&heard.lock);
	for (unsigned i = 0; i < heard.n_faults && !found; i++) {
		if (heard.faults[i].number != number || strcmp(heard.faults[i].unit, unit) != 0)
			continue;
		snprintf(buf, size, "%s", heard.faults[i].message);
		memmove(&heard.faults[i], &heard.faults[i + 1], (--heard.n_faults - i) * sizeof(*heard.faults));
		found = true;
	}
	pthread_mutex_unlock(&heard.lock);
	return found;
}
