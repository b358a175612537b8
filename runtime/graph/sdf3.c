/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf3-build.h"

#include "read-file.h"

#include <errno.h>
#include <string.h>

struct pel_sdf3_build *pel_sdf3_build_of(const struct pel_loader *ld)
{
	return ld->build;
}

/* ---- actors and their ports ---- */

static void *begin_actor(struct pel_loader *ld, struct pel_place place)
{
	struct pel_sdf3_build *build = ld->build;
	struct pel_sdf3_decl_actor *actor = PEL_DECLARE(build->actors, pel_sdf3_decl_actor, place);

	if (actor)
		actor->first_port = build->ports.count;
	return actor;
}

static int check_actor(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_sdf3_decl_actor *actor = decl;
	struct pel_sdf3_build *build = ld->build;
	const struct pel_sdf3_decl_actor *actors = build->actors.items;
	char quoted[PEL_QUOTE_BYTES];
	int r;

	(void)place;
	if (!actor->name.text || !*actor->name.text) {
		build->nameless_actors = true;
		return 0;
	}
	r = pel_map_put(&build->actor_index, actor->name.text, build->actors.count - 1);
	if (r != -EEXIST)
		return r;
	pel_loader_fail(ld, pel_loader_place(ld, &actor->name), "there is already an actor '%s', at line %u",
			pel_quote(actor->name.text, strlen(actor->name.text), quoted),
			actors[pel_map_get(&build->actor_index, actor->name.text)].name.line);
	return 0;
}

static void *begin_port(struct pel_loader *ld, struct pel_place place)
{
	struct pel_sdf3_build *build = ld->build;
	struct pel_sdf3_decl_actor *actor = pel_list_last(&build->actors);

	actor->n_ports++;
	return PEL_DECLARE(build->ports, pel_sdf3_port, place);
}

static bool is_zero(const struct pel_sdf3_list *list)
{
	return list->values && list->count == 1 && list->values[0] == 0;
}

static int check_rate(struct pel_loader *ld, struct pel_sdf3_port *port)
{
	struct pel_sdf3_build *build = ld->build;
	char quoted[PEL_QUOTE_BYTES];
	int r;

	if (!port->rate.text || !*port->rate.text)
		return 0;
	r = pel_sdf3_read_list(ld, &port->rate, "rate", &port->rates);
	if (r < 0 || !port->rates.values)
		return r;
	if (is_zero(&port->rates)) {
		pel_loader_fail(ld, pel_loader_place(ld, &port->rate), "rate '%s' is 0 in all phases",
				pel_quote(port->rate.text, strlen(port->rate.text), quoted));
		pel_hint(ld->err, "leave out the port and its channel: no token ever passes");
	} else if (!build->sdf3->cyclic && port->rates.phases > 1) {
		pel_loader_fail(ld, pel_loader_place(ld, &port->rate),
				"rate '%s' is a list, but the graph is not a <csdf>",
				pel_quote(port->rate.text, strlen(port->rate.text), quoted));
		pel_hint(ld->err, "actors of an <sdf> have one phase; those of a <csdf> can have more");
	}
	return 0;
}

/* Add the port to the index of names. */
static int declare_port(struct pel_loader *ld, const struct pel_sdf3_port *port)
{
	struct pel_sdf3_build *build = ld->build;
	const struct pel_sdf3_decl_actor *actor = pel_list_last(&build->actors);
	const struct pel_sdf3_port *ports = build->ports.items;
	char a[PEL_QUOTE_BYTES], b[PEL_QUOTE_BYTES];
	const char *key;
	int r;

	key = pel_sdf3_port_key(build, build->actors.count - 1, port->name.text);
	if (!key)
		return -ENOMEM;
	r = pel_map_put(&build->port_index, key, build->ports.count - 1);
	if (r != -EEXIST)
		return r;
	pel_loader_fail(ld, pel_loader_place(ld, &port->name), "actor '%s' already has a port '%s', at line %u",
			actor->name.text ? pel_quote(actor->name.text, strlen(actor->name.text), a) : "",
			pel_quote(port->name.text, strlen(port->name.text), b),
			ports[pel_map_get(&build->port_index, key)].name.line);
	return 0;
}

static int check_port(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_sdf3_decl_actor *actor = pel_list_last(&pel_sdf3_build_of(ld)->actors);
	struct pel_sdf3_port *port = decl;
	char quoted[PEL_QUOTE_BYTES];
	int r;

	(void)place;
	if (port->type.text && *port->type.text) {
		port->out = strcmp(port->type.text, "out") == 0;
		if (!port->out && strcmp(port->type.text, "in") != 0)
			pel_loader_fail(ld, pel_loader_place(ld, &port->type),
					"type is '%s', but must be in or out",
					pel_quote(port->type.text, strlen(port->type.text), quoted));
	}
	r = check_rate(ld, port);
	if (r < 0)
		return r;
	if (port->name.text && *port->name.text)
		return declare_port(ld, port);
	actor->nameless_ports = true;
	return 0;
}

/* ---- channels ---- */

static void *begin_channel(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_sdf3_build_of(ld)->channels, pel_sdf3_decl_channel, place);
}

static int check_channel(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_sdf3_decl_channel *channel = decl;

	(void)place;
	if (channel->initial.text)
		pel_sdf3_read_number(ld, &channel->initial, "initialTokens", &channel->tokens);
	return pel_declare(ld, &pel_sdf3_build_of(ld)->channel_lines, &channel->name, "a channel");
}

/* ---- times ---- */

static void *begin_properties(struct pel_loader *ld, struct pel_place place)
{
	return PEL_DECLARE(pel_sdf3_build_of(ld)->properties, pel_sdf3_properties, place);
}

static int check_properties(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_attr *actor = &((struct pel_sdf3_properties *)decl)->actor;

	(void)place;
	if (!actor->text || !*actor->text)
		pel_sdf3_build_of(ld)->nameless_properties = true;
	return 0;
}

static void *begin_processor(struct pel_loader *ld, struct pel_place place)
{
	struct pel_sdf3_processor *processor = &pel_sdf3_build_of(ld)->processor;

	(void)place;
	*processor = (struct pel_sdf3_processor){ 0 };
	return processor;
}

static int check_time(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_attr *time = &((struct pel_sdf3_processor *)decl)->time;

	(void)ld;
	if (!time->text)
		*time = (struct pel_attr){ NULL, place.line, place.col };
	return 0;
}

static void *begin_time(struct pel_loader *ld, struct pel_place place)
{
	(void)place;
	return &pel_sdf3_build_of(ld)->processor;
}

static int end_processor(struct pel_loader *ld, struct pel_place place)
{
	const struct pel_sdf3_processor *processor = &pel_sdf3_build_of(ld)->processor;
	struct pel_sdf3_properties *properties = pel_list_last(&pel_sdf3_build_of(ld)->properties);

	(void)place;
	if (processor->time.line && processor->is_default.text &&
	    strcmp(processor->is_default.text, "true") == 0)
		properties->time = processor->time;
	return 0;
}

/* ---- the enclosing elements ---- */

static void *begin_part(struct pel_loader *ld, struct pel_place place)
{
	(void)place;
	return ld->build;
}

static int check_root(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_attr *type = &((struct pel_sdf3_build *)decl)->type;
	char quoted[PEL_QUOTE_BYTES];

	(void)place;
	if (!type->text || !*type->text || strcmp(type->text, "sdf") == 0 || strcmp(type->text, "csdf") == 0)
		return 0;
	pel_loader_fail(ld, pel_loader_place(ld, type), "SDF3 graphs of type '%s' are not supported",
			pel_quote(type->text, strlen(type->text), quoted));
	pel_hint(ld->err, "only the types sdf and csdf are supported");
	return -EINVAL;
}

static int end_root(struct pel_loader *ld, struct pel_place place)
{
	if (!pel_sdf3_build_of(ld)->application_line)
		pel_loader_fail(ld, place, "there is no <applicationGraph> in <sdf3>");
	return pel_sdf3_resolve(ld);
}

static int check_application(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_sdf3_build *build = decl;

	if (build->application_line) {
		pel_loader_fail(ld, place,
				"<sdf3> can contain only one <applicationGraph>, and already has one at line %u",
				build->application_line);
		return -EINVAL;
	}
	build->application_line = place.line;
	return 0;
}

static int end_application(struct pel_loader *ld, struct pel_place place)
{
	if (!pel_sdf3_build_of(ld)->graph_line)
		pel_loader_fail(ld, place, "there is no <sdf> and no <csdf> in <applicationGraph>");
	return 0;
}

static int check_graph(struct pel_loader *ld, void *decl, struct pel_place place)
{
	struct pel_sdf3_build *build = decl;

	if (build->graph_line) {
		pel_loader_fail(ld, place,
				"<applicationGraph> can contain only one graph, and already has one at line %u",
				build->graph_line);
		return -EINVAL;
	}
	build->graph_line = place.line;
	return 0;
}

static void *begin_csdf(struct pel_loader *ld, struct pel_place place)
{
	struct pel_sdf3_build *build = ld->build;

	(void)place;
	build->sdf3->cyclic |= !build->graph_line;
	return build;
}

/* ---- the language ---- */

static const struct pel_attribute_rule port_attributes[] = {
	PEL_ATTR(pel_sdf3_port, name, "name", SOME, true),
	PEL_ATTR(pel_sdf3_port, type, "type", SOME, true),
	PEL_ATTR(pel_sdf3_port, rate, "rate", SOME, true),
	{ 0 },
};
static const struct pel_rule port_rule = {
	.name = "port", .attributes = port_attributes, .begin = begin_port, .check = check_port
};

static const struct pel_attribute_rule actor_attributes[] = {
	PEL_ATTR(pel_sdf3_decl_actor, name, "name", SOME, true),
	{ 0 },
};
static const struct pel_rule actor_rule = { .name = "actor",
					    .attributes = actor_attributes,
					    .children = { &port_rule },
					    .begin = begin_actor,
					    .check = check_actor };

static const struct pel_attribute_rule channel_attributes[] = {
	PEL_ATTR(pel_sdf3_decl_channel, name, "name", SOME, false),
	PEL_ATTR(pel_sdf3_decl_channel, from, "srcActor", SOME, true),
	PEL_ATTR(pel_sdf3_decl_channel, from_port, "srcPort", SOME, true),
	PEL_ATTR(pel_sdf3_decl_channel, to, "dstActor", SOME, true),
	PEL_ATTR(pel_sdf3_decl_channel, to_port, "dstPort", SOME, true),
	PEL_ATTR(pel_sdf3_decl_channel, initial, "initialTokens", SOME, false),
	{ 0 },
};
static const struct pel_rule channel_rule = {
	.name = "channel", .attributes = channel_attributes, .begin = begin_channel, .check = check_channel
};

static const struct pel_attribute_rule graph_attributes[] = {
	PEL_ATTR(pel_sdf3_build, name, "name", TEXT, false),
	{ 0 },
};
static const struct pel_rule sdf_rule = { .name = "sdf",
					  .attributes = graph_attributes,
					  .children = { &actor_rule, &channel_rule },
					  .begin = begin_part,
					  .check = check_graph };
static const struct pel_rule csdf_rule = { .name = "csdf",
					   .attributes = graph_attributes,
					   .children = { &actor_rule, &channel_rule },
					   .begin = begin_csdf,
					   .check = check_graph };

static const struct pel_attribute_rule time_attributes[] = {
	PEL_ATTR(pel_sdf3_processor, time, "time", SOME, true),
	{ 0 },
};
static const struct pel_rule time_rule = { .name = "executionTime",
					   .attributes = time_attributes,
					   .once = true,
					   .begin = begin_time,
					   .check = check_time };

static const struct pel_attribute_rule processor_attributes[] = {
	PEL_ATTR(pel_sdf3_processor, is_default, "default", TEXT, false),
	{ 0 },
};
static const struct pel_rule processor_rule = { .name = "processor",
						.attributes = processor_attributes,
						.children = { &time_rule },
						.begin = begin_processor,
						.end = end_processor };

static const struct pel_attribute_rule properties_attributes[] = {
	PEL_ATTR(pel_sdf3_properties, actor, "actor", SOME, true),
	{ 0 },
};
static const struct pel_rule actor_properties_rule = { .name = "actorProperties",
						       .attributes = properties_attributes,
						       .children = { &processor_rule },
						       .begin = begin_properties,
						       .check = check_properties };

static const struct pel_rule sdf_properties_rule = { .name = "sdfProperties",
						     .children = { &actor_properties_rule },
						     .begin = begin_part };
static const struct pel_rule csdf_properties_rule = { .name = "csdfProperties",
						      .children = { &actor_properties_rule },
						      .begin = begin_part };

static const struct pel_attribute_rule application_attributes[] = {
	PEL_ATTR(pel_sdf3_build, outer_name, "name", TEXT, false),
	{ 0 },
};
static const struct pel_rule application_rule = {
	.name = "applicationGraph",
	.attributes = application_attributes,
	.children = { &sdf_rule, &csdf_rule, &sdf_properties_rule, &csdf_properties_rule },
	.begin = begin_part,
	.check = check_application,
	.end = end_application,
};

static const struct pel_attribute_rule root_attributes[] = {
	PEL_ATTR(pel_sdf3_build, type, "type", SOME, false),
	{ 0 },
};
static const struct pel_rule root_rule = { .name = "sdf3",
					   .attributes = root_attributes,
					   .children = { &application_rule },
					   .begin = begin_part,
					   .check = check_root,
					   .end = end_root };

/* ---- the whole document ---- */

bool pel_sdf3_recognize(const char *text, size_t size)
{
	struct pel_source source = pel_source_of(NULL, text, size);
	struct pel_source_tag tag;
	const char *name, *end;

	if (!pel_source_start(&source, &tag))
		return false;
	end = name = text + tag.at + 1;
	for (; end < text + size && !strchr(" \t\r\n/>", *end); end++)
		if (*end == ':')
			name = end + 1;
	return end - name == 4 && memcmp(name, "sdf3", 4) == 0;
}

static void fini(struct pel_sdf3_build *build)
{
	pel_free(build->actors.items);
	pel_free(build->ports.items);
	pel_free(build->channels.items);
	pel_free(build->properties.items);
	pel_free(build->values);
	pel_map_fini(&build->actor_index);
	pel_map_fini(&build->channel_lines);
	pel_map_fini(&build->port_index);
	pel_arena_fini(&build->keys);
}

static int load_text(struct pel_sdf3 *sdf3, const char *text, size_t size, struct pel_error *err)
{
	struct pel_source source = pel_source_of(sdf3->file, text, size);
	struct pel_sdf3_build build = { .sdf3 = sdf3 };
	struct pel_loader ld = { .file = sdf3->file,
				 .source = &source,
				 .arena = &sdf3->arena,
				 .err = err,
				 .limits = &pel_default_limits,
				 .build = &build,
				 .lenient = true };
	int r = pel_loader_run(&ld, &root_rule, NULL);

	fini(&build);
	return r;
}

int pel_sdf3_parse(const char *text, size_t size, const char *name, struct pel_sdf3 **ret, struct pel_error *err)
{
	struct pel_sdf3 *sdf3;
	int r = -ENOMEM;

	if (size > PEL_MAX_DOCUMENT_BYTES)
		return pel_fail(err, -EFBIG, (struct pel_place){ .file = name },
				"the document has %zu bytes; the limit is %zu", size, PEL_MAX_DOCUMENT_BYTES);
	sdf3 = pel_calloc(1, sizeof(*sdf3));
	if (sdf3 && (sdf3->file = pel_arena_strdup(&sdf3->arena, name)))
		r = load_text(sdf3, text, size, err);
	if (r == 0) {
		*ret = sdf3;
		return 0;
	}
	pel_sdf3_destroy(sdf3);
	return r == -ENOMEM ? pel_nomem(err) : r;
}

int pel_sdf3_load(const char *path, struct pel_sdf3 **ret, struct pel_error *err)
{
	char *text;
	size_t size;
	int r = pel_read_file(path, PEL_MAX_DOCUMENT_BYTES, true, &text, &size, NULL);

	if (r == -ENOMEM)
		return pel_nomem(err);
	if (r < 0)
		return pel_fail(err, r == -ENOENT || r == -EACCES || r == -EFBIG ? r : -EINVAL,
				(struct pel_place){ .file = path }, "cannot read the graph '%s': %s", path,
				pel_read_file_error(r));
	r = pel_sdf3_parse(text, size, path, ret, err);
	pel_free(text);
	return r;
}

void pel_sdf3_destroy(struct pel_sdf3 *sdf3)
{
	if (!sdf3)
		return;
	pel_arena_fini(&sdf3->arena);
	pel_free(sdf3);
}
