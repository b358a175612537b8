/* SPDX-License-Identifier: Apache-2.0 */
/* The largest number of units, with several runs queued on each: every run is executed by the unit that it was made for. units XCLBIN N STEP */
#include "host.hpp"

#include <cstdlib>
#include <memory>

struct job {
	xrt::run run;
	std::unique_ptr<ints> in, out;
	int unit;
};

int main(int argc, char **argv)
{
	CHECK(argc == 4);
	int n = atoi(argv[2]), step = atoi(argv[3]);
	xrt::device device(0);
	auto uuid = device.load_xclbin(argv[1]);
	std::vector<xrt::kernel> kernels;
	std::vector<job> jobs;

	for (int unit = 0; unit < n; unit += step) {
		char name[16];

		snprintf(name, sizeof(name), "k%03d", unit);
		kernels.emplace_back(device, uuid, name);
		for (int i = 0; i < 3; i++) {
			job job;

			job.unit = unit;
			job.in = std::make_unique<ints>(device, 16, kernels.back().group_id(0));
			job.out = std::make_unique<ints>(device, 16, kernels.back().group_id(1));
			job.in->fill(unit + i, 1);
			job.run = xrt::run(kernels.back());
			job.run.set_arg(0, job.in->bo);
			job.run.set_arg(1, job.out->bo);
			job.run.set_arg(2, 16);
			jobs.push_back(std::move(job));
		}
	}
	for (int round = 0; round < 4; round++) {
		for (auto &job : jobs) {
			job.out->fill(0, 0);
			job.run.start();
		}
		for (auto &job : jobs) {
			CHECK(job.run.wait() == ERT_CMD_STATE_COMPLETED);
			job.out->fetch();
			for (int i = 0; i < 16; i++)
				CHECK(job.out->map[i] == job.in->map[i] * 1000 + job.unit);
		}
	}
	puts("all right");
	return 0;
}
