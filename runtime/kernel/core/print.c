/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "interrupted.h"

#define BUFFER_BYTES 65536u
#define PIECE_MAX    64u /* the longest text passed to put() */
#define SLOTS	     16u

struct print_state {
	struct pel_type type;
	size_t bytes;
	char *prefix;
	locale_t c_locale; /* so that the text does not depend on the host's locale */
	int fd;
	int code;	      /* 0, or the negative errno of the first write that failed in this call */
	size_t used, written; /* bytes in the buffer; lines of this call that have been written */
	char buffer[BUFFER_BYTES];
};

/* ---- one at a time ---- */

/*
 * To keep the lines of several actors apart, only one actor writes at a time, whatever the length of its lines. This is not a mutex, because a writer may
 * wait forever for a reader, and a thread that waits for its turn must be cancellable, as the writer is. Several descriptors may share a slot.
 */
static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_over = PTHREAD_COND_INITIALIZER;
static bool taken[SLOTS];

static void unlock(void *mutex)
{
	pthread_mutex_unlock(mutex);
}

static void take_turn(bool *slot)
{
	pthread_mutex_lock(&turn_lock);
	pthread_cleanup_push(unlock, &turn_lock);
	while (*slot)
		pthread_cond_wait(&turn_over, &turn_lock);
	*slot = true;
	pthread_cleanup_pop(1);
}

static void end_turn(void *slot)
{
	pthread_mutex_lock(&turn_lock);
	*(bool *)slot = false;
	pthread_cond_broadcast(&turn_over);
	pthread_mutex_unlock(&turn_lock);
}

/* ---- text ---- */

/* After a failed write: can it be repeated? */
static bool try_again(int fd, unsigned *interrupted)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return (errno == EAGAIN && poll(&pollfd, 1, -1) >= 0) || pel_interrupted(interrupted);
}

static void flush(struct print_state *s)
{
	unsigned interrupted = 0;
	size_t done = 0;

	while (done < s->used && !s->code) {
		ssize_t n = write(s->fd, s->buffer + done, s->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (!try_again(s->fd, &interrupted))
			s->code = -errno;
	}
	s->used = 0;
}

static void put(struct print_state *s, const char *fmt, ...) PEL_PRINTF(2, 3);

/* Append less than PIECE_MAX bytes. */
static void put(struct print_state *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (BUFFER_BYTES - s->used < PIECE_MAX)
		flush(s);
	va_start(ap, fmt);
	n = vsnprintf(s->buffer + s->used, PIECE_MAX, fmt, ap);
	va_end(ap);
	s->used += n > 0 ? (size_t)n : 0;
}

static void put_text(struct print_state *s, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strnlen(text, PIECE_MAX - 1);
		put(s, "%.*s", (int)n, text);
	}
}

static void print_fini(void *state)
{
	struct print_state *s = state;

	if (s->c_locale)
		freelocale(s->c_locale);
	pel_free(s->prefix);
	pel_free(s);
}

static int print_init(struct pel_info *info, void **state)
{
	struct print_state *s;
	int r = pel_state_alloc(info, sizeof(*s), state);

	if (r < 0)
		return r;
	s = *state;
	s->type = *pel_info_in_type(info, 0);
	s->bytes = pel_type_bytes(&s->type);
	s->fd = pel_info_text_fd(info);
	s->prefix = pel_strdup(pel_info_string(info, "prefix"));
	s->c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (s->prefix && s->c_locale)
		return 0;
	print_fini(s);
	return pel_info_fail(info, -ENOMEM, "out of memory");
}

/* The shortest decimal number that converts back to the same value. */
static void print_f32(struct print_state *s, float value)
{
	char text[32];

	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	put(s, "%s", text);
}

static void print_f64(struct print_state *s, double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	put(s, "%s", text);
}

#define AS(type) (*(const type *)at)

static void print_complex(struct print_state *s, enum pel_elem elem, const unsigned char *at)
{
	for (unsigned part = 0; part < 2; part++) {
		put(s, part ? ", " : "(");
		if (elem == PEL_ELEM_CF32)
			print_f32(s, AS(float));
		else
			print_f64(s, AS(double));
		at += elem == PEL_ELEM_CF32 ? sizeof(float) : sizeof(double);
	}
	put(s, ")");
}

static void print_element(struct print_state *s, const struct pel_type *type, const unsigned char *at)
{
	switch (type->elem) {
	case PEL_ELEM_U8:
		put(s, "%u", (unsigned)AS(uint8_t));
		break;
	case PEL_ELEM_I8:
		put(s, "%d", AS(int8_t));
		break;
	case PEL_ELEM_U16:
		put(s, "%u", (unsigned)AS(uint16_t));
		break;
	case PEL_ELEM_I16:
		put(s, "%d", AS(int16_t));
		break;
	case PEL_ELEM_U32:
		put(s, "%lu", (unsigned long)AS(uint32_t));
		break;
	case PEL_ELEM_I32:
		put(s, "%ld", (long)AS(int32_t));
		break;
	case PEL_ELEM_U64:
		put(s, "%llu", (unsigned long long)AS(uint64_t));
		break;
	case PEL_ELEM_I64:
		put(s, "%lld", (long long)AS(int64_t));
		break;
	case PEL_ELEM_F32:
		print_f32(s, AS(float));
		break;
	case PEL_ELEM_F64:
		print_f64(s, AS(double));
		break;
	case PEL_ELEM_CF32:
	case PEL_ELEM_CF64:
		print_complex(s, type->elem, at);
		break;
	case PEL_ELEM_BYTES:
		for (uint32_t i = 0; i < type->elem_bytes; i++)
			put(s, "%02x", (unsigned)at[i]);
		break;
	}
}

/* Print the part of a token from dimension `dim` on. Returns where the next part starts. Recurses at most PEL_MAX_DIMS levels. */
static const unsigned char *print_part(struct print_state *s, const struct pel_type *type, uint32_t dim,
				       const unsigned char *at)
{
	if (dim == type->n_dims) {
		print_element(s, type, at);
		return at + type->elem_bytes;
	}
	put(s, "[");
	for (uint64_t i = 0; i < type->dims[dim]; i++) {
		if (i)
			put(s, ", ");
		at = print_part(s, type, dim + 1, at);
	}
	put(s, "]");
	return at;
}

/* Returns 0, PEL_END if the reader has closed its end, or a negative errno. */
static int print_tokens(struct print_state *s, const unsigned char *in, size_t tokens)
{
	s->used = s->written = 0;
	s->code = 0;
	for (size_t i = 0; i < tokens && !s->code; i++) {
		put_text(s, s->prefix);
		print_part(s, &s->type, 0, in + i * s->bytes);
		put(s, "\n");
		if (s->used >= BUFFER_BYTES / 2 || i + 1 == tokens)
			flush(s);
		if (!s->used && !s->code)
			s->written = i + 1;
	}
	if (s->code == -EPIPE) /* the reader has closed its end */
		return PEL_END;
	return s->code ? pel_fire_fail(s->code, "cannot write to standard output: %s", strerror(-s->code)) : 0;
}

static int print_fire(void *state, const struct pel_io *io, size_t firings)
{
	struct print_state *s = state;
	locale_t host = uselocale(s->c_locale);
	bool *slot = &taken[(unsigned)s->fd % SLOTS];
	int r;

	take_turn(slot);
	pthread_cleanup_push(end_turn, slot); /* a run that is stopped cancels this thread */
	r = print_tokens(s, io->in[0], firings);
	pthread_cleanup_pop(1);
	uselocale(host);
	if (r == PEL_END)
		*io->fired = s->written;
	return r;
}

static int print_files(struct pel_info *info)
{
	return pel_info_prints(info);
}

const struct pel_kernel pel_core_print = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "core.print",
	.summary = "write tokens to standard output as text",
	.doc = "One token per line. Arrays are in brackets, nested like their dimensions: [[1, 2], [3, 4]]. Reals have as many digits as are "
	       "needed to convert back to the same value; complex numbers are (real, imaginary); bytes are hexadecimal. If standard output is used for "
	       "data (--out PORT=-, --stats, file.stdout), the text goes to standard error. Lines are never mixed, and the lines of one actor keep "
	       "the order of its tokens; the order between actors is not defined. The actor ends when the reader of the output closes it.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .doc = "any type" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "prefix", .type = "string", .value = "", .doc = "written before each token" },
			{ 0 } },
	.files = print_files,
	.init = print_init,
	.fire = print_fire,
	.fini = print_fini,
};
