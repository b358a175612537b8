/* SPDX-License-Identifier: Apache-2.0 */
#include "worker-window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"

#define ALIGNMENT   64u /* addresses keep this alignment, that of the widest port a kernel can have */
#define GUARD_BYTES ((size_t)1 << 20)
#define PAGE_BYTES  4096u

static bool overlap(const struct pel_emu_order_arg *a, const struct pel_emu_order_arg *b)
{
	return a->serial == b->serial && a->offset < b->offset + b->window && b->offset < a->offset + a->window;
}

/* Can this argument have its own copy of the window? Not if it shares written memory with another argument. */
static bool is_alone(const struct pel_emu_order *order, uint32_t arg)
{
	const struct pel_emu_order_arg *mine = &order->args[arg];

	for (uint32_t i = 0; i < order->n_args; i++) {
		const struct pel_emu_order_arg *other = &order->args[i];

		if (i == arg || other->serial != mine->serial ||
		    (!mine->writes && !other->writes && other->window))
			continue;
		if (!other->window || overlap(mine, other))
			return false;
	}
	return true;
}

/* Allocate `pages` pages between guards. */
static int make_room(struct pel_emu_guarded *guarded, size_t pages)
{
	size_t bytes = pages * PAGE_BYTES;

	if (guarded->region && guarded->pages == pages)
		return 0;
	if (guarded->region)
		munmap(guarded->region, guarded->region_bytes);
	guarded->pages = pages;
	guarded->region_bytes = bytes + 2 * GUARD_BYTES;
	guarded->region = mmap(NULL, guarded->region_bytes, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (guarded->region == MAP_FAILED) {
		guarded->region = NULL;
		return -1;
	}
	guarded->first = guarded->region + GUARD_BYTES;
	guarded->end = guarded->first + bytes;
	return mprotect(guarded->first, bytes, PROT_READ | PROT_WRITE);
}

static int copy_in(struct pel_emu_guarded *guarded, const struct pel_emu_order_arg *arg, unsigned char *original)
{
	size_t spare = (size_t)(((uint64_t)0 - arg->window - arg->offset) % ALIGNMENT); /* after the window */

	if (make_room(guarded, (size_t)(pel_emu_round_up(arg->window + spare) / PAGE_BYTES)) < 0)
		return -1;
	guarded->bytes = arg->window;
	guarded->writes = arg->writes;
	guarded->original = original;
	guarded->start = guarded->end - spare - arg->window;
	memset(guarded->first, PEL_EMU_CANARY, (size_t)(guarded->start - guarded->first));
	memcpy(guarded->start, original, (size_t)arg->window);
	memset(guarded->end - spare, PEL_EMU_CANARY, spare);
	return 0;
}

int pel_emu_windows_take(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			 unsigned char *pointers[PEL_EMU_ARGS_MAX])
{
	for (uint32_t i = 0; i < order->n_args; i++) {
		struct pel_emu_guarded *guarded = &windows->args[i];
		const struct pel_emu_order_arg *arg = &order->args[i];

		guarded->start = NULL;
		if (!pointers[i] || !arg->window || !is_alone(order, i))
			continue;
		if (copy_in(guarded, arg, pointers[i]) < 0)
			return -1;
		pointers[i] = guarded->start;
	}
	return 0;
}

static size_t count_changed(const unsigned char *from, const unsigned char *to)
{
	size_t changed = 0;

	for (; from < to; from++)
		changed += *from != PEL_EMU_CANARY;
	return changed;
}

static void note(struct pel_emu_slot *slot, uint32_t arg, enum pel_emu_side side, size_t changed)
{
	if (!changed || atomic_load_explicit(&slot->damage, memory_order_relaxed))
		return;
	slot->arg = arg;
	slot->side = side;
	slot->distance = changed;
	atomic_store_explicit(&slot->damage, PEL_EMU_DAMAGE_WINDOW, memory_order_relaxed);
}

void pel_emu_windows_give(struct pel_emu_windows *windows, const struct pel_emu_order *order,
			  struct pel_emu_slot *slot)
{
	for (uint32_t i = 0; i < order->n_args; i++) {
		struct pel_emu_guarded *guarded = &windows->args[i];

		if (!guarded->start)
			continue;
		note(slot, i, PEL_EMU_PAST, count_changed(guarded->start + guarded->bytes, guarded->end));
		note(slot, i, PEL_EMU_BEFORE, count_changed(guarded->first, guarded->start));
		if (guarded->writes)
			memcpy(guarded->original, guarded->start, (size_t)guarded->bytes);
	}
}
