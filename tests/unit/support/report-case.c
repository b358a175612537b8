/* SPDX-License-Identifier: Apache-2.0 */
#include "report-case.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

struct hand_plan hand;
char *page;
size_t page_size;

int write_page(const struct pel_report *of)
{
	FILE *out;
	int r;

	free(page);
	page = NULL;
	out = open_memstream(&page, &page_size);
	ck_assert_ptr_nonnull(out);
	r = pel_report_write(of, out, NULL);
	ck_assert_int_eq(fclose(out), 0);
	return r;
}

void assert_has(const char *part)
{
	ck_assert_msg(strstr(page, part) != NULL, "no '%s' in: %s", part, page);
}

void assert_lacks(const char *part)
{
	const char *at = strstr(page, part);

	ck_assert_msg(at == NULL, "there is: %.300s", at);
}

void take_tag(const char **at, char open[][16], size_t *depth)
{
	const char *c = *at + 1;
	bool closes = *c == '/', empty = false;
	char name[16] = "";
	size_t length;

	c += closes;
	length = strspn(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	ck_assert_msg(length > 0 && length < sizeof(name), "no tag: %.60s", *at);
	memcpy(name, c, length);
	for (c += length; *c != '>'; c++) {
		ck_assert_msg(*c != '\0' && *c != '<' && *c != '\'', "tag without end: %.60s", *at);
		empty = *c == '/';
		if (*c == '"') {
			c = strchr(c + 1, '"');
			ck_assert_msg(c != NULL, "attribute without end: %.60s", *at);
		}
	}
	if (closes) {
		ck_assert_msg(*depth > 0 && strcmp(open[*depth - 1], name) == 0, "</%s> closes %s", name,
			      *depth ? open[*depth - 1] : "nothing");
		(*depth)--;
	} else if (!empty && strcmp(name, "meta") != 0 && strcmp(name, "br") != 0) {
		ck_assert_uint_lt(*depth, 32);
		memcpy(open[(*depth)++], name, sizeof(name));
	}
	*at = c + 1;
}

void assert_well_formed(void)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	char open[32][16];
	size_t depth = 0;
	const char *c = page + strlen(doctype);

	ck_assert_int_eq(strncmp(page, doctype, strlen(doctype)), 0);
	while (*c) {
		uint32_t code;
		size_t length = pel_utf8(c, &code);

		ck_assert_msg(length && (code >= 0x20 || code == '\n'), "not text: %.20s", c);
		if (*c == '<')
			take_tag(&c, open, &depth);
		else
			c += length;
	}
	ck_assert_msg(depth == 0, "<%s> is left open", depth ? open[depth - 1] : "");
}

struct pel_stage_stats stages[N_STAGES];
struct pel_channel_stats channels[3];
struct pel_actor_stats actors[N_STAGES];
struct pel_result results[3];
struct pel_prediction predicted;
struct pel_stats stats;
struct pel_report report;

void make_run(void)
{
	static const char *const ids[] = { "read", "grey", "blur", "write" };
	static const char *const links[][3] = { { "read.out->grey.in", "read.out", "grey.in" },
						{ "grey.out->blur.in", "grey.out", "blur.in" },
						{ "blur.out->write.in", "blur.out", "write.in" } };

	hand_plan_init(&hand, "photo");
	memset(stages, 0, sizeof(stages));
	memset(actors, 0, sizeof(actors));
	for (uint32_t i = 0; i < N_STAGES; i++) {
		hand_actor(&hand, ids[i], "core.copy", i > 0, i < N_STAGES - 1);
		hand_stage(&hand, i, 1);
		stages[i] = (struct pel_stage_stats){ .id = ids[i],
						      .where = "cpu",
						      .actors = &ids[i],
						      .n_actors = 1,
						      .firings = 5000 + i,
						      .busy_s = 1 };
		actors[i] = (struct pel_actor_stats){ .id = ids[i], .firings = 5000 + i };
	}
	for (uint32_t i = 0; i < 3; i++) {
		hand_channel(&hand, i, 0, i + 1, 0, 64, PEL_MEMORY_RING);
		hand.actors[i].out[0].n_channels = 1;
		channels[i] = (struct pel_channel_stats){ .name = links[i][0],
							  .from = links[i][1],
							  .to = links[i][2],
							  .capacity = 64,
							  .high_water = 16,
							  .tokens = 1234567 };
	}
	predicted = (struct pel_prediction){ .size = sizeof(predicted) };
	stats = (struct pel_stats){ .size = sizeof(stats),
				    .wall_s = 10,
				    .workers = 4,
				    .stages = POINTERS(stages),
				    .n_stages = N_STAGES,
				    .channels = POINTERS(channels),
				    .n_channels = 3,
				    .actors = POINTERS(actors),
				    .n_actors = N_STAGES,
				    .predicted = &predicted };
	report = (struct pel_report){ .size = sizeof(report), .plan = &hand.plan, .stats = &stats };
}

void write_run(void)
{
	ck_assert_int_eq(write_page(&report), 0);
	assert_well_formed();
	hand_plan_fini(&hand);
}
