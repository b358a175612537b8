/* SPDX-License-Identifier: Apache-2.0 */
/* A compute unit used through its registers; queries on an xclbin; wrong names. registers XCLBIN */
#include "host.hpp"

#if __has_include(<xrt/experimental/xrt_ip.h>)
#include <xrt/experimental/xrt_ip.h>
#include <xrt/experimental/xrt_xclbin.h>
#else /* where older releases have them */
#include <experimental/xrt_ip.h>
#include <experimental/xrt_xclbin.h>
#endif

static void by_hand(xrt::device &device, const xrt::uuid &uuid, int times)
{
	xrt::ip ip(device, uuid, "empty:{empty_1}");
	ints out(device, 1);
	uint64_t address = out.bo.address();

	for (int i = 1; i <= times; i++) {
		out.fill(0, 0);
		CHECK(ip.read_register(0) == 4);
		ip.write_register(0x10, static_cast<uint32_t>(address));
		ip.write_register(0x14, static_cast<uint32_t>(address >> 32));
		ip.write_register(0x1c, static_cast<uint32_t>(1000 + i));
		CHECK(ip.read_register(0x1c) == static_cast<uint32_t>(1000 + i));
		ip.write_register(0, 1);
		while (!(ip.read_register(0) & 2))
			;
		CHECK(ip.read_register(0) == 4);
		ip.write_register(0, 0x10); /* continue: harmless */
		out.fetch();
		CHECK(out.map[0] == 1000 + i);
	}
}

static void exclusive(xrt::device &device, const xrt::uuid &uuid)
{
	xrt::kernel kernel(device, uuid, "vadd:{vadd_2}", xrt::kernel::cu_access_mode::exclusive);

	kernel.write_register(0x34, 0x12345678);
	CHECK(kernel.read_register(0x34) == 0x12345678);
}

template <typename F> static bool throws(F f)
{
	try {
		f();
	} catch (const std::exception &) {
		return true;
	}
	return false;
}

static void wrong(xrt::device &device, const xrt::uuid &uuid)
{
	CHECK(throws([&] { xrt::kernel kernel(device, uuid, "nosuch"); }));
	CHECK(throws([&] { xrt::kernel kernel(device, uuid, "vadd:{vadd_9}"); }));
	CHECK(throws([&] {
		xrt::kernel kernel(device, uuid, "vadd");
		xrt::run run(kernel);

		run.set_arg(4, 1);
	}));
	CHECK(throws([&] { xrt::bo bo(device, 0, 0); }));
}

static void about(const char *file)
{
	xrt::xclbin xclbin{ std::string(file) };
	auto kernel = xclbin.get_kernel("vadd");

	CHECK(kernel.get_cus().size() == 2 && kernel.get_num_args() == 4);
	CHECK(kernel.get_arg(2).get_name() == "out" &&
	      kernel.get_arg(3).get_offset() > kernel.get_arg(2).get_offset());
	CHECK(xclbin.get_kernels().size() >= 5 && !xclbin.get_mems().empty());
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	about(argv[1]);
	xrt::device device(0);
	auto uuid = device.load_xclbin(argv[1]);

	by_hand(device, uuid, 3);
	exclusive(device, uuid);
	wrong(device, uuid);
	uuid = device.load_xclbin(argv[1]); /* loading again resets everything */
	by_hand(device, uuid, 3);
	puts("all right");
	return 0;
}
