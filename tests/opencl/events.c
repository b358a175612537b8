/* SPDX-License-Identifier: Apache-2.0 */
/* An out-of-order queue, whose commands are ordered only by events: many rounds of write, compute, read. events XCLBIN */
#include "host.h"

#include <time.h>

enum { ROUNDS = 6, N = 2000 };

static int in[ROUNDS][N], out[ROUNDS][N];
static cl_mem buffers[ROUNDS][2];

static void seen(cl_event event, cl_int status, void *context)
{
	(void)event;
	*(volatile cl_int *)context = status;
}

static void start_round(struct host *host, cl_kernel kernel, int round, cl_event *done)
{
	cl_mem from = buffers[round][0], to = buffers[round][1];
	cl_int factor = round + 2, n = N;
	cl_event written, computed;

	DO(clEnqueueWriteBuffer(host->queue, from, CL_FALSE, 0, sizeof(in[round]), in[round], 0, NULL,
				&written));
	DO(clSetKernelArg(kernel, 0, sizeof(from), &from));
	DO(clSetKernelArg(kernel, 1, sizeof(to), &to));
	DO(clSetKernelArg(kernel, 2, sizeof(factor), &factor));
	DO(clSetKernelArg(kernel, 3, sizeof(n), &n));
	DO(clEnqueueTask(host->queue, kernel, 1, &written, &computed));
	DO(clEnqueueReadBuffer(host->queue, to, CL_FALSE, 0, sizeof(out[round]), out[round], 1, &computed,
			       done));
	DO(clReleaseEvent(written));
	DO(clReleaseEvent(computed));
}

int main(int argc, char **argv)
{
	volatile cl_int told = -1;
	cl_event done[ROUNDS];
	struct host host;
	cl_kernel kernel;
	cl_int status;

	CHECK(argc == 2);
	host_open(&host, argv[1], CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	kernel = host_kernel(&host, "times");
	for (int round = 0; round < ROUNDS; round++) {
		buffers[round][0] = host_buffer(&host, CL_MEM_READ_ONLY, sizeof(in[round]));
		buffers[round][1] = host_buffer(&host, CL_MEM_WRITE_ONLY, sizeof(out[round]));
		for (int i = 0; i < N; i++)
			in[round][i] = round * 1000 + i;
	}
	for (int round = 0; round < ROUNDS; round++)
		start_round(&host, kernel, round, &done[round]);
	DO(clSetEventCallback(done[0], CL_COMPLETE, seen, (void *)&told));
	DO(clWaitForEvents(ROUNDS, done));
	for (int round = 0; round < ROUNDS; round++) {
		DO(clGetEventInfo(done[round], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
				  NULL));
		CHECK(status == CL_COMPLETE);
		for (int i = 0; i < N; i++)
			CHECK(out[round][i] == (round * 1000 + i) * (round + 2));
		DO(clReleaseEvent(done[round]));
	}
	DO(clFinish(host.queue));
	for (int i = 0; i < 10000 && told != CL_COMPLETE; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); /* by a thread of OpenCL's own */
	CHECK(told == CL_COMPLETE);
	for (int round = 0; round < ROUNDS; round++) {
		DO(clReleaseMemObject(buffers[round][0]));
		DO(clReleaseMemObject(buffers[round][1]));
	}
	DO(clReleaseKernel(kernel));
	host_close(&host);
	return 0;
}
