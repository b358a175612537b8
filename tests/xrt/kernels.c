/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for the tests of emulation: good ones, and all kinds of bad ones. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void vadd(const int *a, const int *b, int *out, int n)
{
#pragma HLS INTERFACE m_axi port = a bundle = gmem
#pragma HLS INTERFACE m_axi port = b bundle = gmem
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	for (int i = 0; i < n; i++)
		out[i] = a[i] + b[i];
}

/* All kinds of scalars. */
void scale(const float *in, double *out, float k, double add, long long wide, int n)
{
#pragma HLS INTERFACE m_axi port = in bundle = gmem
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	for (int i = 0; i < n; i++)
		out[i] = (double)(in[i] * k) + add + (double)wide;
}

/* Takes its time, and notes when it began and ended. */
void nap(long long *out, int ms)
{
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	out[0] = t.tv_sec * 1000000000LL + t.tv_nsec;
	t = (struct timespec){ ms / 1000, (ms % 1000) * 1000000L };
	nanosleep(&t, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t);
	out[1] = t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Counts its calls in a static variable: each compute unit has its own. */
void count(int *out, int index)
{
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	static int calls;

	out[index] = ++calls;
}

void empty(int *out, int value)
{
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	out[0] = value;
}

/* By pointer, so that no part of the kernel is cold: the packer does not find a function that is in two parts. */
static void (*volatile do_abort)(void) = abort;
static void (*volatile do_exit)(int) = exit;
static void (*volatile do__exit)(int) = _exit;

/* Does what `how` says, then writes value to out[0]. */
void bad(int *out, int value, int how, int where)
{
#pragma HLS INTERFACE m_axi port = out bundle = gmem
	volatile int zero = 0;

	switch (how) {
	case 1: /* writes after or before its buffer */
		((volatile char *)out)[where] = 1;
		break;
	case 2: /* reads there */
		value += ((volatile char *)out)[where];
		break;
	case 3:
		*(volatile int *)(uintptr_t)(zero + 64) = 1;
		break;
	case 4:
		value /= zero;
		break;
	case 5:
		do_abort();
		break;
	case 6: /* damages the heap */
	{
		volatile char *p = malloc(5000);
		char *q = malloc(5000);

		for (int i = 0; i < 5100; i++)
			p[i] = 0x41;
		free(q);
		free((char *)p);
		break;
	}
	case 7:
		do_exit(3);
		break;
	case 8:
		do__exit(4);
		break;
	case 9:
		for (;;)
			zero = zero + 1;
	case 10:
		raise(SIGILL);
		break;
	case 11:
		printf("a word from the kernel, value %d", value);
		break;
	case 12:
		kill(getpid(), SIGKILL);
		break;
	case 13: /* a large array on the stack */
	{
		volatile char big[16 << 20];

		for (size_t i = 0; i < sizeof(big); i += 4096)
			big[i] = (char)i;
		value += big[4096] - 4096 % 128;
		break;
	}
	case 14: /* frees what is not to be freed */
		free((char *)malloc(5000) + 24);
		break;
	}
	out[0] = value;
}
