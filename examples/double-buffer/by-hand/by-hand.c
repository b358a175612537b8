/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph ../scale.xml, written by hand with XRT's C API. It sends numbers through an FPGA kernel in blocks, with two buffers in each direction, so
 * that it prepares the next block while the previous one is being computed. Prints the number of results, the sum of their bit patterns, and the time.
 *
 *	cc -O2 -o by-hand by-hand.c -I/usr/include/xrt -lxrt_coreutil
 *	pelton xclbin pack -o scale.xclbin ../kernels/scale.c
 *	pelton emulate -- ./by-hand scale.xclbin 16777216 262144
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#define SLOTS 2

struct slot {
	xrtBufferHandle in_bo, out_bo;
	float *in, *out;
	xrtRunHandle run;
	uint32_t n; /* numbers in flight; 0: the slot is free */
};

struct program {
	xrtDeviceHandle device;
	xrtKernelHandle kernel;
	struct slot slots[SLOTS];
	uint32_t block; /* numbers per call */
	uint64_t made;	/* numbers sent so far */
	uint64_t count; /* results received */
	uint64_t checksum;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int fail(const char *what)
{
	fprintf(stderr, "by-hand: %s failed: %s\n", what, strerror(errno));
	return -1;
}

static int open_device(struct program *p, const char *xclbin)
{
	xuid_t uuid;

	p->device = xrtDeviceOpen(0);
	if (!p->device)
		return fail("opening the device");
	if (xrtDeviceLoadXclbinFile(p->device, xclbin) || xrtDeviceGetXclbinUUID(p->device, uuid))
		return fail("loading the xclbin");
	p->kernel = xrtPLKernelOpen(p->device, uuid, "scale");
	return p->kernel ? 0 : fail("opening the kernel");
}

static int open_slot(struct program *p, struct slot *slot)
{
	size_t bytes = p->block * sizeof(float);
	int in_bank = xrtKernelArgGroupId(p->kernel, 0), out_bank = xrtKernelArgGroupId(p->kernel, 1);

	if (in_bank < 0 || out_bank < 0)
		return fail("finding the memory banks");
	slot->in_bo = xrtBOAlloc(p->device, bytes, XRT_BO_FLAGS_NONE, (xrtMemoryGroup)in_bank);
	slot->out_bo = xrtBOAlloc(p->device, bytes, XRT_BO_FLAGS_NONE, (xrtMemoryGroup)out_bank);
	if (!slot->in_bo || !slot->out_bo)
		return fail("allocating a buffer");
	slot->in = xrtBOMap(slot->in_bo);
	slot->out = xrtBOMap(slot->out_bo);
	if (!slot->in || !slot->out)
		return fail("mapping a buffer");
	slot->run = xrtRunOpen(p->kernel);
	return slot->run ? 0 : fail("opening a run");
}

/* Send the next block of numbers to the device. */
static int start(struct program *p, struct slot *slot, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		slot->in[i] = (float)((p->made + i) & 0xffff) * 0x1p-16f;
	p->made += n;
	slot->n = n;
	if (xrtBOSync(slot->in_bo, XCL_BO_SYNC_BO_TO_DEVICE, n * sizeof(float), 0))
		return fail("writing to the device");
	if (xrtRunSetArg(slot->run, 0, slot->in_bo) || xrtRunSetArg(slot->run, 1, slot->out_bo) ||
	    xrtRunSetArg(slot->run, 2, n))
		return fail("setting an argument");
	return xrtRunStart(slot->run) ? fail("starting the kernel") : 0;
}

/* Wait for the block in `slot`, and read its results. */
static int finish(struct program *p, struct slot *slot)
{
	if (!slot->n)
		return 0;
	if (xrtRunWait(slot->run) != ERT_CMD_STATE_COMPLETED)
		return fail("the kernel");
	if (xrtBOSync(slot->out_bo, XCL_BO_SYNC_BO_FROM_DEVICE, slot->n * sizeof(float), 0))
		return fail("reading from the device");
	for (uint32_t i = 0; i < slot->n; i++) {
		uint32_t bits;

		memcpy(&bits, &slot->out[i], sizeof(bits));
		p->checksum += bits;
	}
	p->count += slot->n;
	slot->n = 0;
	return 0;
}

static int stream(struct program *p, uint64_t numbers)
{
	for (unsigned i = 0; p->made < numbers; i++) {
		struct slot *slot = &p->slots[i % SLOTS];
		uint64_t left = numbers - p->made;

		if (finish(p, slot) || start(p, slot, left < p->block ? (uint32_t)left : p->block))
			return -1;
	}
	/* The older one first. */
	for (unsigned i = 0; i < SLOTS; i++)
		if (finish(p, &p->slots[i]))
			return -1;
	return 0;
}

/* XRT requires that everything is closed, in this order, before the program ends. */
static void close_all(struct program *p)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (p->slots[i].run)
			xrtRunClose(p->slots[i].run);
		if (p->slots[i].in_bo)
			xrtBOFree(p->slots[i].in_bo);
		if (p->slots[i].out_bo)
			xrtBOFree(p->slots[i].out_bo);
	}
	if (p->kernel)
		xrtKernelClose(p->kernel);
	if (p->device)
		xrtDeviceClose(p->device);
}

int main(int argc, char **argv)
{
	struct program p = { 0 };
	uint64_t numbers;
	double begin;
	int r;

	if (argc != 4 || !(numbers = strtoull(argv[2], NULL, 10)) ||
	    !(p.block = (uint32_t)strtoul(argv[3], NULL, 10))) {
		fprintf(stderr, "usage: by-hand XCLBIN NUMBERS BLOCK\n");
		return 2;
	}
	r = open_device(&p, argv[1]);
	for (unsigned i = 0; i < SLOTS && r == 0; i++)
		r = open_slot(&p, &p.slots[i]);
	begin = seconds();
	if (r == 0)
		r = stream(&p, numbers);
	if (r == 0)
		printf("count %llu checksum %llu seconds %.6f\n", (unsigned long long)p.count,
		       (unsigned long long)p.checksum, seconds() - begin);
	close_all(&p);
	return r ? 1 : 0;
}
