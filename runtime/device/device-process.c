/* SPDX-License-Identifier: Apache-2.0 */
#include "device-process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "interrupted.h"

#include "descendants.h"
#include "libexec.h"
#include "session.h"

extern char **environ;

#define PROGRAM	  "pelton-device"
#define LOG_BYTES 4096

/* ---- starting ---- */

/* Do `text` ("NAME=value" or "NAME") and `entry` ("NAME=value") name the same variable? */
static bool same_variable(const char *entry, const char *text)
{
	size_t length = strcspn(text, "=");

	return strncmp(entry, text, length) == 0 && entry[length] == '=';
}

static bool is_changed(const char *entry, const char *const *changes)
{
	for (; *changes; changes++)
		if (same_variable(entry, *changes))
			return true;
	return false;
}

static char **environment_with(struct pel_arena *arena, const char *const *changes)
{
	size_t n = 0, count = 0;
	char **ret;

	while (environ[n])
		n++;
	for (const char *const *change = changes; *change; change++)
		count++;
	ret = pel_arena_array(arena, n + count + 2, sizeof(*ret));
	if (!ret)
		return NULL;
	n = 0;
	for (char **entry = environ; *entry; entry++)
		if (!is_changed(*entry, changes))
			ret[n++] = *entry;
	for (; *changes; changes++)
		if (strchr(*changes, '=') && !(ret[n++] = pel_arena_strdup(arena, *changes)))
			return NULL;
	ret[n] = pel_arena_strdup(arena, "PELTON_EMULATOR_QUIET=1"); /* the run reports faults itself */
	return ret[n] ? ret : NULL;
}

/* The child gets its own session, default signal handling, and no descriptor but the socket. Its output, and XRT's, goes to the log. */
static int prepare(posix_spawnattr_t *attr, posix_spawn_file_actions_t *actions, int control, int log)
{
	int r = pel_spawn_own_session(attr);

	if (r < 0)
		return r;
	if ((r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)) != 0 ||
	    (r = posix_spawn_file_actions_adddup2(actions, log, STDOUT_FILENO)) != 0 ||
	    (r = posix_spawn_file_actions_adddup2(actions, log, STDERR_FILENO)) != 0 ||
	    (r = posix_spawn_file_actions_adddup2(actions, control, PEL_DEVICE_CONTROL_FD)) != 0 ||
	    (r = posix_spawn_file_actions_addclosefrom_np(actions, PEL_DEVICE_CONTROL_FD + 1)) != 0)
		return -r;
	return 0;
}

static int spawn(struct pel_device_process *process, const char *path, char **environment, int control)
{
	char *argv[] = { PROGRAM, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	if (posix_spawnattr_init(&attr) != 0)
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		posix_spawnattr_destroy(&attr);
		return -ENOMEM;
	}
	r = prepare(&attr, &actions, control, process->log);
	if (r == 0)
		r = -posix_spawn(&process->pid, path, &actions, &attr, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (r < 0)
		process->pid = 0;
	return r;
}

/* Move `fd` to 16 or above: lower numbers are targets of dup2() in the child. */
static int out_of_the_way(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
	int error = fd >= 0 && high < 0 && errno == EINVAL
			    ? EMFILE
			    : errno; /* EINVAL: the limit on open files is 16 or less */

	if (fd >= 0)
		close(fd);
	errno = error;
	return high;
}

static int start(struct pel_device_process *process, const char *path, char **environment)
{
	int pair[2], control, r;

	process->log = out_of_the_way(memfd_create("pelton-device-log", MFD_CLOEXEC));
	/* All writers append, so that the log stays in order after it is truncated. */
	if (process->log < 0 || fcntl(process->log, F_SETFL, O_APPEND) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	process->control = pair[0];
	control = out_of_the_way(pair[1]);
	if (control < 0)
		return -errno;
	r = spawn(process, path, environment, control);
	close(control);
	if (r < 0)
		return r;
	process->reaped = process->has_status = false;
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	return process->pidfd < 0 ? -errno : 0;
}

static int no_program(struct pel_place place, struct pel_error *err)
{
	pel_fail(err, -ENOSYS, place, "this Pelton cannot use devices: it was built without XRT");
	pel_hint(err, "install XRT (Debian: libxrt-dev) and rebuild Pelton");
	return -ENOSYS;
}

int pel_device_process_start(struct pel_device_process *process, const char *const *environment,
			     struct pel_place place, struct pel_error *err)
{
	struct pel_error where = { 0 };
	struct pel_arena arena = { 0 };
	const char *path = pel_libexec(&arena, PROGRAM, &where);
	char **variables = environment ? environment_with(&arena, environment) : environ;
	int r;

	*process = (struct pel_device_process)PEL_DEVICE_PROCESS_NONE;
	if (!path)
		r = no_program(place, err);
	else if (!variables)
		r = pel_nomem(err);
	else if ((r = start(process, path, variables)) < 0)
		pel_fail(err, r, place, "cannot start the device process %s: %s", path, strerror(-r));
	if (r < 0)
		pel_device_process_end(process);
	pel_error_fini(&where);
	pel_arena_fini(&arena);
	return r;
}

/* ---- ending ---- */

/* Check whether the process has ended, and how, without reaping it. */
static bool look(struct pel_device_process *process, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = process->pidfd, .events = POLLIN };
	siginfo_t info = { 0 };

	if (process->reaped || process->has_status)
		return true;
	if (process->pidfd < 0 || poll(&poll_fd, 1, timeout_ms) <= 0)
		return false;
	if (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOWAIT | WNOHANG) < 0) {
		process->reaped = errno == ECHILD;
		return process->reaped;
	}
	if (info.si_pid == 0)
		return false;
	process->has_status = true;
	process->wstatus = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	return true;
}

bool pel_device_process_ended(struct pel_device_process *process, int timeout_ms)
{
	return process->pid == 0 || look(process, timeout_ms);
}

/*
 * The process id, also the id of the process group, cannot be reused until the process is reaped. If a host that waits for all children has
 * reaped it, kill the group only if the device model is still in that group and session.
 */
void pel_device_process_kill(struct pel_device_process *process, pid_t model)
{
	if (process->pid <= 0)
		return;
	if (!look(process, 0))
		pel_kill_descendants(process->pid, NULL, 0); /* kernels may have started new sessions */
	if (!process->reaped)
		kill(-process->pid, SIGKILL);
	else if (model > 0 && getpgid(model) == process->pid && getsid(model) == process->pid)
		kill(-process->pid, SIGKILL);
}

static void reap(struct pel_device_process *process)
{
	unsigned interrupted = 0;
	siginfo_t info = { 0 };

	if (process->pidfd < 0) {
		while (!process->reaped && waitpid(process->pid, NULL, 0) < 0 && pel_interrupted(&interrupted))
			;
	} else {
		while (!process->reaped && waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) < 0 &&
		       pel_interrupted(&interrupted))
			;
	}
	process->reaped = true;
}

void pel_device_process_end(struct pel_device_process *process)
{
	if (process->pid > 0) {
		pel_device_process_kill(process, 0);
		reap(process);
	}
	if (process->pidfd >= 0)
		close(process->pidfd);
	if (process->control >= 0)
		close(process->control);
	if (process->log >= 0)
		close(process->log);
	process->pid = 0;
	process->pidfd = process->control = process->log = -1;
}

/* ---- messages ---- */

int pel_device_process_send(struct pel_device_process *process, struct pel_device_message *message,
			    const int *fds, unsigned n_fds)
{
	struct iovec iov = { .iov_base = message, .iov_len = PEL_DEVICE_MESSAGE_HEAD + message->text_bytes };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * PEL_FDS)];
	} space = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned interrupted = 0;
	ssize_t n;

	message->sequence = ++process->sequence;
	if (n_fds) {
		msg.msg_control = space.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		space.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS,
						 .cmsg_len = CMSG_LEN(sizeof(int) * n_fds) };
		memcpy(CMSG_DATA(&space.header), fds, sizeof(int) * n_fds);
	}
	do
		n = sendmsg(process->control, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && pel_interrupted(&interrupted));
	return n < 0 ? -errno : 0;
}

static void clean(struct pel_device_message *message, size_t bytes)
{
	if (message->text_bytes > bytes)
		message->text_bytes = (uint32_t)bytes;
	if (message->text_bytes > sizeof(message->text) - 2)
		message->text_bytes = sizeof(message->text) - 2;
	message->text[message->text_bytes] = message->text[message->text_bytes + 1] = '\0';
	for (uint32_t i = 0; i < message->text_bytes; i++)
		if ((unsigned char)message->text[i] < 0x20 && message->text[i])
			message->text[i] = ' ';
}

int pel_device_process_receive(struct pel_device_process *process)
{
	struct pel_device_message *message = &process->message;
	unsigned interrupted = 0;
	ssize_t n;

	if (process->control < 0)
		return -EIO;
	do
		n = recv(process->control, message, sizeof(*message), MSG_DONTWAIT);
	while (n < 0 && pel_interrupted(&interrupted));
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < (ssize_t)PEL_DEVICE_MESSAGE_HEAD)
		return -EIO;
	clean(message, (size_t)n - PEL_DEVICE_MESSAGE_HEAD);
	return 1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int pel_device_process_answer(struct pel_device_process *process, int timeout_ms, const int give_up[2],
			      const char **text, const char **hint)
{
	struct pel_device_message *message = &process->message;
	int64_t end = now_ms() + timeout_ms, left;
	int r;

	*text = *hint = "";
	for (;;) {
		struct pollfd fds[] = { { .fd = process->control, .events = POLLIN },
					{ .fd = process->pidfd, .events = POLLIN },
					{ .fd = give_up[0], .events = POLLIN },
					{ .fd = give_up[1], .events = POLLIN } };

		while ((r = pel_device_process_receive(process)) == 1) {
			bool reply = message->kind == PEL_MESSAGE_REPLY &&
				     message->sequence == process->sequence;

			if (!reply && message->kind != PEL_MESSAGE_LOST)
				continue;
			*text = message->text;
			*hint = message->text + strlen(message->text) + 1;
			if (!reply)
				return -EIO;
			return message->code > 0 || message->code < -4095 ? -EIO : message->code;
		}
		left = end - now_ms();
		if (r < 0)
			return -EIO;
		if (left <= 0)
			return -ETIMEDOUT;
		if (look(process, 0) && poll(fds, 1, 0) == 0)
			return -EIO;
		poll(fds, 4, left > 1000 ? 1000 : (int)left);
		if (fds[2].revents || fds[3].revents)
			return -ECANCELED;
	}
}

/* ---- words ---- */

void pel_device_process_fate(struct pel_device_process *process, char *text, size_t bytes)
{
	bool ended = look(process, 0); /* which notes how */
	int status = process->wstatus;

	if (!ended)
		snprintf(text, bytes, "does not answer");
	else if (!process->has_status)
		snprintf(text, bytes, "has ended");
	else if (status & 0x7f)
		snprintf(text, bytes, "was killed by signal %d", status & 0x7f);
	else
		snprintf(text, bytes, "ended with status %d", status >> 8);
}

void pel_device_process_last_words(const struct pel_device_process *process, char *text, size_t bytes)
{
	static const char mark[] = "[XRT] ERROR: ";
	char log[LOG_BYTES + 1];
	off_t size = process->log < 0 ? 0 : lseek(process->log, 0, SEEK_END);
	ssize_t n = size <= 0 ? 0
			      : pread(process->log, log, LOG_BYTES, size > LOG_BYTES ? size - LOG_BYTES : 0);
	const char *last = "", *complaint = NULL;
	char *save = NULL;

	log[n < 0 ? 0 : n] = '\0';
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		last = line;
		if (strncmp(line, mark, sizeof(mark) - 1) == 0)
			complaint = line + sizeof(mark) - 1;
	}
	if (complaint)
		last = complaint;
	last += strspn(last, " ");
	if (strncmp(last, "what():", 7) == 0) /* an uncaught exception */
		last += 7 + strspn(last + 7, " ");
	snprintf(text, bytes, "%s", last);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
}
