/* SPDX-License-Identifier: Apache-2.0 */
#include "xclbin-file.h"

#include <errno.h>
#include <string.h>
#include "read-file.h"
#include "xclbin-format.h"
#include "xclbin-metadata.h"

#define FILE_BYTES_MAX ((size_t)4 << 30)
#define SECTIONS_MAX   1024
#define ENTRIES_MAX    65536

struct file {
	const char *path;
	struct pel_place place; /* messages point at it; if it is empty, at the file */
	const unsigned char *bytes;
	size_t size;
	struct pel_xclbin *xclbin;
	struct pel_error *err;
};

/* Report that the file is not a valid xclbin, with its name. */
static int broken(const struct file *file, const char *fmt, ...) PEL_PRINTF(2, 3);
static int broken(const struct file *file, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (file->place.line)
		return pel_fail(file->err, -EINVAL, file->place, "%s is not a valid xclbin: %s", file->path,
				text);
	return pel_fail(file->err, -EINVAL, (struct pel_place){ file->path, 0, 0 }, "not a valid xclbin: %s",
			text);
}

static const char *copy_chars(const struct file *file, const unsigned char *at, size_t size)
{
	return pel_arena_strndup(&file->xclbin->arena, (const char *)at, strnlen((const char *)at, size));
}

/* ---- header and sections ---- */

static const char *section_name(uint32_t kind)
{
	static const char *const names[] = { [0] = "BITSTREAM",
					     [1] = "CLEARING_BITSTREAM",
					     [2] = "EMBEDDED_METADATA",
					     [3] = "FIRMWARE",
					     [4] = "DEBUG_DATA",
					     [5] = "SCHED_FIRMWARE",
					     [6] = "MEM_TOPOLOGY",
					     [7] = "CONNECTIVITY",
					     [8] = "IP_LAYOUT",
					     [9] = "DEBUG_IP_LAYOUT",
					     [10] = "DESIGN_CHECK_POINT",
					     [11] = "CLOCK_FREQ_TOPOLOGY",
					     [12] = "MCS",
					     [13] = "BMC",
					     [14] = "BUILD_METADATA",
					     [15] = "KEYVALUE_METADATA",
					     [16] = "USER_METADATA",
					     [17] = "DNA_CERTIFICATE",
					     [18] = "PDI",
					     [19] = "BITSTREAM_PARTIAL_PDI",
					     [20] = "PARTITION_METADATA",
					     [21] = "EMULATION_DATA",
					     [22] = "SYSTEM_METADATA",
					     [23] = "SOFT_KERNEL",
					     [24] = "ASK_FLASH",
					     [25] = "AIE_METADATA",
					     [26] = "GROUP_TOPOLOGY",
					     [27] = "GROUP_CONNECTIVITY",
					     [28] = "SMARTNIC",
					     [29] = "AIE_RESOURCES",
					     [30] = "OVERLAY",
					     [31] = "VENDER_METADATA" };

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "UNKNOWN";
}

static enum pel_xclbin_mode mode_of(uint32_t mode)
{
	return mode == PEL_MODE_FLAT || mode == PEL_MODE_PR	 ? PEL_XCLBIN_HARDWARE
	       : mode == PEL_MODE_HWEMU || mode == PEL_MODE_HWPR ? PEL_XCLBIN_HW_EMU
	       : mode == PEL_MODE_SWEMU				 ? PEL_XCLBIN_SW_EMU
								 : PEL_XCLBIN_OTHER;
}

static int read_header(const struct file *file)
{
	struct pel_xclbin *xclbin = file->xclbin;
	uint64_t length;

	if (file->size < 8 || memcmp(file->bytes, PEL_AXLF_MAGIC, 8) != 0)
		return broken(file, "it does not begin with 'xclbin2'");
	if (file->size < PEL_AXLF_BYTES)
		return broken(file, "it ends after %zu byte%s, within its header of %d", file->size,
			      pel_s(file->size), PEL_AXLF_BYTES);
	length = pel_get64(file->bytes + PEL_AXLF_LENGTH);
	if (length != file->size)
		return broken(file, "its header gives a size of %llu byte%s, but it has %zu%s",
			      (unsigned long long)length, pel_s(length), file->size,
			      file->size < length ? ": a part is missing" : "");
	xclbin->bytes = length;
	xclbin->mode = mode_of(file->bytes[PEL_AXLF_MODE] | (uint32_t)file->bytes[PEL_AXLF_MODE + 1] << 8);
	memcpy(xclbin->uuid, file->bytes + PEL_AXLF_UUID, sizeof(xclbin->uuid));
	xclbin->platform = copy_chars(file, file->bytes + PEL_AXLF_PLATFORM, 64);
	return xclbin->platform ? 0 : pel_nomem(file->err);
}

static int read_sections(const struct file *file)
{
	struct pel_xclbin *xclbin = file->xclbin;
	uint32_t n = pel_get32(file->bytes + PEL_AXLF_SECTIONS);

	if (n > SECTIONS_MAX || PEL_AXLF_BYTES + (uint64_t)n * PEL_SECTION_BYTES > file->size)
		return broken(file, "its table of %u sections does not fit into its %zu bytes", n, file->size);
	xclbin->sections = pel_arena_array(&xclbin->arena, (size_t)n + 1, sizeof(*xclbin->sections));
	if (!xclbin->sections)
		return pel_nomem(file->err);
	xclbin->n_sections = n;
	for (uint32_t i = 0; i < n; i++) {
		const unsigned char *at = file->bytes + PEL_AXLF_BYTES + (size_t)i * PEL_SECTION_BYTES;
		struct pel_xclbin_section *section = &xclbin->sections[i];

		section->kind = pel_get32(at + PEL_SECTION_KIND);
		section->offset = pel_get64(at + PEL_SECTION_OFFSET);
		section->bytes = pel_get64(at + PEL_SECTION_SIZE);
		section->name = section_name(section->kind);
		if (section->offset < PEL_AXLF_BYTES + (uint64_t)n * PEL_SECTION_BYTES ||
		    section->offset > file->size || section->bytes > file->size - section->offset)
			return broken(
				file,
				"section %u (%s) is at byte %llu and has %llu bytes, outside the %zu bytes of the file",
				i, section->name, (unsigned long long)section->offset,
				(unsigned long long)section->bytes, file->size);
	}
	return 0;
}

static const struct pel_xclbin_section *find_section(const struct file *file, uint32_t kind)
{
	for (uint32_t i = 0; i < file->xclbin->n_sections; i++)
		if (file->xclbin->sections[i].kind == kind)
			return &file->xclbin->sections[i];
	return NULL;
}

/* Read a section that has a count, then entries of `bytes` each from `start` on. Sets *ret to the first entry, *n to the count; 0: no section. */
static int read_table(const struct file *file, uint32_t kind, size_t start, size_t bytes,
		      const unsigned char **ret, uint32_t *n)
{
	const struct pel_xclbin_section *section = find_section(file, kind);

	*n = 0;
	if (!section)
		return 0;
	if (section->bytes < start)
		return broken(file, "its section %s has only %llu byte%s", section->name,
			      (unsigned long long)section->bytes, pel_s(section->bytes));
	*n = pel_get32(file->bytes + section->offset);
	if (*n > ENTRIES_MAX || start + (uint64_t)*n * bytes > section->bytes)
		return broken(file, "its section %s has %llu bytes, too few for %u entries of %zu",
			      section->name, (unsigned long long)section->bytes, *n, bytes);
	*ret = file->bytes + section->offset + start;
	return 0;
}

/* ---- memories, compute units, connections ---- */

static int read_memories(const struct file *file)
{
	struct pel_xclbin *xclbin = file->xclbin;
	const unsigned char *at = NULL;
	uint32_t n;
	int r = read_table(file, PEL_SECTION_MEM_TOPOLOGY, 8, PEL_MEM_BYTES, &at, &n);

	if (r < 0)
		return r;
	xclbin->memories = pel_arena_array(&xclbin->arena, (size_t)n + 1, sizeof(*xclbin->memories));
	if (!xclbin->memories)
		return pel_nomem(file->err);
	for (uint32_t i = 0; i < n; i++, at += PEL_MEM_BYTES) {
		uint64_t kib = pel_get64(at + PEL_MEM_KIB);

		xclbin->memories[i] = (struct pel_xclbin_memory){
			.tag = copy_chars(file, at + PEL_MEM_TAG, 16),
			.type = at[PEL_MEM_TYPE],
			.used = at[PEL_MEM_USED],
			.base = pel_get64(at + PEL_MEM_BASE),
			.bytes = kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024,
		};
		if (!xclbin->memories[i].tag)
			return pel_nomem(file->err);
	}
	xclbin->n_memories = n;
	return 0;
}

/* An entry of IP_LAYOUT that is a compute unit; cu NULL: it is something else. */
struct unit {
	const struct pel_xclbin_kernel *kernel;
	struct pel_xclbin_cu *cu;
};

static struct unit find_unit(const struct file *file, const unsigned char *ip)
{
	const char *name = (const char *)ip + PEL_IP_NAME, *colon = memchr(name, ':', 64);
	size_t length = strnlen(name, 64);

	if (!colon || (size_t)(colon - name) >= length)
		return (struct unit){ 0 };
	for (uint32_t k = 0; k < file->xclbin->n_kernels; k++) {
		const struct pel_xclbin_kernel *kernel = &file->xclbin->kernels[k];

		if (strlen(kernel->name) != (size_t)(colon - name) ||
		    memcmp(kernel->name, name, (size_t)(colon - name)) != 0)
			continue;
		for (uint32_t i = 0; i < kernel->n_cus; i++) {
			size_t rest = length - (size_t)(colon + 1 - name);

			/* A name of 64 bytes is cut off in the table. */
			if (strncmp(kernel->cus[i].name, colon + 1, rest) == 0 &&
			    (length == 64 || strlen(kernel->cus[i].name) == rest))
				return (struct unit){ kernel, (struct pel_xclbin_cu *)&kernel->cus[i] };
		}
	}
	return (struct unit){ 0 };
}

static int read_units(const struct file *file, const unsigned char **ret, uint32_t *n)
{
	const unsigned char *at = NULL;
	int r = read_table(file, PEL_SECTION_IP_LAYOUT, 8, PEL_IP_BYTES, &at, n);

	if (r < 0)
		return r;
	*ret = at;
	for (uint32_t i = 0; i < *n; i++, at += PEL_IP_BYTES) {
		struct unit unit = find_unit(file, at);
		uint64_t base = pel_get64(at + PEL_IP_BASE);
		int32_t *banks;

		if (!unit.cu)
			continue;
		if (unit.cu->banks)
			return broken(file, "its IP_LAYOUT has compute unit '%s' twice", unit.cu->name);
		if (unit.cu->base != UINT64_MAX && base != UINT64_MAX && unit.cu->base != base)
			return broken(
				file,
				"compute unit '%s' is at 0x%llx in its IP_LAYOUT and at 0x%llx in its metadata",
				unit.cu->name, (unsigned long long)base, (unsigned long long)unit.cu->base);
		unit.cu->base = base;
		banks = pel_arena_array(&file->xclbin->arena, (size_t)unit.kernel->n_args + 1, sizeof(*banks));
		if (!banks)
			return pel_nomem(file->err);
		for (uint32_t k = 0; k < unit.kernel->n_args; k++)
			banks[k] = -1;
		unit.cu->banks = banks;
	}
	return 0;
}

static int read_connections(const struct file *file, const unsigned char *ips, uint32_t n_ips)
{
	const unsigned char *at = NULL;
	uint32_t n;
	int r = read_table(file, PEL_SECTION_CONNECTIVITY, 4, PEL_CONNECTION_BYTES, &at, &n);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n; i++, at += PEL_CONNECTION_BYTES) {
		uint32_t arg = pel_get32(at), ip = pel_get32(at + 4), memory = pel_get32(at + 8);
		struct unit unit;
		int32_t *banks;

		if (ip >= n_ips || memory >= file->xclbin->n_memories)
			return broken(file, "its connection %u joins compute unit %u of %u to memory %u of %u",
				      i, ip, n_ips, memory, file->xclbin->n_memories);
		unit = find_unit(file, ips + (size_t)ip * PEL_IP_BYTES);
		if (!unit.cu || arg >= unit.kernel->n_args)
			continue;
		banks = (int32_t *)unit.cu->banks;
		if (banks[arg] < 0 || memory < (uint32_t)banks[arg])
			banks[arg] = (int32_t)memory;
	}
	return 0;
}

/* XRT finds units in IP_LAYOUT, so every unit of the metadata must be there. */
static int check_units(const struct file *file)
{
	for (uint32_t k = 0; k < file->xclbin->n_kernels; k++)
		for (uint32_t i = 0; i < file->xclbin->kernels[k].n_cus; i++)
			if (!file->xclbin->kernels[k].cus[i].banks)
				return broken(
					file,
					"compute unit '%s' of kernel '%s' is in its metadata, but not in its IP_LAYOUT",
					file->xclbin->kernels[k].cus[i].name, file->xclbin->kernels[k].name);
	return 0;
}

static int read_metadata(const struct file *file)
{
	const struct pel_xclbin_section *section = find_section(file, PEL_SECTION_METADATA);
	const char *text;
	size_t bytes;
	struct pel_error inner = { 0 };
	int r;

	if (!section)
		return 0;
	text = (const char *)file->bytes + section->offset;
	bytes = strnlen(text, section->bytes); /* some tools append a NUL */
	r = pel_xclbin_read_metadata(file->xclbin, file->path, text, bytes, &inner);
	if (r == -ENOMEM)
		pel_nomem(file->err);
	else if (r < 0)
		broken(file, "in line %u of its metadata: %s", inner.count ? inner.items[0].line : 0,
		       inner.count ? inner.items[0].text : "");
	pel_error_fini(&inner);
	return r;
}

static int read_all(const struct file *file)
{
	const unsigned char *ips = NULL;
	uint32_t n_ips = 0;
	int r;

	if ((r = read_header(file)) < 0 || (r = read_sections(file)) < 0 || (r = read_metadata(file)) < 0 ||
	    (r = read_memories(file)) < 0 || (r = read_units(file, &ips, &n_ips)) < 0 ||
	    (r = read_connections(file, ips, n_ips)) < 0)
		return r;
	return check_units(file);
}

int pel_xclbin_parse(const char *path, const void *bytes, size_t size, struct pel_place place,
		     struct pel_xclbin **ret, struct pel_error *err)
{
	struct file file = { .path = path, .place = place, .bytes = bytes, .size = size, .err = err };
	int r;

	file.xclbin = pel_calloc(1, sizeof(*file.xclbin));
	r = file.xclbin ? read_all(&file) : pel_nomem(err);
	if (r < 0) {
		pel_xclbin_destroy(file.xclbin);
		return r;
	}
	*ret = file.xclbin;
	return 0;
}

int pel_xclbin_load(const char *path, struct pel_place place, struct pel_xclbin **ret, struct pel_error *err)
{
	char *bytes = NULL;
	size_t size;
	int r = pel_read_file(path, FILE_BYTES_MAX, false, &bytes, &size, NULL);

	if (r == -ENOMEM)
		return pel_nomem(err);
	if (r < 0)
		return pel_fail(err, r, place, "cannot read the xclbin '%s': %s", path, pel_read_file_error(r));
	r = pel_xclbin_parse(path, bytes, size, place, ret, err);
	pel_free(bytes);
	return r;
}
