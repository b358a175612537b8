/* SPDX-License-Identifier: Apache-2.0 */
/* One large buffer, worked on in parts: each call reads one part and writes another. sub-buffers XCLBIN */
#include "host.h"

enum { PARTS = 4, PART_BYTES = 4096, PART_INTS = PART_BYTES / 4 };

static cl_mem part_of(cl_mem whole, size_t part)
{
	const cl_buffer_region region = { part * PART_BYTES, PART_BYTES };
	cl_int code;
	cl_mem sub = clCreateSubBuffer(whole, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);

	DO(code);
	return sub;
}

int main(int argc, char **argv)
{
	static int values[PARTS * PART_INTS], results[PARTS * PART_INTS];
	const size_t bytes = sizeof(values);
	struct host host;
	cl_mem from, to;
	cl_kernel kernel;

	CHECK(argc == 2);
	host_open(&host, argv[1], 0);
	kernel = host_kernel(&host, "times");
	from = host_buffer(&host, CL_MEM_READ_WRITE, bytes);
	to = host_buffer(&host, CL_MEM_READ_WRITE, bytes);
	for (int i = 0; i < PARTS * PART_INTS; i++)
		values[i] = i;
	DO(clEnqueueWriteBuffer(host.queue, from, CL_TRUE, 0, bytes, values, 0, NULL, NULL));
	/* XRT tracks where each memory object is. It reads the whole object from the device only if the whole was copied there, not just parts. */
	DO(clEnqueueMigrateMemObjects(host.queue, 1, &to, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL,
				      NULL));
	for (int part = 0; part < PARTS; part++) {
		/* The last part of the one goes to the first of the other. */
		cl_mem in = part_of(from, (size_t)part), out = part_of(to, (size_t)(PARTS - 1 - part));
		cl_int factor = part + 1, n = PART_INTS;

		DO(clSetKernelArg(kernel, 0, sizeof(in), &in));
		DO(clSetKernelArg(kernel, 1, sizeof(out), &out));
		DO(clSetKernelArg(kernel, 2, sizeof(factor), &factor));
		DO(clSetKernelArg(kernel, 3, sizeof(n), &n));
		DO(clEnqueueTask(host.queue, kernel, 0, NULL, NULL));
		DO(clFinish(host.queue));
		DO(clReleaseMemObject(in));
		DO(clReleaseMemObject(out));
	}
	DO(clEnqueueReadBuffer(host.queue, to, CL_TRUE, 0, bytes, results, 0, NULL, NULL));
	for (int part = 0; part < PARTS; part++)
		for (int i = 0; i < PART_INTS; i++)
			CHECK(results[(PARTS - 1 - part) * PART_INTS + i] ==
			      (part * PART_INTS + i) * (part + 1));
	DO(clReleaseMemObject(from));
	DO(clReleaseMemObject(to));
	DO(clReleaseKernel(kernel));
	host_close(&host);
	return 0;
}
