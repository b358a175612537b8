/* SPDX-License-Identifier: Apache-2.0 */
#include <memory>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include "peer.h"

namespace {

/* An item is a batch, in the order of its number; stages work on it in place, and it goes round. */
const size_t CHUNK = 8192, LIVE = 4;

struct threads {
	tbb::global_control limit;
	explicit threads(size_t n) : limit(tbb::global_control::max_allowed_parallelism, n)
	{
	}
};

struct chunk {
	size_t n;
	alignas(64) float data[CHUNK];
};

outcome run_w2(unsigned stages, double scale)
{
	threads two(2);
	std::vector<std::unique_ptr<chunk>> pool;
	uint64_t tokens = stream_tokens(scale), at = 0, sum = 0;
	size_t next = 0;

	for (size_t i = 0; i < LIVE; i++)
		pool.push_back(std::make_unique<chunk>());
	auto chain = tbb::make_filter<void, chunk *>(
		tbb::filter_mode::serial_in_order, [&](tbb::flow_control &control) -> chunk * {
			chunk *c = pool[next++ % LIVE].get();

			if (at == tokens) {
				control.stop();
				return nullptr;
			}
			c->n = (size_t)std::min<uint64_t>(CHUNK, tokens - at);
			w2_source(c->data, at, c->n);
			at += c->n;
			return c;
		});
	for (unsigned k = 0; k < stages; k++) {
		float offset = w2_offset(k);

		chain = chain & tbb::make_filter<chunk *, chunk *>(tbb::filter_mode::parallel, [=](chunk *c) {
				w2_stage_in_place(c->data, c->n, offset);
				return c;
			});
	}
	stopwatch watch;
	/* No more than LIVE items are under way, and they end in order, so the buffer of the first is free again. */
	tbb::parallel_pipeline(LIVE, chain & tbb::make_filter<chunk *, void>(
						     tbb::filter_mode::serial_in_order,
						     [&](chunk *c) { sum += sink_sum(c->data, c->n); }));
	double wall = watch.stop();

	return watch.result((double)tokens / wall, "floats/s", sum);
}

struct radio {
	alignas(64) float in[2 * (FIR64_BEFORE + CHUNK)];
	alignas(64) float slow[2 * (FIR64_BEFORE + CHUNK / 4)];
	alignas(64) float angle[FIR64_BEFORE + CHUNK / 4];
	alignas(64) float out[CHUNK / 4];
};

outcome run_w3(unsigned, double scale)
{
	threads two(2);
	std::vector<std::unique_ptr<radio>> pool;
	std::vector<float> tail64(2 * FIR64_BEFORE), tail32(FIR32_BEFORE);
	float last[2] = { 0, 0 };
	uint64_t tokens = stream_tokens(scale), at = 0, sum = 0;
	size_t next = 0;

	for (size_t i = 0; i < LIVE; i++)
		pool.push_back(std::make_unique<radio>());
	stopwatch watch;
	tbb::parallel_pipeline(
		LIVE,
		tbb::make_filter<
			void, radio *>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control &control) -> radio * {
			radio *r = pool[next++ % LIVE].get();

			if (at == tokens) {
				control.stop();
				return nullptr;
			}
			w3_source(r->in + 2 * FIR64_BEFORE, at, CHUNK);
			at += CHUNK;
			return r;
		}) & tbb::make_filter<radio *, radio *>(tbb::filter_mode::serial_in_order, [&](radio *r) {
			memcpy(r->in, tail64.data(), sizeof(float) * 2 * FIR64_BEFORE);
			w3_fir64(r->slow + 2 * FIR64_BEFORE, r->in + 2 * FIR64_BEFORE, CHUNK / 4);
			memcpy(tail64.data(), r->in + 2 * CHUNK, sizeof(float) * 2 * FIR64_BEFORE);
			return r;
		}) & tbb::make_filter<radio *, radio *>(tbb::filter_mode::serial_in_order, [&](radio *r) {
			float *x = r->slow + 2 * FIR64_BEFORE;

			memcpy(x - 2, last, sizeof(last));
			w3_demodulate(r->angle + FIR64_BEFORE, x, CHUNK / 4);
			memcpy(last, x + 2 * (CHUNK / 4 - 1), sizeof(last));
			return r;
		}) & tbb::make_filter<radio *, radio *>(tbb::filter_mode::serial_in_order, [&](radio *r) {
			float *x = r->angle + FIR64_BEFORE;

			memcpy(x - FIR32_BEFORE, tail32.data(), sizeof(float) * FIR32_BEFORE);
			w3_fir32(r->out, x, CHUNK / 4);
			memcpy(tail32.data(), x + CHUNK / 4 - FIR32_BEFORE, sizeof(float) * FIR32_BEFORE);
			return r;
		}) & tbb::make_filter<radio *, void>(tbb::filter_mode::serial_in_order, [&](radio *r) {
			sum += sink_sum(r->out, CHUNK / 4);
		}));
	double wall = watch.stop();

	return watch.result((double)tokens / wall, "samples/s", sum);
}

outcome run_w4(unsigned stages, double)
{
	threads two(2);
	const size_t tokens = 1000;
	bool given = false;
	uint64_t sum = 0;
	stopwatch watch;
	auto chain = tbb::make_filter<void, float *>(tbb::filter_mode::serial_in_order,
						     [&](tbb::flow_control &control) -> float * {
							     float *data;

							     if (given) {
								     control.stop();
								     return nullptr;
							     }
							     given = true;
							     data = new float[tokens];
							     w2_source(data, 0, tokens);
							     return data;
						     });

	for (unsigned k = 0; k < stages; k++)
		chain = chain & tbb::make_filter<float *, float *>(tbb::filter_mode::parallel, [](float *from) {
				float *to = new float[tokens];

				memcpy(to, from, sizeof(float) * tokens);
				delete[] from;
				return to;
			});
	tbb::parallel_pipeline(LIVE, chain & tbb::make_filter<float *, void>(
						     tbb::filter_mode::serial_in_order, [&](float *data) {
							     sum += sink_sum(data, tokens);
							     delete[] data;
						     }));
	double wall = watch.stop();

	return watch.result(1e3 * wall, "ms", sum);
}

outcome run_w5(unsigned, double scale)
{
	threads two(2);
	uint64_t tokens = (uint64_t)(12000 * scale) + 1, at = 0, seen = 0;
	stopwatch watch;

	tbb::parallel_pipeline(
		16, tbb::make_filter<void, uint64_t>(tbb::filter_mode::serial_in_order,
						     [&](tbb::flow_control &control) -> uint64_t {
							     if (at == tokens)
								     control.stop();
							     return at++;
						     }) &
			    tbb::make_filter<uint64_t, uint64_t>(tbb::filter_mode::parallel,
								 [](uint64_t i) {
									 burn_us(uneven_cost_us(i));
									 return i;
								 }) &
			    tbb::make_filter<uint64_t, void>(tbb::filter_mode::serial_in_order,
							     [&](uint64_t i) { seen += i == seen; }));
	return uneven_result(watch, tokens, seen);
}

tbb::filter<uint64_t, uint64_t> pass_on(unsigned stages)
{
	auto one =
		tbb::make_filter<uint64_t, uint64_t>(tbb::filter_mode::parallel, [](uint64_t i) { return i; });
	auto chain = one;

	for (unsigned k = 1; k < stages; k++)
		chain = chain & one;
	return chain;
}

outcome run_w6(unsigned, double scale)
{
	threads one(1); /* a second one only gets in the way */
	uint64_t tokens = (uint64_t)(3e6 * scale) + 1, at = 0, sum = 0;
	stopwatch watch;

	tbb::parallel_pipeline(LIVE,
			       tbb::make_filter<void, uint64_t>(tbb::filter_mode::serial_in_order,
								[&](tbb::flow_control &control) -> uint64_t {
									if (at == tokens)
										control.stop();
									return at++;
								}) &
				       pass_on(6) &
				       tbb::make_filter<uint64_t, void>(tbb::filter_mode::serial_in_order,
									[&](uint64_t i) { sum += i; }));
	double wall = watch.stop();

	return watch.result(1e9 * wall / (8.0 * (double)tokens), "ns", sum);
}

} // namespace

const std::vector<workload> peer_workloads = {
	{ "w2", run_w2 }, { "w3", run_w3 }, { "w4", run_w4 },
	{ "w5", run_w5 }, { "w6", run_w6 },
};
