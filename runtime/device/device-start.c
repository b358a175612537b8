/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pelton/emulation.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "device-client.h"
#include "libexec.h"

/*
 * The beginning and the end of a device process. It is a child of the host, in a session of its own; it is found by its pidfd, and only it
 * is waited for. A host that reaps all its children may take ours: then there is nothing left to wait for, which is as good.
 */
#define ANSWER_MS 30000 /* opening a device and loading an xclbin takes a card some seconds */
#define CLOSE_MS  2000
#define HIGH_FD	  32 /* above those that the child gets */

extern char **environ;

uint64_t pel_device_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void pel_device_client_init(struct pel_device *device)
{
	device->pidfd = device->control = device->requests = device->completions = -1;
	device->words = device->poll = device->shared_fd = -1;
}

/* ---- the end ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Wait until the process has ended, at most `ms`. */
static bool wait_end(const struct pel_device *device, int ms)
{
	struct pollfd fd = { .fd = device->pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&fd, 1, ms);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

bool pel_device_ended(struct pel_device *device, char *why, size_t size)
{
	siginfo_t info = { 0 };

	if (!wait_end(device, 0))
		return false;
	/* Looked at, not taken: as long as it is there, its number and its group are nobody else's. */
	if (waitid(P_PIDFD, (id_t)device->pidfd, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || !info.si_pid)
		snprintf(why, size, "the device process has ended");
	else if (info.si_code == CLD_EXITED)
		snprintf(why, size, "the device process ended with status %d", info.si_status);
	else
		snprintf(why, size, "the device process was killed by signal %d (%s)", info.si_status,
			 strsignal(info.si_status));
	return true;
}

/* All of its session: what XRT and the model have started is in its group. */
static void kill_group(struct pel_device *device)
{
	struct timespec pause = { 0, 1000000 };
	siginfo_t info;

	kill(-device->pid, SIGKILL);
	kill(device->pid, SIGKILL);
	wait_end(device, -1);
	kill(-device->pid, SIGKILL); /* what was forked in between */
	while (waitid(P_PIDFD, (id_t)device->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	/* Until they are gone; but one that waits for init to take notice of its end counts as there. */
	for (unsigned i = 0; i < 20 && kill(-device->pid, 0) == 0; i++)
		nanosleep(&pause, NULL);
}

void pel_device_end(struct pel_device *device, bool in_order)
{
	if (device->pid) {
		struct pel_message message = { .kind = PEL_MESSAGE_CLOSE };

		if (in_order && !device->lost && !device->on_their_way &&
		    send(device->control, &message, sizeof(message), MSG_NOSIGNAL) > 0)
			wait_end(device, CLOSE_MS);
		kill_group(device);
	}
	device->pid = 0;
	close_fd(&device->pidfd);
	close_fd(&device->control);
	close_fd(&device->requests);
	close_fd(&device->completions);
	close_fd(&device->words);
	close_fd(&device->poll);
	close_fd(&device->shared_fd);
	if (device->shared)
		munmap(device->shared, sizeof(*device->shared));
	device->shared = NULL;
	device->request_tail = device->completion_head = device->on_their_way = 0;
}

/* ---- questions ---- */

/* The last things XRT has said, on one line. */
static void read_words(struct pel_device *device, char *buf, size_t size)
{
	char text[1000];
	off_t end = lseek(device->words, 0, SEEK_END),
	      from = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = end > 0 ? pread(device->words, text, sizeof(text) - 1, from) : 0;

	if (n < 0)
		n = 0;
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = ';';
	snprintf(buf, size, "%s%s", n ? ": " : "", text);
}

static int say_dead(struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	char why[256] = "it does not answer", words[1024];
	bool ended = pel_device_ended(device, why, sizeof(why));

	read_words(device, words, sizeof(words));
	return pel_fail(err, ended ? -EIO : -ETIMEDOUT, place, "device fpga:%u cannot be opened: %s%s",
			device->options.index, why, words);
}

int pel_device_ask(struct pel_device *device, struct pel_message *message, struct pel_place place,
		   struct pel_error *err)
{
	struct pollfd fd = { .fd = device->control, .events = POLLIN };
	char words[1024];
	ssize_t n;
	int r;

	if (send(device->control, message, sizeof(*message), MSG_NOSIGNAL) != (ssize_t)sizeof(*message))
		return say_dead(device, place, err);
	do
		r = poll(&fd, 1, ANSWER_MS);
	while (r < 0 && errno == EINTR);
	n = r > 0 ? recv(device->control, message, sizeof(*message), 0) : 0;
	if (n != (ssize_t)sizeof(*message)) {
		wait_end(device, r > 0 ? 500 : 0);
		return say_dead(device, place, err);
	}
	if (message->code >= 0)
		return message->code;
	message->text[sizeof(message->text) - 1] = message->more[sizeof(message->more) - 1] = '\0';
	read_words(device, words, sizeof(words));
	pel_fail(err, message->code, place, "device fpga:%u: %s%s", device->options.index, message->text,
		 words);
	if (message->code == -ENODEV)
		pel_hint(err, "'pelton doctor' looks for cards; --emulate needs none");
	return message->code;
}

/* ---- the start ---- */

/* A descriptor out of the way of those that the child is given. */
static int high(int fd)
{
	int r = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD), saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return r;
}

static int make_shared(struct pel_device *device)
{
	device->shared_fd = high(memfd_create("pelton-calls", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (device->shared_fd < 0 || ftruncate(device->shared_fd, sizeof(*device->shared)) < 0 ||
	    fcntl(device->shared_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	device->shared =
		mmap(NULL, sizeof(*device->shared), PROT_READ | PROT_WRITE, MAP_SHARED, device->shared_fd, 0);
	if (device->shared == MAP_FAILED) {
		device->shared = NULL;
		return -errno;
	}
	device->requests = high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	device->completions = high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	device->words = high(memfd_create("pelton-words", MFD_CLOEXEC));
	device->poll = epoll_create1(EPOLL_CLOEXEC);
	if (device->requests < 0 || device->completions < 0 || device->words < 0 || device->poll < 0)
		return -errno;
	return 0;
}

/* Ours, changed as the emulation wants it. In the arena of the device: restarts are few. */
static char **make_environment(struct pel_device *device)
{
	const char *const *changes =
		device->options.emulation ? pel_emulation_environment(device->options.emulation) : NULL;
	size_t n = 0, n_changes = 0, used = 0;
	char **list;

	while (environ && environ[n])
		n++;
	while (changes && changes[n_changes])
		n_changes++;
	list = pel_arena_array(&device->arena, n + n_changes + 2, sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		bool replaced = false;

		for (size_t k = 0; k < n_changes && !replaced; k++) {
			size_t length = strcspn(changes[k], "=");

			replaced = strncmp(environ[i], changes[k], length) == 0 && environ[i][length] == '=';
		}
		if (!replaced)
			list[used++] = environ[i];
	}
	for (size_t k = 0; k < n_changes; k++)
		if (strchr(changes[k], '='))
			list[used++] = (char *)changes[k];
	if (changes) /* what happens to kernels, the run says itself */
		list[used++] = (char *)"PELTON_EMULATOR_QUIET=1";
	return list;
}

static int spawn(struct pel_device *device, const char *program, int control)
{
	const int fds[] = { control,	      device->shared_fd,   device->options.memory_fd,
			    device->requests, device->completions, device->words };
	char *argv[] = { (char *)program, NULL }, **environment = make_environment(device);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int r, memory;

	if (!environment)
		return -ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	/* The host's results go to its standard output: what kernels print is for people. */
	posix_spawn_file_actions_adddup2(&actions, 2, 1);
	memory = fcntl(device->options.memory_fd, F_DUPFD_CLOEXEC, HIGH_FD);
	for (int i = 0; i < (int)(sizeof(fds) / sizeof(fds[0])); i++)
		posix_spawn_file_actions_adddup2(
			&actions, i == PEL_FD_MEMORY - PEL_FD_CONTROL ? memory : fds[i], PEL_FD_CONTROL + i);
	posix_spawn_file_actions_addclosefrom_np(&actions, PEL_FD_FIRST_FREE);
	r = memory < 0 ? errno : posix_spawn(&device->pid, program, &actions, &attr, argv, environment);
	if (memory >= 0)
		close(memory);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (r)
		device->pid = 0;
	return -r;
}

static int watch(struct pel_device *device)
{
	struct epoll_event event = { .events = EPOLLIN };

	device->pidfd = (int)syscall(SYS_pidfd_open, device->pid, 0);
	if (device->pidfd < 0)
		return -errno;
	if (epoll_ctl(device->poll, EPOLL_CTL_ADD, device->completions, &event) < 0 ||
	    epoll_ctl(device->poll, EPOLL_CTL_ADD, device->pidfd, &event) < 0)
		return -errno;
	return 0;
}

static int start_process(struct pel_device *device, const char *program, struct pel_error *err)
{
	int pair[2] = { -1, -1 }, r = make_shared(device);

	if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		r = -errno;
	if (r == 0) {
		pair[1] = high(pair[1]);
		device->control = pair[0];
		r = pair[1] < 0 ? -errno : spawn(device, program, pair[1]);
	}
	if (pair[1] >= 0)
		close(pair[1]);
	if (r == 0)
		r = watch(device);
	if (r == 0)
		return 0;
	if (device->pid && device->pidfd < 0) { /* by its number: nobody else has waited for it yet */
		kill(device->pid, SIGKILL);
		waitpid(device->pid, NULL, 0);
		device->pid = 0;
	}
	return pel_fail(err, r, device->place, "cannot start the process of device fpga:%u (%s): %s",
			device->options.index, program, strerror(-r));
}

int pel_device_start(struct pel_device *device, struct pel_error *err)
{
	struct pel_message message = { .kind = PEL_MESSAGE_OPEN,
				       .number = device->options.index,
				       .flag = device->options.emulation != NULL,
				       .a = device->options.memory_bytes,
				       .b = device->options.buffers };
	const char *program = pel_libexec(&device->arena, "pelton-device", NULL);
	int r;

	device->lost = false;
	device->why[0] = '\0';
	device->process = device->model = (struct silence){ 0 };
	if (!program) {
		pel_fail(err, -ENOSYS, device->place,
			 "device fpga:%u cannot be opened: this Pelton was built without XRT",
			 device->options.index);
		pel_hint(err, "install XRT (package libxrt-dev) and build Pelton again");
		return -ENOSYS;
	}
	if (strlen(device->options.xclbin) >= sizeof(message.text))
		return pel_fail(err, -ENAMETOOLONG, device->place, "the path of the xclbin is too long: %s",
				device->options.xclbin);
	strcpy(message.text, device->options.xclbin);
	if (device->options.emulation)
		snprintf(message.more, sizeof(message.more), "%s",
			 pel_emulation_dir(device->options.emulation));
	r = start_process(device, program, err);
	if (r == 0)
		r = pel_device_ask(device, &message, device->place, err);
	if (r < 0)
		pel_device_end(device, false);
	return r < 0 ? r : 0;
}
