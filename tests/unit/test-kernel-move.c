/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <string.h>

/* Kernels of core that move tokens, and the sources. */

static const uint16_t numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

START_TEST(copy_passes_every_type_on)
{
	static unsigned char data[3000];
	uint64_t random = 1;

	random_bytes(&random, data, sizeof(data));
	expect_kernel(CASE(.kernel = kernel_named("core.copy"), .in = INPUTS({ "u8", data, 3000 })), "u8",
		      data, 3000);
	expect_kernel(CASE(.kernel = kernel_named("core.copy"), .in = INPUTS({ "bytes[7]", data, 100 })),
		      "bytes[7]", data, 100);
	expect_kernel(CASE(.kernel = kernel_named("core.copy"), .in = INPUTS({ "cf64[2,3]", data, 30 })),
		      "cf64[2,3]", data, 30);
}
END_TEST

START_TEST(null_takes_all_and_reports_nothing)
{
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.null"),
					 .in = INPUTS({ "u16", numbers, 13 }) };
	struct pel_harness_result *result = run_kernel(&test);

	ck_assert_uint_eq(result->n_out, 0);
	ck_assert_uint_eq(result->firings, 13);
	ck_assert_uint_eq(result->n_results, 0);
	pel_harness_result_destroy(result);
	check_kernel(&test, 5);
}
END_TEST

START_TEST(head_ends_after_its_tokens_or_with_its_input)
{
	static const struct {
		const char *tokens;
		size_t passed;
	} cases[] = { { "0", 0 },
		      { "1", 1 },
		      { "5", 5 },
		      { "12", 12 },
		      { "13", 13 },
		      { "14", 13 },
		      { "9223372036854775807", 13 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_kernel(CASE(.kernel = kernel_named("core.head"),
				   .params = PARAMS(PARAM("tokens", cases[i].tokens)),
				   .in = INPUTS({ "u16", numbers, 13 })),
			      "u16", numbers, cases[i].passed);
}
END_TEST

START_TEST(head_tells_how_long_it_will_take)
{
	struct pel_harness_result *result =
		run_kernel(CASE(.kernel = kernel_named("core.head"), .params = PARAMS(PARAM("tokens", "5")),
				.in = INPUTS({ "u16", numbers, 13 })));

	ck_assert_uint_eq(result->expected_firings, 5);
	ck_assert_uint_eq(result->firings, 5);
	pel_harness_result_destroy(result);
}
END_TEST

START_TEST(head_refuses_a_negative_count)
{
	expect_error(CASE(.kernel = kernel_named("core.head"), .params = PARAMS(PARAM("tokens", "-1")),
			  .in = INPUTS({ "u16", numbers, 13 })),
		     -EINVAL, "test of core.head: parameter 'tokens' is outside its limits", NULL);
}
END_TEST

START_TEST(skip_drops_the_first_tokens)
{
	static const char *const skipped[] = { "0", "1", "7", "12", "13", "14" };
	static const size_t first[] = { 0, 1, 7, 12, 13, 13 };

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		expect_kernel(CASE(.kernel = kernel_named("core.skip"),
				   .params = PARAMS(PARAM("tokens", skipped[i])),
				   .in = INPUTS({ "u16", numbers, 13 })),
			      "u16", numbers + first[i], 13 - first[i]);
}
END_TEST

START_TEST(reshape_keeps_the_bytes)
{
	static unsigned char data[160];
	static const char *const shapes[][2] = { { "u8[16]", "u8[16]" },
						 { "u8[4,4]", "u8[4,4]" },
						 { "[2,8]", "u8[2,8]" },
						 { "2, 2, 4", "u8[2,2,4]" },
						 { " f32[2,2] ", "f32[2,2]" },
						 { "cf64", "cf64" },
						 { "bytes[16]", "bytes[16]" },
						 { "bytes[8][2]", "bytes[8][2]" },
						 { "[1,1,1,1,1,1,1,16]", "u8[1,1,1,1,1,1,1,16]" } };
	uint64_t random = 2;

	random_bytes(&random, data, sizeof(data));
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		expect_kernel(CASE(.kernel = kernel_named("core.reshape"),
				   .params = PARAMS(PARAM("shape", shapes[i][0])),
				   .in = INPUTS({ "u8[16]", data, 10 })),
			      shapes[i][1], data, 10);
}
END_TEST

START_TEST(reshape_refuses_another_size)
{
	expect_error(CASE(.kernel = kernel_named("core.reshape"), .params = PARAMS(PARAM("shape", "u8[4,5]")),
			  .in = INPUTS({ "u8[16]", numbers, 1 })),
		     -EINVAL,
		     "actor 'test' (core.reshape): cannot reshape u8[16] of 16 bytes to u8[4,5] of 20 bytes",
		     "core.group and core.ungroup change the number of tokens");
}
END_TEST

START_TEST(reshape_refuses_what_is_not_a_type)
{
	static const char *const shapes[] = { "",
					      "u9",
					      "u8[",
					      "u8[4",
					      "u8[]",
					      "u8[0]",
					      "u8[4]x",
					      "u8[-4]",
					      "[4",
					      "4,",
					      "bytes",
					      "bytes[0]",
					      "bytes[4][",
					      "u8[1,1,1,1,1,1,1,1,16]",
					      "u8[99999999999999999999]",
					      "u8[65536,65536]",
					      "u8 u8",
					      "U8" };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		char text[200];

		snprintf(text, sizeof(text),
			 "actor 'test' (core.reshape): parameter 'shape' is '%s', which is not a type",
			 shapes[i]);
		expect_error(
			CASE(.kernel = kernel_named("core.reshape"), .params = PARAMS(PARAM("shape", shapes[i])),
			     .in = INPUTS({ "u8[16]", numbers, 1 })),
			-EINVAL, text,
			strcmp(shapes[i], "U8") == 0
				? "did you mean 'u8'?"
				: "types are written like u8, f32[3], u8[1080,1920] or bytes[16]; a token has at most 1073741824 bytes");
	}
}
END_TEST

START_TEST(group_and_ungroup_change_the_number_of_tokens)
{
	expect_kernel(CASE(.kernel = kernel_named("core.group"), .params = PARAMS(PARAM("tokens", "4")),
			   .in = INPUTS({ "u16", numbers, 13 })),
		      "u16[4]", numbers, 3);
	expect_kernel(CASE(.kernel = kernel_named("core.group"), .params = PARAMS(PARAM("tokens", "3")),
			   .in = INPUTS({ "u16[2]", numbers, 6 })),
		      "u16[3,2]", numbers, 2);
	expect_kernel(CASE(.kernel = kernel_named("core.ungroup"), .in = INPUTS({ "u16[3,2]", numbers, 2 })),
		      "u16[2]", numbers, 6);
	expect_kernel(CASE(.kernel = kernel_named("core.ungroup"), .in = INPUTS({ "bytes[2][6]", numbers, 2 })),
		      "bytes[2]", numbers, 12);
}
END_TEST

START_TEST(group_and_ungroup_say_what_they_cannot_do)
{
	expect_error(
		CASE(.kernel = kernel_named("core.group"), .params = PARAMS(PARAM("tokens", "2")),
		     .in = INPUTS({ "u8[1,1,1,1,1,1,1,2]", numbers, 13 })),
		-EINVAL,
		"actor 'test' (core.group): tokens of type u8[1,1,1,1,1,1,1,2] have 8 dimensions already, and no type has more",
		NULL);
	expect_error(CASE(.kernel = kernel_named("core.group"), .params = PARAMS(PARAM("tokens", "1000000000")),
			  .in = INPUTS({ "u16", numbers, 13 })),
		     -EINVAL,
		     "actor 'test' (core.group): port 'out' would have tokens of type u16[1000000000]; a token has at least 1 byte and "
		     "at most 1073741824 bytes",
		     NULL);
	expect_error(CASE(.kernel = kernel_named("core.ungroup"), .in = INPUTS({ "u16", numbers, 13 })),
		     -EINVAL, "actor 'test' (core.ungroup): port 'in' has type u16, which is not an array",
		     NULL);
}
END_TEST

START_TEST(upsample_puts_zeros_between)
{
	static const uint16_t want[] = { 1, 0, 0, 2, 0, 0, 3, 0, 0 };

	expect_kernel(CASE(.kernel = kernel_named("core.upsample"), .params = PARAMS(PARAM("factor", "3")),
			   .in = INPUTS({ "u16", numbers, 3 })),
		      "u16", want, 9);
	expect_kernel(CASE(.kernel = kernel_named("core.upsample"), .params = PARAMS(PARAM("factor", "1")),
			   .in = INPUTS({ "u32", numbers, 6 })),
		      "u32", numbers, 6);
}
END_TEST

START_TEST(repeat_writes_each_token_several_times)
{
	static const uint16_t want[] = { 1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6 };

	expect_kernel(CASE(.kernel = kernel_named("core.repeat"), .params = PARAMS(PARAM("factor", "2")),
			   .in = INPUTS({ "u32", numbers, 3 })),
		      "u32", want, 6);
}
END_TEST

START_TEST(downsample_keeps_the_token_at_its_offset)
{
	static const uint16_t want0[] = { 1, 4, 7, 10 }, want2[] = { 3, 6, 9, 12 };
	static const uint16_t wide[] = { 1, 2, 3, 4, 9, 10, 11, 12 };

	expect_kernel(CASE(.kernel = kernel_named("core.downsample"), .params = PARAMS(PARAM("factor", "3")),
			   .in = INPUTS({ "u16", numbers, 13 })),
		      "u16", want0, 4);
	expect_kernel(CASE(.kernel = kernel_named("core.downsample"),
			   .params = PARAMS(PARAM("factor", "3"), PARAM("offset", "2")),
			   .in = INPUTS({ "u16", numbers, 13 })),
		      "u16", want2, 4);
	expect_kernel(CASE(.kernel = kernel_named("core.downsample"), .params = PARAMS(PARAM("factor", "2")),
			   .in = INPUTS({ "u64", numbers, 3 })),
		      "u64", wide, 1);
}
END_TEST

START_TEST(downsample_refuses_an_offset_beyond_the_factor)
{
	expect_error(CASE(.kernel = kernel_named("core.downsample"),
			  .params = PARAMS(PARAM("factor", "3"), PARAM("offset", "3")),
			  .in = INPUTS({ "u16", numbers, 13 })),
		     -EINVAL, "test of core.downsample: parameter 'offset' is outside its limits", NULL);
}
END_TEST

START_TEST(mux_joins_in_turns_of_given_lengths)
{
	static const uint16_t a[] = { 1, 2, 3, 4, 5 }, b[] = { 11, 12, 13 };
	/* The third turn of `a` lacks a token. */
	static const uint16_t joined[] = { 1, 2, 11, 3, 4, 12 };

	expect_kernel(CASE(.kernel = kernel_named("core.mux"), .params = PARAMS(PARAM("lengths", "2,1")),
			   .in = (struct pel_harness_input[8]){ { "u16", a, 5 }, { "u16", b, 3 } }),
		      "u16", joined, 6);
}
END_TEST

START_TEST(demux_deals_in_turns_of_given_lengths)
{
	static const uint16_t out0[] = { 1, 2, 3, 5, 6, 7, 9, 10, 11 }, out1[] = { 4, 8, 12 };
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.demux"),
					 .params = PARAMS(PARAM("lengths", "3,1")),
					 .in = INPUTS({ "u16", numbers, 13 }),
					 .unconnected_outs = 0xfc };
	struct pel_harness_result *result;

	result = run_kernel(&test);
	expect_out(result, 0, "u16", out0, 9);
	expect_out(result, 1, "u16", out1, 3);
	pel_harness_result_destroy(result);
	check_kernel(&test, 40);
}
END_TEST

START_TEST(mux_wants_a_length_for_each_connected_port)
{
	expect_error(
		CASE(.kernel = kernel_named("core.mux"), .params = PARAMS(PARAM("lengths", "2,1,1")),
		     .in = (struct pel_harness_input[8]){ { "u16", numbers, 5 }, { "u16", numbers, 3 } }),
		-EINVAL,
		"actor 'test' (core.mux): parameter 'lengths' has 3 numbers; it must have one for each of the 2 connected ports",
		NULL);
	expect_error(CASE(.kernel = kernel_named("core.mux"), .params = PARAMS(PARAM("lengths", "2,0")),
			  .in = (struct pel_harness_input[8]){ { "u16", numbers, 5 }, { "u16", numbers, 3 } }),
		     -EINVAL, "test of core.mux: parameter 'lengths' is outside its limits", NULL);
}
END_TEST

START_TEST(interleave_takes_blocks_in_turn)
{
	static const uint16_t a[] = { 1, 2, 3, 4 }, b[] = { 5, 6, 7, 8 }, c[] = { 9, 10, 11, 12, 13 };
	static const uint16_t two[] = { 1, 5, 2, 6, 3, 7, 4, 8 },
			      blocks[] = { 1, 2, 5, 6, 9, 10, 3, 4, 7, 8, 11, 12 };

	expect_kernel(CASE(.kernel = kernel_named("core.interleave"),
			   .in = (struct pel_harness_input[8]){ { "u16", a, 4 }, { "u16", b, 4 } }),
		      "u16", two, 8);
	/* The third stream is on port 5: those between stay unconnected. */
	expect_kernel(
		CASE(.kernel = kernel_named("core.interleave"), .params = PARAMS(PARAM("block", "2")),
		     .in =
			     (struct pel_harness_input[8]){
				     [0] = { "u16", a, 4 }, [1] = { "u16", b, 4 }, [5] = { "u16", c, 5 } }),
		"u16", blocks, 12);
}
END_TEST

START_TEST(deinterleave_deals_blocks_in_turn)
{
	static const uint16_t out0[] = { 1, 2, 7, 8 }, out1[] = { 3, 4, 9, 10 }, out6[] = { 5, 6, 11, 12 };
	struct pel_harness_case test = { .size = sizeof(test),
					 .kernel = kernel_named("core.deinterleave"),
					 .params = PARAMS(PARAM("block", "2")),
					 .in = INPUTS({ "u16", numbers, 13 }),
					 .unconnected_outs = 0xbc };
	struct pel_harness_result *result = run_kernel(&test);

	expect_out(result, 0, "u16", out0, 4);
	expect_out(result, 1, "u16", out1, 4);
	expect_out(result, 6, "u16", out6, 4);
	ck_assert_uint_eq(result->out[2]->tokens, 0);
	pel_harness_result_destroy(result);
	check_kernel(&test, 20);
}
END_TEST

START_TEST(constant_repeats_its_value)
{
	static const float reals[] = { 0.5f, 0.5f, 0.5f };
	static const uint8_t bytes[] = { 255, 255, 255, 255 };
	static const float complex_[] = { -2, 0, -2, 0 };

	expect_kernel(CASE(.kernel = kernel_named("core.constant"),
			   .params = PARAMS(PARAM("value", "0.5"), PARAM("tokens", "3"))),
		      "f32", reals, 3);
	expect_kernel(
		CASE(.kernel = kernel_named("core.constant"),
		     .params = PARAMS(PARAM("value", "1e9"), PARAM("type", "u8[2]"), PARAM("tokens", "2"))),
		"u8[2]", bytes, 2);
	expect_kernel(CASE(.kernel = kernel_named("core.constant"),
			   .params = PARAMS(PARAM("value", "-2"), PARAM("type", "cf32"), PARAM("tokens", "2"))),
		      "cf32", complex_, 2);
	expect_error(
		CASE(.kernel = kernel_named("core.constant"), .params = PARAMS(PARAM("type", "bytes[4]"))),
		-EINVAL,
		"actor 'test' (core.constant): port 'out' has type bytes[4]; this kernel computes with numbers",
		"core.reshape can reinterpret the bytes as numbers");
}
END_TEST

START_TEST(counter_counts_and_wraps)
{
	static const uint64_t up[] = { 5, 12, 19, 26 }, down[] = { 1, 0, UINT64_MAX, UINT64_MAX - 1 };

	expect_kernel(CASE(.kernel = kernel_named("core.counter"),
			   .params = PARAMS(PARAM("start", "5"), PARAM("step", "7"), PARAM("tokens", "4"))),
		      "u64", up, 4);
	expect_kernel(CASE(.kernel = kernel_named("core.counter"),
			   .params = PARAMS(PARAM("start", "1"), PARAM("step", "-1"), PARAM("tokens", "4"))),
		      "u64", down, 4);
	/* Without `tokens` it has no end of its own. */
	expect_kernel(CASE(.kernel = kernel_named("core.counter"),
			   .params = PARAMS(PARAM("start", "5"), PARAM("step", "7")), .max_firings = 4),
		      "u64", up, 4);
	expect_error(CASE(.kernel = kernel_named("core.counter"), .params = PARAMS(PARAM("tokens", "-2"))),
		     -EINVAL, "test of core.counter: parameter 'tokens' is outside its limits", NULL);
}
END_TEST

RUN_TESTS("kernel-move", copy_passes_every_type_on, null_takes_all_and_reports_nothing,
	  head_ends_after_its_tokens_or_with_its_input, head_tells_how_long_it_will_take,
	  head_refuses_a_negative_count, skip_drops_the_first_tokens, reshape_keeps_the_bytes,
	  reshape_refuses_another_size, reshape_refuses_what_is_not_a_type,
	  group_and_ungroup_change_the_number_of_tokens, group_and_ungroup_say_what_they_cannot_do,
	  upsample_puts_zeros_between, repeat_writes_each_token_several_times,
	  downsample_keeps_the_token_at_its_offset, downsample_refuses_an_offset_beyond_the_factor,
	  mux_joins_in_turns_of_given_lengths, demux_deals_in_turns_of_given_lengths,
	  mux_wants_a_length_for_each_connected_port, interleave_takes_blocks_in_turn,
	  deinterleave_deals_blocks_in_turn, constant_repeats_its_value, counter_counts_and_wraps)
