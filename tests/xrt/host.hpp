/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_HPP
#define HOST_HPP

#include "host.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

/* A buffer of ints, mapped. */
struct ints {
	xrt::bo bo;
	int *map;
	size_t n;

	ints(const xrt::device &device, size_t count, int group = 0,
	     xrt::bo::flags flags = xrt::bo::flags::normal)
		: bo(device, count * sizeof(int), flags, (unsigned)group), map(bo.map<int *>()), n(count)
	{
	}
	void fill(int first, int step)
	{
		for (size_t i = 0; i < n; i++)
			map[i] = first + step * (int)i;
		bo.sync(XCL_BO_SYNC_BO_TO_DEVICE);
	}
	void fetch()
	{
		bo.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
	}
};

#endif
