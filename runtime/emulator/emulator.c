/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cu-worker.h"
#include "read-file.h"

#define METADATA_LIMIT ((size_t)64 << 20)
#define LOAD_MS	       30000 /* time limit for loading the library, with its constructors */

int pel_emu_create(const struct pel_emu_options *options, struct pel_emu **ret)
{
	struct pel_emu *emu = pel_calloc(1, sizeof(*emu));

	if (!emu)
		return -ENOMEM;
	emu->options = *options;
	*ret = emu;
	return 0;
}

struct pel_emu_memory *pel_emu_memory(struct pel_emu *emu)
{
	return &emu->memory;
}

void pel_emu_unload(struct pel_emu *emu)
{
	for (size_t i = 0; i < emu->n_cus; i++)
		pel_emu_worker_kill(&emu->cus[i]);
	if (emu->n_cus)
		pel_emu_kill_strays(emu);
	for (size_t i = 0; i < emu->n_cus; i++) {
		struct pel_emu_cu *cu = &emu->cus[i];

		if (cu->slot)
			munmap(cu->slot, sizeof(*cu->slot));
		pel_free(cu->registers);
		pel_free(cu->drops);
		pel_free(cu->announced);
	}
	pel_free(emu->cus);
	pel_free(emu->library);
	emu->cus = NULL;
	emu->library = NULL;
	emu->n_cus = 0;
	pel_emu_metadata_fini(&emu->metadata);
}

void pel_emu_destroy(struct pel_emu *emu)
{
	if (!emu)
		return;
	pel_emu_unload(emu);
	pel_emu_memory_fini(&emu->memory);
	pel_free(emu);
}

static int make_cu(struct pel_emu *emu, const struct pel_emu_cu_decl *decl)
{
	struct pel_emu_cu *cu = &emu->cus[emu->n_cus];
	void *slot;

	*cu = (struct pel_emu_cu){ .decl = decl,
				   .kernel = &emu->metadata.kernels[decl->kernel],
				   .number = (unsigned)emu->n_cus };
	cu->registers = pel_calloc(1, PEL_EMU_WINDOW_BYTES);
	if (!cu->registers)
		return -ENOMEM;
	emu->n_cus++; /* from here on, unloading releases the unit, even if it is half-built */
	slot = mmap(NULL, sizeof(*cu->slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slot == MAP_FAILED)
		return -errno;
	cu->slot = slot;
	return cu->kernel->free_running ? 0 : pel_emu_worker_start(emu, cu);
}

static int make_cus(struct pel_emu *emu)
{
	uint64_t deadline_ms = pel_emu_now_ms() + LOAD_MS;
	int r = 0;

	emu->cus = pel_calloc(emu->metadata.n_cus ? emu->metadata.n_cus : 1, sizeof(*emu->cus));
	if (!emu->cus)
		return -ENOMEM;
	for (size_t i = 0; i < emu->metadata.n_cus && r == 0; i++)
		r = make_cu(emu, &emu->metadata.cus[i]);
	/* All workers load in parallel. */
	for (size_t i = 0; i < emu->n_cus && r == 0; i++) {
		struct pel_emu_cu *cu = &emu->cus[i];
		char text[256] = "";

		if (!cu->worker)
			continue;
		r = pel_emu_worker_greet(emu, cu, deadline_ms, text, sizeof(text));
		if (r < 0)
			fprintf(stderr, "pelton-emulator: cannot load kernel '%s': %s\n", cu->kernel->name,
				text);
	}
	return r;
}

/* With too many units, XRT would start calls on the wrong one. */
static int check_units(const struct pel_emu *emu)
{
	if (emu->metadata.n_cus <= emu->options.units_max)
		return 0;
	fprintf(stderr,
		"pelton-emulator: the xclbin has %zu compute units; this XRT can distinguish only %u in emulation\n",
		emu->metadata.n_cus, emu->options.units_max);
	return -E2BIG;
}

static int read_metadata(struct pel_emu *emu, const char *xml)
{
	struct pel_error err = { 0 };
	char *text;
	size_t size;
	int r = pel_read_file(xml, METADATA_LIMIT, false, &text, &size, NULL);

	if (r < 0)
		return r;
	r = pel_emu_metadata_parse(&emu->metadata, "metadata.xml", text, size, &err);
	pel_free(text);
	for (size_t i = 0; i < err.count; i++)
		fprintf(stderr, "pelton-emulator: the xclbin's metadata, line %u: %s\n", err.items[i].line,
			err.items[i].text);
	pel_error_fini(&err);
	return r < 0 ? r : check_units(emu);
}

int pel_emu_load(struct pel_emu *emu, const char *xml, const char *library)
{
	int r;

	pel_emu_unload(emu);
	if (!*xml && !*library)
		return 0;
	r = read_metadata(emu, xml);
	if (r == 0) {
		emu->library = pel_strdup(library);
		r = emu->library ? make_cus(emu) : -ENOMEM;
	}
	if (r < 0) {
		fprintf(stderr, "pelton-emulator: cannot load the xclbin: %s\n", strerror(-r));
		pel_emu_unload(emu);
	}
	return r;
}

void pel_emu_unmap(struct pel_emu *emu, const struct pel_emu_buffer *buffer)
{
	for (size_t i = 0; i < emu->n_cus; i++)
		if (buffer->mapped[i / 64] >> i % 64 & 1)
			pel_emu_worker_unmap(&emu->cus[i], buffer->serial);
}

void pel_emu_release(struct pel_emu *emu, struct pel_emu_buffer *buffer)
{
	pel_emu_unmap(emu, buffer);
	pel_emu_memory_remove(&emu->memory, buffer);
}
