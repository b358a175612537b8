/* SPDX-License-Identifier: Apache-2.0 */
#include "demo.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <png.h>
#include <sndfile.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <jpeglib.h> /* after stdio.h, which it needs */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[PATH_MAX];

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	ck_assert_msg(value, "%s is not set; ctest sets it", name);
	return value;
}

void demo_needs(const char *path, const char *package)
{
	if (!getenv("PELTON") || !getenv("SOURCE_DIR")) {
		printf("skipped: PELTON and SOURCE_DIR are not set; ctest sets them\n");
		exit(77);
	}
	if (access(path, R_OK) < 0) {
		printf("skipped: %s is not there; it is of the package %s\n", path, package);
		exit(77);
	}
}

void demo_enter(void)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/pelton-demo-XXXXXX", temporary ? temporary : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void demo_leave(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int demo_command(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	ck_assert_msg(r == 0, "cannot start %s: %s", argv[0], strerror(r));
	posix_spawn_file_actions_destroy(&actions);
	while (waitpid(pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void demo_run(const char *name, ...)
{
	const char *argv[24] = { variable("PELTON"), "run" }, *option;
	char graph[PATH_MAX], said[4096];
	size_t n = 3, length;
	FILE *words;
	va_list ap;
	int status;

	snprintf(graph, sizeof(graph), "%s/graphs/%s", variable("SOURCE_DIR"), name);
	argv[2] = graph;
	va_start(ap, name);
	while ((option = va_arg(ap, const char *))) {
		ck_assert_uint_lt(n, sizeof(argv) / sizeof(argv[0]) - 1);
		argv[n++] = option;
	}
	va_end(ap);
	status = demo_command(argv);
	words = fopen("stderr", "r");
	ck_assert_ptr_nonnull(words);
	length = fread(said, 1, sizeof(said) - 1, words);
	said[length] = '\0';
	fclose(words);
	ck_assert_msg(status == 0, "pelton run %s: status %d\n%s", name, status, said);
	ck_assert_msg(!strstr(said, "warning"), "pelton run %s warns:\n%s", name, said);
}

uint8_t *demo_jpeg(const char *path, size_t *width, size_t *height)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	FILE *file = fopen(path, "rb");
	uint8_t *pixels;

	ck_assert_msg(file, "%s: %s", path, strerror(errno));
	jpeg.err = jpeg_std_error(&errors); /* an error ends the program */
	jpeg_create_decompress(&jpeg);
	jpeg_stdio_src(&jpeg, file);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_RGB;
	jpeg_start_decompress(&jpeg);
	*width = jpeg.output_width;
	*height = jpeg.output_height;
	pixels = malloc(*width * *height * 3);
	ck_assert_ptr_nonnull(pixels);
	while (jpeg.output_scanline < jpeg.output_height) {
		JSAMPROW row = pixels + jpeg.output_scanline * *width * 3;

		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	fclose(file);
	return pixels;
}

uint8_t *demo_png(const char *path, size_t *width, size_t *height)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t *pixels;

	ck_assert_msg(png_image_begin_read_from_file(&png, path), "%s: %s", path, png.message);
	ck_assert_uint_eq(png.format, PNG_FORMAT_GRAY);
	*width = png.width;
	*height = png.height;
	pixels = malloc(PNG_IMAGE_SIZE(png));
	ck_assert_ptr_nonnull(pixels);
	ck_assert_msg(png_image_finish_read(&png, NULL, pixels, 0, NULL), "%s: %s", path, png.message);
	return pixels;
}

int16_t *demo_wav(const char *path, size_t *samples, int *rate)
{
	SF_INFO info = { 0 };
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	int16_t *data;

	ck_assert_msg(file, "%s: %s", path, sf_strerror(NULL));
	ck_assert_int_eq(info.channels, 1);
	ck_assert_int_eq(info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
	*samples = (size_t)info.frames;
	*rate = info.samplerate;
	data = malloc(*samples * sizeof(*data) + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(sf_read_short(file, data, info.frames), info.frames);
	ck_assert_int_eq(sf_close(file), 0);
	return data;
}
