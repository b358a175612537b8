/* SPDX-License-Identifier: Apache-2.0 */
/* 128 kernels, as many as an xclbin can have units, which differ in what they add. */
#define KERNEL(n)                                                 \
	void k##n(const unsigned *x, unsigned *y, unsigned count) \
	{                                                         \
		for (unsigned i = 0; i < count; i++)              \
			y[i] = x[i] * 1000 + 1##n - 1000;         \
	}
#define TEN(n)       \
	KERNEL(n##0) \
	KERNEL(n##1) \
	KERNEL(n##2) \
	KERNEL(n##3) \
	KERNEL(n##4) \
	KERNEL(n##5) \
	KERNEL(n##6) \
	KERNEL(n##7) \
	KERNEL(n##8) \
	KERNEL(n##9)

/* clang-format off */
TEN(00) TEN(01) TEN(02) TEN(03) TEN(04) TEN(05) TEN(06) TEN(07) TEN(08) TEN(09) TEN(10) TEN(11)
KERNEL(120) KERNEL(121) KERNEL(122) KERNEL(123) KERNEL(124) KERNEL(125) KERNEL(126) KERNEL(127)
