/* SPDX-License-Identifier: Apache-2.0 */
#include "pack-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file-size.h"
#include "interrupted.h"
#include "read-file.h"
#include "xclbin-format.h"

/* Writes the file: the sections that XRT's software emulation needs, and nothing that would differ between two packings. */
#define UNIT_BASE    0x1800000u
#define UNIT_BYTES   0x10000u
#define BANK_BYTES   ((uint64_t)4 << 30)
#define NAME_LETTERS 63 /* of "kernel:unit", without its NUL */
#define N_SECTIONS   5
#define FIRST_BYTES  (PEL_AXLF_BYTES + N_SECTIONS * PEL_SECTION_BYTES)

static const struct pel_place nowhere;

struct section {
	uint32_t kind;
	const char *name;
	char *bytes; /* pel_malloc'ed or open_memstream'ed: freed with free() */
	size_t size;
};

/* ---- metadata ---- */

static void write_args(FILE *out, const struct pack_kernel *kernel)
{
	for (size_t i = 0; i < kernel->n_args; i++) {
		const struct pack_arg *arg = &kernel->args[i];

		fprintf(out,
			"     <arg name=\"%s\" addressQualifier=\"%d\" id=\"%zu\" port=\"%s\" size=\"0x%X\" offset=\"0x%X\" "
			"hostOffset=\"0x0\" hostSize=\"0x%X\" type=\"%s\"%s/>\n",
			arg->name, arg->pointer, i, arg->pointer ? "M_AXI_GMEM" : "S_AXI_CONTROL", arg->size,
			arg->offset, arg->size, arg->xml_type, arg->read_only ? " access=\"read\"" : "");
	}
}

static void write_kernel(FILE *out, const struct pack_kernel *kernel, uint32_t *unit)
{
	fprintf(out,
		"    <kernel name=\"%s\" language=\"%s\" vlnv=\"pelton:hls:%s:1.0\" workGroupSize=\"1\" interrupt=\"true\" "
		"hwControlProtocol=\"ap_ctrl_hs\">\n"
		"     <port name=\"M_AXI_GMEM\" mode=\"master\" range=\"0xFFFFFFFF\" dataWidth=\"32\" portType=\"addressable\" base=\"0x0\"/>\n"
		"     <port name=\"S_AXI_CONTROL\" mode=\"slave\" range=\"0x1000\" dataWidth=\"32\" portType=\"addressable\" base=\"0x0\"/>\n",
		kernel->name, kernel->language, kernel->name);
	write_args(out, kernel);
	for (uint32_t i = 0; i < kernel->n_cus; i++)
		fprintf(out,
			"     <instance name=\"%s\"><addrRemap base=\"0x%X\" range=\"0x%X\" port=\"S_AXI_CONTROL\"/></instance>\n",
			kernel->cus[i].name, UNIT_BASE + UNIT_BYTES * (*unit)++, UNIT_BYTES);
	fputs("    </kernel>\n", out);
}

static void write_metadata(FILE *out, const struct pack *pack)
{
	uint32_t unit = 0;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	      "<project name=\"pelton\">\n"
	      " <platform vendor=\"pelton\" boardid=\"emulation\" name=\"pelton_emulation\" featureRomTime=\"0\">\n"
	      "  <version major=\"1\" minor=\"0\"/>\n"
	      "  <device name=\"fpga0\" fpgaDevice=\"pelton:emulation:1\" addrWidth=\"0\">\n"
	      "   <core name=\"OCL_REGION_0\" target=\"csim\" type=\"clc_region\" clockFreq=\"0MHz\" numComputeUnits=\"60\">\n"
	      "    <kernelClocks><clock port=\"KERNEL_CLK\" frequency=\"300MHz\"/></kernelClocks>\n",
	      out);
	for (size_t i = 0; i < pack->n_kernels; i++)
		write_kernel(out, &pack->kernels[i], &unit);
	fputs("   </core>\n  </device>\n </platform>\n</project>\n", out);
}

/* ---- tables ---- */

static void put(FILE *out, const unsigned char *bytes, size_t n)
{
	fwrite(bytes, 1, n, out);
}

static void put_count(FILE *out, uint32_t n, bool padded)
{
	unsigned char head[8] = { 0 };

	pel_put32(head, n);
	put(out, head, padded ? 8 : 4);
}

static void write_memories(FILE *out, const struct pack *pack)
{
	put_count(out, pack->n_banks, true);
	for (uint32_t i = 0; i < pack->n_banks; i++) {
		unsigned char memory[PEL_MEM_BYTES] = { [PEL_MEM_TYPE] = 1, [PEL_MEM_USED] = 1 };

		pel_put64(memory + PEL_MEM_KIB, BANK_BYTES / 1024);
		pel_put64(memory + PEL_MEM_BASE, i * BANK_BYTES);
		snprintf((char *)memory + PEL_MEM_TAG, 16, "bank%u", i);
		put(out, memory, sizeof(memory));
	}
}

static void write_connections(FILE *out, const struct pack *pack)
{
	uint32_t n = 0, unit = 0;

	for (size_t k = 0; k < pack->n_kernels; k++)
		for (size_t i = 0; i < pack->kernels[k].n_args; i++)
			n += pack->kernels[k].args[i].pointer ? pack->kernels[k].n_cus : 0;
	put_count(out, n, false);
	for (size_t k = 0; k < pack->n_kernels; k++)
		for (uint32_t c = 0; c < pack->kernels[k].n_cus; c++, unit++)
			for (size_t i = 0; i < pack->kernels[k].n_args; i++) {
				unsigned char connection[PEL_CONNECTION_BYTES];

				if (!pack->kernels[k].args[i].pointer)
					continue;
				pel_put32(connection, (uint32_t)i);
				pel_put32(connection + 4, unit);
				pel_put32(connection + 8, pack->kernels[k].cus[c].banks[i]);
				put(out, connection, sizeof(connection));
			}
}

static void write_units(FILE *out, const struct pack *pack)
{
	uint32_t n = 0, unit = 0;

	for (size_t k = 0; k < pack->n_kernels; k++)
		n += pack->kernels[k].n_cus;
	put_count(out, n, true);
	for (size_t k = 0; k < pack->n_kernels; k++)
		for (uint32_t c = 0; c < pack->kernels[k].n_cus; c++) {
			unsigned char ip[PEL_IP_BYTES] = { 0 };

			pel_put32(ip + PEL_IP_TYPE, PEL_IP_KERNEL);
			pel_put32(ip + PEL_IP_PROPERTIES, 1); /* its interrupt is enabled */
			pel_put64(ip + PEL_IP_BASE, UNIT_BASE + UNIT_BYTES * unit++);
			snprintf((char *)ip + PEL_IP_NAME, NAME_LETTERS + 1, "%s:%s", pack->kernels[k].name,
				 pack->kernels[k].cus[c].name);
			put(out, ip, sizeof(ip));
		}
}

/* Names of units must fit into the table: XRT would confuse names that were cut off. */
static int check_names(const struct pack *pack)
{
	for (size_t k = 0; k < pack->n_kernels; k++)
		for (uint32_t c = 0; c < pack->kernels[k].n_cus; c++) {
			struct pack_kernel *other = &pack->kernels[k];

			if (strlen(other->name) + 1 + strlen(other->cus[c].name) > NAME_LETTERS)
				return pel_fail(
					pack->err, -EINVAL, nowhere,
					"the names of kernel '%s' and its compute unit '%s' have more than %d characters in total",
					other->name, other->cus[c].name, NAME_LETTERS);
		}
	return 0;
}

/* ---- the whole ---- */

static int fill(const struct pack *pack, struct section *section,
		void (*write)(FILE *out, const struct pack *pack))
{
	FILE *out = open_memstream(&section->bytes, &section->size);
	bool failed;

	if (!out)
		return pel_nomem(pack->err);
	write(out, pack);
	failed = ferror(out);
	return fclose(out) != 0 || failed ? pel_nomem(pack->err) : 0;
}

/* The UUID is a hash of the contents: FNV-1a, twice. */
static void identify(const struct section *sections, unsigned char *uuid)
{
	uint64_t a = 0xcbf29ce484222325u, b = 0x84222325cbf29ce4u;

	for (unsigned s = 0; s < N_SECTIONS; s++)
		for (size_t i = 0; i < sections[s].size; i++) {
			a = (a ^ (unsigned char)sections[s].bytes[i]) * 0x100000001b3u;
			b = (b ^ (unsigned char)sections[s].bytes[i] ^ a >> 32) * 0x100000001b3u;
		}
	pel_put64(uuid, a | 1);
	pel_put64(uuid + 8, b | 1);
}

static void write_head(const struct section *sections, unsigned char *head, uint64_t size)
{
	uint64_t at = FIRST_BYTES;

	memset(head, 0, FIRST_BYTES);
	memcpy(head, PEL_AXLF_MAGIC, 8);
	memset(head + 8, 0xff, 4 + 28);
	pel_put64(head + PEL_AXLF_LENGTH, size);
	head[PEL_AXLF_VERSION] = 2;
	head[PEL_AXLF_VERSION + 1] = 13;
	head[PEL_AXLF_MODE] = PEL_MODE_SWEMU;
	strcpy((char *)head + PEL_AXLF_PLATFORM, "pelton_emulation");
	identify(sections, head + PEL_AXLF_UUID);
	pel_put32(head + PEL_AXLF_SECTIONS, N_SECTIONS);
	for (unsigned i = 0; i < N_SECTIONS; i++) {
		unsigned char *entry = head + PEL_AXLF_BYTES + i * PEL_SECTION_BYTES;

		pel_put32(entry + PEL_SECTION_KIND, sections[i].kind);
		strncpy((char *)entry + PEL_SECTION_NAME, sections[i].name, 15);
		pel_put64(entry + PEL_SECTION_OFFSET, at);
		pel_put64(entry + PEL_SECTION_SIZE, sections[i].size);
		at += (sections[i].size + 7) / 8 * 8;
	}
}

static int write_bytes(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	unsigned interrupted = 0;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && pel_interrupted(&interrupted))
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_file(int fd, const struct section *sections)
{
	static const char zeros[8];
	unsigned char head[FIRST_BYTES];
	uint64_t size = FIRST_BYTES;
	int r;

	for (unsigned i = 0; i < N_SECTIONS; i++)
		size += (sections[i].size + 7) / 8 * 8;
	write_head(sections, head, size);
	r = pel_file_fits(size);
	if (r == 0)
		r = write_bytes(fd, head, sizeof(head));
	for (unsigned i = 0; i < N_SECTIONS && r == 0; i++) {
		r = write_bytes(fd, sections[i].bytes, sections[i].size);
		if (r == 0)
			r = write_bytes(fd, zeros, (8 - sections[i].size % 8) % 8);
	}
	return r;
}

/* Pipes, /dev/stdout and the like are written directly, not replaced. */
static int write_in_place(const struct section *sections, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r = fd < 0 ? -errno : write_file(fd, sections);

	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* Replace the file atomically: write a file beside it, then rename. Symbolic links are followed. */
static int write_aside(struct pack *pack, const struct section *sections, const char *path)
{
	char *real = realpath(path, NULL), *temporary;
	mode_t mask = umask(0);
	int fd, r;

	umask(mask);
	temporary = pel_arena_printf(&pack->arena, "%s.XXXXXX", real ? real : path);
	fd = temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
	r = !temporary ? -ENOMEM : fd < 0 ? -errno : 0;
	if (r == 0) {
		r = write_file(fd, sections);
		if (r == 0 && fchmod(fd, 0666 & ~mask) < 0)
			r = -errno;
		if (close(fd) < 0 && r == 0)
			r = -errno;
		if (r == 0 && rename(temporary, real ? real : path) < 0)
			r = -errno;
		if (r < 0)
			unlink(temporary);
	}
	free(real);
	return r;
}

static int replace(struct pack *pack, const struct section *sections, const char *path)
{
	struct stat status;
	int r;

	if (pel_cancel_is_set(pack->options->cancel))
		return -ECANCELED;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		r = write_in_place(sections, path);
	else
		r = write_aside(pack, sections, path);
	return r < 0 ? pel_fail(pack->err, r, nowhere, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

int pel_pack_write(struct pack *pack, const char *library, const char *path)
{
	struct section sections[N_SECTIONS] = { { PEL_SECTION_BITSTREAM, "BITSTREAM", NULL, 0 },
						{ PEL_SECTION_METADATA, "METADATA", NULL, 0 },
						{ PEL_SECTION_MEM_TOPOLOGY, "MEM_TOPOLOGY", NULL, 0 },
						{ PEL_SECTION_CONNECTIVITY, "CONNECTIVITY", NULL, 0 },
						{ PEL_SECTION_IP_LAYOUT, "IP_LAYOUT", NULL, 0 } };
	int r = pel_read_file(library, (size_t)1 << 30, false, &sections[0].bytes, &sections[0].size, NULL);

	if (r < 0)
		pel_fail(pack->err, r, nowhere, "cannot read the library of the kernels: %s",
			 pel_read_file_error(r));
	if (r == 0)
		r = check_names(pack);
	if (r == 0 && (r = fill(pack, &sections[1], write_metadata)) == 0 &&
	    (r = fill(pack, &sections[2], write_memories)) == 0 &&
	    (r = fill(pack, &sections[3], write_connections)) == 0)
		r = fill(pack, &sections[4], write_units);
	if (r == 0)
		r = replace(pack, sections, path);
	for (unsigned i = 0; i < N_SECTIONS; i++)
		free(sections[i].bytes);
	return r;
}
