/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pelton-emulator: the device model that XRT starts in software emulation. XRT decides its file name and the Unix socket that it connects to.
 * It is not meant to be started by users.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"
#include "front.h"
#include "report.h"

#define UNITS_MAX     32 /* how many units XRT can distinguish, unless PELTON_EMULATOR_UNITS says otherwise */
#define END_HOST_MS   500
#define CONNECT_TRIES 30000 /* one each millisecond */

static void on_child(int signal)
{
	(void)signal; /* its only purpose is to interrupt system calls */
}

/*
 * The supervisor ends only after the host has ended: it ignores Ctrl-C and the signals that XRT sends to its process group. Ignoring SIGXFSZ
 * makes writes beyond the file size limit fail with EFBIG.
 */
static void settle_signals(void)
{
	static const int ignored[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
				       SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ };
	struct sigaction child = { .sa_handler = on_child };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Make sure that descriptors 0, 1 and 2 are open: otherwise printf() could write to a socket that got one of these numbers. */
static void hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* The address at which XRT listens. */
static bool socket_address(struct sockaddr_un *address)
{
	const char *user = getenv("USER"), *id = getenv("EMULATION_SOCKETID");
	int n;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (user && *user && id && *id)
		n = snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/%s/%s", user, id);
	else
		n = snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/xcl_sock");
	return n > 0 && (size_t)n < sizeof(address->sun_path);
}

static int connect_host(const struct sockaddr_un *address, pid_t host)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (int i = 0; fd >= 0 && i < CONNECT_TRIES && getppid() == host; i++) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0) {
			unlink(address->sun_path); /* now, because XRT would leave it behind if it crashed */
			return fd;
		}
		if (errno != ENOENT && errno != ECONNREFUSED && errno != EINTR && errno != EAGAIN)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return -1;
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	uint64_t value;

	return pel_env_number(variable, &value) ? value : otherwise;
}

/*
 * End a host that no device process watches: when the device model has ended, XRT takes missing answers for answers, or waits for ever. Send
 * SIGTERM first, so that the host can clean up.
 */
static void end_host(pid_t host)
{
	for (int i = 0; i < END_HOST_MS && getppid() == host; i++) {
		kill(host, i == 0 ? SIGTERM : 0);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	if (getppid() == host)
		kill(host, SIGKILL);
}

int main(void)
{
	struct pel_events events;
	struct pel_emu_options options = {
		.timeout_ms = number_of("PELTON_EMULATOR_TIMEOUT_MS", 60000),
		.units_max = (unsigned)number_of("PELTON_EMULATOR_UNITS", UNITS_MAX),
		.quiet = pel_env_flag("PELTON_EMULATOR_QUIET"),
		.log = pel_env_flag("PELTON_EMULATOR_LOG"),
		.wait = pel_env_flag("PELTON_EMULATOR_WAIT"),
		.events = &events,
		.windows = (int)number_of("PELTON_EMULATOR_WINDOWS", UINT64_MAX),
	};
	struct sockaddr_un address;
	struct pel_emu *emu;
	pid_t host = getppid();
	bool broken;
	int fd;

	hold_standard_descriptors();
	settle_signals();
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* adopt processes that kernels start and leave behind */
	pel_raise_open_files();		  /* each buffer needs a descriptor */
	pel_events_init(&events, pel_env("PELTON_EMULATOR_EVENTS"));
	unsetenv("PELTON_EMULATOR_EVENTS"); /* kernels must not use them */
	unsetenv("PELTON_EMULATOR_WINDOWS");
	if (options.windows >= 0)
		fcntl(options.windows, F_SETFD, FD_CLOEXEC);
	if (!socket_address(&address) || pel_emu_create(&options, &emu) < 0)
		return 1;
	fd = connect_host(&address, host);
	if (fd < 0) {
		fprintf(stderr, "pelton-emulator: no XRT program listens at %s; only XRT starts this program\n",
			address.sun_path);
		return 1;
	}
	pel_emu_log(emu, "serving process %ld", (long)host);
	pel_front_serve(emu, fd);
	if (pel_emu_is_broken(emu) && events.fd < 0)
		end_host(host);
	broken = pel_emu_is_broken(emu);
	pel_emu_log(emu, broken ? "the device model has failed" : "the host has ended");
	pel_emu_destroy(emu);
	pel_events_fini(&events);
	return broken ? 1 : 0;
}
