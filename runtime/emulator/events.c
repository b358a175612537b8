/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "interrupted.h"

#include "support.h"

#define ALIVE_MS   200
#define PATIENT_MS 2000 /* how long an unread fault event may delay the host */

void pel_events_init(struct pel_events *events, const char *number)
{
	char *end = NULL;
	long fd = number && *number >= '0' && *number <= '9' ? strtol(number, &end, 10) : -1;
	int flags = fd >= 0 && !*end && fd < INT32_MAX ? fcntl((int)fd, F_GETFL) : -1;

	*events = (struct pel_events){ .fd = -1 };
	if (flags < 0)
		return;
	events->fd = (int)fd;
	fcntl(events->fd, F_SETFL, flags | O_NONBLOCK);
	fcntl(events->fd, F_SETFD, FD_CLOEXEC);
	pel_events_say(events, "hello %ld", (long)getpid());
}

static void give_up(struct pel_events *events)
{
	close(events->fd);
	events->fd = -1;
	events->used = 0;
}

/* Write whole lines only, so that lines of several writers do not mix. */
static void flush(struct pel_events *events)
{
	unsigned interrupted = 0;

	while (events->fd >= 0 && events->used) {
		const char *end = memchr(events->pending, '\n', events->used);
		size_t line = (size_t)(end - events->pending) + 1;
		ssize_t n = write(events->fd, events->pending, line);

		if (n < 0 && pel_interrupted(&interrupted))
			continue;
		if (n < 0 && errno != EAGAIN)
			give_up(events);
		if (n <= 0)
			return;
		events->used -= (size_t)n;
		memmove(events->pending, events->pending + n, events->used);
	}
}

void pel_events_say(struct pel_events *events, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	if (events->fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	line[n++] = '\n';
	if (pel_grow(&events->pending, &events->capacity, events->used + (size_t)n, 1) < 0) {
		give_up(events); /* end of file is better than a missing event */
		return;
	}
	memcpy(events->pending + events->used, line, (size_t)n);
	events->used += (size_t)n;
	flush(events);
}

bool pel_events_tick(struct pel_events *events, uint64_t now_ms)
{
	if (events->fd < 0)
		return true;
	flush(events);
	if (events->used) {
		if (!events->stuck_since_ms)
			events->stuck_since_ms = now_ms;
		if (now_ms - events->stuck_since_ms <= PATIENT_MS)
			return false;
		give_up(events);
		return true;
	}
	events->stuck_since_ms = 0;
	if (now_ms - events->last_alive_ms >= ALIVE_MS) {
		events->last_alive_ms = now_ms;
		pel_events_say(events, "alive");
	}
	return true;
}

void pel_events_fini(struct pel_events *events)
{
	pel_free(events->pending);
	if (events->fd >= 0)
		close(events->fd);
	*events = (struct pel_events){ .fd = -1 };
}
