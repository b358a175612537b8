/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds and drains a graph from one thread without copying tokens: this program fills and reads windows in
 * the channels' own memory. When there is nothing to do, the thread sleeps in poll(), which could wait for other descriptors as well.
 *
 *   usage: feed [NUMBERS]        computes the sums of 4 neighbours in 1, 2, 3 ... NUMBERS, and the sum of those sums
 *   build: cc -std=c17 -o feed feed.c $(pkg-config --cflags --libs pelton)
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pelton/pelton.h>

static const char graph_text[] =
	"<graph xmlns='urn:pelton:graph:1' name='sums'>\n"
	"  <in  name='numbers' type='f32'/>\n"
	"  <out name='sums'    type='f32'/>\n"
	"  <actor id='fir' kernel='core.fir'> <set name='taps' value='1,1,1,1'/> </actor>\n"
	"  <channel from='numbers' to='fir'/>\n"
	"  <channel from='fir' to='sums'/>\n"
	"</graph>\n";

struct feed {
	struct pel_port *numbers, *sums;
	uint64_t next, last; /* numbers still to be fed: next .. last */
	uint64_t count;
	double total;
};

/* Fill the room that is available. Returns whether anything moved. */
static bool fill(struct feed *feed)
{
	void *window;
	ssize_t room;
	float *number;

	if (feed->next > feed->last) {
		pel_port_end(feed->numbers); /* once is enough; repeated calls are harmless */
		return false;
	}
	room = pel_port_reserve(feed->numbers, feed->last - feed->next + 1, &window);
	if (room == -EAGAIN)
		return false;
	if (room < 0) { /* -EPIPE: the port has no reader any more */
		feed->next = feed->last + 1;
		return false;
	}
	number = window;
	for (ssize_t i = 0; i < room; i++)
		number[i] = (float)feed->next++;
	pel_port_commit(feed->numbers, (size_t)room); /* fails only if more is committed than was reserved */
	return true;
}

/* Read the tokens that are available. Returns whether anything moved. Sets *end when no more tokens will come. */
static bool drain(struct feed *feed, bool *end)
{
	const void *window;
	ssize_t there = pel_port_peek(feed->sums, SIZE_MAX, &window);
	const float *sum;

	if (there <= 0) {
		*end = there != -EAGAIN; /* 0: the end of the stream; -EPIPE: the run was stopped or failed */
		return false;
	}
	sum = window;
	for (ssize_t i = 0; i < there; i++)
		feed->total += (double)sum[i];
	feed->count += (uint64_t)there;
	pel_port_release(feed->sums, (size_t)there);
	return true;
}

static void pump(struct pel_run *run, struct feed *feed)
{
	struct pollfd fd = { .fd = pel_run_fd(run), .events = POLLIN };
	bool filled, drained, end = false;

	while (!end) {
		/* Clear before checking the ports: whatever happens in between makes the descriptor readable again. */
		pel_run_fd_clear(run);
		filled = fill(feed);
		drained = drain(feed, &end);
		if (!filled && !drained && !end && poll(&fd, 1, -1) < 0 && errno != EINTR)
			return;
	}
}

static int run_graph(struct feed *feed, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	int r;

	if ((r = pel_graph_parse(graph_text, strlen(graph_text), "<sums>", &graph, err)) < 0 ||
	    (r = pel_compile(graph, NULL, &plan, err)) < 0 || (r = pel_run_start(plan, NULL, &run, err)) < 0)
		goto out;
	feed->numbers = pel_run_port(run, "numbers");
	feed->sums = pel_run_port(run, "sums");
	pump(run, feed);
	r = pel_run_wait(run, -1, err);
out:
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	return r;
}

int main(int argc, char **argv)
{
	struct feed feed = { .next = 1, .last = 1000000 };
	struct pel_error err = { 0 };
	char *end;
	int r;

	if (argc > 1) {
		errno = 0;
		feed.last = strtoull(argv[1], &end, 10);
		if (argc > 2 || errno || end == argv[1] || *end || feed.last > (1u << 22)) {
			fprintf(stderr, "usage: feed [NUMBERS]    (at most %u, so that every sum is exact)\n",
				1u << 22);
			return 2;
		}
	}
	if ((r = run_graph(&feed, &err)) < 0) {
		pel_error_write_text(&err, stderr);
		if (!err.count)
			fprintf(stderr, "feed: %s\n", strerror(-r));
	} else {
		printf("%" PRIu64 " sums, together %.0f\n", feed.count, feed.total);
	}
	pel_error_fini(&err);
	return r < 0;
}
