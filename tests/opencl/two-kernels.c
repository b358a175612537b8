/* SPDX-License-Identifier: Apache-2.0 */
/* Two kernels, one after the other. The buffer between them stays on the device, and is read only by mapping it. two-kernels XCLBIN */
#include "host.h"

enum { N = 3000 };

static void set_buffers(cl_kernel kernel, const cl_mem *buffers, cl_uint n)
{
	for (cl_uint i = 0; i < n; i++)
		DO(clSetKernelArg(kernel, i, sizeof(buffers[i]), &buffers[i]));
}

int main(int argc, char **argv)
{
	static int a[N], b[N], out[N];
	cl_int factor = -3, n = N, code, *mapped;
	cl_kernel add, times;
	cl_mem buffers[4];
	struct host host;
	char name[64] = "";

	CHECK(argc == 2);
	host_open(&host, argv[1], 0);
	add = host_kernel(&host, "add");
	times = host_kernel(&host, "times");
	DO(clGetKernelInfo(times, CL_KERNEL_FUNCTION_NAME, sizeof(name), name, NULL));
	CHECK(strcmp(name, "times") == 0);
	for (int i = 0; i < N; i++) {
		a[i] = 2 * i;
		b[i] = 5 - i;
	}
	for (int i = 0; i < 4; i++)
		buffers[i] = host_buffer(&host, CL_MEM_READ_WRITE, sizeof(a));
	DO(clEnqueueWriteBuffer(host.queue, buffers[0], CL_FALSE, 0, sizeof(a), a, 0, NULL, NULL));
	DO(clEnqueueWriteBuffer(host.queue, buffers[1], CL_FALSE, 0, sizeof(b), b, 0, NULL, NULL));
	set_buffers(add, buffers, 3);
	DO(clSetKernelArg(add, 3, sizeof(n), &n));
	set_buffers(times, buffers + 2, 2);
	DO(clSetKernelArg(times, 2, sizeof(factor), &factor));
	DO(clSetKernelArg(times, 3, sizeof(n), &n));
	DO(clEnqueueTask(host.queue, add, 0, NULL, NULL));
	DO(clEnqueueTask(host.queue, times, 0, NULL, NULL));
	DO(clEnqueueReadBuffer(host.queue, buffers[3], CL_TRUE, 0, sizeof(out), out, 0, NULL, NULL));
	mapped = clEnqueueMapBuffer(host.queue, buffers[2], CL_TRUE, CL_MAP_READ, 0, sizeof(a), 0, NULL, NULL,
				    &code);
	DO(code);
	for (int i = 0; i < N; i++)
		CHECK(mapped[i] == i + 5 && out[i] == -3 * (i + 5));
	DO(clEnqueueUnmapMemObject(host.queue, buffers[2], mapped, 0, NULL, NULL));
	DO(clFinish(host.queue));
	for (int i = 0; i < 4; i++)
		DO(clReleaseMemObject(buffers[i]));
	DO(clReleaseKernel(add));
	DO(clReleaseKernel(times));
	host_close(&host);
	return 0;
}
