/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <errno.h>
#include <string.h>

/*
 * Every output is a sum of its own, computed in the order of the taps. So outputs can be computed in parallel, but taps cannot:
 * the inner loops run over 64 floats of output for each tap. This requires that the inputs of neighbouring outputs are
 * neighbours. With a decimation of D they are not, so a block of input is first distributed over D rows.
 *
 *   input  x0 x1 x2 | x3 x4 x5 | ...        row 0: x0 x3 ...  row 1: x1 x4 ...  row 2: x2 x5 ...   (D = 3)
 *   output m needs x[m*D - k]: element m - q of row r, where k = q*D - r and 0 <= r < D.
 *
 * A batch that is long enough is divided into consecutive lanes, and each element of a row becomes a column: one element of each
 * lane, one cache line in all. The sums are the same. But every vector that a tap needs now begins at a cache line, whereas otherwise most vectors cross
 * a line, and loading such a vector takes twice as long.
 */
#define TILE	    PEL_FIR_TILE
#define SCRATCH_MAX 16384 /* floats */
#define TILES_BLOCK \
	8 /* in a block of this length, the cost of copying the history into the rows is negligible */
#define COLUMN	  PEL_FIR_COLUMN
#define LANE_STEP 16
#define LANE_MAX \
	64 /* outputs: the cost of copying the history is negligible, and the first-level cache has room */

struct fir_state {
	size_t n_taps, decimate;
	size_t width; /* floats in an element: 1, or 2 for complex */
	size_t reach; /* elements of a row before its block: the largest q */
	size_t block; /* outputs computed from one block; 0: the rows would not fit, compute output by output */
	size_t row;   /* floats in a row */
	const ptrdiff_t *at; /* for each tap: the position, in floats, of its input for output 0, in the rows or in the input */
	const float *taps;
	const struct pel_fir_loops *loops; /* for pel_cpu() */
	/* For columns: */
	size_t lane; /* the maximum number of outputs of a lane, a multiple of LANE_STEP; 0: columns are not faster, or would not fit */
	const ptrdiff_t *column_at; /* for each tap */
	const uint32_t *place; /* the position in the rows of each input of a lane, including the n_taps - 1 before the first one */
};

static int fir_resolve(struct pel_info *info)
{
	const struct pel_type *type = pel_info_in_type(info, 0);
	size_t n_taps;

	pel_info_list(info, "taps", &n_taps);
	if (type && (type->n_dims || (type->elem != PEL_ELEM_F32 && type->elem != PEL_ELEM_CF32)))
		return pel_fail_filter_type(info, type);
	return pel_info_set_history(info, 0, n_taps - 1);
}

/* The position of the input for output 0 for each tap, in rows of `row` units whose block begins after s->reach units. */
static void find_taps(const struct fir_state *s, size_t row, size_t unit, ptrdiff_t *at)
{
	for (size_t k = 0; k < s->n_taps; k++) {
		size_t q = (k + s->decimate - 1) / s->decimate, r = q * s->decimate - k;

		at[k] = (ptrdiff_t)((r * row + s->reach - q) * unit);
	}
}

/* The longest lane whose rows fit; 0: none fits, or columns are not faster. */
static size_t longest_lane(const struct pel_fir_loops *loops, size_t n_taps, size_t decimate)
{
	size_t reach = (n_taps - 1 + decimate - 1) / decimate;

	if (loops->column_taps == SIZE_MAX || (decimate == 1 && n_taps < loops->column_taps))
		return 0;
	for (size_t lane = LANE_MAX; lane; lane -= LANE_STEP)
		if (reach <= SCRATCH_MAX && decimate <= SCRATCH_MAX / COLUMN / (lane + reach))
			return lane;
	return 0;
}

static void plan_columns(struct fir_state *s, ptrdiff_t *at, uint32_t *place)
{
	size_t missing = s->reach * s->decimate - (s->n_taps - 1), row = s->lane + s->reach;

	find_taps(s, row, COLUMN, at);
	for (size_t i = 0; i < s->lane * s->decimate + s->n_taps - 1; i++)
		place[i] =
			(uint32_t)(((i + missing) % s->decimate * row + (i + missing) / s->decimate) * COLUMN);
	s->column_at = at;
	s->place = place;
}

static void plan_rows(struct fir_state *s, ptrdiff_t *at)
{
	size_t tile = TILE / s->width;

	s->reach = (s->n_taps - 1 + s->decimate - 1) / s->decimate;
	if (s->decimate == 1) { /* the input is the only row */
		s->block = SIZE_MAX;
		for (size_t k = 0; k < s->n_taps; k++)
			at[k] = -(ptrdiff_t)(k * s->width);
		return;
	}
	for (s->block = TILES_BLOCK * tile; s->block; s->block = s->block / 2 / tile * tile)
		if (s->reach <= SCRATCH_MAX &&
		    s->decimate <= SCRATCH_MAX / (s->width * (s->block + s->reach))) /* no overflow */
			break;
	s->row = (s->block + s->reach) * s->width;
	find_taps(s, s->row / s->width, s->width, at);
}

/* n <= PART floats of output, all sums at once: in registers, if n is a constant. */
#define PART 16

__attribute__((always_inline)) static inline void sums(float *restrict y, const float *restrict x,
						       const ptrdiff_t *restrict at,
						       const float *restrict taps, size_t n_taps, size_t n)
{
	float sum[PART] = { 0 };

	for (size_t k = 0; k < n_taps; k++)
		for (size_t i = 0; i < n; i++)
			sum[i] += taps[k] * x[at[k] + (ptrdiff_t)i];
	for (size_t i = 0; i < n; i++)
		y[i] = pel_canonical_f32(sum[i]);
}

/* n < TILE floats of output, for a batch that is smaller than a tile. */
PEL_CLONES(part,
	   (float *restrict y, const float *restrict x, const ptrdiff_t *restrict at,
	    const float *restrict taps, size_t n_taps, size_t n),
	   (y, x, at, taps, n_taps, n))
{
	size_t done;

	for (done = 0; done + PART <= n; done += PART)
		sums(y + done, x + done, at, taps, n_taps, PART);
	if (done < n && done)
		sums(y + n - PART, x + n - PART, at, taps, n_taps, PART);
	else if (done < n)
		sums(y, x, at, taps, n_taps, n);
}

/* If outputs are left over, the last tile or part overlaps the one before it: repeating some sums costs less than a loop for a few outputs. */
static void row_run(const struct fir_state *s, float *y, const float *x, size_t floats)
{
	size_t whole = floats / TILE * TILE, last = floats - TILE;

	if (floats < TILE) {
		part(y, x, s->at, s->taps, s->n_taps, floats);
		return;
	}
	s->loops->tiles(y, x, s->at, s->taps, s->n_taps, whole);
	if (whole < floats)
		s->loops->tiles(y + last, x + last, s->at, s->taps, s->n_taps, TILE);
}

#define DEAL(type, d)                            \
	for (size_t j = 0; j < n; j++)           \
		for (size_t r = 0; r < (d); r++) \
			((type *)rows)[r * row + j] = ((const type *)x)[j * (d) + r];

#define DEAL_BY(type)         \
	switch (d) {          \
	case 2:               \
		DEAL(type, 2) \
		break;        \
	case 4:               \
		DEAL(type, 4) \
		break;        \
	case 8:               \
		DEAL(type, 8) \
		break;        \
	default:              \
		DEAL(type, d) \
	}

PEL_CLONES(deal_f32, (float *restrict rows, size_t row, const float *restrict x, size_t d, size_t n),
	   (rows, row, x, d, n))
{
	DEAL_BY(float)
}

typedef struct {
	float re, im;
} pair;

PEL_CLONES(deal_cf32, (float *restrict rows, size_t row, const float *restrict x, size_t d, size_t n),
	   (rows, row, x, d, n))
{
	row /= 2;
	DEAL_BY(pair)
}

static void decimate_run(const struct fir_state *s, float *y, const float *x, size_t outputs)
{
	float rows[SCRATCH_MAX];
	size_t d = s->decimate, w = s->width;

	for (size_t done = 0; done < outputs; done += s->block) {
		size_t n = outputs - done < s->block ? outputs - done : s->block;
		/* The first history may not fill whole rows: the missing elements are in no sum. */
		size_t missing = s->reach * d - (s->n_taps - 1), whole = missing ? 1 : 0;
		const float *from = x + (ptrdiff_t)(w * d * done) - (ptrdiff_t)(w * d * (s->reach - whole));
		float *to = rows + whole * w;

		for (size_t r = missing; whole && r < d; r++)
			memcpy(rows + r * s->row, from + (ptrdiff_t)(w * r) - (ptrdiff_t)(w * d),
			       w * sizeof(*rows));
		if (w == 1)
			deal_f32(to, s->row, from, d, n + s->reach - whole);
		else
			deal_cf32(to, s->row, from, d, n + s->reach - whole);
		row_run(s, y + done * w, rows, n * w);
	}
}

/* For too many taps or too high a decimation for the rows: compute eight outputs, that is, eight sums, in parallel. */
static void strided_run(const struct fir_state *s, float *y, const float *x, size_t outputs)
{
	size_t w = s->width, floats = outputs * w;

	for (size_t done = 0; done < floats; done += 8) {
		size_t n = floats - done < 8 ? floats - done : 8;
		float sum[8] = { 0 };
		const float *from[8];

		for (size_t i = 0; i < n; i++)
			from[i] = x + (done + i) / w * s->decimate * w + (done + i) % w;
		for (size_t k = 0; k < s->n_taps; k++)
			for (size_t i = 0; i < n; i++)
				sum[i] += s->taps[k] * from[i][-(ptrdiff_t)(k * w)];
		for (size_t i = 0; i < n; i++)
			y[done + i] = pel_canonical_f32(sum[i]);
	}
}

/* Computes as many of `outputs` as fill whole lanes. */
static size_t columns_run(const struct fir_state *s, float *y, const float *x, size_t outputs)
{
	_Alignas(64) float rows[SCRATCH_MAX], sums[LANE_MAX * COLUMN];
	size_t lanes = COLUMN / s->width, done = 0, w = s->width, d = s->decimate;

	while (s->lane && outputs - done >= lanes * LANE_STEP) {
		size_t lane = (outputs - done) / lanes / LANE_STEP * LANE_STEP;

		lane = lane < s->lane ? lane : s->lane;
		s->loops->gather[w - 1](rows, s->place,
					x + (ptrdiff_t)(done * d * w) - (ptrdiff_t)((s->n_taps - 1) * w),
					lane * d * w, lane * d + s->n_taps - 1);
		s->loops->tiles(sums, rows, s->column_at, s->taps, s->n_taps, lane * COLUMN);
		s->loops->scatter[w - 1](y + done * w, lane * w, sums, lane);
		done += lane * lanes;
	}
	return done;
}

static int fir_init(struct pel_info *info, void **state)
{
	size_t n_taps, decimate = (size_t)pel_info_i64(info, "decimate");
	const float *taps = pel_info_list(info, "taps", &n_taps);
	const struct pel_fir_loops *loops = pel_fir_loops(pel_cpu());
	size_t lane = longest_lane(loops, n_taps, decimate), n_places = lane ? lane * decimate + n_taps - 1 : 0;
	struct fir_state *s;
	ptrdiff_t *at;
	int r;

	/* The widest element type first, so that all are aligned. */
	if ((r = pel_state_alloc(
		     info, sizeof(*s) + n_taps * (2 * sizeof(*at) + sizeof(*taps)) + n_places * sizeof(uint32_t),
		     state)) < 0)
		return r;
	s = *state;
	s->n_taps = n_taps;
	s->decimate = decimate;
	s->width = pel_info_in_type(info, 0)->elem == PEL_ELEM_CF32 ? 2 : 1;
	s->loops = loops;
	s->lane = lane;
	at = (ptrdiff_t *)(s + 1);
	s->taps = memcpy(at + 2 * n_taps, taps, n_taps * sizeof(*taps));
	plan_rows(s, at);
	s->at = at;
	if (lane)
		plan_columns(s, at + n_taps, (uint32_t *)(at + 2 * n_taps) + n_taps);
	return 0;
}

static int fir_fire(void *state, const struct pel_io *io, size_t firings)
{
	const struct fir_state *s = state;
	size_t done = columns_run(s, io->out[0], io->in[0], firings);
	const float *x = (const float *)io->in[0] + done * s->decimate * s->width;
	float *y = (float *)io->out[0] + done * s->width;

	if (s->decimate == 1)
		row_run(s, y, x, (firings - done) * s->width);
	else if (s->block)
		decimate_run(s, y, x, firings - done);
	else
		strided_run(s, y, x, firings - done);
	return 0;
}

#define FPGA_TAPS_MAX 1024 /* as in hls/fir.c */

static int fir_fpga(struct pel_info *info, struct pel_fpga *form)
{
	bool pairs = pel_info_in_type(info, 0)->elem == PEL_ELEM_CF32;
	size_t n_taps;
	const float *taps = pel_info_list(info, "taps", &n_taps);
	int r;

	if (n_taps > FPGA_TAPS_MAX)
		return pel_info_fail(info, -ENOTSUP,
				     "its FPGA implementation holds %d taps, and the filter has %zu",
				     FPGA_TAPS_MAX, n_taps);
	if ((r = pel_fpga_kernel(form, "fir.c", pairs ? "pelton_fir_cf32" : "pelton_fir_f32")) < 0 ||
	    (r = pel_fpga_in(form, "in", 0)) < 0 || (r = pel_fpga_out(form, "out", 0)) < 0 ||
	    (r = pel_fpga_data(form, "taps", taps, n_taps * sizeof(*taps))) < 0 ||
	    (r = pel_fpga_scalar(form, "n_taps", "%zu", n_taps)) < 0 ||
	    (r = pel_fpga_scalar(form, "decimate", "%lld", (long long)pel_info_i64(info, "decimate"))) < 0)
		return r;
	return pel_fpga_scalar(form, "n", "$batch");
}

const struct pel_kernel pel_core_fir = {
	.abi = PEL_KERNEL_ABI,
	.flags = PEL_KERNEL_STATELESS | PEL_KERNEL_EXACT,
	.name = "core.fir",
	.summary = "finite impulse response filter, with decimation",
	.doc = "y[m] = sum over k = 0 .. taps-1 of taps[k] * x[m*decimate - k], where x[0] is the first token and tokens before "
	       "it are 0. The sum starts at 0 and is computed in the order of k. Every product and every sum is rounded to f32, to "
	       "nearest, halves to even. A NaN result is the canonical NaN. For complex data, this applies to the real and the imaginary parts.",
	.in =
		(const struct pel_port_desc[]){
			{ .name = "in",
			  .type = "T",
			  .rate = "$decimate",
			  .doc = "f32 or cf32; the history is one token less than the number of taps" },
			{ 0 } },
	.out = (const struct pel_port_desc[]){ { .name = "out", .type = "T", .doc = "the same type" }, { 0 } },
	.params = (const struct pel_param_desc[]){ { .name = "taps",
						     .type = "f32[]",
						     .doc = "coefficients; taps[0] is for the newest token",
						     .least_count = "1" },
						   { .name = "decimate",
						     .type = "u32",
						     .value = "1",
						     .doc = "input tokens per output token",
						     .least = "1" },
						   { 0 } },
	.resolve = fir_resolve,
	.init = fir_init,
	.fire = fir_fire,
	.fini = pel_free,
	.fpga = fir_fpga,
};
