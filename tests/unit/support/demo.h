/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_DEMO_H
#define TEST_DEMO_H

#include <stddef.h>
#include <stdint.h>

/* For tests of the graphs in graphs/: run the command like a user, and read its output without using Pelton. */

/* Skip the whole program (exit status 77) unless the command exists, and file `path`, which is in Debian's package `package`. */
void demo_needs(const char *path, const char *package);

/* Enter a new empty folder, and leave and remove it with all its files. */
void demo_enter(void);
void demo_leave(void);

/*
 * `pelton run graphs/NAME [option]...` in the current folder; the options end with NULL. Fails the test unless the status is 0, and nothing
 * is warned of. demo_command() is any command, its status returned, its standard error in the file "stderr".
 */
void demo_run(const char *name, ...);
int demo_command(const char *const *argv);

/* Decoded by libjpeg and libpng, or the test fails. To be freed. */
uint8_t *demo_jpeg(const char *path, size_t *width, size_t *height); /* red, green, blue */
uint8_t *demo_png(const char *path, size_t *width,
		  size_t *height); /* grey, 8 bits: fails if it is anything else */

/* Sound of one channel and 16 bits, as it is in the file: fails if it is anything else. To be freed. */
int16_t *demo_wav(const char *path, size_t *samples, int *rate);

#endif
