/* SPDX-License-Identifier: Apache-2.0 */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "files are little endian; here they would need conversion");

#define WINDOW_BYTES \
	((size_t)1 << 20) /* the most that is asked of a port at once: more would only delay the reader */

struct pump {
	struct pumps *all;
	const char *name; /* borrowed */
	char *file;
	bool in;
	int fd;		 /* -1: an output that is not there yet; a pipe that is not open yet */
	bool named_pipe; /* opened by the thread: that waits for who opens the other end */
	bool unopened;	 /* and nobody did. Written by the thread */
	struct pel_port *port;
	const struct pel_type *type;
	size_t token_bytes;
	uint64_t tokens;       /* moved */
	unsigned char *bounce; /* one token: its part at the end of a read, and what the blocking calls move */
	char *error;	       /* what went wrong, or NULL. Written by the thread, read after it was joined */
	int code;	       /* the negative errno of it, or 0 */
	pthread_t thread;
	bool started, done; /* done: under lock */
};

struct pumps {
	struct pump *list;
	size_t n;
	struct pel_run *run;
	pthread_mutex_t lock; /* of done and interrupted; nothing is called under it */
	pthread_cond_t changed;
	bool interrupted;
	atomic_bool cut; /* pumps that wait for the outside shall leave */
};

/* ---- the threads ---- */

/*
 * read() and write() can wait for ever for somebody outside. To end a pump that does, PUMPS_SIGNAL is sent to its thread until it
 * has looked at `cut`; the signal does nothing but interrupt the call. (Cancelling threads would do the same in fewer lines, but
 * the sanitizers do not know how a cancelled thread leaves its stack.)
 */

/* After a failed call: shall it be made again? Else errno tells why not. */
static bool try_again(const struct pump *pump, short events)
{
	struct pollfd pollfd = { .fd = pump->fd, .events = events };

	/* A descriptor that we inherited may have been made non-blocking by its other users. */
	if (errno == EAGAIN && poll(&pollfd, 1, -1) >= 0)
		errno = EINTR;
	if (errno != EINTR)
		return false;
	if (!atomic_load(&pump->all->cut))
		return true;
	errno = ECANCELED;
	return false;
}

static ssize_t read_some(const struct pump *pump, void *to, size_t bytes)
{
	ssize_t n;

	do
		n = read(pump->fd, to, bytes);
	while (n < 0 && try_again(pump, POLLIN));
	return n;
}

static int write_all(const struct pump *pump, const unsigned char *from, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(pump->fd, from, bytes);

		if (n < 0 && !try_again(pump, POLLOUT))
			return -errno;
		if (n > 0) {
			from += n;
			bytes -= (size_t)n;
		}
		/* A call that was interrupted after a part of its work does not fail. */
		if (bytes && atomic_load(&pump->all->cut))
			return -ECANCELED;
	}
	return 0;
}

static const char *file_name(const struct pump *pump)
{
	if (strcmp(pump->file, "-") != 0)
		return pump->file;
	return pump->in ? "standard input" : "standard output";
}

/* At least one whole token behind the `have` bytes at `to`, or less at the end of the file. Bytes there, or -errno. */
static ssize_t read_token(const struct pump *pump, unsigned char *to, size_t have, size_t room)
{
	while (have < pump->token_bytes) {
		ssize_t n = read_some(pump, to + have, room - have);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static size_t window_tokens(const struct pump *pump)
{
	return pump->token_bytes < WINDOW_BYTES ? WINDOW_BYTES / pump->token_bytes : 1;
}

/*
 * Move what one read gives to the port. *part is the beginning of a token that lies in the bounce buffer. 1: go on; 0: the file or the
 * port has ended; or the negative errno of the file.
 */
static int pump_in_once(struct pump *pump, size_t *part)
{
	void *window = pump->bounce;
	/* Only asked: who reserves says that there is more to come, and that is not known before it is read. */
	ssize_t room = pel_port_available(pump->port), bytes;
	bool full = room == -EAGAIN; /* then read one token meanwhile, and wait with it */
	size_t whole;

	if (!full)
		room = pel_port_reserve(pump->port, window_tokens(pump), &window);
	if (room < 0 && !full) {
		*part = 0; /* nobody needs it any more */
		return 0;
	}
	if (full)
		room = 1;
	else
		memcpy(window, pump->bounce, *part);
	bytes = read_token(pump, full ? pump->bounce : window, *part, (size_t)room * pump->token_bytes);
	if (bytes < 0)
		return (int)bytes;
	whole = (size_t)bytes / pump->token_bytes;
	*part = (size_t)bytes % pump->token_bytes;
	if (!full)
		memcpy(pump->bounce, (unsigned char *)window + whole * pump->token_bytes, *part);
	if (!whole)
		return 0;
	if (full ? pel_port_write(pump->port, pump->bounce, 1, -1) != 1
		 : pel_port_commit(pump->port, whole) < 0) {
		*part = 0;
		return 0;
	}
	pump->tokens += whole;
	return 1;
}

static void pump_in(struct pump *pump)
{
	size_t part = 0;
	int r;

	while ((r = pump_in_once(pump, &part)) > 0)
		;
	if (r == -ECANCELED)
		return;
	pump->code = r;
	if (r < 0) {
		pump->error = cli_format("input port '%s': cannot read %s: %s", pump->name, file_name(pump),
					 strerror(-r));
	} else if (part) {
		char type[192];

		pump->error = cli_format(
			"input port '%s': %s ends inside a token: %zu of %zu bytes (%s), after %llu whole tokens",
			pump->name, file_name(pump), part, pump->token_bytes,
			pel_type_format(pump->type, type, sizeof(type)), (unsigned long long)pump->tokens);
	}
}

/* As pump_in_once(). */
static int pump_out_once(struct pump *pump)
{
	const void *window;
	ssize_t n = pel_port_peek(pump->port, window_tokens(pump), &window);
	bool empty = n == -EAGAIN;
	int r;

	if (empty) {
		n = pel_port_read(pump->port, pump->bounce, 1, -1);
		window = pump->bounce;
	}
	if (n <= 0)
		return 0;
	r = write_all(pump, window, (size_t)n * pump->token_bytes);
	if (r < 0)
		return r;
	if (!empty && pel_port_release(pump->port, (size_t)n) < 0)
		return 0;
	pump->tokens += (size_t)n;
	return 1;
}

static void pump_out(struct pump *pump)
{
	int r;

	while ((r = pump_out_once(pump)) > 0)
		;
	pump->code = r;
	/* Whoever reads a pipe may leave when he has enough. */
	if (r < 0 && r != -EPIPE && r != -ECANCELED)
		pump->error = cli_format("output port '%s': cannot write %s: %s", pump->name, file_name(pump),
					 strerror(-r));
}

/* 0, -ECANCELED, or the negative errno. */
static int open_named_pipe(struct pump *pump)
{
	do
		pump->fd = open(pump->file, (pump->in ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	while (pump->fd < 0 && try_again(pump, 0));
	return pump->fd < 0 ? -errno : 0;
}

static void pump_all(struct pump *pump)
{
	int r = pump->named_pipe ? open_named_pipe(pump) : 0;

	pump->unopened = r == -ECANCELED;
	pump->code = r;
	if (r < 0 && r != -ECANCELED)
		pump->error = cli_format("%s port '%s': cannot open '%s': %s", pump->in ? "input" : "output",
					 pump->name, pump->file, strerror(-r));
	else if (r == 0 && pump->in)
		pump_in(pump);
	else if (r == 0)
		pump_out(pump);
}

static void pump_done(struct pump *pump)
{
	pthread_mutex_lock(&pump->all->lock);
	pump->done = true;
	pthread_cond_broadcast(&pump->all->changed);
	pthread_mutex_unlock(&pump->all->lock);
}

static void *pump_thread(void *context)
{
	struct pump *pump = context;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, PUMPS_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pump_all(pump);
	if (pump->error)
		pel_run_stop(pump->all->run); /* before the end: else the graph would take the input for complete */
	pel_port_end(pump->port);
	pump_done(pump);
	return NULL;
}

/* ---- opening ---- */

static const char *port_at(const struct pel_plan *plan, bool in, size_t index, const struct pel_type **type)
{
	return in ? pel_plan_in(plan, index, type) : pel_plan_out(plan, index, type);
}

/* Does the graph have a port of that name? Says so if not. */
static bool known_port(const struct pel_plan *plan, bool in, const char *text, const char *equals)
{
	const char *names[64] = { 0 }, *name, *nearest, *way = in ? "input" : "output";
	char *wanted = cli_format("%.*s", (int)(equals - text), text);
	size_t n = 0, other = 0;

	for (; (name = port_at(plan, in, n, NULL)); n++) {
		if (strcmp(name, wanted) == 0) {
			free(wanted);
			return true;
		}
		if (n < 63)
			names[n] = name;
	}
	while ((name = port_at(plan, !in, other, NULL)) && strcmp(name, wanted) != 0)
		other++;
	nearest = cli_nearest(wanted, names);
	cli_error(0, "option '--%s': the graph has no %s port '%s'", in ? "in" : "out", way, wanted);
	if (name)
		cli_hint("'%s' is an %s port: use --%s %s", wanted, in ? "output" : "input",
			 in ? "out" : "in", text);
	else if (nearest)
		cli_hint("did you mean '%s'?", nearest);
	else if (!n)
		cli_hint("it has no %s ports at all", way);
	else
		cli_hint("its %s ports: %s%s%s%s%s", way, names[0], n > 1 ? ", " : "", n > 1 ? names[1] : "",
			 n > 2 ? ", " : "",
			 n > 3	 ? "..."
			 : n > 2 ? names[2]
				 : "");
	free(wanted);
	return false;
}

/* The FILE of PORT=FILE given for port `name`; NULL: none. *twice: more than one. */
static const char *file_for(const struct cli_args *args, const char *option, const char *name, bool *twice)
{
	const char *text, *file = NULL;
	size_t length = strlen(name);

	for (size_t i = 0; (text = cli_value_at(args, option, i)); i++) {
		if (strncmp(text, name, length) != 0 || text[length] != '=')
			continue;
		*twice = file != NULL;
		file = text + length + 1;
	}
	return file;
}

static int check_names(const struct cli_args *args, const struct pel_plan *plan, bool in)
{
	const char *option = in ? "--in" : "--out", *text;

	for (size_t i = 0; (text = cli_value_at(args, option, i)); i++) {
		const char *equals = strchr(text, '=');

		if (!equals || equals == text || !equals[1])
			return cli_error(CLI_USAGE, "option '%s': '%s' is not PORT=FILE", option, text);
		if (!known_port(plan, in, text, equals))
			return CLI_USAGE;
	}
	return 0;
}

static int cannot_open(const struct pump *pump, int code)
{
	return cli_error(CLI_FAILED, "%s port '%s': cannot open '%s': %s", pump->in ? "input" : "output",
			 pump->name, pump->file, strerror(code));
}

/* Can the file be made that is not there yet? 0, or the errno. */
static int check_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? cli_format("%.*s", slash == path ? 1 : (int)(slash - path), path) : NULL;
	struct stat st;
	int code = 0;

	/* A link to where there is nothing yet is followed by open(). */
	if (lstat(path, &st) < 0 && faccessat(AT_FDCWD, folder ? folder : ".", W_OK | X_OK, AT_EACCESS) < 0)
		code = errno;
	free(folder);
	return code;
}

/* What an output holds stays as it is until the run has started: only then is it known that there will be something in its place. */
static int open_file(struct pump *pump)
{
	struct stat st;
	int code = 0;

	if (strcmp(pump->file, "-") == 0) {
		pump->fd = pump->in ? STDIN_FILENO : cli_stdout();
		return 0;
	}
	if (stat(pump->file, &st) == 0 && S_ISFIFO(st.st_mode)) {
		pump->named_pipe = true;
		return access(pump->file, pump->in ? R_OK : W_OK) < 0 ? cannot_open(pump, errno) : 0;
	}
	pump->fd = open(pump->file, (pump->in ? O_RDONLY : O_WRONLY) | O_CLOEXEC | O_NOCTTY);
	if (pump->fd < 0)
		code = errno;
	else if (fstat(pump->fd, &st) == 0 && S_ISDIR(st.st_mode))
		code = EISDIR;
	if (code == ENOENT && !pump->in)
		code = check_folder(pump->file);
	return code ? cannot_open(pump, code) : 0;
}

/* Empty the output, or make it. */
static int begin_file(struct pump *pump)
{
	struct stat st;

	if (pump->named_pipe)
		return 0;
	if (pump->fd < 0)
		pump->fd = open(pump->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (pump->fd < 0 || (pump->fd != cli_stdout() && fstat(pump->fd, &st) == 0 && S_ISREG(st.st_mode) &&
			     ftruncate(pump->fd, 0) < 0))
		return cannot_open(pump, errno);
	return 0;
}

static int add_pump(struct pumps *pumps, const struct cli_args *args, const char *name, bool in,
		    const struct pel_type *type)
{
	const char *option = in ? "--in" : "--out", *way = in ? "input" : "output", *file;
	struct pump *pump = &pumps->list[pumps->n];
	bool twice = false;

	*pump = (struct pump){ .all = pumps, .name = name, .in = in, .fd = -1, .type = type };
	file = file_for(args, option, name, &twice);
	if (!file) {
		cli_error(CLI_USAGE, "%s port '%s' of the graph is not connected", way, name);
		cli_hint(in ? "give it a file with --in %s=FILE, or - for standard input"
			    : "give it a file with --out %s=FILE, - for standard output, or /dev/null",
			 name);
		return CLI_USAGE;
	}
	if (twice)
		return cli_error(CLI_USAGE, "option '%s' is given twice for port '%s'", option, name);
	pump->file = in ? cli_format("%s", file) : cli_output_path(file);
	for (size_t i = 0; i < pumps->n; i++)
		if (pumps->list[i].in == in && strcmp(pump->file, "-") == 0 &&
		    strcmp(pumps->list[i].file, "-") == 0) {
			free(pump->file);
			return cli_error(CLI_USAGE, "%s ports '%s' and '%s' cannot both use standard %s", way,
					 pumps->list[i].name, name, way);
		}
	pumps->n++;
	pump->token_bytes = (size_t)pel_type_bytes(type);
	pump->bounce = cli_alloc(pump->token_bytes, 1);
	return 0;
}

int pumps_create(const struct cli_args *args, const struct pel_plan *plan, struct pumps **ret)
{
	struct pumps *pumps = cli_alloc(1, sizeof(*pumps));
	const struct pel_type *type;
	const char *name;
	size_t n_in = 0, n_out = 0;
	int status = check_names(args, plan, true);

	pthread_mutex_init(&pumps->lock, NULL);
	pthread_cond_init(&pumps->changed, NULL);
	while (pel_plan_in(plan, n_in, NULL))
		n_in++;
	while (pel_plan_out(plan, n_out, NULL))
		n_out++;
	pumps->list = cli_alloc(n_in + n_out, sizeof(*pumps->list));
	if (!status)
		status = check_names(args, plan, false);
	for (size_t i = 0; !status && (name = pel_plan_in(plan, i, &type)); i++)
		status = add_pump(pumps, args, name, true, type);
	for (size_t i = 0; !status && (name = pel_plan_out(plan, i, &type)); i++)
		status = add_pump(pumps, args, name, false, type);
	if (status)
		pumps_fini(pumps);
	else
		*ret = pumps;
	return status;
}

void pumps_files(const struct pumps *pumps, struct cli_files *files)
{
	for (size_t i = 0; i < pumps->n; i++) {
		const struct pump *pump = &pumps->list[i];
		char *who = cli_format("%s port '%s'", pump->in ? "input" : "output", pump->name);

		cli_files_add(files, who, pump->file, !pump->in);
		free(who);
	}
}

int pumps_open(struct pumps *pumps)
{
	int status = 0;

	for (size_t i = 0; i < pumps->n && !status; i++)
		status = open_file(&pumps->list[i]);
	return status;
}

bool pumps_use_stdout(const struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->n; i++)
		if (!pumps->list[i].in && strcmp(pumps->list[i].file, "-") == 0)
			return true;
	return false;
}

/* ---- running ---- */

int pumps_start(struct pumps *pumps, struct pel_run *run)
{
	int status = 0;

	pumps->run = run;
	for (size_t i = 0; i < pumps->n && !status; i++)
		if (!pumps->list[i].in)
			status = begin_file(&pumps->list[i]);
	for (size_t i = 0; i < pumps->n && !status; i++) {
		struct pump *pump = &pumps->list[i];
		int r;

		pump->port = pel_run_port(run, pump->name);
		r = pthread_create(&pump->thread, NULL, pump_thread, pump);
		if (r != 0)
			return cli_error(CLI_FAILED, "cannot start a thread for port '%s': %s", pump->name,
					 strerror(r));
		pump->started = true;
	}
	return status;
}

void pumps_interrupt(struct pumps *pumps)
{
	pthread_mutex_lock(&pumps->lock);
	pumps->interrupted = true;
	pthread_cond_broadcast(&pumps->changed);
	pthread_mutex_unlock(&pumps->lock);
}

/* Wait until every output has written its last token. False: interrupted. */
static bool wait_outputs(struct pumps *pumps)
{
	bool all = true;

	pthread_mutex_lock(&pumps->lock);
	for (size_t i = 0; i < pumps->n; i++) {
		const struct pump *pump = &pumps->list[i];

		while (!pump->in && pump->started && !pump->done && !pumps->interrupted)
			pthread_cond_wait(&pumps->changed, &pumps->lock);
		all = all && (pump->in || !pump->started || pump->done);
	}
	pthread_mutex_unlock(&pumps->lock);
	return all;
}

/* The run is over, so a pump that is not waiting for the outside ends by itself. */
static void end_pump(struct pump *pump)
{
	struct pumps *pumps = pump->all;

	atomic_store(&pumps->cut, true);
	pthread_mutex_lock(&pumps->lock);
	while (!pump->done) {
		struct timespec until;

		/* Again and again: the signal may come just before the call that it shall interrupt. */
		pthread_kill(pump->thread, PUMPS_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 5000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&pumps->changed, &pumps->lock, &until);
	}
	pthread_mutex_unlock(&pumps->lock);
	pthread_join(pump->thread, NULL);
}

/* Some file systems tell only now that there was no room. */
static void close_output(struct pump *pump)
{
	int fd = pump->fd;

	if (fd == cli_stdout()) /* it is closed at the very end */
		return;
	pump->fd = -1;
	if (fd >= 0 && close(fd) < 0) {
		pump->code = -errno;
		pump->error = cli_format("output port '%s': cannot write %s: %s", pump->name, pump->file,
					 strerror(errno));
	}
}

int pumps_finish(struct pumps *pumps, bool ended)
{
	bool written = ended && wait_outputs(pumps);
	int status = ended && !written ? CLI_INTERRUPTED : 0;

	for (size_t i = 0; i < pumps->n; i++) {
		struct pump *pump = &pumps->list[i];

		if (!pump->started)
			continue;
		end_pump(pump);
		pump->started = false;
		if (!pump->in && !pump->error)
			close_output(pump);
		if (!pump->error)
			continue;
		status = cli_error(CLI_FAILED, "%s", pump->error);
		if (!pump->in)
			cli_hint_write(pump->code);
	}
	return status;
}

void pumps_hint(const struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->n; i++)
		if (pumps->list[i].unopened)
			cli_hint("%s port '%s': nobody has opened '%s' %s",
				 pumps->list[i].in ? "input" : "output", pumps->list[i].name,
				 pumps->list[i].file, pumps->list[i].in ? "to write to it" : "to read from it");
}

void pumps_fini(struct pumps *pumps)
{
	if (!pumps)
		return;
	for (size_t i = 0; i < pumps->n; i++) {
		if (pumps->list[i].fd > STDERR_FILENO && pumps->list[i].fd != cli_stdout())
			close(pumps->list[i].fd);
		free(pumps->list[i].file);
		free(pumps->list[i].bounce);
		free(pumps->list[i].error);
	}
	free(pumps->list);
	pthread_mutex_destroy(&pumps->lock);
	pthread_cond_destroy(&pumps->changed);
	free(pumps);
}
