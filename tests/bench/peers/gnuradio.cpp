/* SPDX-License-Identifier: Apache-2.0 */
#include <gnuradio/io_signature.h>
#include <gnuradio/logger.h>
#include <gnuradio/sync_block.h>
#include <gnuradio/sync_decimator.h>
#include <gnuradio/top_block.h>

#include "peer.h"

/* Blocks of our own. GNU Radio has a thread for each, and batches by itself; larger buffers than it would take help it. */

namespace {

const int BUFFER = 262144; /* tokens */

/* From the first call of the source, so without the start of all those threads. */
stopwatch running;

gr::io_signature::sptr floats(int width)
{
	return gr::io_signature::make(1, 1, width * (int)sizeof(float));
}

gr::io_signature::sptr none()
{
	return gr::io_signature::make(0, 0, 0);
}

class source : public gr::sync_block {
	int width; /* floats in a token: 1, or 2 for complex */
	uint64_t at = 0, tokens;

public:
	source(int width, uint64_t tokens)
		: gr::sync_block("source", none(), floats(width)), width(width), tokens(tokens)
	{
	}
	int work(int n_max, gr_vector_const_void_star &, gr_vector_void_star &out) override
	{
		size_t n = (size_t)std::min<uint64_t>((uint64_t)n_max, tokens - at);

		if (!at)
			running = stopwatch();
		if (!n)
			return WORK_DONE;
		if (width == 1)
			w2_source((float *)out[0], at, n);
		else
			w3_source((float *)out[0], at, n);
		at += n;
		return (int)n;
	}
};

class stage : public gr::sync_block {
	float offset;

public:
	explicit stage(unsigned k) : gr::sync_block("stage", floats(1), floats(1)), offset(w2_offset(k))
	{
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &out) override
	{
		w2_stage((float *)out[0], (const float *)in[0], (size_t)n, offset);
		return n;
	}
};

class copy : public gr::sync_block {
public:
	copy() : gr::sync_block("copy", floats(1), floats(1))
	{
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &out) override
	{
		memcpy(out[0], in[0], (size_t)n * sizeof(float));
		return n;
	}
};

class fir64 : public gr::sync_decimator {
public:
	fir64() : gr::sync_decimator("fir64", floats(2), floats(2), 4)
	{
		set_history(FIR64_BEFORE + 1);
		set_output_multiple(FIR_BLOCK);
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &out) override
	{
		w3_fir64((float *)out[0], (const float *)in[0] + 2 * FIR64_BEFORE, (size_t)n);
		return n;
	}
};

class demodulate : public gr::sync_block {
public:
	demodulate() : gr::sync_block("demodulate", floats(2), floats(1))
	{
		set_history(2);
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &out) override
	{
		w3_demodulate((float *)out[0], (const float *)in[0] + 2, (size_t)n);
		return n;
	}
};

class fir32 : public gr::sync_block {
public:
	fir32() : gr::sync_block("fir32", floats(1), floats(1))
	{
		set_history(FIR32_BEFORE + 1);
		set_output_multiple(FIR_BLOCK);
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &out) override
	{
		w3_fir32((float *)out[0], (const float *)in[0] + FIR32_BEFORE, (size_t)n);
		return n;
	}
};

class sink : public gr::sync_block {
public:
	uint64_t sum = 0;

	sink() : gr::sync_block("sink", floats(1), none())
	{
	}
	int work(int n, gr_vector_const_void_star &in, gr_vector_void_star &) override
	{
		sum += sink_sum((const float *)in[0], (size_t)n);
		return n;
	}
};

/* Keep it from writing to standard output and to the home folder. */
class quiet {
	scratch_home home{ "HOME" };

public:
	quiet()
	{
		gr::logging::singleton().set_default_level(gr::log_level::off);
	}
};

/* The sum at the end of a chain of blocks. */
uint64_t run_to_end(const std::vector<gr::block_sptr> &blocks, int buffer)
{
	gr::top_block_sptr top = gr::make_top_block("peer");
	auto end = gnuradio::make_block_sptr<sink>();

	for (size_t i = 0; i < blocks.size(); i++) {
		if (buffer)
			blocks[i]->set_min_output_buffer(buffer);
		top->connect(blocks[i], 0, i + 1 < blocks.size() ? blocks[i + 1] : end, 0);
	}
	top->run();
	return end->sum;
}

outcome run_w2(unsigned stages, double scale)
{
	uint64_t tokens = stream_tokens(scale), sum;
	std::vector<gr::block_sptr> blocks;
	quiet radio;

	blocks.push_back(gnuradio::make_block_sptr<source>(1, tokens));
	for (unsigned k = 0; k < stages; k++)
		blocks.push_back(gnuradio::make_block_sptr<stage>(k));
	sum = run_to_end(blocks, BUFFER);
	double wall = running.stop();
	return running.result((double)tokens / wall, "floats/s", sum);
}

outcome run_w3(unsigned, double scale)
{
	uint64_t tokens = stream_tokens(scale), sum;
	quiet radio;

	sum = run_to_end({ gnuradio::make_block_sptr<source>(2, tokens), gnuradio::make_block_sptr<fir64>(),
			   gnuradio::make_block_sptr<demodulate>(), gnuradio::make_block_sptr<fir32>() },
			 BUFFER);
	double wall = running.stop();
	return running.result((double)tokens / wall, "samples/s", sum);
}

outcome run_w4(unsigned stages, double)
{
	std::vector<gr::block_sptr> blocks;
	uint64_t sum;

	/* A thread and a buffer of 64 KiB each. */
	if (stages > 1000)
		exit(3);
	quiet radio;
	/* Making the first buffer takes long, because it tries out the mechanisms of the system. */
	run_to_end({ gnuradio::make_block_sptr<source>(1, 1) }, 0);
	stopwatch watch;
	blocks.push_back(gnuradio::make_block_sptr<source>(1, 1000));
	for (unsigned k = 0; k < stages; k++)
		blocks.push_back(gnuradio::make_block_sptr<copy>());
	sum = run_to_end(blocks, 0);
	double wall = watch.stop();
	return watch.result(1e3 * wall, "ms", sum);
}

} // namespace

const std::vector<workload> peer_workloads = { { "w2", run_w2 }, { "w3", run_w3 }, { "w4", run_w4 } };
