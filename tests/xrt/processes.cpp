/* SPDX-License-Identifier: Apache-2.0 */
/* Two devices in a process, a buffer that one has from the other, two processes. processes XCLBIN (needs two devices) */
#include "host.hpp"

#include <sys/wait.h>

static void add(xrt::device &device, const xrt::uuid &uuid, const xrt::bo &a, int expected)
{
	xrt::kernel kernel(device, uuid, "vadd");
	ints b(device, 1024, kernel.group_id(1)), out(device, 1024, kernel.group_id(2));

	b.fill(100, 0);
	CHECK(kernel(a, b.bo, out.bo, 1024).wait() == ERT_CMD_STATE_COMPLETED);
	out.fetch();
	for (int i = 0; i < 1024; i++)
		CHECK(out.map[i] == expected + i);
}

static void two_devices(const char *xclbin)
{
	xrt::device first(0), second(1);
	auto uuid = first.load_xclbin(xclbin);

	second.load_xclbin(xclbin);
	{
		ints a(first, 1024), b(second, 1024);
		xrt::bo from_first(second, a.bo.export_buffer());

		a.fill(1, 1);
		b.fill(2, 1);
		add(first, uuid, a.bo, 101);
		add(second, uuid, b.bo, 102);
		add(second, uuid, from_first, 101);
		a.fill(3, 1);
		add(second, uuid, from_first, 103);
	}
}

int main(int argc, char **argv)
{
	int status;

	CHECK(argc == 2);
	pid_t child = fork();
	if (child == 0)
		setpgid(0, 0); /* or XRT of one process waits for children of the other */
	two_devices(argv[1]);
	if (child == 0)
		_exit(0);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	puts("all right");
	return 0;
}
