/* SPDX-License-Identifier: Apache-2.0 */
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include "peer.h"

namespace {

namespace flow = tbb::flow;

/* An item is a batch; stages work on it in place, and it goes round. */
const size_t CHUNK = 16384, LIVE = 4;

struct threads {
	tbb::global_control limit;
	explicit threads(size_t n) : limit(tbb::global_control::max_allowed_parallelism, n)
	{
	}
};

/*
 * Source, limiter, stages, sequencer, sink, and from there back to the limiter: what all graphs here have in common. T is
 * a struct with its number in `i`.
 */
template <class T> struct line {
	flow::graph graph;
	flow::input_node<T> source;
	flow::limiter_node<T> limiter;
	std::vector<std::unique_ptr<flow::sequencer_node<T>>> sequencers;
	std::vector<std::unique_ptr<flow::function_node<T, T>>> stages;
	std::vector<std::unique_ptr<flow::function_node<T, T, flow::lightweight>>> light_stages;
	flow::function_node<T, flow::continue_msg> sink;
	flow::sender<T> *last;

	template <class S, class D>
	line(size_t live, S give, D take)
		: source(graph, give), limiter(graph, live), sink(graph, flow::serial,
								  [take](const T &t) {
									  take(t);
									  return flow::continue_msg();
								  }),
		  last(&limiter)
	{
		flow::make_edge(source, limiter);
	}
	/* Not even a chain of serial nodes keeps the order by itself. */
	void order()
	{
		sequencers.push_back(std::make_unique<flow::sequencer_node<T>>(
			graph, [](const T &t) -> size_t { return t.i; }));
		flow::make_edge(*last, *sequencers.back());
		last = sequencers.back().get();
	}
	template <class B> void add(size_t at_once, B body)
	{
		stages.push_back(std::make_unique<flow::function_node<T, T>>(graph, at_once, body));
		flow::make_edge(*last, *stages.back());
		last = stages.back().get();
	}
	/* Run by the thread that has the item, at once. */
	template <class B> void add_light(B body)
	{
		light_stages.push_back(std::make_unique<flow::function_node<T, T, flow::lightweight>>(
			graph, flow::unlimited, body));
		flow::make_edge(*last, *light_stages.back());
		last = light_stages.back().get();
	}
	void run()
	{
		order();
		flow::make_edge(*last, sink);
		flow::make_edge(sink, limiter.decrementer());
		source.activate();
		graph.wait_for_all();
	}
};

struct chunk {
	size_t i, n;
	float *data;
};

outcome run_w2(unsigned stages, double scale)
{
	threads two(2);
	/* One more than the limiter lets in: the source is a step ahead. */
	std::vector<float> memory(CHUNK * (LIVE + 1) + 16);
	float *data = (float *)(((uintptr_t)memory.data() + 63) / 64 * 64);
	uint64_t tokens = stream_tokens(scale), at = 0, sum = 0;
	size_t next = 0;
	line<chunk> graph(
		LIVE,
		[&](tbb::flow_control &control) -> chunk {
			chunk c = { next, (size_t)std::min<uint64_t>(CHUNK, tokens - at),
				    data + next % (LIVE + 1) * CHUNK };

			if (at == tokens) {
				control.stop();
				return c;
			}
			w2_source(c.data, at, c.n);
			at += c.n;
			next++;
			return c;
		},
		[&](const chunk &c) { sum += sink_sum(c.data, c.n); });

	for (unsigned k = 0; k < stages; k++) {
		float offset = w2_offset(k);

		graph.add_light([=](const chunk &c) {
			w2_stage_in_place(c.data, c.n, offset);
			return c;
		});
	}
	stopwatch watch;
	graph.run();
	double wall = watch.stop();

	return watch.result((double)tokens / wall, "floats/s", sum);
}

struct radio_data {
	alignas(64) float in[2 * (FIR64_BEFORE + CHUNK)];
	alignas(64) float slow[2 * (FIR64_BEFORE + CHUNK / 4)];
	alignas(64) float angle[FIR64_BEFORE + CHUNK / 4];
	alignas(64) float out[CHUNK / 4];
};

struct radio {
	size_t i;
	radio_data *data;
};

outcome run_w3(unsigned, double scale)
{
	threads two(2);
	std::vector<std::unique_ptr<radio_data>> pool;
	std::vector<float> tail64(2 * FIR64_BEFORE), tail32(FIR32_BEFORE);
	float before[2] = { 0, 0 };
	uint64_t tokens = stream_tokens(scale), at = 0, sum = 0;
	size_t next = 0;

	for (size_t i = 0; i < LIVE + 1; i++)
		pool.push_back(std::make_unique<radio_data>());
	stopwatch watch;
	line<radio> graph(
		LIVE,
		[&](tbb::flow_control &control) -> radio {
			radio r = { next, pool[next % (LIVE + 1)].get() };

			if (at == tokens) {
				control.stop();
				return r;
			}
			w3_source(r.data->in + 2 * FIR64_BEFORE, at, CHUNK);
			at += CHUNK;
			next++;
			return r;
		},
		[&](const radio &r) { sum += sink_sum(r.data->out, CHUNK / 4); });

	graph.order();
	graph.add(flow::serial, [&](const radio &r) {
		float *in = r.data->in;

		memcpy(in, tail64.data(), sizeof(float) * 2 * FIR64_BEFORE);
		w3_fir64(r.data->slow + 2 * FIR64_BEFORE, in + 2 * FIR64_BEFORE, CHUNK / 4);
		memcpy(tail64.data(), in + 2 * CHUNK, sizeof(float) * 2 * FIR64_BEFORE);
		return r;
	});
	graph.order();
	graph.add(flow::serial, [&](const radio &r) {
		float *x = r.data->slow + 2 * FIR64_BEFORE;

		memcpy(x - 2, before, sizeof(before));
		w3_demodulate(r.data->angle + FIR64_BEFORE, x, CHUNK / 4);
		memcpy(before, x + 2 * (CHUNK / 4 - 1), sizeof(before));
		return r;
	});
	graph.order();
	graph.add(flow::serial, [&](const radio &r) {
		float *x = r.data->angle + FIR64_BEFORE;

		memcpy(x - FIR32_BEFORE, tail32.data(), sizeof(float) * FIR32_BEFORE);
		w3_fir32(r.data->out, x, CHUNK / 4);
		memcpy(tail32.data(), x + CHUNK / 4 - FIR32_BEFORE, sizeof(float) * FIR32_BEFORE);
		return r;
	});
	graph.run();
	double wall = watch.stop();

	return watch.result((double)tokens / wall, "samples/s", sum);
}

outcome run_w4(unsigned stages, double)
{
	threads two(2);
	const size_t tokens = 1000;
	uint64_t sum = 0;
	bool given = false;
	stopwatch watch;
	line<chunk> graph(
		LIVE,
		[&](tbb::flow_control &control) -> chunk {
			chunk c = { 0, tokens, nullptr };

			if (given) {
				control.stop();
				return c;
			}
			given = true;
			c.data = new float[tokens];
			w2_source(c.data, 0, tokens);
			return c;
		},
		[&](const chunk &c) {
			sum += sink_sum(c.data, c.n);
			delete[] c.data;
		});

	/* Not lightweight nodes: they call each other, and the stack is not deep enough for so many. */
	for (unsigned k = 0; k < stages; k++)
		graph.add(flow::unlimited, [](const chunk &from) {
			chunk to = from;

			to.data = new float[tokens];
			memcpy(to.data, from.data, sizeof(float) * tokens);
			delete[] from.data;
			return to;
		});
	graph.run();
	double wall = watch.stop();

	return watch.result(1e3 * wall, "ms", sum);
}

struct token {
	size_t i;
	uint64_t value;
};

outcome run_w5(unsigned, double scale)
{
	threads two(2);
	uint64_t tokens = (uint64_t)(12000 * scale) + 1, at = 0, seen = 0;
	stopwatch watch;
	line<token> graph(
		16,
		[&](tbb::flow_control &control) -> token {
			if (at == tokens) {
				control.stop();
				return { 0, 0 };
			}
			at++;
			return { at - 1, at - 1 };
		},
		[&](const token &t) { seen += t.i == seen; });

	graph.add(flow::unlimited, [](const token &t) {
		burn_us(uneven_cost_us(t.i));
		return t;
	});
	graph.run();
	return uneven_result(watch, tokens, seen);
}

outcome run_w6(unsigned, double scale)
{
	threads one(1); /* a second one only gets in the way */
	uint64_t tokens = (uint64_t)(5e5 * scale) + 1, at = 0, sum = 0;
	stopwatch watch;
	line<token> graph(
		LIVE,
		[&](tbb::flow_control &control) -> token {
			if (at == tokens) {
				control.stop();
				return { 0, 0 };
			}
			at++;
			return { at - 1, at - 1 };
		},
		[&](const token &t) { sum += t.value; });

	for (unsigned k = 0; k < 6; k++)
		graph.add_light([](const token &t) { return t; });
	graph.run();
	double wall = watch.stop();

	return watch.result(1e9 * wall / (8.0 * (double)tokens), "ns", sum);
}

/* From the thread that feeds the graph to one that reads what comes out, asleep in between. */
struct outlet {
	std::mutex lock;
	std::condition_variable filled;
	std::deque<token> tokens;

	void put(const token &t)
	{
		std::lock_guard<std::mutex> held(lock);
		tokens.push_back(t);
		filled.notify_one();
	}
	token take()
	{
		std::unique_lock<std::mutex> held(lock);
		filled.wait(held, [this] { return !tokens.empty(); });
		token t = tokens.front();
		tokens.pop_front();
		return t;
	}
};

outcome run_latency(unsigned, double scale)
{
	threads three(3); /* two that work, beside the one that feeds */
	uint64_t tokens = (uint64_t)(3000 * scale) + 1;
	std::vector<std::unique_ptr<flow::function_node<token, token>>> stages;
	std::vector<uint64_t> ns;
	flow::graph graph;
	outlet out;
	stopwatch watch;

	for (unsigned k = 0; k < LATENCY_STAGES; k++) {
		stages.push_back(std::make_unique<flow::function_node<token, token>>(
			graph, flow::serial, [](const token &t) { return t; }));
		if (k > 0)
			flow::make_edge(*stages[k - 1], *stages[k]);
	}
	flow::function_node<token> sink(graph, flow::serial, [&](const token &t) {
		out.put(t);
		return flow::continue_msg();
	});
	flow::make_edge(*stages.back(), sink);
	std::thread reader([&] {
		for (uint64_t i = 0; i < tokens; i++) {
			uint64_t then = out.take().value;

			ns.push_back(now_ns() - then);
		}
	});
	for (uint64_t i = 0, start = now_ns(); i < tokens; i++)
		stages.front()->try_put(token{ i, latency_arrival(start, i) });
	graph.wait_for_all();
	reader.join();
	return latency_result(watch, ns);
}

} // namespace

const std::vector<workload> peer_workloads = {
	{ "w2", run_w2 }, { "w3", run_w3 }, { "w4", run_w4 },
	{ "w5", run_w5 }, { "w6", run_w6 }, { "latency", run_latency },
};
