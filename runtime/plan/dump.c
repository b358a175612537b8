/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "instance-model.h"
#include "number.h"
#include "params.h"

/*
 * The plan after a pass, as text in document order. The same graph and options always give the same bytes: nothing depends on the machine except
 * its description in the options.
 */

struct dump {
	const struct compiler *c;
	const struct pel_plan *plan;
	enum pel_pass pass;
	FILE *out;
};

static void dump_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\x%02x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

static void dump_element(FILE *out, enum pel_elem elem, const unsigned char *at)
{
	char buf[PEL_NUMBER_BYTES];
	__int128 integer = 0;

	switch (elem) {
	case PEL_ELEM_U8:
	case PEL_ELEM_BYTES:
		integer = *at;
		break;
	case PEL_ELEM_I8:
		integer = *(const int8_t *)at;
		break;
	case PEL_ELEM_U16:
		integer = *(const uint16_t *)at;
		break;
	case PEL_ELEM_I16:
		integer = *(const int16_t *)at;
		break;
	case PEL_ELEM_U32:
		integer = *(const uint32_t *)at;
		break;
	case PEL_ELEM_I32:
		integer = *(const int32_t *)at;
		break;
	case PEL_ELEM_U64:
		integer = *(const uint64_t *)at;
		break;
	case PEL_ELEM_I64:
		integer = *(const int64_t *)at;
		break;
	case PEL_ELEM_F32:
	case PEL_ELEM_CF32:
		fputs(pel_real_format((double)*(const float *)at, buf), out);
		return;
	case PEL_ELEM_F64:
	case PEL_ELEM_CF64:
		fputs(pel_real_format(*(const double *)at, buf), out);
		return;
	}
	fputs(pel_int_format(integer, buf), out);
}

#define ELEMENTS_SHOWN 16

/* Write `count` elements, complex ones as two numbers. */
static void dump_elements(FILE *out, enum pel_elem elem, const void *data, uint64_t count)
{
	bool complex = elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
	size_t bytes = elem == PEL_ELEM_BYTES ? 1 : pel_elem_bytes(elem) / (complex ? 2 : 1);
	uint64_t numbers = count * (complex ? 2 : 1);

	fputc('[', out);
	for (uint64_t i = 0; i < numbers && i < ELEMENTS_SHOWN; i++) {
		fputs(i ? " " : "", out);
		dump_element(out, elem, (const unsigned char *)data + i * bytes);
	}
	if (numbers > ELEMENTS_SHOWN)
		fprintf(out, " ... %llu", (unsigned long long)numbers);
	fputc(']', out);
}

static void dump_value(FILE *out, const struct pel_value *value)
{
	char buf[PEL_NUMBER_BYTES];

	switch (value->kind) {
	case PEL_VALUE_I64:
		fputs(pel_int_format(value->elem == PEL_ELEM_U64 ? (__int128)(uint64_t)value->i64 : value->i64,
				     buf),
		      out);
		break;
	case PEL_VALUE_F64:
		fputs(pel_real_format(value->f64, buf), out);
		break;
	case PEL_VALUE_BOOL:
		fputs(value->boolean ? "true" : "false", out);
		break;
	case PEL_VALUE_STRING:
		dump_text(out, value->string);
		break;
	case PEL_VALUE_LIST:
		dump_elements(out, value->elem, value->list.data, value->list.count);
		break;
	}
}

static void dump_params(FILE *out, const struct pel_param_desc *descs, const struct pel_value *values)
{
	for (size_t i = 0; descs && descs[i].name; i++) {
		fprintf(out, "  param %s %s = ", descs[i].name, descs[i].type);
		dump_value(out, &values[i]);
		fputc('\n', out);
	}
}

static void dump_numbers(FILE *out, const char *name, const uint64_t *numbers, uint32_t n)
{
	fprintf(out, " %s=", name);
	for (uint32_t i = 0; i < n && i < ELEMENTS_SHOWN; i++)
		fprintf(out, "%s%llu", i ? "," : "", (unsigned long long)numbers[i]);
	if (n > ELEMENTS_SHOWN)
		fprintf(out, ",...(%u)", n);
}

static void dump_port(const struct dump *d, const char *way, const struct pel_plan_port *port)
{
	static const char *const tails[] = {
		[PEL_TAIL_WARN] = "", [PEL_TAIL_DROP] = " tail=drop", [PEL_TAIL_PAD] = " tail=pad", [PEL_TAIL_ERROR] = " tail=error"
	};
	char type[192];

	fprintf(d->out, "  %s %s", way, port->name);
	if (port->type)
		fprintf(d->out, " %s", pel_type_format(port->type, type, sizeof(type)));
	if (port->dynamic)
		fputs(" rate=*", d->out);
	else
		dump_numbers(d->out, "rate", port->rates, port->n_rates);
	if (port->history)
		fprintf(d->out, " history=%llu", (unsigned long long)port->history);
	fputs(tails[port->tail], d->out);
	if (!port->n_channels)
		fputs(" open", d->out);
	fputc('\n', d->out);
}

static void dump_settings(const struct dump *d, const struct pel_plan_actor *actor)
{
	char where[512];

	if (actor->copies > 1)
		fprintf(d->out, " copies=%u", actor->copies);
	if (actor->policy->in_flight)
		fprintf(d->out, " in-flight=%u", actor->policy->in_flight);
	if (actor->policy->max_batch)
		fprintf(d->out, " max-batch=%llu", (unsigned long long)actor->policy->max_batch);
	if (strcmp(actor->policy->on_fault, "fail") != 0)
		fprintf(d->out, " on-fault=%s", actor->policy->on_fault);
	if (actor->policy->retries)
		fprintf(d->out, " retries=%u", actor->policy->retries);
	if (actor->policy->timeout_ms)
		fprintf(d->out, " timeout-ms=%u", actor->policy->timeout_ms);
	if (actor->policy->n_time)
		dump_numbers(d->out, "time", actor->policy->time, actor->policy->n_time);
	if (d->pass >= PEL_PASS_RATES && actor->phases > 1)
		fprintf(d->out, " phases=%u", actor->phases);
	if (d->pass >= PEL_PASS_RATES && actor->repetition)
		fprintf(d->out, " repetition=%llu", (unsigned long long)actor->repetition);
	else if (d->pass >= PEL_PASS_RATES && actor->dynamic)
		fputs(" dynamic", d->out);
	if (d->pass >= PEL_PASS_PLACE)
		fprintf(d->out, " where=%s%s", pel_where_format(&actor->where, where, sizeof(where)),
			actor->where.automatic ? " auto" : "");
}

static void dump_actor(const struct dump *d, const struct pel_plan_actor *actor)
{
	static const char *const kinds[] = {
		[PEL_ACTOR_KERNEL] = "actor", [PEL_ACTOR_HOST_IN] = "boundary-in", [PEL_ACTOR_HOST_OUT] = "boundary-out"
	};

	fprintf(d->out, "%s %s", kinds[actor->kind], actor->id);
	if (actor->kind == PEL_ACTOR_KERNEL) {
		fprintf(d->out, " %s", actor->kernel->name);
		dump_settings(d, actor);
		if (d->pass >= PEL_PASS_FUSE)
			fprintf(d->out, " stage=%u", actor->stage);
		if (d->pass >= PEL_PASS_FUSE && actor->not_fused != PEL_FUSED)
			fprintf(d->out, " apart: %s", pel_not_fused_reason(actor->not_fused));
		fputc('\n', d->out);
		dump_params(d->out, actor->kernel->params, actor->params);
	} else {
		fputc('\n', d->out);
	}
	for (uint32_t i = 0; i < actor->n_in; i++)
		dump_port(d, "in", &actor->in[i]);
	for (uint32_t i = 0; i < actor->n_out; i++)
		dump_port(d, "out", &actor->out[i]);
}

static void dump_channel(const struct dump *d, uint32_t index)
{
	const struct pel_plan_channel *channel = &d->plan->channels[index];
	const struct pel_plan_port *port = &d->plan->actors[channel->from].out[channel->from_port];

	fprintf(d->out, "channel %s", channel->name);
	if (strstr(channel->name, "->") == NULL)
		fprintf(d->out, " %s.%s->%s.%s", d->plan->actors[channel->from].id, port->name,
			d->plan->actors[channel->to].id,
			d->plan->actors[channel->to].in[channel->to_port].name);
	if (channel->capacity)
		fprintf(d->out, " capacity=%llu%s", (unsigned long long)channel->capacity,
			channel->capacity_given ? " given" : "");
	if (channel->initial)
		fprintf(d->out, " initial=%llu", (unsigned long long)channel->initial);
	if (channel->initial_values) {
		fputc(' ', d->out);
		dump_elements(d->out, port->type->elem, channel->initial_values,
			      channel->initial * pel_type_elements(port->type) *
				      (port->type->elem == PEL_ELEM_BYTES ? port->type->elem_bytes : 1));
	}
	if (d->pass >= PEL_PASS_LIVENESS && d->c->high_water[index])
		fprintf(d->out, " high-water=%llu", (unsigned long long)d->c->high_water[index]);
	if (d->pass >= PEL_PASS_SIZE)
		fprintf(d->out, " %s ring=%u", pel_memory_name(channel->memory), channel->ring);
	fputc('\n', d->out);
}

static void dump_ring(const struct dump *d, uint32_t index)
{
	const struct pel_plan_ring *ring = &d->plan->rings[index];
	const struct pel_plan_actor *actor = &d->plan->actors[ring->actor];

	fprintf(d->out, "ring %u %s%s%s slots=%llu mirror=%llu token-bytes=%u", index, actor->id,
		actor->kind == PEL_ACTOR_KERNEL ? "." : "",
		actor->kind == PEL_ACTOR_KERNEL ? actor->out[ring->port].name : "",
		(unsigned long long)ring->slots, (unsigned long long)ring->mirror, ring->token_bytes);
	if (ring->history)
		fprintf(d->out, " history=%llu", (unsigned long long)ring->history);
	if (ring->next != PEL_NONE)
		fprintf(d->out, " next=%u", ring->next);
	fprintf(d->out, " %s readers", pel_memory_name(ring->memory));
	for (uint32_t i = 0; i < ring->n_channels; i++)
		fprintf(d->out, " %u", ring->channels[i]);
	fputc('\n', d->out);
}

static void dump_stage(const struct dump *d, uint32_t index)
{
	const struct pel_plan_stage *stage = &d->plan->stages[index];
	char where[512];

	fprintf(d->out, "stage %u %s %s%s", index, stage->id,
		pel_where_format(&stage->where, where, sizeof(where)), stage->blocking ? " blocking" : "");
	for (uint32_t i = 0; i < stage->n_actors; i++)
		fprintf(d->out, " %s", d->plan->actors[stage->actors[i]].id);
	fputc('\n', d->out);
}

static void dump_cluster(const struct dump *d, uint32_t index)
{
	const struct pel_plan_cluster *cluster = &d->plan->clusters[index];

	fprintf(d->out, "cluster %u copies=%u slots=%u%s%s", index, cluster->n_stages, cluster->slots,
		cluster->eager_input ? " eager-input" : "", cluster->eager_room ? " eager-room" : "");
	if (d->pass >= PEL_PASS_SIZE)
		fprintf(d->out, " chunk=%llu round=%llu scratch=%llu", (unsigned long long)cluster->chunk,
			(unsigned long long)cluster->round, (unsigned long long)cluster->scratch_bytes);
	for (uint32_t s = 0; s < cluster->n_segments; s++) {
		fputs(s ? " |" : "", d->out);
		for (uint32_t i = cluster->segments[s]; i < cluster->segments[s + 1]; i++)
			fprintf(d->out, " %s*%llu", d->plan->actors[cluster->actors[i]].id,
				(unsigned long long)d->plan->actors[cluster->actors[i]].cluster_firings);
	}
	fputc('\n', d->out);
}

static void dump_documents(const struct dump *d)
{
	const struct pel_graph *graph = d->c->graph;

	for (size_t i = 0; i < graph->n_files; i++) {
		const struct pel_decl_graph *decl = graph->files[i];

		fprintf(d->out, "document %s: %zu actors, %zu channels, %zu kernels, %zu graphs\n",
			decl->name.text ? decl->name.text : "-", decl->n_actors, decl->n_channels,
			decl->n_kernels, decl->n_graphs);
	}
}

static void dump_top_params(const struct dump *d)
{
	const struct params *params = d->c->top->params;

	for (uint32_t i = 0; i < params->declared->n; i++) {
		fprintf(d->out, "param %s %s = ", params->declared->descs[i].name,
			params->declared->descs[i].type);
		dump_value(d->out, &params->values[i]);
		fputc('\n', d->out);
	}
}

int pel_plan_dump(const struct compiler *c, enum pel_pass pass, const char *name, FILE *out)
{
	const struct pel_plan *plan = c->plan;
	struct dump d = { c, plan, pass, out };

	fprintf(out, "plan %s after %s\n", plan->name, name);
	if (c->options->machine)
		fprintf(out, "machine cores=%u l1=%llu l2=%llu workers=%u\n", plan->machine.cores,
			(unsigned long long)plan->machine.l1_bytes,
			(unsigned long long)plan->machine.l2_bytes, plan->workers);
	if (pass == PEL_PASS_LOAD) {
		dump_documents(&d);
	} else {
		dump_top_params(&d);
		for (uint32_t i = 0; i < plan->n_actors; i++)
			dump_actor(&d, &plan->actors[i]);
		for (uint32_t i = 0; i < plan->n_channels; i++)
			dump_channel(&d, i);
		for (uint32_t i = 0; pass >= PEL_PASS_SIZE && i < plan->n_rings; i++)
			dump_ring(&d, i);
		for (uint32_t i = 0; pass >= PEL_PASS_FUSE && i < plan->n_clusters; i++)
			dump_cluster(&d, i);
		for (uint32_t i = 0; pass >= PEL_PASS_FUSE && i < plan->n_stages; i++)
			dump_stage(&d, i);
	}
	return fflush(out) != 0 || ferror(out)
		       ? pel_fail(c->err, -EIO, (struct pel_place){ 0 }, "the plan could not be written")
		       : 0;
}
