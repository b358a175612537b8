/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module-path.h"
#include "plan-model.h"
#include "random-graph.h"

/* The compiler's options, its messages about them, and invariants of every plan. */

#define GRAPH(body) "<graph xmlns='urn:pelton:graph:1' name='g'>" body "</graph>"
#define CHAIN                                                                                   \
	"<param name='gain' type='f32' value='2'/><param name='tokens' type='i64'/>"            \
	"<actor id='source' kernel='bench.source'><set name='tokens' value='$tokens'/></actor>" \
	"<actor id='scale' kernel='core.scale'><set name='gain' value='$gain'/></actor>"        \
	"<actor id='sink' kernel='bench.sink'/><channel from='source' to='scale'/><channel from='scale' to='sink'/>"

static struct pel_graph *parse(const char *text)
{
	struct pel_graph *graph = NULL;
	struct pel_error err = { 0 };

	if (pel_graph_parse(text, strlen(text), "<test>", &graph, &err) < 0)
		pel_error_write_text(&err, stderr);
	ck_assert_ptr_nonnull(graph);
	return graph;
}

/* The messages from compiling `text` with `options`; "" if there are none. */
static char *say(const char *text, const struct pel_compile_options *options, int *code)
{
	struct pel_graph *graph = parse(text);
	struct pel_error err = { 0 };
	struct pel_plan *plan = NULL;
	char *said = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&said, &size);

	*code = pel_compile(graph, options, &plan, &err);
	pel_error_write_text(&err, out);
	fclose(out);
	ck_assert_int_eq(*code<0, err.count> 0);
	ck_assert_int_eq(*code == 0, plan != NULL);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return said;
}

static const struct pel_setting tokens9[] = { { "tokens", "9" } };

/* ---- options ---- */

static const struct {
	const char *machine, *said;
} machines[] = {
	{ "", "'' is not NAME=NUMBER" },
	{ "cores", "'cores' is not NAME=NUMBER" },
	{ "cores=", "'cores=' is not NAME=NUMBER" },
	{ "cores=0", "'cores=0' is not NAME=NUMBER" },
	{ "cores=-1", "'cores=-1' is not NAME=NUMBER" },
	{ "cores=2,", "'' is not NAME=NUMBER" },
	{ "cores=2,,l1=3", "'' is not NAME=NUMBER" },
	{ "cores=2x", "'cores=2x' is not NAME=NUMBER" },
	{ "cores=70000", "'cores=70000' is more than 65536 cores" },
	{ "l2=1T", "'l2=1T' is not NAME=NUMBER" },
	{ "l2=99999999999999999999", "'l2=99999999999999999999' is not NAME=NUMBER" },
	{ "l2=99999999999999G", "'l2=99999999999999G' is not NAME=NUMBER" },
	{ "l3=1M", "'l3=1M' is unknown" },
	{ "Cores=2", "'Cores=2' is unknown" },
};

START_TEST(machine_is_refused_in_words)
{
	struct pel_compile_options options = {
		.size = sizeof(options), .machine = machines[_i].machine, .set = tokens9, .n_set = 1
	};
	char wanted[512], *said;
	int r;

	said = say(GRAPH(CHAIN), &options, &r);
	snprintf(wanted, sizeof(wanted),
		 "error: machine: %s\nhint: write it like cores=8,l1=32K,l2=1M,memory=16G\n",
		 machines[_i].said);
	ck_assert_str_eq(said, wanted);
	ck_assert_int_eq(r, -EINVAL);
	free(said);
}
END_TEST

START_TEST(machine_says_how_many_workers_there_are_unless_workers_does)
{
	struct pel_compile_options options = { .size = sizeof(options),
					       .machine = "l2=512K,cores=3,l1=48K,memory=1G",
					       .set = tokens9,
					       .n_set = 1 };
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	ck_assert_uint_eq(plan->workers, 3);
	ck_assert_uint_eq(plan->machine.l1_bytes, 48 << 10);
	ck_assert_uint_eq(plan->machine.l2_bytes, 512 << 10);
	ck_assert_uint_eq(plan->machine.memory_bytes, 1 << 30);
	pel_plan_destroy(plan);
	options.workers = 7;
	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	ck_assert_uint_eq(plan->workers, 7);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}
END_TEST

START_TEST(this_machine_has_cores_caches_and_memory)
{
	struct pel_compile_options options = { .size = sizeof(options), .set = tokens9, .n_set = 1 };
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	ck_assert_uint_ge(plan->machine.cores, 1);
	ck_assert_uint_le(plan->machine.cores, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
	ck_assert_uint_eq(plan->workers, plan->machine.cores);
	ck_assert_uint_ge(plan->machine.l1_bytes, 1 << 10);
	ck_assert_uint_ge(plan->machine.l2_bytes, 1 << 10);
	ck_assert_uint_ge(plan->machine.memory_bytes, 1 << 20);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}
END_TEST

static const struct {
	struct pel_compile_options options;
	const char *said;
} refusals[] = {
	{ { .dump_after = "tipes" }, "error: there is no pass 'tipes'\nhint: did you mean 'types'?\n" },
	{ { .dump_after = "optimise" },
	  "error: there is no pass 'optimise'\nhint: passes are load resolve types rates liveness place fuse size order\n" },
	{ { .n_set = 0 },
	  "<test>:1:85: error: parameter 'tokens' of graph 'g' is not set and has no default\n"
	  "hint: set it with --set tokens=VALUE, or give it a default with value=\"...\"\n" },
	{ { .set = (struct pel_setting[]){ { "tokens", "9" }, { "gian", "3" } }, .n_set = 2 },
	  "error: graph 'g' has no parameter 'gian' to set\nhint: did you mean 'gain'?\n" },
	{ { .set = (struct pel_setting[]){ { "tokens", "9" }, { "volume", "3" } }, .n_set = 2 },
	  "error: graph 'g' has no parameter 'volume' to set\nhint: its parameters are gain, tokens\n" },
	{ { .set = (struct pel_setting[]){ { "tokens", "many" } }, .n_set = 1 },
	  "error: parameter 'tokens' of graph 'g': 'many' is neither a number nor a parameter in \"many\"\n" },
	{ { .set = (struct pel_setting[]){ { "tokens", "$gain" } }, .n_set = 1 },
	  "error: parameter 'tokens' of graph 'g': there is no parameter '$gain' in \"$gain\"\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "scael", "cpu" } }, .n_place = 1 },
	  "error: there is no actor 'scael' to place\nhint: did you mean 'scale'?\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "mixer", "cpu" } }, .n_place = 1 },
	  "error: there is no actor 'mixer' to place\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "scale", "gpu" } }, .n_place = 1 },
	  "error: actor 'scale' is placed on 'gpu', which is not a place\n"
	  "hint: places are cpu, cpu:WORKER, fpga, fpga:DEVICE, fpga:DEVICE/UNIT and auto\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "scale", "cpu:" } }, .n_place = 1 },
	  "error: actor 'scale' is placed on 'cpu:', which is not a place\n"
	  "hint: places are cpu, cpu:WORKER, fpga, fpga:DEVICE, fpga:DEVICE/UNIT and auto\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "scale", "cpu:1x" } }, .n_place = 1 },
	  "error: actor 'scale' is placed on 'cpu:1x', which is not a place\n"
	  "hint: places are cpu, cpu:WORKER, fpga, fpga:DEVICE, fpga:DEVICE/UNIT and auto\n" },
	{ { .set = tokens9,
	    .n_set = 1,
	    .place = (struct pel_setting[]){ { "scale", "cpu:1" } },
	    .n_place = 1,
	    .workers = 1 },
	  "error: actor 'scale' is placed on cpu:1, but there is only 1 worker\nhint: workers count from 0: the last is cpu:0\n" },
	{ { .set = tokens9, .n_set = 1, .place = (struct pel_setting[]){ { "source", "fpga:0/cu" } }, .n_place = 1 },
	  "error: actor 'source' is placed on fpga:0/cu, but kernel 'bench.source' has no FPGA implementation\n"
	  "hint: an inline <kernel> with an <fpga> element provides one\n" },
	{ { .set = tokens9, .n_set = 1, .machine = "cores=1,memory=16K" },
	  "<test>:1:319: error: the channels need 32768 bytes of memory, but may use only 12288; the largest: source.out->scale.in "
	  "(4096 tokens of 4 bytes), scale.out->sink.in (4096 tokens of 4 bytes)\n"
	  "hint: give them smaller capacities, or their ports smaller rates\n" },
};

START_TEST(option_is_refused_in_words)
{
	int r;
	struct pel_compile_options options = refusals[_i].options;
	char *said;

	options.size = sizeof(options);
	said = say(GRAPH(CHAIN), &options, &r);
	ck_assert_str_eq(said, refusals[_i].said);
	ck_assert_int_eq(r, -EINVAL);
	free(said);
}
END_TEST

/* ---- hooks ---- */

#define HOOKED(actor)                                                               \
	GRAPH("<use library='hooks'/><in name='i' type='u8'/><out name='o'/>" actor \
	      "<channel from='i' to='a'/><channel from='a' to='o'/>")

static const struct {
	const char *text, *said;
	int code;
} hooks[] = {
	{ HOOKED("<actor id='a' kernel='hooks.silent'/>"),
	  "<test>:1:105: error: actor 'a' (hooks.silent): the kernel's resolve() failed without a message: Invalid argument\n",
	  -EINVAL },
	{ HOOKED("<actor id='a' kernel='hooks.silent'><set name='code' value='2'/></actor>"),
	  "<test>:1:105: error: actor 'a' (hooks.silent): the kernel's resolve() failed without a message: No such file or directory\n",
	  -ENOENT },
	{ HOOKED("<actor id='a' kernel='hooks.window'><set name='phases' value='65537'/></actor>"),
	  "<test>:1:105: error: actor 'a' (hooks.window): port 'in' has 65537 phases; at most 65536 are possible\n",
	  -EINVAL },
	{ HOOKED("<actor id='a' kernel='hooks.window'><set name='rate' value='1099511627777'/></actor>"),
	  "<test>:1:105: error: actor 'a' (hooks.window): port 'in' has rate 1099511627777; at most 1099511627776 is possible\n",
	  -EINVAL },
	{ HOOKED("<actor id='a' kernel='hooks.window'><set name='history' value='1099511627777'/></actor>"),
	  "<test>:1:105: error: actor 'a' (hooks.window): port 'in' has a history of 1099511627777; at most 1099511627776 is "
	  "possible\n",
	  -EINVAL },
};

START_TEST(what_a_hook_does_is_checked)
{
	struct pel_compile_options options = { .size = sizeof(options), .module_path = module_path };
	int r;
	char *said = say(hooks[_i].text, &options, &r);

	ck_assert_str_eq(said, hooks[_i].said);
	ck_assert_int_eq(r, hooks[_i].code);
	free(said);
}
END_TEST

START_TEST(hook_sets_type_rates_and_history)
{
	struct pel_compile_options options = { .size = sizeof(options), .module_path = module_path };
	struct pel_graph *graph =
		parse(HOOKED("<actor id='a' kernel='hooks.window'><set name='phases' value='3'/>"
			     "<set name='rate' value='5'/><set name='history' value='7'/></actor>"));
	const struct pel_plan_actor *actor;
	struct pel_plan *plan = NULL;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	actor = &plan->actors[2];
	ck_assert_str_eq(actor->id, "a");
	ck_assert_uint_eq(actor->in[0].n_rates, 3);
	ck_assert_uint_eq(actor->in[0].rates[2], 5);
	ck_assert_uint_eq(actor->in[0].history, 7);
	ck_assert_uint_eq(actor->phases, 3);
	ck_assert_ptr_eq(actor->out[0].type, actor->in[0].type);
	ck_assert_int_eq(actor->out[0].type->elem, PEL_ELEM_U8);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}
END_TEST

START_TEST(map_that_is_not_there_is_named)
{
	struct pel_compile_options options = {
		.size = sizeof(options), .set = tokens9, .n_set = 1, .map_file = "no-such-map.xml"
	};
	int r;
	char *said = say(GRAPH(CHAIN), &options, &r);

	ck_assert_int_eq(r, -ENOENT);
	ck_assert_ptr_nonnull(strstr(said, "no-such-map.xml"));
	free(said);
}
END_TEST

START_TEST(errors_may_be_ignored)
{
	struct pel_compile_options options = { .size = sizeof(options), .dump_after = "types", .dump = stdout };
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan = NULL;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), -EINVAL);
	ck_assert_ptr_null(plan);
	pel_graph_destroy(graph);
}
END_TEST

START_TEST(dump_that_cannot_be_written_is_an_error)
{
	FILE *full = fopen("/dev/full", "w");
	struct pel_compile_options options = {
		.size = sizeof(options), .set = tokens9, .n_set = 1, .dump_after = "order", .dump = full
	};
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan = NULL;
	struct pel_error err = { 0 };

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(pel_compile(graph, &options, &plan, &err), -EIO);
	ck_assert_ptr_null(plan);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, "the plan could not be written");
	pel_error_fini(&err);
	pel_graph_destroy(graph);
	fclose(full);
}
END_TEST

START_TEST(every_pass_can_be_dumped_after)
{
	const char *name = pel_plan_passes()[_i];
	char *text = NULL, wanted[64];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct pel_compile_options options = { .size = sizeof(options),
					       .set = tokens9,
					       .n_set = 1,
					       .dump_after = name,
					       .dump = out,
					       .machine = "cores=1" };
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan = (void *)graph;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	ck_assert_ptr_null(plan);
	fclose(out);
	snprintf(wanted, sizeof(wanted), "plan g after %s\n", name);
	ck_assert_int_eq(strncmp(text, wanted, strlen(wanted)), 0);
	free(text);
	pel_graph_destroy(graph);
}
END_TEST

/* Without --machine, dumps show nothing of this machine before a pass that depends on it. */
START_TEST(dump_tells_nothing_of_a_machine_that_was_not_given)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct pel_compile_options options = {
		.size = sizeof(options), .set = tokens9, .n_set = 1, .dump_after = "place", .dump = out
	};
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plan;

	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	fclose(out);
	ck_assert_ptr_null(strstr(text, "machine"));
	free(text);
	pel_graph_destroy(graph);
}
END_TEST

/* ---- questions ---- */

START_TEST(boundary_ports_are_told_in_document_order)
{
	struct pel_graph *graph =
		parse(GRAPH("<out name='o'/><in name='b' type='u8[2]'/><in name='a' type='f64'/><out name='p'/>"
			    "<channel from='b' to='o'/><channel from='a' to='p'/>"));
	const struct pel_type *type;
	struct pel_plan *plan;

	ck_assert_int_eq(pel_compile(graph, NULL, &plan, NULL), 0);
	pel_graph_destroy(graph); /* the plan does not need it */
	ck_assert_str_eq(pel_plan_in(plan, 0, &type), "b");
	ck_assert_uint_eq(pel_type_bytes(type), 2);
	ck_assert_str_eq(pel_plan_in(plan, 1, NULL), "a");
	ck_assert_ptr_null(pel_plan_in(plan, 2, &type));
	ck_assert_str_eq(pel_plan_out(plan, 0, NULL), "o");
	ck_assert_str_eq(pel_plan_out(plan, 1, &type), "p");
	ck_assert_int_eq(type->elem, PEL_ELEM_F64);
	ck_assert_ptr_null(pel_plan_out(plan, 2, NULL));
	pel_plan_destroy(plan);
	pel_plan_destroy(NULL);
}
END_TEST

START_TEST(places_are_written_as_the_graph_writes_them)
{
	static const struct {
		struct pel_where where;
		const char *text;
	} cases[] = {
		{ { NULL, -1, PEL_WHERE_CPU, false }, "cpu" },
		{ { NULL, 2, PEL_WHERE_CPU, false }, "cpu:2" },
		{ { NULL, -1, PEL_WHERE_CPU, true }, "cpu" },
		{ { NULL, -1, PEL_WHERE_FPGA, false }, "fpga" },
		{ { "vadd_1", 0, PEL_WHERE_FPGA, false }, "fpga:0/vadd_1" },
	};
	char buf[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(pel_where_format(&cases[i].where, buf, sizeof(buf)), cases[i].text);
}
END_TEST

START_TEST(strings_know_the_folder_of_the_file_that_wrote_them)
{
	static const char text[] =
		GRAPH("<param name='file' type='string' value='data.raw'/>"
		      "<actor id='r' kernel='file.write'><set name='file' value='$file'/></actor>"
		      "<in name='i' type='u8'/><channel from='i' to='r'/>");
	struct pel_setting set[] = { { "file", "here.raw" } };
	struct pel_compile_options options = { .size = sizeof(options), .set = set };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan;

	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "some/where/g.xml", &graph, NULL), 0);
	for (options.n_set = 0; options.n_set < 2; options.n_set++) {
		const struct pel_plan_actor *actor;
		struct pel_arena arena = { 0 };
		struct pel_info info;

		ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
		actor = &plan->actors[1];
		ck_assert_str_eq(actor->id, "r");
		ck_assert_int_eq(pel_plan_info(plan, actor, &arena, NULL, &info), 0);
		ck_assert_str_eq(pel_info_string(&info, "file"), options.n_set ? "here.raw" : "data.raw");
		/* Paths set on the command line are relative to the current folder. */
		ck_assert_str_eq(pel_info_path(&info, "file"),
				 options.n_set ? "here.raw" : "some/where/data.raw");
		ck_assert_uint_eq(pel_info_in_rate(&info, 0, 5), 1);
		ck_assert(pel_info_in_connected(&info, 0));
		pel_arena_fini(&arena);
		pel_plan_destroy(plan);
	}
	pel_graph_destroy(graph);
}
END_TEST

/* ---- invariants of every plan ---- */

static uint64_t largest_rate(const struct pel_plan_port *port)
{
	uint64_t most = port->dynamic ? 1 : 0;

	for (uint32_t i = 0; i < port->n_rates; i++)
		most = port->rates[i] > most ? port->rates[i] : most;
	return most;
}

/* Does a window of `tokens`, with `history` before it, at position `at` cross the end of the ring? */
static bool straddles(const struct pel_plan_ring *ring, uint64_t at, uint64_t history, uint64_t tokens)
{
	uint64_t begin = (at + ring->history - history) % ring->slots;

	return begin + history + tokens > ring->slots + ring->mirror;
}

/* Follow one end for many rounds of the ring. */
static void check_windows(const struct pel_plan_ring *ring, const struct pel_plan_port *port, uint64_t at)
{
	if (port->dynamic) {
		ck_assert(ring->mirror >= port->history + 1 || port->history == 0);
		return;
	}
	for (uint64_t i = 0; i < 3 * ring->slots + 7 && i < 100000; i++) {
		uint64_t tokens = port->rates[i % port->n_rates];

		/* Check remembers every assertion that it passes: only those that matter are made. */
		if (tokens && straddles(ring, at, port->history, tokens))
			ck_abort_msg("%llu tokens at %llu of %llu slots, mirror %llu",
				     (unsigned long long)tokens, (unsigned long long)at,
				     (unsigned long long)ring->slots, (unsigned long long)ring->mirror);
		at += tokens;
	}
}

static void check_ring(const struct pel_plan *plan, uint32_t index)
{
	const struct pel_plan_ring *ring = &plan->rings[index];
	const struct pel_plan_port *out = &plan->actors[ring->actor].out[ring->port];
	const struct pel_plan_channel *first = &plan->channels[ring->channels[0]];
	uint64_t capacity = 0, history = 0;

	ck_assert_uint_ge(ring->n_channels, 1);
	ck_assert_uint_eq(ring->token_bytes, pel_type_bytes(out->type));
	check_windows(ring, out, first->initial);
	for (uint32_t i = 0; i < ring->n_channels; i++) {
		const struct pel_plan_channel *channel = &plan->channels[ring->channels[i]];
		const struct pel_plan_port *in = &plan->actors[channel->to].in[channel->to_port];

		ck_assert_uint_eq(channel->ring, index);
		ck_assert_uint_eq(in->ring, index);
		ck_assert_uint_eq(in->reader, i);
		ck_assert_uint_eq(channel->from, ring->actor);
		ck_assert_uint_eq(channel->from_port, ring->port);
		ck_assert_uint_eq(channel->initial, first->initial);
		ck_assert_int_eq(channel->memory, ring->memory);
		ck_assert_uint_ge(channel->capacity, channel->initial);
		ck_assert_uint_ge(channel->capacity, largest_rate(in));
		ck_assert_uint_ge(channel->capacity, largest_rate(out));
		check_windows(ring, in, 0);
		capacity = channel->capacity > capacity ? channel->capacity : capacity;
		history = in->history > history ? in->history : history;
	}
	ck_assert_uint_eq(ring->history, history);
	ck_assert_uint_ge(ring->slots, capacity + history);
	ck_assert_uint_ge(ring->slots, ring->mirror);
}

/* Every output's channels are dealt out to its rings, each once. */
static void check_rings(const struct pel_plan *plan)
{
	uint32_t n = 0;

	for (uint32_t a = 0; a < plan->n_actors; a++)
		for (uint32_t o = 0; o < plan->actors[a].n_out; o++) {
			const struct pel_plan_port *out = &plan->actors[a].out[o];
			uint32_t readers = 0;

			ck_assert_int_eq(out->ring == PEL_NONE, out->n_channels == 0);
			for (uint32_t r = out->ring; r != PEL_NONE; r = plan->rings[r].next, n++) {
				check_ring(plan, r);
				readers += plan->rings[r].n_channels;
			}
			ck_assert_uint_eq(readers, out->n_channels);
		}
	ck_assert_uint_eq(n, plan->n_rings);
}

/* Every actor but the boundaries is in the stages that it says, and in no other. */
static void check_stages(const struct pel_plan *plan)
{
	uint32_t seen = 0, wanted = 0, blocking = 0;

	for (uint32_t i = 0; i < plan->n_stages; i++) {
		const struct pel_plan_stage *stage = &plan->stages[i];

		blocking += stage->blocking;
		for (uint32_t k = 0; k < stage->n_actors; k++, seen++) {
			const struct pel_plan_actor *actor = &plan->actors[stage->actors[k]];

			ck_assert_int_eq(actor->kind, PEL_ACTOR_KERNEL);
			ck_assert_uint_eq(actor->stage + stage->copy, i);
			ck_assert(actor->copies == 1 || stage->n_actors == 1);
			ck_assert_uint_eq(actor->cluster, stage->cluster);
			ck_assert_int_eq(actor->where.index, stage->where.index);
			ck_assert_int_eq(actor->where.kind, stage->where.kind);
		}
	}
	for (uint32_t i = 0; i < plan->n_actors; i++)
		wanted += plan->actors[i].kind == PEL_ACTOR_KERNEL ? plan->actors[i].copies : 0;
	ck_assert_uint_eq(seen, wanted);
	ck_assert_uint_eq(blocking, plan->n_blocking);
}

/* What is inside a stage comes after what feeds it, unless tokens are there from the start or it is a cycle. */
static void check_memory(const struct pel_plan *plan)
{
	for (uint32_t i = 0; i < plan->n_rings; i++) {
		const struct pel_plan_ring *ring = &plan->rings[i];
		bool inner = plan->actors[ring->actor].stage != PEL_NONE &&
			     plan->actors[ring->actor].copies == 1;

		for (uint32_t k = 0; k < ring->n_channels; k++)
			inner &= plan->actors[plan->channels[ring->channels[k]].to].stage ==
				 plan->actors[ring->actor].stage;
		ck_assert_int_eq(ring->memory, inner ? PEL_MEMORY_FUSED : PEL_MEMORY_RING);
	}
}

static void check_plan(const struct pel_plan *plan)
{
	check_rings(plan);
	check_stages(plan);
	check_memory(plan);
}

START_TEST(random_graphs_have_sound_plans)
{
	static const char *const of[] = { "cores=1,l2=64K", "cores=2", "cores=16" };

	for (uint64_t seed = (uint64_t)_i * 40 + 1; seed <= (uint64_t)_i * 40 + 40; seed++) {
		struct pel_compile_options options = { .size = sizeof(options),
						       .machine = of[seed % 3],
						       .module_path = module_path };
		struct pel_error err = { 0 };
		struct rg_graph random;
		struct pel_graph *graph;
		struct pel_plan *plan = NULL;
		char *text;

		rg_generate(&random, seed);
		text = rg_xml(&random);
		graph = parse(text);
		if (pel_compile(graph, &options, &plan, &err) < 0)
			pel_error_write_text(&err, stderr);
		ck_assert_msg(plan != NULL, "seed %llu", (unsigned long long)seed);
		pel_graph_destroy(graph);
		check_plan(plan);
		pel_plan_destroy(plan);
		free(text);
		rg_fini(&random);
	}
}
END_TEST

/* Stages and what they share are counted with what fuses: many actors on few workers. */
START_TEST(fused_plans_are_sound)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct pel_compile_options options = { .size = sizeof(options), .machine = "cores=2" };
	struct pel_graph *graph;
	struct pel_plan *plan;
	uint32_t few = 0;

	fprintf(out, "<graph xmlns='urn:pelton:graph:1' name='g'><in name='i' type='f32'/>");
	for (int i = 0; i < 200; i++)
		fprintf(out, "<actor id='a%d' kernel='%s'/>", i, i % 3 ? "core.copy" : "core.add");
	fprintf(out, "<channel from='i' to='a0.a'/>");
	for (int i = 1; i < 200; i++)
		fprintf(out, "<channel from='a%d' to='a%d%s'/>", i - 1, i, i % 3 ? "" : ".a");
	for (int i = 0; i < 200; i += 3)
		fprintf(out, "<channel from='a%d' to='a%d.b' initial='3'/>", i % 2 ? i : i + 1, i);
	fprintf(out, "<out name='o'/><channel from='a199' to='o'/></graph>");
	fclose(out);
	graph = parse(text);
	ck_assert_int_eq(pel_compile(graph, &options, &plan, NULL), 0);
	check_plan(plan);
	for (uint32_t i = 0; i < plan->n_stages; i++) /* those that fire one by one */
		few += plan->stages[i].cluster == PEL_NONE;
	ck_assert_uint_le(few, 8);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	free(text);
}
END_TEST

/* The graph is not changed by compiling: many plans of it may be made. */
START_TEST(graph_can_be_compiled_again_with_other_settings)
{
	struct pel_graph *graph = parse(GRAPH(CHAIN));
	struct pel_plan *plans[3];

	for (unsigned i = 0; i < 3; i++) {
		struct pel_setting set[] = { { "tokens", "9" },
					     { "gain", i == 0	? "1"
						       : i == 1 ? "2"
								: "3" } };
		struct pel_compile_options options = { .size = sizeof(options), .set = set, .n_set = 2 };

		ck_assert_int_eq(pel_compile(graph, &options, &plans[i], NULL), 0);
	}
	pel_graph_destroy(graph);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_double_eq(plans[i]->actors[1].params[0].f64, i + 1.0);
		pel_plan_destroy(plans[i]);
	}
}
END_TEST

static Suite *plan_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("options");

	tcase_add_loop_test(tcase, machine_is_refused_in_words, 0, sizeof(machines) / sizeof(machines[0]));
	tcase_add_test(tcase, machine_says_how_many_workers_there_are_unless_workers_does);
	tcase_add_test(tcase, this_machine_has_cores_caches_and_memory);
	tcase_add_loop_test(tcase, option_is_refused_in_words, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(tcase, map_that_is_not_there_is_named);
	tcase_add_test(tcase, errors_may_be_ignored);
	tcase_add_test(tcase, dump_that_cannot_be_written_is_an_error);
	tcase_add_loop_test(tcase, every_pass_can_be_dumped_after, 0, 9);
	tcase_add_test(tcase, dump_tells_nothing_of_a_machine_that_was_not_given);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("hooks");
	tcase_add_loop_test(tcase, what_a_hook_does_is_checked, 0, sizeof(hooks) / sizeof(hooks[0]));
	tcase_add_test(tcase, hook_sets_type_rates_and_history);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("questions");
	tcase_add_test(tcase, boundary_ports_are_told_in_document_order);
	tcase_add_test(tcase, places_are_written_as_the_graph_writes_them);
	tcase_add_test(tcase, strings_know_the_folder_of_the_file_that_wrote_them);
	tcase_add_test(tcase, graph_can_be_compiled_again_with_other_settings);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("sound");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, random_graphs_have_sound_plans, 0, 8);
	tcase_add_test(tcase, fused_plans_are_sound);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(plan_suite());
	int failed;

	find_modules();
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
