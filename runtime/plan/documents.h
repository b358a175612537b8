/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DOCUMENTS_H
#define PEL_DOCUMENTS_H

#include "document.h"

int pel_documents_open(struct compiler *c);
void pel_documents_forget_names(
	struct compiler *c); /* call it once channels are connected: nothing looks up names after that */
void pel_documents_close(struct compiler *c);

#endif
