/* SPDX-License-Identifier: Apache-2.0 */
/* Call 1 of kernel `bad` fails in the way HOW; call 2 must succeed again. faults XCLBIN HOW [WHERE] */
#include "host.hpp"

int main(int argc, char **argv)
{
	CHECK(argc >= 3);
	int how = atoi(argv[2]), where = argc > 3 ? atoi(argv[3]) : 0;
	xrt::device device(0);
	auto uuid = device.load_xclbin(argv[1]);
	{
		xrt::kernel kernel(device, uuid, "bad");
		ints out(device, 1024, kernel.group_id(0));

		out.fill(-1, 0);
		auto run = how == 100 ? xrt::run(kernel) : kernel(out.bo, 5, how, where);
		if (how == 100) {
			/* An address outside all buffers. */
			run.set_arg(0, uint64_t(0x7000000));
			run.start();
		}
		CHECK(run.wait() == ERT_CMD_STATE_COMPLETED);
		out.fill(-1, 0);
		auto again = kernel(out.bo, 77, 0, 0);
		CHECK(again.wait() == ERT_CMD_STATE_COMPLETED);
		out.fetch();
		CHECK(out.map[0] == 77 && out.map[1] == -1);
	}
	return 0;
}
