/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PARAMS_H
#define PEL_PARAMS_H

#include "document.h"

/* The setting of one parameter. */
struct given {
	const char *text; /* NULL: not set, so the default is used */
	const char *dir;
	struct pel_place place;
	const struct pel_scope *scope; /* NULL: the text may not use names */
};

/* Declared parameters with their values. Defaults are evaluated when they are first needed, so the order of declarations does not matter. */
struct params {
	struct compiler *c;
	const struct declared *declared;
	struct pel_value *values; /* in the plan's arena */
	unsigned char *state;
	const char *owner;	/* for messages: "actor 'x'" */
	struct pel_place place; /* of the owner */
	struct pel_scope scope;
};

struct pel_param_desc pel_params_describe(const struct pel_decl_param *param); /* its texts are those of `param` */
int pel_params_declare(struct compiler *c, struct declared *declared);
uint32_t pel_params_index(const struct declared *declared, const char *name); /* PEL_NONE: there is none */
int pel_params_evaluate(struct compiler *c, const struct declared *declared, const struct given *given,
			const char *owner, struct pel_place place, struct params **ret);
/* Add a hint for a name that resembles none of the parameters. */
void pel_params_hint(struct compiler *c, const struct declared *declared);
/* Read the <set> elements of an actor into given[declared->n]. */
int pel_params_settings(struct compiler *c, const struct declared *declared, const struct pel_decl_actor *actor,
			struct instance *instance, const char *what, struct given **ret);

#endif
