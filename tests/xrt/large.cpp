/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One buffer of any size, of which only the ends are touched: kernels work on them, and nothing else of it has changed. large XCLBIN BYTES
 */
#include "host.hpp"

enum { N = 1000 };
static constexpr size_t part = 4096;

/* The kernel writes into the last page, by a sub-buffer, and by the whole one at the first. */
static void work_on_ends(xrt::device &device, xrt::kernel &kernel, size_t bytes)
{
	xrt::bo all(device, bytes, kernel.group_id(2));
	xrt::bo end(all, part, bytes - part);
	ints a(device, N, kernel.group_id(0)), b(device, N, kernel.group_id(1));
	int *map = all.map<int *>(), *last = map + (bytes - part) / sizeof(int);

	CHECK(all.size() == bytes);
	a.fill(7, 3);
	b.fill(5, 10);
	for (int i = 0; i < 1024; i++)
		last[i] = -i;
	end.sync(XCL_BO_SYNC_BO_TO_DEVICE, part, 0);
	CHECK(kernel(a.bo, b.bo, end, N - 1).wait() == ERT_CMD_STATE_COMPLETED);
	CHECK(kernel(end, b.bo, all, N).wait() == ERT_CMD_STATE_COMPLETED);
	all.sync(XCL_BO_SYNC_BO_FROM_DEVICE, part, 0);
	all.sync(XCL_BO_SYNC_BO_FROM_DEVICE, part, bytes - part);
	for (int i = 0; i < N - 1; i++) {
		CHECK(last[i] == 12 + 13 * i);
		CHECK(map[i] == 17 + 23 * i);
	}
	for (int i = N - 1; i < 1024; i++)
		CHECK(last[i] == -i);
}

int main(int argc, char **argv)
{
	CHECK(argc == 3);
	{
		xrt::device device(0);
		auto uuid = device.load_xclbin(argv[1]);
		xrt::kernel kernel(device, uuid, "vadd:{vadd_1}");

		work_on_ends(device, kernel, strtoull(argv[2], nullptr, 0));
	}
	puts("all right");
	fflush(stdout);
	return 0;
}
