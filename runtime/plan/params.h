/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PARAMS_H
#define PEL_PARAMS_H

#include "document.h"

/* What was given for one parameter. */
struct given {
	const char *text; /* NULL: nothing, so the default is taken */
	const char *dir;
	struct pel_place place;
	const struct pel_scope *scope; /* NULL: text without names */
};

/* Declared parameters with their values; defaults are evaluated when they are first asked for, so their order does not matter. */
struct params {
	struct compiler *c;
	const struct declared *declared;
	struct pel_value *values; /* in the plan's arena */
	unsigned char *state;
	const char *owner;	/* "actor 'x'" */
	struct pel_place place; /* of the owner */
	struct pel_scope scope;
};

struct pel_param_desc pel_params_describe(const struct pel_decl_param *param); /* its texts are those of `param` */
int pel_params_declare(struct compiler *c, struct declared *declared);
uint32_t pel_params_index(const struct declared *declared, const char *name); /* PEL_NONE: there is none */
int pel_params_evaluate(struct compiler *c, const struct declared *declared, const struct given *given,
			const char *owner, struct pel_place place, struct params **ret);
/* The hint for a name that none of the parameters is near to. */
void pel_params_hint(struct compiler *c, const struct declared *declared);
/* <set>s of an actor to given[declared->n]. */
int pel_params_settings(struct compiler *c, const struct declared *declared, const struct pel_decl_actor *actor,
			struct instance *instance, const char *what, struct given **ret);

#endif
