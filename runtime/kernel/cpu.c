/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "environment.h"

static const char *const names[] = { "default", "avx2", "avx512f" };

#define N_NAMES	  ((int)(sizeof(names) / sizeof(*names)))
#define NOT_KNOWN (-1)

enum pel_cpu_level pel_cpu_machine(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return PEL_CPU_AVX512F;
	if (__builtin_cpu_supports("avx2"))
		return PEL_CPU_AVX2;
#endif
	return PEL_CPU_DEFAULT;
}

const char *pel_cpu_name(enum pel_cpu_level cpu)
{
	return names[cpu];
}

/* The instruction set that PELTON_CPU selects, or NOT_KNOWN. */
static int wanted(const char *text)
{
	for (int cpu = 0; cpu < N_NAMES; cpu++)
		if (strcmp(names[cpu], text) == 0)
			return cpu;
	return NOT_KNOWN;
}

static const char *given(void)
{
	return pel_env("PELTON_CPU");
}

int pel_cpu_check(struct pel_error *err)
{
	static const char *const up_to[] = { "default only", "default and avx2", "default, avx2 and avx512f" };
	int machine = (int)pel_cpu_machine(), cpu = given() ? wanted(given()) : machine;
	struct pel_place nowhere = { 0 };

	if (cpu == NOT_KNOWN) {
		pel_fail(err, -EINVAL, nowhere,
			 "PELTON_CPU is '%.100s', but kernels are not built for an instruction set of that name",
			 given());
	} else if (cpu > machine) {
		pel_fail(err, -EINVAL, nowhere, "PELTON_CPU is %s, which this machine does not support",
			 names[cpu]);
	} else {
		return 0;
	}
	pel_hint(err, "this machine supports %s", up_to[machine]);
	return -EINVAL;
}

/* Threads that determine the value at the same time get the same one. A value that pel_cpu_check() rejects has no effect. */
static _Atomic int used = NOT_KNOWN;

enum pel_cpu_level pel_cpu(void)
{
	int cpu = atomic_load_explicit(&used, memory_order_relaxed), machine;

	if (cpu != NOT_KNOWN)
		return (enum pel_cpu_level)cpu;
	machine = (int)pel_cpu_machine();
	cpu = given() ? wanted(given()) : machine;
	if (cpu == NOT_KNOWN || cpu > machine)
		cpu = machine;
	atomic_store_explicit(&used, cpu, memory_order_relaxed);
	return (enum pel_cpu_level)cpu;
}

void pel_cpu_use(enum pel_cpu_level cpu)
{
	atomic_store_explicit(&used, (int)cpu, memory_order_relaxed);
}
