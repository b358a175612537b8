/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <limits.h>
#include <pelton/type.h>
#include <stdio.h>
#include <string.h>

/* "Did you mean": names similar to one that does not exist, and lists of the existing ones. */

#define NEAR_MAX 64
/* Explaining a thousand wrong names in a document with a million names must not take minutes. */
#define TRIES_MAX 1024

/* Optimal string alignment distance (insert, delete, replace, swap of neighbours), or any value above `limit`. */
static unsigned edit_distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
	unsigned before[NEAR_MAX + 1], last[NEAR_MAX + 1], now[NEAR_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned least = now[0] = (unsigned)i;

		for (size_t j = 1; j <= nb; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
			if (best < least)
				least = best;
		}
		/* A swap costs one and looks back two rows. */
		if (least > limit + 1)
			return least;
		memcpy(before, last, (nb + 1) * sizeof(*before));
		memcpy(last, now, (nb + 1) * sizeof(*last));
	}
	return last[nb];
}

/*
 * The number of mistakes up to which a name of `n` letters is still recognised: one in short names, at most
 * three.
 */
static unsigned mistakes(size_t n)
{
	return n < 5 ? 1 : n < 8 ? 2 : 3;
}

#define FAR UINT_MAX

/*
 * The distance between two words; FAR: too far to be a mistake. A word that begins or ends like the other
 * comes last.
 */
static unsigned word_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned limit = mistakes(na), distance = FAR;
	const char *longer = na > nb ? a : b, *shorter = na > nb ? b : a;
	size_t n_long = na > nb ? na : nb, n_short = na > nb ? nb : na;

	if (!na || !nb || na > NEAR_MAX || nb > NEAR_MAX)
		return FAR;
	if (n_long - n_short <= limit)
		distance = edit_distance(a, na, b, nb, limit);
	if (distance <= limit && distance < na)
		return distance;
	return n_short >= 3 && 2 * n_short >= n_long &&
			       (memcmp(longer, shorter, n_short) == 0 ||
				memcmp(longer + n_long - n_short, shorter, n_short) == 0)
		       ? limit + 1
		       : FAR;
}

/* MODULE.NAME: the part before the last dot. */
static size_t module_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) : 0;
}

/*
 * In names with a module each part is compared separately, so that "core." does not make names similar. A
 * name without a module matches any module.
 */
static unsigned name_distance(const char *wanted, const char *candidate)
{
	size_t mw = module_length(wanted), mc = module_length(candidate);
	const char *nw = wanted + mw + (mw > 0), *nc = candidate + mc + (mc > 0);
	unsigned distance = word_distance(nw, strlen(nw), nc, strlen(nc)), modules;

	if (distance == FAR || (mw && !mc))
		return FAR;
	if (!mw)
		return distance + (mc > 0);
	if (mw == mc && memcmp(wanted, candidate, mw) == 0)
		return distance;
	modules = word_distance(wanted, mw, candidate, mc);
	if (modules == FAR && distance == 0)
		return mistakes(strlen(nw)) + 1; /* the same name in another module */
	return modules == FAR ? FAR : distance + modules;
}

void pel_near_try(struct pel_near *best, const char *wanted, const char *candidate)
{
	unsigned distance;

	if (best->tried >= TRIES_MAX)
		return;
	distance = name_distance(wanted, candidate);
	best->tried += distance != FAR || strlen(wanted) <= strlen(candidate) + 3;
	if (distance == FAR || (best->name && distance >= best->distance))
		return;
	best->name = candidate;
	best->distance = distance;
}

void pel_known_add(struct pel_known *known, const char *name)
{
	size_t left = sizeof(known->text) - known->length;

	if (known->n++ && known->length < sizeof(known->text) - 1)
		known->length += (size_t)snprintf(known->text + known->length, left, ", ");
	if (known->length + strlen(name) + 8 < sizeof(known->text))
		known->length += (size_t)snprintf(known->text + known->length,
						  sizeof(known->text) - known->length, "%s", name);
	else if (known->length < sizeof(known->text) - 1) {
		snprintf(known->text + known->length, sizeof(known->text) - known->length, "...");
		known->length = sizeof(known->text) - 1;
	}
}

void pel_known_hint(const struct pel_known *known, const char *what, struct pel_error *err)
{
	if (!known->n)
		pel_hint(err, "it has no %ss", what);
	else if (known->n == 1)
		pel_hint(err, "its only %s is '%s'", what, known->text);
	else
		pel_hint(err, "its %ss are %s", what, known->text);
}

/* Names of element types elsewhere, in lower case. A prefix is followed by the number of bits. */
static const struct {
	const char *theirs, *ours;
	bool prefix;
} elem_names[] = {
	{ "uint", "u", true },	    { "int", "i", true },      { "sint", "i", true },
	{ "s", "i", true },	    { "float", "f", true },    { "complex", "cf", true },
	{ "u", "u", true },	    { "i", "i", true },	       { "f", "f", true },
	{ "cf", "cf", true },	    { "uchar", "u8", false },  { "short", "i16", false },
	{ "int", "i32", false },    { "float", "f32", false }, { "single", "f32", false },
	{ "double", "f64", false },
};

static const char *elem_called(const char *name)
{
	for (int elem = 0; elem < PEL_ELEM_BYTES; elem++)
		if (strcmp(pel_elem_name((enum pel_elem)elem), name) == 0)
			return pel_elem_name((enum pel_elem)elem);
	return NULL;
}

const char *pel_elem_meant(const char *word, size_t length)
{
	const size_t written = length;
	char name[16], ours[24];

	if (!length || length >= sizeof(name))
		return NULL;
	for (size_t i = 0; i < length; i++)
		name[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] - 'A' + 'a') : word[i];
	name[length] = '\0';
	length -= length > 2 && strcmp(name + length - 2, "_t") == 0 ? 2 : 0; /* C's */
	name[length] = '\0';
	for (size_t i = 0; i < sizeof(elem_names) / sizeof(elem_names[0]); i++) {
		size_t n = strlen(elem_names[i].theirs);
		const char *found;

		if (strncmp(name, elem_names[i].theirs, n) != 0 || (!elem_names[i].prefix && name[n]))
			continue;
		snprintf(ours, sizeof(ours), "%s%s", elem_names[i].ours, name + n);
		found = elem_called(ours);
		if (found && (strlen(found) != written || memcmp(found, word, written) != 0))
			return found;
	}
	return NULL;
}
