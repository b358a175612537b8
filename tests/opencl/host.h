/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENCL_HOST_H
#define OPENCL_HOST_H

/* Shared by the OpenCL programs of the tests. Plain OpenCL 1.2, without anything of XRT or Pelton. */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

#define DO(call)                                                                                  \
	do {                                                                                      \
		cl_int do_code = (call);                                                          \
		if (do_code != CL_SUCCESS) {                                                      \
			fprintf(stderr, "%s:%d: %d of %s\n", __FILE__, __LINE__, do_code, #call); \
			exit(1);                                                                  \
		}                                                                                 \
	} while (0)

struct host {
	cl_device_id device;
	cl_context context;
	cl_program program;
	cl_command_queue queue;
};

static inline unsigned char *read_binary(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes;
	long length;

	CHECK(file && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0);
	rewind(file);
	bytes = malloc((size_t)length);
	CHECK(bytes && fread(bytes, 1, (size_t)length, file) == (size_t)length);
	fclose(file);
	*size = (size_t)length;
	return bytes;
}

static inline void host_open(struct host *host, const char *path, cl_command_queue_properties properties)
{
	cl_platform_id platform;
	const unsigned char *binary;
	cl_int status, code;
	size_t size;

	DO(clGetPlatformIDs(1, &platform, NULL));
	DO(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ACCELERATOR, 1, &host->device, NULL));
	host->context = clCreateContext(NULL, 1, &host->device, NULL, NULL, &code);
	DO(code);
	host->queue = clCreateCommandQueue(host->context, host->device, properties, &code);
	DO(code);
	binary = read_binary(path, &size);
	host->program =
		clCreateProgramWithBinary(host->context, 1, &host->device, &size, &binary, &status, &code);
	DO(code);
	DO(status);
	free((void *)binary);
}

static inline cl_kernel host_kernel(const struct host *host, const char *name)
{
	cl_int code;
	cl_kernel kernel = clCreateKernel(host->program, name, &code);

	DO(code);
	return kernel;
}

static inline cl_mem host_buffer(const struct host *host, cl_mem_flags flags, size_t bytes)
{
	cl_int code;
	cl_mem buffer = clCreateBuffer(host->context, flags, bytes, NULL, &code);

	DO(code);
	return buffer;
}

static inline void host_close(struct host *host)
{
	DO(clReleaseProgram(host->program));
	DO(clReleaseCommandQueue(host->queue));
	DO(clReleaseContext(host->context));
	puts("all right");
}

#endif
