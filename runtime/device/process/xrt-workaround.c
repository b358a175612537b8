/* SPDX-License-Identifier: Apache-2.0 */
#include "xrt-workaround.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In emulation, Debian's XRT 2.13 grows its message buffer with realloc() and drops the new address. If users have set up emulation
 * themselves, we work around this: let XRT grow the buffer once to find where it keeps the address, then store a buffer that is always
 * large enough. Later releases do not have the function.
 */
#define WORDS 384
#define SCRATCH \
	((size_t)24 << 20) /* larger than any message, which has at most two packets of 8 MiB and their frame */

typedef size_t (*grow_function)(void *shim, size_t bytes);

static const char *const places[][2] = {
	{ "libxrt_swemu.so.2", "_ZN12xclcpuemhal29CpuemShim10alloc_voidEm" },
	{ "libxrt_hwemu.so.2", "_ZN11xclhwemhal28HwEmShim10alloc_voidEm" },
};

static grow_function find_grow(void)
{
	union {
		void *object;
		grow_function function;
	} grow = { NULL };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !grow.object; i++) {
		void *library = dlopen(places[i][0], RTLD_NOW | RTLD_NOLOAD);

		if (library)
			grow.object = dlsym(library, places[i][1]);
	}
	return grow.function;
}

/* Find the word that was 0 and now points to the buffer; the next word is the size, still 0. */
static size_t find_word(const uintptr_t *before, const uintptr_t *shim, size_t words)
{
	size_t found = WORDS, n = 0;

	for (size_t i = 0; i + 1 < words; i++)
		if (before[i] == 0 && shim[i] != 0 && shim[i + 1] == 0) {
			found = i;
			n++;
		}
	return n == 1 ? found : WORDS;
}

int pel_xrt_workaround(xrtDeviceHandle device, char *text)
{
	grow_function grow = find_grow();
	uintptr_t *shim = grow ? xrtDeviceToXclDevice(device) : NULL, before[WORDS];
	size_t at, words;

	if (!shim)
		return 0;
	/* The shim is an object on the heap by itself. */
	words = malloc_usable_size(shim) / sizeof(*shim);
	if (words > WORDS)
		words = WORDS;
	memcpy(before, shim, words * sizeof(*shim));
	if (grow(shim, 8) != 8 || (at = find_word(before, shim, words)) == WORDS) {
		/* Either the library is correct, or the buffer has grown before: both store the size. */
		if (grow(shim, 1) >= 8)
			return 0;
		snprintf(text, TEXT_BYTES, "Pelton does not know this build of XRT's emulation library");
		return -ENOTSUP;
	}
	/* The defective library stored the address of the first allocation and no size: replace both. */
	free((void *)shim[at]);
	shim[at] = (uintptr_t)malloc(SCRATCH);
	shim[at + 1] = SCRATCH;
	if (!shim[at] || grow(shim, 1) != SCRATCH || grow(shim, SCRATCH) != SCRATCH) {
		snprintf(text, TEXT_BYTES, "Pelton does not know this build of XRT's emulation library");
		return -ENOTSUP;
	}
	return 0;
}
