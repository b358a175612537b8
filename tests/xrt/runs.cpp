/* SPDX-License-Identifier: Apache-2.0 */
/* Runs: queued, concurrent, from threads, with callbacks; on chosen compute units. runs XCLBIN */
#include "host.hpp"

#include <atomic>
#include <memory>
#include <set>
#include <thread>

static void at_once(xrt::device &device, const xrt::uuid &uuid)
{
	xrt::kernel kernel(device, uuid, "nap");
	std::vector<std::unique_ptr<xrt::bo>> out;
	std::vector<xrt::run> runs;
	long long begin = 0, end = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		out.push_back(std::make_unique<xrt::bo>(device, 4096, kernel.group_id(0)));
		runs.push_back(kernel(*out.back(), 60));
	}
	for (auto &run : runs)
		CHECK(run.wait() == ERT_CMD_STATE_COMPLETED);
	for (auto &bo : out) {
		auto *times = bo->map<long long *>();

		bo->sync(XCL_BO_SYNC_BO_FROM_DEVICE);
		begin = std::max(begin, times[0]);
		end = std::min(end, times[1]);
	}
	CHECK(begin < end); /* there was a moment at which all three were running */
}

/* Static variables of a kernel belong to a compute unit. */
static void private_statics(xrt::device &device, const xrt::uuid &uuid)
{
	xrt::kernel one(device, uuid, "count:{count_1}"), two(device, uuid, "count:{count_2}");
	ints out(device, 64, one.group_id(0));

	out.fill(0, 0);
	for (int i = 0; i < 5; i++)
		one(out.bo, i).wait();
	for (int i = 0; i < 3; i++)
		two(out.bo, 10 + i).wait();
	out.fetch();
	for (int i = 0; i < 5; i++)
		CHECK(out.map[i] == i + 1);
	for (int i = 0; i < 3; i++)
		CHECK(out.map[10 + i] == i + 1);
}

static void queued(xrt::device &device, const xrt::uuid &uuid)
{
	xrt::kernel kernel(device, uuid, "count:{count_1}");
	ints out(device, 512, kernel.group_id(0));
	std::vector<xrt::run> runs;
	std::set<int> seen;

	out.fill(0, 0);
	for (int i = 0; i < 300; i++)
		runs.push_back(kernel(out.bo, i));
	for (auto &run : runs)
		CHECK(run.wait() == ERT_CMD_STATE_COMPLETED);
	out.fetch();
	for (int i = 0; i < 300; i++)
		seen.insert(out.map[i]);
	CHECK(seen.size() == 300 && !seen.count(0));
}

static void threads(xrt::device &device, const xrt::uuid &uuid)
{
	std::vector<std::thread> all;

	for (int t = 0; t < 4; t++)
		all.emplace_back([&device, &uuid, t] {
			xrt::kernel kernel(device, uuid, "vadd");
			ints a(device, 500, kernel.group_id(0)), b(device, 500, kernel.group_id(1));
			ints out(device, 500, kernel.group_id(2));

			for (int round = 0; round < 40; round++) {
				a.fill(t, round);
				b.fill(round, t);
				CHECK(kernel(a.bo, b.bo, out.bo, 500).wait() == ERT_CMD_STATE_COMPLETED);
				out.fetch();
				for (int i = 0; i < 500; i++)
					CHECK(out.map[i] == (t + round) * (i + 1));
			}
		});
	for (auto &thread : all)
		thread.join();
}

static void callbacks(xrt::device &device, const xrt::uuid &uuid)
{
	xrt::kernel kernel(device, uuid, "empty");
	ints out(device, 1, kernel.group_id(0));
	std::atomic<int> calls{ 0 };
	xrt::run run(kernel);

	run.set_arg(0, out.bo);
	run.add_callback(
		ERT_CMD_STATE_COMPLETED,
		[](const void *, ert_cmd_state, void *data) { ++*static_cast<std::atomic<int> *>(data); },
		&calls);
	for (int i = 1; i <= 20; i++) {
		run.set_arg(1, i);
		run.start();
		run.wait();
		out.fetch();
		CHECK(out.map[0] == i);
	}
	while (calls < 20)
		std::this_thread::yield();
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	xrt::device device(0);
	auto uuid = device.load_xclbin(argv[1]);

	private_statics(device, uuid);
	at_once(device, uuid);
	queued(device, uuid);
	threads(device, uuid);
	callbacks(device, uuid);
	puts("all right");
	return 0;
}
