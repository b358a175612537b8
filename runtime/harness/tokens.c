/* SPDX-License-Identifier: Apache-2.0 */
#include "tokens.h"

#include <errno.h>
#include <string.h>
#include "builtin.h"
#include "cpu.h"
#include "random.h"

/* ---- random tokens ---- */

/* The bits of a special float: zero, subnormal, quiet or signalling NaN with any payload, infinity, or an end of the range; of either sign. */
static uint64_t strange_real(uint64_t *random, unsigned fraction_bits, unsigned exponent_bits)
{
	uint64_t bits = pel_random(random), quiet = UINT64_C(1) << (fraction_bits - 1);
	uint64_t fraction = 2 * quiet - 1, exponent = (UINT64_C(1) << exponent_bits) - 1;
	const uint64_t exponents[] = { 0,	 1,	   exponent / 2, exponent - 1,
				       exponent, exponent, exponent,	 pel_random(random) & exponent };
	const uint64_t fractions[] = { 0,
				       1,
				       quiet - 1,
				       quiet,
				       quiet + 1,
				       fraction,
				       pel_random(random) & fraction,
				       pel_random(random) & (quiet - 1) };

	return (bits >> 8 & 1) << (fraction_bits + exponent_bits) | exponents[bits & 7] << fraction_bits |
	       fractions[bits >> 3 & 7];
}

/* A number from -256 to 256; every fourth one is an integer. */
static double plain_real(uint64_t *random)
{
	int64_t bits = (int64_t)pel_random(random);
	double value = (double)(bits >> 24) * 0x1p-31;

	return bits & 3 ? value : (double)(int64_t)value;
}

static void make_real(enum pel_elem elem, void *to, bool strange, uint64_t *random)
{
	double wide = strange ? 0 : plain_real(random);
	uint64_t bits64 = strange_real(random, 52, 11);
	uint32_t bits32 = (uint32_t)strange_real(random, 23, 8);
	float narrow = (float)wide;

	if (elem == PEL_ELEM_F32)
		memcpy(to, strange ? (void *)&bits32 : (void *)&narrow, sizeof(narrow));
	else
		memcpy(to, strange ? (void *)&bits64 : (void *)&wide, sizeof(wide));
}

/* Fill integers and bytes with random bits, and some runs with one repeated byte, which gives the least and the largest integers, among others. */
static void make_bytes(unsigned char *to, size_t bytes, uint64_t *random)
{
	static const unsigned char alike[] = { 0, 0xff, 0x7f, 0x80 };
	uint64_t bits = 0;
	size_t run = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (!run && i % 8 == 0 && (bits = pel_random(random)) % 8 == 0)
			run = 1 + (bits >> 16) % 24;
		to[i] = run ? alike[bits >> 8 & 3] : (unsigned char)(bits >> i % 8 * 8);
		run -= run > 0;
	}
}

static bool is_real(enum pel_elem elem)
{
	return elem == PEL_ELEM_F32 || elem == PEL_ELEM_F64;
}

/* Make one in `share` floats special; the others become ordinary numbers, or stay unchanged with `sprinkle`. */
static void make_tokens(const struct pel_harness_port *port, uint64_t share, bool sprinkle, uint64_t *random)
{
	enum pel_elem part = pel_elem_part(port->type.elem);
	size_t bytes = port->tokens * port->token_bytes, size = is_real(part) ? pel_elem_bytes(part) : 1;

	if (!is_real(part) && !sprinkle)
		make_bytes(port->own, bytes, random);
	for (size_t at = 0; is_real(part) && at < bytes; at += size) {
		bool strange = pel_random(random) % share == 0;

		if (strange || !sprinkle)
			make_real(part, port->own + at, strange, random);
	}
}

int pel_harness_own_tokens(struct pel_harness *harness, struct pel_harness_port *port)
{
	port->own = pel_arena_array(&harness->arena, port->tokens * port->token_bytes + 1, 1);
	return port->own ? 0 : -ENOMEM;
}

bool pel_harness_new_tokens(struct pel_harness *harness, uint64_t *random)
{
	bool exact = harness->kernel->flags & PEL_KERNEL_EXACT, sprinkled = false;
	/* Vary the share: a single NaN among a filter's inputs hides the effect of all others. */
	uint64_t share = UINT64_C(1) << pel_random(random) % 8;

	exact &= pel_random(random) % 2 == 0;
	for (unsigned i = 0; i < harness->n_in; i++) {
		struct pel_harness_port *port = &harness->ports[i];
		bool sprinkle = port->given && exact && is_real(pel_elem_part(port->type.elem));

		if (!port->connected || (port->given && !sprinkle))
			continue;
		if (sprinkle)
			memcpy(port->own, port->given, port->tokens * port->token_bytes);
		make_tokens(port, share, sprinkle, random);
		port->data = port->own;
		sprinkled |= sprinkle;
	}
	return sprinkled;
}

void pel_harness_given_tokens(struct pel_harness *harness)
{
	for (unsigned i = 0; i < harness->n_in; i++)
		if (harness->ports[i].given)
			harness->ports[i].data = harness->ports[i].given;
}

const char *pel_harness_choose_cpu(const struct pel_harness *harness, uint64_t *random)
{
	if (!(harness->kernel->flags & PEL_KERNEL_EXACT))
		return NULL;
	pel_cpu_use((enum pel_cpu_level)(pel_random(random) % (harness->best + 1u)));
	return pel_cpu_name(pel_cpu());
}

const char *pel_harness_about_nans(const struct pel_harness_port *port, const unsigned char *a,
				   const unsigned char *b, size_t at)
{
	enum pel_elem part = pel_elem_part(port->type.elem);
	double wide[2];
	float narrow[2];

	if (part == PEL_ELEM_F32) {
		memcpy(&narrow[0], a + at / 4 * 4, 4);
		memcpy(&narrow[1], b + at / 4 * 4, 4);
		if (narrow[0] != narrow[0] && narrow[1] != narrow[1])
			return "; both are NaN, and pel_canonical_f32() would make them equal";
	} else if (part == PEL_ELEM_F64) {
		memcpy(&wide[0], a + at / 8 * 8, 8);
		memcpy(&wide[1], b + at / 8 * 8, 8);
		if (wide[0] != wide[0] && wide[1] != wide[1])
			return "; both are NaN, and pel_canonical_f64() would make them equal";
	}
	return "";
}
