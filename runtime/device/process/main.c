/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "process.h"
#include "tree.h"

/* pelton-device: started by a run, not by people. */
#define TICK_MS 50

static struct process process = { .lock = PTHREAD_MUTEX_INITIALIZER,
				  .running = PTHREAD_COND_INITIALIZER,
				  .events = -1 };

void process_lose(struct process *p, const char *fmt, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	va_list ap;

	pthread_mutex_lock(&lock);
	if (!atomic_load(&p->shared->lost)) {
		va_start(ap, fmt);
		vsnprintf(p->shared->why, sizeof(p->shared->why), fmt, ap);
		va_end(ap);
		atomic_store_explicit(&p->shared->lost, 1, memory_order_release);
		eventfd_write(PEL_FD_COMPLETIONS, 1);
	}
	pthread_mutex_unlock(&lock);
}

/* The run is gone: so goes all that it had started, this process first of all. */
static void die(struct process *p)
{
	struct pel_tree tree = { .lock = dup(PEL_FD_CONTROL) };

	if (strncmp(p->folder, "/tmp/pelton-", 12) == 0 && strlen(p->folder) < sizeof(tree.path)) {
		strcpy(tree.path, p->folder);
		pel_tree_remove(&tree);
	}
	kill(0, SIGKILL);
	_exit(1);
}

static void answer(struct process *p, struct pel_message *question)
{
	struct pel_message answer = { .kind = question->kind };

	question->text[sizeof(question->text) - 1] = question->more[sizeof(question->more) - 1] = '\0';
	switch (question->kind) {
	case PEL_MESSAGE_OPEN:
		process_open(p, question, &answer);
		break;
	case PEL_MESSAGE_KERNEL:
		process_kernel(p, question, &answer);
		break;
	case PEL_MESSAGE_BUFFER:
		process_buffer(p, question, &answer);
		break;
	case PEL_MESSAGE_CLOSE:
		process_close(p);
		_exit(0); /* what XRT has put up for the end of a process is not to be run */
	default:
		answer.code = -EINVAL;
	}
	if (send(PEL_FD_CONTROL, &answer, sizeof(answer), MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
		die(p);
}

/* Signs of life come from a thread of their own, since XRT may take its time over a question. */
static void *pulse_main(void *data)
{
	struct process *p = data;

	for (;;) {
		struct pollfd fds[2] = { { .fd = PEL_FD_CONTROL, .events = POLLRDHUP },
					 { .fd = p->events, .events = POLLIN } };

		poll(fds, p->events >= 0 ? 2 : 1, TICK_MS);
		if (fds[0].revents & (POLLRDHUP | POLLHUP))
			die(p);
		if (p->events >= 0)
			events_hear(p);
		if (p->events >= 0 && atomic_load(&p->shared->lost))
			poll(NULL, 0, TICK_MS); /* its end stays readable */
		atomic_fetch_add(&p->shared->beats, 1);
	}
	return NULL;
}

int main(void)
{
	static struct pel_message question;
	struct process *p = &process;
	pthread_t pulse;

	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED, PEL_FD_SHARED, 0);
	if (p->shared == MAP_FAILED) {
		fputs("pelton-device is started by 'pelton run', not by hand\n", stderr);
		return 2;
	}
	for (int fd = PEL_FD_CONTROL; fd < PEL_FD_FIRST_FREE; fd++) /* none of the device model's business */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (pthread_create(&pulse, NULL, pulse_main, p))
		return 1;
	while (recv(PEL_FD_CONTROL, &question, sizeof(question), 0) == (ssize_t)sizeof(question))
		answer(p, &question);
	die(p);
}
