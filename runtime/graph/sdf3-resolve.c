/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf3-build.h"

#include <errno.h>
#include <string.h>

static const char *quote(const char *text, char buf[PEL_QUOTE_BYTES])
{
	return pel_quote(text, strlen(text), buf);
}

const char *pel_sdf3_port_key(struct pel_sdf3_build *build, size_t actor, const char *name)
{
	return pel_arena_printf(&build->keys, "%zu/%s", actor, name);
}

static struct pel_sdf3_decl_actor *actors_of(struct pel_sdf3_build *build)
{
	return build->actors.items;
}

static struct pel_sdf3_port *ports_of(struct pel_sdf3_build *build)
{
	return build->ports.items;
}

/* NULL if it has none. */
static const struct pel_sdf3_port *ports_of_actor(const struct pel_loader *ld,
						  const struct pel_sdf3_decl_actor *actor)
{
	return actor->n_ports ? ports_of(pel_sdf3_build_of(ld)) + actor->first_port : NULL;
}

/* ---- names ---- */

/* The index of the actor that `attr` names; PEL_MAP_NONE: there is none, which has been reported. */
static size_t find_actor(struct pel_loader *ld, const struct pel_attr *attr)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	struct pel_near near = { 0 };
	char quoted[PEL_QUOTE_BYTES];
	size_t index;

	if (!attr->text || !*attr->text)
		return PEL_MAP_NONE; /* already reported */
	index = pel_map_get(&build->actor_index, attr->text);
	if (index != PEL_MAP_NONE || build->nameless_actors)
		return index;
	pel_loader_fail(ld, pel_loader_place(ld, attr), "there is no actor '%s'", quote(attr->text, quoted));
	for (size_t i = 0;
	     ld->n_errors <= PEL_MAX_GUESSES && i < build->actors.count && i < PEL_MAX_CANDIDATES; i++)
		if (actors_of(build)[i].name.text)
			pel_near_try(&near, attr->text, actors_of(build)[i].name.text);
	if (near.name)
		pel_hint(ld->err, "did you mean '%s'?", near.name);
	return PEL_MAP_NONE;
}

static void fail_port(struct pel_loader *ld, const struct pel_sdf3_decl_actor *actor,
		      const struct pel_attr *attr)
{
	const struct pel_sdf3_port *ports = ports_of_actor(ld, actor);
	char a[PEL_QUOTE_BYTES], b[PEL_QUOTE_BYTES];
	struct pel_near near = { 0 };

	pel_loader_fail(ld, pel_loader_place(ld, attr), "actor '%s' has no port '%s'",
			quote(actor->name.text, a), quote(attr->text, b));
	for (size_t i = 0; ld->n_errors <= PEL_MAX_GUESSES && i < actor->n_ports && i < PEL_MAX_CANDIDATES; i++)
		if (ports[i].name.text)
			pel_near_try(&near, attr->text, ports[i].name.text);
	if (near.name)
		pel_hint(ld->err, "did you mean '%s'?", near.name);
}

/* Look up one end of a channel. Returns 0 or -ENOMEM; the result is PEL_MAP_NONE after an error. */
static int find_port(struct pel_loader *ld, const struct pel_attr *actor_attr, const struct pel_attr *attr,
		     size_t *actor, size_t *port)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	const char *key;

	*port = PEL_MAP_NONE;
	*actor = find_actor(ld, actor_attr);
	if (*actor == PEL_MAP_NONE || !attr->text || !*attr->text)
		return 0;
	key = pel_sdf3_port_key(build, *actor, attr->text);
	if (!key)
		return -ENOMEM;
	*port = pel_map_get(&build->port_index, key);
	if (*port == PEL_MAP_NONE && !actors_of(build)[*actor].nameless_ports)
		fail_port(ld, &actors_of(build)[*actor], attr);
	return 0;
}

/* Mark the port as the source or destination of the channel in line `line`. */
static void join(struct pel_loader *ld, size_t actor, size_t port, bool source, const struct pel_attr *attr,
		 uint32_t line)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	struct pel_sdf3_port *p = &ports_of(build)[port];
	char a[PEL_QUOTE_BYTES], b[PEL_QUOTE_BYTES];

	quote(actors_of(build)[actor].name.text, a);
	quote(p->name.text, b);
	if (p->out != source && p->type.text)
		pel_loader_fail(ld, pel_loader_place(ld, attr),
				source ? "port '%s' of actor '%s' is an input (line %u): no channel starts there"
				       : "port '%s' of actor '%s' is an output (line %u): no channel ends there",
				b, a, p->line);
	else if (p->used_line)
		pel_loader_fail(ld, pel_loader_place(ld, attr),
				"port '%s' of actor '%s' already has a channel, at line %u", b, a,
				p->used_line);
	else
		p->used_line = line;
}

/* ---- phases and times ---- */

static int take_time(struct pel_loader *ld, const struct pel_sdf3_properties *properties)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	size_t index = find_actor(ld, &properties->actor);
	struct pel_sdf3_decl_actor *actor;
	char quoted[PEL_QUOTE_BYTES];

	if (index == PEL_MAP_NONE) {
		build->nameless_properties = true;
		return 0;
	}
	actor = &actors_of(build)[index];
	if (actor->properties_line) {
		pel_loader_fail(ld, pel_loader_place(ld, &properties->actor),
				"there are already <actorProperties> of '%s', at line %u",
				quote(actor->name.text, quoted), actor->properties_line);
		return 0;
	}
	actor->properties_line = properties->line;
	actor->time = properties->time;
	build->sdf3->timed |= actor->time.line > 0;
	if (!actor->time.text || !*actor->time.text)
		return 0;
	return pel_sdf3_read_list(ld, &actor->time, "time", &actor->times);
}

static void check_time(struct pel_loader *ld, const struct pel_sdf3_decl_actor *actor)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	char quoted[PEL_QUOTE_BYTES];

	if (!actor->time.line && build->sdf3->timed && !build->nameless_properties && actor->name.text &&
	    pel_map_get(&build->actor_index, actor->name.text) == (size_t)(actor - actors_of(build))) {
		pel_loader_fail(ld, (struct pel_place){ ld->file, actor->line, actor->col },
				"there is no time for actor '%s'", quote(actor->name.text, quoted));
		pel_hint(ld->err,
			 "<actorProperties actor=...> sets it: <processor default=\"true\"><executionTime time=...>");
	} else if (actor->times.phases > 1 && !build->sdf3->cyclic) {
		pel_loader_fail(ld, pel_loader_place(ld, &actor->time),
				"time '%s' is a list, but the graph is not a <csdf>",
				quote(actor->time.text, quoted));
		pel_hint(ld->err, "actors of an <sdf> have one phase; those of a <csdf> can have more");
	}
}

struct longest {
	uint32_t phases;
	const struct pel_attr *attr;
	const char *what;
};

static void fit(struct pel_loader *ld, const struct pel_sdf3_decl_actor *actor, const struct longest *longest,
		const struct pel_sdf3_list *list, const struct pel_attr *attr, const char *what)
{
	char a[PEL_QUOTE_BYTES], b[PEL_QUOTE_BYTES];

	if (!list->values || longest->phases % list->phases == 0)
		return;
	pel_loader_fail(ld, pel_loader_place(ld, attr),
			"%s '%s' has %u phase%s, but the %s of actor '%s' in line %u has %u", what,
			quote(attr->text, a), list->phases, pel_s(list->phases), longest->what,
			actor->name.text ? quote(actor->name.text, b) : "", longest->attr->line,
			longest->phases);
	pel_hint(ld->err, "shorter lists repeat, so their lengths must divide the longest one's");
}

/* The longest list of an actor gives its number of phases; the lengths of the others must divide this number. */
static uint32_t phases_of(struct pel_loader *ld, const struct pel_sdf3_decl_actor *actor)
{
	const struct pel_sdf3_port *ports = ports_of_actor(ld, actor);
	struct longest longest = { 1, NULL, NULL };

	if (actor->times.phases > longest.phases)
		longest = (struct longest){ actor->times.phases, &actor->time, "time" };
	for (size_t i = 0; i < actor->n_ports; i++)
		if (ports[i].rates.phases > longest.phases)
			longest = (struct longest){ ports[i].rates.phases, &ports[i].rate, "rate" };
	if (longest.phases == 1)
		return 1;
	fit(ld, actor, &longest, &actor->times, &actor->time, "time");
	for (size_t i = 0; i < actor->n_ports; i++)
		fit(ld, actor, &longest, &ports[i].rates, &ports[i].rate, "rate");
	return longest.phases;
}

/* ---- the graph ---- */

static int make_actors(struct pel_loader *ld)
{
	static const uint64_t one = 1;
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	const struct pel_sdf3_properties *properties = build->properties.items;
	struct pel_sdf3 *sdf3 = build->sdf3;
	size_t n = build->actors.count;
	uint32_t *phases = pel_arena_array(ld->arena, n, sizeof(*phases));

	sdf3->actors = pel_arena_array(ld->arena, n, sizeof(*sdf3->actors));
	if (!phases || !sdf3->actors)
		return -ENOMEM;
	for (size_t i = 0; i < build->properties.count; i++) {
		int r = take_time(ld, &properties[i]);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++) {
		const struct pel_sdf3_decl_actor *actor = &actors_of(build)[i];

		check_time(ld, actor);
		phases[i] = phases_of(ld, actor);
		sdf3->actors[i] = (struct pel_sdf3_actor){ .id = actor->name.text,
							   .place = { ld->file, actor->line, actor->col },
							   .phases = phases[i],
							   .time = sdf3->timed ? actor->times.values : &one,
							   .n_time = sdf3->timed ? actor->times.count : 1 };
	}
	sdf3->sdf.n_actors = (uint32_t)n;
	sdf3->sdf.phases = phases;
	return 0;
}

static int make_channel(struct pel_loader *ld, const struct pel_sdf3_decl_channel *decl,
			struct pel_sdf3_channel *channel, struct pel_sdf_channel *math)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	size_t from, to, from_port, to_port;
	const struct pel_sdf3_port *out, *in;

	if (find_port(ld, &decl->from, &decl->from_port, &from, &from_port) < 0 ||
	    find_port(ld, &decl->to, &decl->to_port, &to, &to_port) < 0)
		return -ENOMEM;
	if (from_port != PEL_MAP_NONE)
		join(ld, from, from_port, true, &decl->from_port, decl->line);
	if (to_port != PEL_MAP_NONE)
		join(ld, to, to_port, false, &decl->to_port, decl->line);
	if (from_port == PEL_MAP_NONE || to_port == PEL_MAP_NONE)
		return 0;
	out = &ports_of(build)[from_port];
	in = &ports_of(build)[to_port];
	*channel = (struct pel_sdf3_channel){ .name = decl->name.text,
					      .from_port = out->name.text,
					      .to_port = in->name.text,
					      .place = { ld->file, decl->line, decl->col } };
	*math = (struct pel_sdf_channel){ .from = (uint32_t)from,
					  .to = (uint32_t)to,
					  .produce = out->rates.values,
					  .consume = in->rates.values,
					  .n_produce = out->rates.count,
					  .n_consume = in->rates.count,
					  .initial = decl->tokens };
	if (!channel->name)
		channel->name = pel_arena_printf(ld->arena, "%s.%s->%s.%s", decl->from.text, out->name.text,
						 decl->to.text, in->name.text);
	return channel->name ? 0 : -ENOMEM;
}

static int make_channels(struct pel_loader *ld)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	const struct pel_sdf3_decl_channel *decls = build->channels.items;
	struct pel_sdf3 *sdf3 = build->sdf3;
	size_t n = build->channels.count;
	struct pel_sdf_channel *math = pel_arena_array(ld->arena, n, sizeof(*math));

	sdf3->channels = pel_arena_array(ld->arena, n, sizeof(*sdf3->channels));
	if (!math || !sdf3->channels)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (make_channel(ld, &decls[i], &sdf3->channels[i], &math[i]) < 0)
			return -ENOMEM;
	sdf3->sdf.n_channels = (uint32_t)n;
	sdf3->sdf.channels = math;
	return 0;
}

int pel_sdf3_resolve(struct pel_loader *ld)
{
	struct pel_sdf3_build *build = pel_sdf3_build_of(ld);
	int r = make_actors(ld);

	build->sdf3->name = build->name.text && *build->name.text ? build->name.text : build->outer_name.text;
	if (!build->sdf3->name)
		build->sdf3->name = "";
	return r == 0 ? make_channels(ld) : r;
}
