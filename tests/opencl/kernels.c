/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for the OpenCL programs. One is named like the C library's times(), to test that the kernel is called. */
void add(const int *a, const int *b, int *out, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = a[i] + b[i];
}

void times(const int *in, int *out, int factor, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = in[i] * factor;
}
