/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct print_state {
	struct pel_type type;
	size_t bytes;
	char *prefix;
	locale_t c_locale; /* so that a host with another one gets the same text */
};

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
	s->prefix = pel_strdup(pel_info_string(info, "prefix"));
	s->c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (s->prefix && s->c_locale)
		return 0;
	print_fini(s);
	return pel_info_fail(info, -ENOMEM, "out of memory");
}

/* The shortest decimal number that reads back as the same. */
static void print_f32(float value)
{
	char text[32];

	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	fputs(text, stdout);
}

static void print_f64(double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	fputs(text, stdout);
}

#define AS(type) (*(const type *)at)

static void print_element(const struct pel_type *type, const unsigned char *at)
{
	switch (type->elem) {
	case PEL_ELEM_U8:
		printf("%u", (unsigned)AS(uint8_t));
		break;
	case PEL_ELEM_I8:
		printf("%d", AS(int8_t));
		break;
	case PEL_ELEM_U16:
		printf("%u", (unsigned)AS(uint16_t));
		break;
	case PEL_ELEM_I16:
		printf("%d", AS(int16_t));
		break;
	case PEL_ELEM_U32:
		printf("%lu", (unsigned long)AS(uint32_t));
		break;
	case PEL_ELEM_I32:
		printf("%ld", (long)AS(int32_t));
		break;
	case PEL_ELEM_U64:
		printf("%llu", (unsigned long long)AS(uint64_t));
		break;
	case PEL_ELEM_I64:
		printf("%lld", (long long)AS(int64_t));
		break;
	case PEL_ELEM_F32:
		print_f32(AS(float));
		break;
	case PEL_ELEM_F64:
		print_f64(AS(double));
		break;
	case PEL_ELEM_CF32:
		putchar('(');
		print_f32(AS(float));
		fputs(", ", stdout);
		at += sizeof(float);
		print_f32(AS(float));
		putchar(')');
		break;
	case PEL_ELEM_CF64:
		putchar('(');
		print_f64(AS(double));
		fputs(", ", stdout);
		at += sizeof(double);
		print_f64(AS(double));
		putchar(')');
		break;
	case PEL_ELEM_BYTES:
		for (uint32_t i = 0; i < type->elem_bytes; i++)
			printf("%02x", (unsigned)at[i]);
		break;
	}
}

/* The part of a token from dimension `dim` on. Returns where the next part starts. At most PEL_MAX_DIMS deep. */
static const unsigned char *print_part(const struct pel_type *type, uint32_t dim, const unsigned char *at)
{
	if (dim == type->n_dims) {
		print_element(type, at);
		return at + type->elem_bytes;
	}
	putchar('[');
	for (uint64_t i = 0; i < type->dims[dim]; i++) {
		if (i)
			fputs(", ", stdout);
		at = print_part(type, dim + 1, at);
	}
	putchar(']');
	return at;
}

static void unlock(void *file)
{
	funlockfile(file);
}

static int print_tokens(const struct print_state *s, const unsigned char *in, size_t tokens)
{
	int r;

	for (size_t i = 0; i < tokens; i++) {
		fputs(s->prefix, stdout);
		print_part(&s->type, 0, in + i * s->bytes);
		putchar('\n');
	}
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	r = errno > 0 ? -errno : -EIO;
	return pel_fire_fail(r, "cannot write to standard output: %s", strerror(-r));
}

static int print_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct print_state *s = state;
	locale_t host = uselocale(s->c_locale);
	int r;

	flockfile(stdout);		      /* lines of several actors do not mix */
	pthread_cleanup_push(unlock, stdout); /* a run that is stopped cancels this thread */
	r = print_tokens(s, io->in[0], firings);
	pthread_cleanup_pop(1);
	uselocale(host);
	return r;
}

const struct pel_kernel pel_core_print = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_BLOCKING,
	.name = "core.print",
	.summary = "write tokens to standard output as text",
	.doc = "One token a line. Arrays are in brackets, nested as their dimensions: [[1, 2], [3, 4]]. Reals have as many digits as "
	       "tell them from their neighbours; complex numbers are (real, imaginary); bytes are hexadecimal.",
	.in = (const struct pel_port_desc[]){ { .name = "in", .type = "T", .doc = "any type" }, { 0 } },
	.params =
		(const struct pel_param_desc[]){
			{ .name = "prefix", .type = "string", .value = "", .doc = "written before each token" },
			{ 0 } },
	.init = print_init,
	.fire = print_fire,
	.fini = print_fini,
};
