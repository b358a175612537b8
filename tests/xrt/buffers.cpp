/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers of all kinds. buffers XCLBIN */
#include "host.hpp"

#include <memory>

enum { N = 3000 };

static void run_vadd(xrt::kernel &kernel, const xrt::bo &a, const xrt::bo &b, const xrt::bo &out, int n)
{
	auto run = kernel(a, b, out, n);

	CHECK(run.wait() == ERT_CMD_STATE_COMPLETED);
}

static void of_flags(xrt::device &device, xrt::kernel &kernel, xrt::bo::flags flags)
{
	ints a(device, N, kernel.group_id(0), flags), b(device, N, kernel.group_id(1), flags);
	ints out(device, N, kernel.group_id(2), flags);

	a.fill(1, 3);
	b.fill(5, 10);
	out.fill(0, 0);
	run_vadd(kernel, a.bo, b.bo, out.bo, N);
	out.fetch();
	for (int i = 0; i < N; i++)
		CHECK(out.map[i] == 6 + 13 * i);
}

static void user_pointers(xrt::device &device, xrt::kernel &kernel)
{
	int *memory = static_cast<int *>(aligned_alloc(4096, 3 * 16384));
	int *a = memory, *b = memory + 4096, *c = memory + 8192;

	{
		xrt::bo bo_a(device, a, 16384, kernel.group_id(0)), bo_b(device, b, 16384, kernel.group_id(1));
		xrt::bo bo_c(device, c, 16384, kernel.group_id(2));

		for (int i = 0; i < 4096; i++) {
			a[i] = i;
			b[i] = 2 * i + 1;
			c[i] = 0;
		}
		bo_a.sync(XCL_BO_SYNC_BO_TO_DEVICE);
		bo_b.sync(XCL_BO_SYNC_BO_TO_DEVICE);
		run_vadd(kernel, bo_a, bo_b, bo_c, 4096);
		CHECK(c[5] == 0); /* it comes with the sync */
		bo_c.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
		for (int i = 0; i < 4096; i++)
			CHECK(c[i] == 3 * i + 1);
	}
	free(memory);
}

static void sub_buffers(xrt::device &device, xrt::kernel &kernel)
{
	ints all(device, 4096, kernel.group_id(0)), out(device, 4096, kernel.group_id(2));
	xrt::bo first(all.bo, 4096, 0), second(all.bo, 4096, 8192), third(out.bo, 4096, 4096);

	all.fill(0, 1);
	out.fill(-1, 0);
	run_vadd(kernel, first, second, third, 1024);
	out.fetch();
	for (int i = 0; i < 4096; i++)
		CHECK(out.map[i] == (i >= 1024 && i < 2048 ? 2048 + 2 * (i - 1024) : -1));
}

/* From run to run, on the device only. */
static void device_only(xrt::device &device, xrt::kernel &kernel)
{
	ints a(device, N, kernel.group_id(0)), out(device, N, kernel.group_id(2));
	xrt::bo middle(device, N * sizeof(int), xrt::bo::flags::device_only, kernel.group_id(1));

	a.fill(4, 1);
	run_vadd(kernel, a.bo, a.bo, middle, N);
	run_vadd(kernel, a.bo, middle, out.bo, N);
	out.fetch();
	for (int i = 0; i < N; i++)
		CHECK(out.map[i] == 3 * (4 + i));
}

static void copies(xrt::device &device, xrt::kernel &kernel)
{
	ints a(device, 1 << 20, kernel.group_id(0)), b(device, 1 << 20, kernel.group_id(1));

	a.fill(9, 7);
	b.fill(0, 0);
	b.bo.copy(a.bo);
	b.fetch();
	CHECK(memcmp(a.map, b.map, a.n * sizeof(int)) == 0);
}

static void pieces(xrt::device &device)
{
	std::vector<unsigned char> to(100000), from(100000);
	xrt::bo bo(device, 100000, 0);

	for (size_t i = 0; i < to.size(); i++)
		to[i] = static_cast<unsigned char>(i * 31 + i / 251);
	bo.write(to.data(), 60000, 0);
	bo.write(to.data() + 60000, 40000, 60000);
	bo.sync(XCL_BO_SYNC_BO_TO_DEVICE, 50001, 0);
	bo.sync(XCL_BO_SYNC_BO_TO_DEVICE, 49999, 50001);
	memset(bo.map(), 0, 100000);
	bo.write(to.data(), 100000, 0);
	bo.sync(XCL_BO_SYNC_BO_FROM_DEVICE, 77, 99923);
	bo.sync(XCL_BO_SYNC_BO_FROM_DEVICE, 99923, 0);
	bo.read(from.data(), 100000, 0);
	CHECK(to == from);
}

/* A piece of any length comes back as it was sent, and nothing next to it changes. */
static void lengths(xrt::device &device)
{
	enum { ALL = 4096, MOST = 1200 };
	unsigned char *map = static_cast<unsigned char *>(aligned_alloc(4096, ALL));
	xrt::bo bo(device, map, ALL, 0);

	for (size_t n = 1; n <= MOST; n++) {
		size_t at = n * 37 % (ALL - MOST);

		for (size_t i = 0; i < ALL; i++)
			map[i] = static_cast<unsigned char>(i * 31 + n);
		bo.sync(XCL_BO_SYNC_BO_TO_DEVICE, n, at);
		memset(map, 0, ALL);
		bo.sync(XCL_BO_SYNC_BO_FROM_DEVICE, n, at);
		for (size_t i = 0; i < ALL; i++)
			CHECK(map[i] == (i >= at && i < at + n ? static_cast<unsigned char>(i * 31 + n) : 0));
	}
	bo = xrt::bo();
	free(map);
}

/* More than a table of fixed size would hold, in another order freed than made. */
static void many(xrt::device &device, xrt::kernel &kernel)
{
	std::vector<std::unique_ptr<ints>> all;

	for (int i = 0; i < 150; i++) {
		all.push_back(std::make_unique<ints>(device, 1024 * (1 + i % 3), kernel.group_id(0)));
		all.back()->fill(i, 0);
		if (i % 3 == 2)
			all.erase(all.begin() + i / 3);
	}
	for (size_t i = 0; i + 2 < all.size(); i++) {
		run_vadd(kernel, all[i]->bo, all[i + 1]->bo, all[i + 2]->bo, 1024);
		all[i + 2]->fetch();
		CHECK(all[i + 2]->map[1023] == all[i]->map[0] + all[i + 1]->map[0]);
		all[i + 2]->fill((int)i, 0);
	}
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	xrt::device device(0);
	auto uuid = device.load_xclbin(argv[1]);
	{
		xrt::kernel kernel(device, uuid, "vadd");

		of_flags(device, kernel, xrt::bo::flags::normal);
		of_flags(device, kernel, xrt::bo::flags::host_only);
		of_flags(device, kernel, xrt::bo::flags::cacheable);
		of_flags(device, kernel, xrt::bo::flags::p2p);
		user_pointers(device, kernel);
		sub_buffers(device, kernel);
		lengths(device);
		device_only(device, kernel);
		copies(device, kernel);
		pieces(device);
		many(device, kernel);
	}
	puts("all right");
	return 0;
}
