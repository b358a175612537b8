/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_BENCH_ANGLE_H
#define PELTON_BENCH_ANGLE_H

#include <math.h>

/* The angle of a complex number, as dsp.fm_demod documents it: for what is written by hand beside that, in C and in C++. */
static inline float w3_angle(float re, float im)
{
	float u = fabsf(re), v = fabsf(im);
	float low = u < v ? u : v, high = u < v ? v : u;
	float a = high > 0.0f ? low / high : 0.0f;
	float s = a * a;
	float p = 0x1.758a6eba019bep-9f;

	p = p * s + -0x1.0744b79e792c8p-6f;
	p = p * s + 0x1.5dba9b6b22edcp-5f;
	p = p * s + -0x1.33603b7e0bec3p-4f;
	p = p * s + 0x1.b3da47e17aae4p-4f;
	p = p * s + -0x1.22e400e8ed843p-3f;
	p = p * s + 0x1.9972e7845312ep-3f;
	p = p * s + -0x1.5554a6dbb27c7p-2f;
	p = p * s + 1.0f;
	p = p * a;
	p = v > u ? 0x1.921fb54442d18p0f - p : p;
	p = re < 0.0f ? 0x1.921fb54442d18p1f - p : p;
	return copysignf(p, im);
}

#endif
