/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_VALUE_H
#define PEL_VALUE_H

#include <pelton/type.h>

/* The value of a parameter. */
enum pel_value_kind { PEL_VALUE_I64, PEL_VALUE_F64, PEL_VALUE_BOOL, PEL_VALUE_STRING, PEL_VALUE_LIST };

struct pel_value {
	enum pel_value_kind kind;
	/* of a LIST: of its elements; of an I64 or F64 declared with an element type: that type; else I64 or F64 */
	enum pel_elem elem;
	union {
		int64_t i64; /* u64: the same bits */
		double f64;
		bool boolean;
		const char *string;
		struct {
			const void *data;
			size_t count;
		} list;
	};
	const char *dir; /* of a STRING: the folder of the document that set it, for paths; of a LIST: the file it was read from; may be NULL */
};

#endif
