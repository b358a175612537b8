/* SPDX-License-Identifier: Apache-2.0 */
#include "audio-case.h"

#include <string.h>

struct pel_harness_case *reading(const char *path, const char *rate)
{
	static struct pel_harness_param params[3];
	static struct pel_harness_case test;

	params[0] = (struct pel_harness_param)PARAM("file", path);
	params[1] = (struct pel_harness_param)PARAM("rate", rate);
	test = *CASE(.kernel = kernel_named("audio.read"), .params = params);
	return &test;
}

struct pel_harness_case *writing(const char *path, const char *rate, const char *encoding, const char *type,
				 const void *data, size_t n)
{
	static struct pel_harness_param params[4];
	static struct pel_harness_input in;
	static struct pel_harness_case test;

	params[0] = (struct pel_harness_param)PARAM("file", path);
	params[1] = (struct pel_harness_param)PARAM("rate", rate);
	params[2] = (struct pel_harness_param)PARAM("encoding", encoding);
	in = (struct pel_harness_input){ type, data, n };
	test = *CASE(.kernel = kernel_named("audio.write"), .params = params, .in = &in);
	return &test;
}
