/* SPDX-License-Identifier: Apache-2.0 */
/* The C API: open, load, run, sync, copy, callbacks, errors, reload. c-api XCLBIN */
#include "host.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#define N 5000

static atomic_int called;

static void on_done(xrtRunHandle run, enum ert_cmd_state state, void *data)
{
	(void)run;
	CHECK(state == ERT_CMD_STATE_COMPLETED && data == &called);
	atomic_fetch_add(&called, 1);
}

static void vadd(xrtDeviceHandle device, xuid_t uuid)
{
	xrtKernelHandle kernel = xrtPLKernelOpen(device, uuid, "vadd");
	xrtBufferHandle bo[3];
	xrtRunHandle run;
	int *map[3];

	CHECK(kernel);
	for (int i = 0; i < 3; i++) {
		bo[i] = xrtBOAlloc(device, N * sizeof(int), 0, (unsigned)xrtKernelArgGroupId(kernel, i));
		CHECK(bo[i]);
		map[i] = xrtBOMap(bo[i]);
		CHECK(map[i]);
	}
	run = xrtRunOpen(kernel);
	CHECK(run);
	CHECK(xrtRunSetCallback(run, ERT_CMD_STATE_COMPLETED, on_done, &called) == 0);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < N; i++) {
			map[0][i] = i * round;
			map[1][i] = 7 - i;
			map[2][i] = -1;
		}
		CHECK(xrtBOSync(bo[0], XCL_BO_SYNC_BO_TO_DEVICE, N * sizeof(int), 0) == 0);
		CHECK(xrtBOSync(bo[1], XCL_BO_SYNC_BO_TO_DEVICE, N * sizeof(int), 0) == 0);
		CHECK(xrtBOSync(bo[2], XCL_BO_SYNC_BO_TO_DEVICE, N * sizeof(int), 0) == 0);
		CHECK(xrtRunSetArg(run, 0, bo[0]) == 0 && xrtRunSetArg(run, 1, bo[1]) == 0);
		CHECK(xrtRunSetArg(run, 2, bo[2]) == 0 && xrtRunSetArg(run, 3, N) == 0);
		CHECK(xrtRunStart(run) == 0);
		CHECK(xrtRunWait(run) == ERT_CMD_STATE_COMPLETED);
		CHECK(xrtBOSync(bo[2], XCL_BO_SYNC_BO_FROM_DEVICE, N * sizeof(int), 0) == 0);
		for (int i = 0; i < N; i++)
			CHECK(map[2][i] == i * round + 7 - i);
	}
	while (atomic_load(&called) < 10)
		usleep(1000);
	CHECK(xrtRunSetArg(run, 9, 1) != 0);
	xrtRunClose(run);
	for (int i = 0; i < 3; i++)
		xrtBOFree(bo[i]);
	xrtKernelClose(kernel);
}

static void scalars(xrtDeviceHandle device, xuid_t uuid)
{
	xrtKernelHandle kernel = xrtPLKernelOpen(device, uuid, "scale");
	xrtBufferHandle in = xrtBOAlloc(device, 64 * sizeof(float), 0, 0);
	xrtBufferHandle out = xrtBOAlloc(device, 64 * sizeof(double), 0, 0);
	float x[64];
	double y[64] = { 0 };
	xrtRunHandle run;

	CHECK(kernel && in && out);
	for (int i = 0; i < 64; i++)
		x[i] = (float)i;
	CHECK(xrtBOWrite(in, x, sizeof(x), 0) == 0);
	CHECK(xrtBOSync(in, XCL_BO_SYNC_BO_TO_DEVICE, sizeof(x), 0) == 0);
	run = xrtKernelRun(kernel, in, out, 0.5, 0.25, 10000000000LL, 64);
	CHECK(run);
	CHECK(xrtRunWait(run) == ERT_CMD_STATE_COMPLETED);
	CHECK(xrtBOSync(out, XCL_BO_SYNC_BO_FROM_DEVICE, sizeof(y), 0) == 0);
	CHECK(xrtBORead(out, y, sizeof(y), 0) == 0);
	for (int i = 0; i < 64; i++)
		CHECK(y[i] == i * 0.5 + 0.25 + 1e10);
	xrtRunClose(run);
	xrtBOFree(in);
	xrtBOFree(out);
	xrtKernelClose(kernel);
}

int main(int argc, char **argv)
{
	xrtDeviceHandle device;
	xuid_t uuid;

	CHECK(argc == 2);
	device = xrtDeviceOpen(0);
	CHECK(device);
	for (int load = 0; load < 2; load++) {
		CHECK(xrtDeviceLoadXclbinFile(device, argv[1]) == 0);
		CHECK(xrtDeviceGetXclbinUUID(device, uuid) == 0);
		CHECK(!xrtPLKernelOpen(device, uuid, "nosuch"));
		atomic_store(&called, 0);
		vadd(device, uuid);
		scalars(device, uuid);
	}
	xrtDeviceClose(device);
	puts("all right");
	return 0;
}
