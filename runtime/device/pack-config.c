/* SPDX-License-Identifier: Apache-2.0 */
#include "pack-config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "read-file.h"

/*
 * Compute units and memory banks. The default is one unit for each kernel and one bank; options and the [connectivity] section of a v++
 * configuration file change that.
 *
 *	nk=KERNEL:N[:NAME.NAME...]	sp=UNIT.ARGUMENT:BANK		slr= is ignored, sc= is not supported
 */
static const struct pel_place nowhere;

struct config {
	struct pack *pack;
	struct pel_place place; /* of the line */
	bool connectivity;	/* the line is in the [connectivity] section */
};

/* ---- units ---- */

static uint32_t count_names(const char *names)
{
	uint32_t n = 1;

	for (; *names; names++)
		n += *names == '.' || *names == ',';
	return n;
}

static int make_units(struct pack *pack, struct pack_kernel *kernel, uint32_t n, char *names,
		      struct pel_place place)
{
	if (n < 1 || n > PEL_PACK_CUS_MAX)
		return pel_fail(pack->err, -EINVAL, place,
				"kernel '%s' cannot have %u compute units; 1 to %d are possible",
				kernel->name, n, PEL_PACK_CUS_MAX);
	if (names && count_names(names) != n)
		return pel_fail(pack->err, -EINVAL, place,
				"nk= requests %u compute unit%s of kernel '%s' but names %u", n, pel_s(n),
				kernel->name, count_names(names));
	kernel->cus = pel_arena_array(&pack->arena, n, sizeof(*kernel->cus));
	if (!kernel->cus)
		return pel_nomem(pack->err);
	kernel->n_cus = n;
	for (uint32_t i = 0; i < n; i++) {
		struct pack_cu *cu = &kernel->cus[i];
		char *name = names ? strsep(&names, ".,") : NULL;

		if (name && !pel_is_name(name))
			return pel_fail(pack->err, -EINVAL, place,
					"'%s' cannot be the name of a compute unit", name);
		cu->name = name ? pel_arena_strdup(&pack->arena, name)
				: pel_arena_printf(&pack->arena, "%s_%u", kernel->name, i + 1);
		cu->banks = pel_arena_array(&pack->arena, kernel->n_args + 1, sizeof(*cu->banks));
		cu->placed = pel_arena_array(&pack->arena, kernel->n_args + 1, sizeof(*cu->placed));
		if (!cu->name || !cu->banks || !cu->placed)
			return pel_nomem(pack->err);
	}
	return 0;
}

static struct pack_kernel *find_kernel(struct pack *pack, const char *name)
{
	for (size_t i = 0; i < pack->n_kernels; i++)
		if (strcmp(pack->kernels[i].name, name) == 0)
			return &pack->kernels[i];
	return NULL;
}

static struct pack_cu *find_unit(struct pack *pack, const char *name, struct pack_kernel **kernel)
{
	for (size_t i = 0; i < pack->n_kernels; i++)
		for (uint32_t k = 0; k < pack->kernels[i].n_cus; k++)
			if (strcmp(pack->kernels[i].cus[k].name, name) == 0) {
				*kernel = &pack->kernels[i];
				return &pack->kernels[i].cus[k];
			}
	return NULL;
}

/* ---- lines ---- */

static int bad_line(struct config *config, const char *what, const char *value)
{
	return pel_fail(config->pack->err, -EINVAL, config->place, "%s: '%s'", what, value);
}

static int take_nk(struct config *config, char *value)
{
	char *written = pel_arena_strdup(&config->pack->arena, value), *name = strsep(&value, ":"),
	     *count = value ? strsep(&value, ":") : NULL, *end = NULL;
	struct pack_kernel *kernel = find_kernel(config->pack, name);
	unsigned long n = count ? strtoul(count, &end, 10) : 1;

	if (!written)
		return pel_nomem(config->pack->err);
	if (count && (end == count || *end || n > PEL_PACK_CUS_MAX))
		return bad_line(config, "nk= must be KERNEL:NUMBER or KERNEL:NUMBER:NAME.NAME", written);
	if (!kernel)
		return bad_line(config, "nk= names a kernel that the sources do not define", name);
	kernel->named = true;
	return make_units(config->pack, kernel, (uint32_t)n, value, config->place);
}

/* The number of a bank: "DDR[2]", "HBM[0:3]" (the first), "bank1", "HOST[0]". False: not a bank. */
static bool bank_number(const char *text, uint32_t *ret)
{
	const char *digits = text + strcspn(text, "0123456789");
	unsigned long value;
	char *end;

	*ret = 0;
	if (!*digits)
		return isalpha((unsigned char)text[0]);
	value = strtoul(digits, &end, 10);
	if (!isalpha((unsigned char)text[0]) || value >= PEL_PACK_BANKS_MAX ||
	    (*end && *end != ']' && *end != ':'))
		return false;
	*ret = (uint32_t)value;
	return true;
}

static int take_sp(struct config *config, char *value)
{
	char *written = pel_arena_strdup(&config->pack->arena, value), *unit = strsep(&value, "."),
	     *arg = value ? strsep(&value, ":") : NULL;
	struct pack_kernel *kernel = NULL;
	struct pack_cu *cu = find_unit(config->pack, unit, &kernel);
	uint32_t bank;
	size_t i = 0;

	if (!written)
		return pel_nomem(config->pack->err);
	if (!arg || !value || !bank_number(value, &bank))
		return bad_line(config, "sp= must be UNIT.ARGUMENT:BANK", written);
	if (!cu)
		return bad_line(config, "sp= names an unknown compute unit", unit);
	while (i < kernel->n_args && strcmp(kernel->args[i].name, arg) != 0)
		i++;
	if (i == kernel->n_args || !kernel->args[i].pointer) {
		/* An AXI port such as m_axi_gmem0 serves several arguments. Only HLS knows which, so take all without an sp= line of their own. */
		if (strncmp(arg, "m_axi_", 6) != 0)
			return bad_line(config,
					"sp= names an argument that is not a pointer argument of its kernel",
					arg);
		i = kernel->n_args;
	}
	for (size_t k = 0; k < kernel->n_args; k++)
		if (k == i || !cu->placed[k])
			cu->banks[k] = bank;
	if (i < kernel->n_args)
		cu->placed[i] = true;
	if (bank + 1 > config->pack->n_banks)
		config->pack->n_banks = bank + 1;
	return 0;
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* All nk= lines are read before sp= lines: `units` says which of the two this pass reads. */
static int take_line(struct config *config, char *line, bool units)
{
	char *key = trim(line), *value = strchr(key, '=');

	if (!*key || *key == '#' || *key == ';')
		return 0;
	if (*key == '[') {
		config->connectivity = strcmp(key, "[connectivity]") == 0;
		return 0;
	}
	if (!value)
		return bad_line(config, "a line must be KEY=VALUE", key);
	*value = '\0';
	value = trim(value + 1);
	key = trim(key);
	if (strncmp(key, "connectivity.", 13) == 0)
		key += 13;
	else if (!config->connectivity)
		return 0;
	if (strcmp(key, "nk") == 0)
		return units ? take_nk(config, value) : 0;
	if (strcmp(key, "sp") == 0)
		return units ? 0 : take_sp(config, value);
	if (strcmp(key, "sc") == 0 || strcmp(key, "stream_connect") == 0)
		return bad_line(config, "streams between kernels cannot be emulated yet", value);
	return 0;
}

static int take_file(struct pack *pack, const char *text, bool units)
{
	struct config config = { .pack = pack, .place = { pack->options->config, 0, 1 } };
	char *copy = pel_arena_strdup(&pack->arena, text), *line;
	int r = copy ? 0 : pel_nomem(pack->err);

	while (r == 0 && (line = strsep(&copy, "\n"))) {
		config.place.line++;
		r = take_line(&config, line, units);
	}
	return r;
}

static int read_config(struct pack *pack)
{
	char *text = NULL;
	size_t size;
	int r = pel_read_file(pack->options->config, (size_t)1 << 20, false, &text, &size, NULL);

	if (r < 0)
		return pel_fail(pack->err, r, nowhere, "cannot read the configuration '%s': %s",
				pack->options->config, pel_read_file_error(r));
	r = take_file(pack, text, true);
	if (r == 0)
		r = take_file(pack, text, false);
	pel_free(text);
	return r;
}

/* Names of units must be unique: XRT and sp= identify a unit by its name alone. */
static int check_names(struct pack *pack)
{
	for (size_t k = 0; k < pack->n_kernels; k++)
		for (uint32_t c = 0; c < pack->kernels[k].n_cus; c++) {
			const struct pack_cu *cu = &pack->kernels[k].cus[c];
			struct pack_kernel *kernel = NULL;

			if (find_unit(pack, cu->name, &kernel) != cu)
				return pel_fail(
					pack->err, -EINVAL, nowhere,
					"two compute units are called '%s': of kernel '%s' and of kernel '%s'",
					cu->name, kernel->name, pack->kernels[k].name);
		}
	return 0;
}

int pel_pack_configure(struct pack *pack)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	uint32_t n = 0;
	int r = 0;

	pack->n_banks = 1;
	for (size_t i = 0; i < pack->n_kernels && r == 0; i++)
		r = make_units(pack, &pack->kernels[i], 1, NULL, nowhere);
	for (size_t i = 0; i < options->n_cus && r == 0; i++)
		r = make_units(pack, find_kernel(pack, options->cus[i].kernel), options->cus[i].count, NULL,
			       nowhere);
	if (r == 0 && options->config)
		r = read_config(pack);
	for (size_t i = 0; i < pack->n_kernels; i++)
		n += pack->kernels[i].n_cus;
	if (r == 0 && n > PEL_PACK_CUS_MAX)
		r = pel_fail(pack->err, -EINVAL, nowhere,
			     "the kernels have %u compute units in total; an xclbin can hold %d", n,
			     PEL_PACK_CUS_MAX);
	return r < 0 ? r : check_names(pack);
}
