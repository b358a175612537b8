/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_MODULE_PATH_H
#define PEL_TEST_MODULE_PATH_H

/* The folder of the test modules (tests/modules), for options; "" before find_modules(). */
extern char module_path[4096];
void find_modules(void);

#endif
