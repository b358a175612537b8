/* SPDX-License-Identifier: Apache-2.0 */
#include "cu-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "interrupted.h"

#include "descendants.h"
#include "report.h"
#include "worker.h"

#define OTHERS_MAX 4096 /* closed one by one where close_range() does not work */

/* Close all descriptors but standard input, output, error, and `kept`. Returns the new number of `kept`. */
static int close_others(int kept)
{
	int fd = kept == 3 ? 3 : dup2(kept, 3);

	if (fd == 3 && close_range(4, ~0u, 0) < 0)
		for (int other = 4; other < OTHERS_MAX; other++)
			close(other);
	return fd;
}

static _Noreturn void be_worker(const struct pel_emu *emu, const struct pel_emu_cu *cu, int socket,
				pid_t supervisor)
{
	struct pel_emu_worker_options options = {
		.supervisor = supervisor,
		.slot = cu->slot,
		.kernel = cu->kernel,
		.cu = cu->decl->name,
		.library = emu->library,
		.wait = emu->options.wait,
	};

	signal(SIGCHLD, SIG_DFL);
	options.socket = close_others(socket);
	pel_emu_worker_main(&options);
}

static void forget_mapped(struct pel_emu *emu, const struct pel_emu_cu *cu)
{
	for (size_t i = 0; i < emu->memory.count; i++)
		emu->memory.buffers[i].mapped[cu->number / 64] &= ~(UINT64_C(1) << cu->number % 64);
}

int pel_emu_worker_start(struct pel_emu *emu, struct pel_emu_cu *cu)
{
	pid_t supervisor = getpid();
	int pair[2], bytes = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	cu->greeted = false;
	cu->n_drops = 0;
	forget_mapped(emu, cu);
	fflush(NULL); /* so that the child does not write our buffers again */
	cu->worker = fork();
	if (cu->worker == 0)
		be_worker(emu, cu, pair[1], supervisor);
	close(pair[1]);
	if (cu->worker < 0) {
		int r = -errno;

		cu->worker = 0;
		close(pair[0]);
		return r;
	}
	cu->socket = pair[0];
	pel_emu_log(emu, "CU %s: worker %ld", cu->decl->name, (long)cu->worker);
	return 0;
}

/* Read the worker's hello, without waiting. -EAGAIN: it has not been sent yet. */
static int take_hello(struct pel_emu_cu *cu, char *text, size_t size)
{
	struct pel_emu_hello hello = { 0 };
	ssize_t n = recv(cu->socket, &hello, sizeof(hello), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n != (ssize_t)sizeof(hello)) {
		snprintf(text, size, "its worker ended while it loaded the library");
		return -ENOEXEC;
	}
	hello.text[sizeof(hello.text) - 1] = '\0';
	snprintf(text, size, "%s", hello.text);
	cu->greeted = hello.code == 0;
	return hello.code;
}

int pel_emu_worker_greet(struct pel_emu *emu, struct pel_emu_cu *cu, uint64_t deadline_ms, char *text,
			 size_t size)
{
	for (;;) {
		struct pollfd ready = { .fd = cu->socket, .events = POLLIN };
		int r = take_hello(cu, text, size);

		if (r != -EAGAIN)
			return r;
		if (pel_emu_now_ms() > deadline_ms) {
			snprintf(text, size, "its library did not load in time");
			return -ETIMEDOUT;
		}
		poll(&ready, 1, 50);
		pel_events_tick(emu->options.events, pel_emu_now_ms());
	}
}

void pel_emu_kill_strays(const struct pel_emu *emu)
{
	pid_t workers[PEL_EMU_CUS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < emu->n_cus && n < PEL_EMU_CUS_MAX; i++)
		if (emu->cus[i].worker)
			workers[n++] = emu->cus[i].worker;
	pel_kill_descendants(getpid(), workers, n);
}

void pel_emu_worker_kill(struct pel_emu_cu *cu)
{
	unsigned interrupted = 0;

	if (!cu->worker)
		return;
	kill(cu->worker, SIGKILL);
	while (waitpid(cu->worker, NULL, 0) < 0 && pel_interrupted(&interrupted))
		;
	close(cu->socket);
	cu->worker = 0;
}

bool pel_emu_worker_dead(struct pel_emu_cu *cu, int *status)
{
	char text[256];

	if (!cu->worker || waitpid(cu->worker, status, WNOHANG) != cu->worker)
		return false;
	if (!cu->greeted)
		take_hello(cu, text, sizeof(text));
	close(cu->socket);
	cu->worker = 0;
	return true;
}

static size_t order_bytes(const struct pel_emu_order *order)
{
	return offsetof(struct pel_emu_order, maps) + order->n_maps * sizeof(order->maps[0]);
}

int pel_emu_worker_order(struct pel_emu_cu *cu, const struct pel_emu_order *order, const int *fds, size_t n_fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PEL_EMU_ARGS_MAX * sizeof(int))];
	struct iovec iov = { (void *)order, order_bytes(order) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned interrupted = 0;
	ssize_t n;

	if (n_fds) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		memset(control, 0, sizeof(control));
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(cu->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && pel_interrupted(&interrupted));
	return n < 0 ? -errno : 0;
}

void pel_emu_worker_flush(struct pel_emu_cu *cu)
{
	static struct pel_emu_order order = { .kind = PEL_EMU_ORDER_UNMAP };

	while (cu->worker && cu->n_drops) {
		order.serial = cu->drops[cu->n_drops - 1];
		if (pel_emu_worker_order(cu, &order, NULL, 0) < 0)
			return; /* the socket is full: try again later */
		cu->n_drops--;
	}
}

void pel_emu_worker_unmap(struct pel_emu_cu *cu, uint64_t serial)
{
	if (!cu->worker)
		return;
	if (pel_grow(&cu->drops, &cu->drops_capacity, cu->n_drops + 1, sizeof(*cu->drops)) < 0)
		return; /* the buffer stays mapped until the worker ends; that is harmless, because no call uses it */
	cu->drops[cu->n_drops++] = serial;
	pel_emu_worker_flush(cu);
}
