/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "interrupted.h"

#include "bo-device.h"
#include "calls.h"
#include "descendants.h"
#include "open.h"
#include "process-report.h"
#include "socket.h"
#include "watch.h"

static struct self self = { .events = -1,
			    .windows = -1,
			    .model_pidfd = -1,
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .work = PTHREAD_COND_INITIALIZER };
/* XRT leaks memory and frees some of it with the wrong function. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:alloc_dealloc_mismatch=0:new_delete_type_mismatch=0:handle_segv=0:handle_abort=0:handle_sigfpe=0";
}

/* ---- requests ---- */

/* Take the descriptors of a message: those that nobody has asked for are closed. */
static void take_fds(struct msghdr *msg, int fds[PEL_FDS])
{
	size_t taken = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(msg); header; header = CMSG_NXTHDR(msg, header)) {
		size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
			if (taken < PEL_FDS)
				fds[taken++] = fd;
			else
				close(fd);
		}
	}
}

static void close_fds(const int fds[PEL_FDS])
{
	for (int i = 0; i < PEL_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Receive the next message and its descriptors; missing ones are -1 in `fds`. Does not return when the run ends. */
static void receive(struct pel_device_message *message, int fds[PEL_FDS])
{
	struct iovec iov = { .iov_base = message, .iov_len = sizeof(*message) - 2 };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * PEL_FDS)];
	} space;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = space.bytes,
			      .msg_controllen = sizeof(space.bytes) };
	unsigned interrupted = 0;
	ssize_t n;

	memset(message, 0, sizeof(*message));
	for (int i = 0; i < PEL_FDS; i++)
		fds[i] = -1;
	do
		n = recvmsg(PEL_DEVICE_CONTROL_FD, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && pel_interrupted(&interrupted));
	if (n < 0 && self.shared)
		pel_process_lost("the device process cannot receive from the run: %s", strerror(errno));
	/* Once the watcher thread runs, it handles shutdown. */
	if (n == 0 && self.shared)
		for (;;)
			pause();
	if (n < (ssize_t)PEL_DEVICE_MESSAGE_HEAD)
		pel_process_die();
	if (message->text_bytes > (size_t)n - PEL_DEVICE_MESSAGE_HEAD)
		message->text_bytes = (uint32_t)n - (uint32_t)PEL_DEVICE_MESSAGE_HEAD;
	take_fds(&msg, fds);
}

static void *map_fd(int fd, size_t bytes)
{
	struct stat status;
	void *map = MAP_FAILED;

	if (fstat(fd, &status) == 0 && (uint64_t)status.st_size >= bytes)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

static int take_over(const struct pel_device_message *message, const int fds[PEL_FDS], char *text)
{
	for (int i = 0; i < PEL_FDS; i++)
		if (fds[i] < 0 || message->version != PEL_DEVICE_PROTOCOL) {
			snprintf(text, TEXT_BYTES, "pelton-device belongs to another version of Pelton");
			return -EPROTO;
		}
	self.page = (size_t)sysconf(_SC_PAGESIZE);
	self.bell = fds[PEL_FD_BELL];
	self.done = fds[PEL_FD_DONE];
	self.log = fds[PEL_FD_LOG];
	self.host = fds[PEL_FD_HOST];
	self.err = fds[PEL_FD_ERR];
	self.memory_bytes = message->bytes;
	atomic_store(&self.buffers, message->buffers);
	self.memory = map_fd(fds[PEL_FD_MEMORY], message->bytes);
	self.shared = map_fd(fds[PEL_FD_SHARED], sizeof(*self.shared));
	if (!self.memory || !self.shared) {
		snprintf(text, TEXT_BYTES, "the device process cannot map channel memory");
		return -EINVAL;
	}
	return 0;
}

static void begin(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, &self) != 0)
		pel_process_lost("the device process cannot start a thread");
	pthread_detach(thread);
}

static int open_all(const struct pel_device_message *message, const int fds[PEL_FDS], char *text, char *hint)
{
	const char *xclbin = message->text, *folder = xclbin + strlen(xclbin) + 1;
	int r = take_over(message, fds, text);

	if (r < 0)
		return r;
	self.remove_folders = strncmp(folder, "/tmp/pelton-", 12) == 0;
	pel_calls_init(&self);
	pel_socket_watch(pel_model_unreachable, &self);
	/* pel_process_open() makes the pipe of events while the watcher already runs: `events` is atomic. */
	begin(pel_watch);
	r = pel_process_open(&self, message->index, xclbin, text, hint);
	if (r < 0)
		return r;
	begin(pel_calls_feed);
	begin(pel_calls_drain);
	return 0;
}

static void leave(void)
{
	atomic_store(&self.closing, true);
	pthread_mutex_lock(&self.lock);
	if (self.n_queued)
		pel_process_die();
	pthread_mutex_unlock(&self.lock);
	pel_process_close(&self);
	pel_process_claim_end();
	_exit(0);
}

static int serve(const struct pel_device_message *message, const int fds[PEL_FDS], char *text, char *hint)
{
	bool is_open = self.device;

	if (message->kind == PEL_MESSAGE_OPEN && !self.shared)
		return open_all(message, fds, text, hint); /* which keeps them */
	close_fds(fds);
	switch (message->kind) {
	case PEL_MESSAGE_KERNEL:
		return is_open ? pel_process_add_kernel(&self, message, text, hint) : -EINVAL;
	case PEL_MESSAGE_BUFFER:
		return is_open ? pel_bo_device_add(&self, message, text) : -EINVAL;
	case PEL_MESSAGE_CLOSE:
		leave();
		return 0;
	default:
		return -EINVAL;
	}
}

int main(void)
{
	static struct pel_device_message message;
	char text[TEXT_BYTES], hint[TEXT_BYTES];
	int fds[PEL_FDS], type;
	socklen_t length = sizeof(type);

	if (getsockopt(PEL_DEVICE_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    type != SOCK_SEQPACKET) {
		fprintf(stderr, "pelton-device is an internal part of Pelton; do not start it directly\n");
		return 2;
	}
	fcntl(PEL_DEVICE_CONTROL_FD, F_SETFD, FD_CLOEXEC);
	signal(SIGXFSZ, SIG_IGN); /* so that writing beyond the file size limit returns EFBIG */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pel_raise_open_files(); /* XRT uses a descriptor for each buffer */
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		int r;

		receive(&message, fds);
		text[0] = hint[0] = '\0';
		r = serve(&message, fds, text, hint);
		pel_process_reply(message.sequence, r, text, hint);
	}
}
