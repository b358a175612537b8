/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_PEERS_W1_H
#define PELTON_PEERS_W1_H

#include <memory>

#include "peer.h"

/*
 * W1: one ring of 4096 tokens between two pinned threads. A peer gives `template <class T> struct ring` with
 *	size_t write(size_t n, F fill)	room for up to n tokens, which fill(T *, size_t) fills in one or two calls
 *	size_t read(size_t n, F take)	up to n tokens, which take(const T *, size_t) gets in one or two calls
 * that return how many tokens went, 0 where there is no room, or nothing. Copying rings keep for the next call what did
 * not fit, which then is not filled anew: write() returns what is in the ring.
 */
#define W1_CAPACITY 4096u
#define W1_BATCH    1024u /* the largest */

template <unsigned bytes> struct w1_token {
	uint64_t words[bytes / 8];
};

static inline void w1_idle(unsigned *idle)
{
	if (++*idle % 64 == 0)
		sched_yield();
}

template <class T> static inline void w1_fill(T *window, size_t n, uint64_t first)
{
	if (sizeof(T) == 8)
		for (size_t i = 0; i < n; i++)
			window[i].words[0] = first + i;
	else
		for (size_t i = 0; i < n; i++)
			memset(&window[i], (int)(first + i), sizeof(T));
}

template <class T> static inline uint64_t w1_take(const T *window, size_t n)
{
	const uint64_t *words = window->words;
	uint64_t sum = 0;

	for (size_t i = 0; i < n * (sizeof(T) / 8); i++)
		sum += words[i];
	return sum;
}

template <template <class> class ring, class T> struct w1_job {
	ring<T> there, back;
	uint64_t tokens;
};

template <template <class> class ring, class T, size_t batch> static void *w1_produce(void *data)
{
	w1_job<ring, T> *job = (w1_job<ring, T> *)data;
	uint64_t tokens = job->tokens, filled = 0;
	unsigned idle = 0;

	pin(1);
	for (uint64_t done = 0; done < tokens;) {
		size_t n = job->there.write((size_t)std::min<uint64_t>(batch, tokens - done),
					    [&](T *window, size_t count) {
						    w1_fill(window, count, filled);
						    filled += count;
					    });

		done += n;
		if (!n)
			w1_idle(&idle);
	}
	return NULL;
}

template <template <class> class ring, unsigned bytes, size_t batch>
static outcome w1_throughput(double tokens_at_1, double scale)
{
	typedef w1_token<bytes> T;
	auto job = std::make_unique<w1_job<ring, T>>();
	uint64_t tokens = job->tokens = (uint64_t)(tokens_at_1 * scale) + 1, sum = 0;
	unsigned idle = 0;
	pthread_t thread;

	pin(0);
	stopwatch watch;
	if (pthread_create(&thread, NULL, w1_produce<ring, T, batch>, job.get()) != 0)
		die("pthread_create failed");
	for (uint64_t done = 0; done < tokens;) {
		size_t n = job->there.read(batch, [&](const T *window, size_t count) {
			sum += w1_take(window, count);
		});

		done += n;
		if (!n)
			w1_idle(&idle);
	}
	pthread_join(thread, NULL);
	double wall = watch.stop();
	if (bytes == 8 && sum != tokens * (tokens - 1) / 2)
		die("w1: wrong sum");
	return watch.result((double)tokens / wall, "tokens/s", sum);
}

template <class R, class T> static inline T w1_get(R &from)
{
	unsigned idle = 0;
	T token;

	while (!from.read(1, [&](const T *window, size_t) { token = *window; }))
		w1_idle(&idle);
	return token;
}

template <class R, class T> static inline void w1_put(R &to, T token)
{
	unsigned idle = 0;

	while (!to.write(1, [&](T *window, size_t) { *window = token; }))
		w1_idle(&idle);
}

template <template <class> class ring> static void *w1_echo(void *data)
{
	typedef w1_token<8> T;
	w1_job<ring, T> *job = (w1_job<ring, T> *)data;

	pin(1);
	for (uint64_t i = 0; i < job->tokens; i++)
		w1_put(job->back, w1_get<ring<T>, T>(job->there));
	return NULL;
}

template <template <class> class ring> static outcome w1_round_trip(unsigned, double scale)
{
	typedef w1_token<8> T;
	auto job = std::make_unique<w1_job<ring, T>>();
	uint64_t times = job->tokens = (uint64_t)(5e5 * scale) + 1;
	pthread_t thread;
	T token = { { 0 } };

	pin(0);
	stopwatch watch;
	if (pthread_create(&thread, NULL, w1_echo<ring>, job.get()) != 0)
		die("pthread_create failed");
	for (uint64_t i = 0; i < times; i++) {
		w1_put(job->there, token);
		token = w1_get<ring<T>, T>(job->back);
		token.words[0]++;
	}
	pthread_join(thread, NULL);
	double wall = watch.stop();
	if (token.words[0] != times)
		die("w1: wrong token");
	return watch.result(1e9 * wall / (double)times, "ns", times);
}

#define W1_WORKLOADS(ring)                                                                                      \
	{                                                                                                       \
		{ "w1-8-1", [](unsigned, double s) { return w1_throughput<ring, 8, 1>(4e7, s); } },             \
			{ "w1-8-64", [](unsigned, double s) { return w1_throughput<ring, 8, 64>(2e8, s); } },   \
			{ "w1-8-1024",                                                                          \
			  [](unsigned, double s) { return w1_throughput<ring, 8, 1024>(3e8, s); } },            \
			{ "w1-64-1", [](unsigned, double s) { return w1_throughput<ring, 64, 1>(1.2e7, s); } }, \
			{ "w1-64-64", [](unsigned, double s) { return w1_throughput<ring, 64, 64>(3e7, s); } }, \
			{ "w1-4096-1",                                                                          \
			  [](unsigned, double s) { return w1_throughput<ring, 4096, 1>(8e5, s); } },            \
			{ "w1-roundtrip", w1_round_trip<ring> },                                                \
	}

#endif
