/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pelton/pelton.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "doctor.h"
#include "messages.h"
#include "options.h"
#include "signals.h"

/*
 * Checks this machine as a run would use it, and says how to fix the problems. One line per fact:
 *   ok       as it should be
 *   note     Pelton works, but something is missing or small
 *   MISSING  Pelton cannot work; the exit status is 1
 */
/* The first line of a small file, or NULL. In a buffer that the next call overwrites. */
static const char *first_line(const char *path)
{
	static char line[512];
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read ? line : NULL;
}

/* ---- libraries and modules ---- */

struct wanted_library {
	const char *name, *package, *purpose;
	const char *path; /* owned; NULL: not loaded */
};

static int note_library(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	for (struct wanted_library *library = context; library->name; library++) {
		const char *slash = strrchr(info->dlpi_name, '/');
		const char *base = slash ? slash + 1 : info->dlpi_name;

		if (!library->path && strncmp(base, library->name, strlen(library->name)) == 0)
			library->path = cli_format("%s", info->dlpi_name);
	}
	return 0;
}

/* The libraries found by the loader for this program and, once they are loaded, for the kernel modules. */
static void check_libraries(bool modules)
{
	struct wanted_library libraries[] = {
		{ "libpelton.so", "pelton", "Pelton itself", NULL },
		{ "libxml2.so", "libxml2", "to read graphs", NULL },
		{ "libhwloc.so", "libhwloc15", "to detect cores and caches", NULL },
		{ "libjpeg.so", "libjpeg62-turbo", "for the module image", NULL },
		{ "libpng", "libpng16-16", "for the module image", NULL },
		{ "libsndfile.so", "libsndfile1", "for the module audio", NULL },
		{ 0 },
	};

	dl_iterate_phdr(note_library, libraries);
	for (struct wanted_library *library = libraries; library->name; library++) {
		/* If no module could be checked, nothing is known about their libraries. */
		if (!library->path && !modules)
			continue;
		if (library->path) {
			doctor_fact("ok", "library", "%s, %s", library->path, library->purpose);
		} else {
			doctor_fact("note", "library", "%s is not loaded, %s", library->name, library->purpose);
			doctor_mend("install the package %s to use the module", library->package);
		}
		free((char *)library->path);
	}
}

struct module_count {
	char *name;
	size_t kernels;
};

static void say_module(const struct module_count *count)
{
	doctor_fact("ok", "module", "%s, %zu kernel%s", count->name, count->kernels,
		    count->kernels == 1 ? "" : "s");
}

static int count_kernel(void *context, const char *module, const struct pel_kernel *kernel)
{
	struct module_count *count = context;

	(void)kernel;
	if (count->name && strcmp(count->name, module) == 0) {
		count->kernels++;
		return 0;
	}
	if (count->name)
		say_module(count);
	free(count->name);
	*count = (struct module_count){ cli_format("%s", module), 1 };
	return 0;
}

/* False if the modules could not be checked, because an environment variable is wrong. */
static bool check_modules(void)
{
	struct module_count count = { 0 };
	struct pel_error err = { 0 };
	int r = pel_kernels_visit(NULL, count_kernel, &count, &err);

	if (count.name)
		say_module(&count);
	free(count.name);
	if (r < 0 && !err.count)
		doctor_fact("MISSING", "module", "%s", strerror(-r));
	for (size_t i = 0; i < err.count; i++) {
		doctor_fact(r < 0 ? "MISSING" : "note", r == -EINVAL ? "environment" : "module", "%s",
			    err.items[i].text);
		if (err.items[i].hint)
			doctor_mend("%s", err.items[i].hint);
	}
	pel_error_fini(&err);
	return r >= 0;
}

static void check_graphviz(void)
{
	char *dot = doctor_find_program("dot");

	if (dot) {
		doctor_fact("ok", "graphviz", "%s, for pictures", dot);
	} else {
		doctor_fact("note", "graphviz",
			    "there is no program 'dot', for pictures other than .dot files");
		doctor_mend("install the package graphviz");
	}
	free(dot);
}

/* ---- XRT ---- */

/* Only searched for, never loaded: XRT is not safe inside this process. */
static void check_xrt(void)
{
	static const char name[] = "libxrt_coreutil.so.2";
	char *file = doctor_find_library(name);

	if (file) {
		doctor_fact("ok", "xrt", "%s, for FPGA devices", file);
	} else {
		doctor_fact("note", "xrt", "%s is not found: graphs run on the CPU only", name);
		doctor_mend("install XRT (package libxrt2) to run kernels on an FPGA device");
	}
	free(file);
}

/* ---- processor and memory ---- */

/* The line of a file of this process's control group (version 2), or of the whole container's; NULL if there is none. */
static const char *cgroup_line(const char *name)
{
	const char *group = first_line("/proc/self/cgroup"), *line;
	char *path = cli_format("/sys/fs/cgroup%s/%s",
				group && strncmp(group, "0::", 3) == 0 ? group + 3 : "", name);

	line = first_line(path);
	if (!line) {
		free(path);
		path = cli_format("/sys/fs/cgroup/%s", name);
		line = first_line(path);
	}
	free(path);
	return line;
}

static void check_instructions(void)
{
	enum pel_cpu_level used = pel_cpu(), machine = pel_cpu_machine();

	doctor_fact(used < machine ? "note" : "ok", "instruction set", "%s, for kernels", pel_cpu_name(used));
	if (used < machine)
		doctor_mend("this machine has %s; unset PELTON_CPU", pel_cpu_name(machine));
}

static void check_processor(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t *set = CPU_ALLOC(8192);
	size_t bytes = CPU_ALLOC_SIZE(8192);
	int usable = set && sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : (int)online;
	const char *line = cgroup_line("cpu.max");
	double quota, period;

	if (set)
		CPU_FREE(set);
	doctor_fact("ok", "processor", "%ld core%s online, this process may use %d", online,
		    online == 1 ? "" : "s", usable);
	if (usable < online)
		doctor_mend("the affinity mask excludes some cores of the machine: see taskset(1)");
	check_instructions();
	if (line && sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0) {
		doctor_fact(quota / period < usable ? "note" : "ok", "processor quota",
			    "time of %.3g cores (cgroup cpu.max)", quota / period);
		if (quota / period < usable)
			doctor_mend(
				"a run gets fewer workers than cores; raise the quota of the container to get more");
	}
}

static void check_memory(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	const char *line = cgroup_line("memory.max");
	unsigned long long limit = line ? strtoull(line, NULL, 10) : 0;

	doctor_fact("ok", "memory", "%.1f GiB", (double)bytes / (1 << 30));
	if (limit && limit < bytes) {
		doctor_fact("note", "memory limit", "%.1f GiB (cgroup memory.max)", (double)limit / (1 << 30));
		doctor_mend("the kernel kills a run that needs more; raise the limit of the container");
	}
}

static char *limit_text(rlim_t limit)
{
	return limit == RLIM_INFINITY ? cli_format("unlimited")
				      : cli_format("%llu MiB", (unsigned long long)limit >> 20);
}

static void check_limit(int resource, const char *name, const char *purpose, rlim_t enough, const char *remedy)
{
	struct rlimit limit;
	char *text;

	if (getrlimit(resource, &limit) < 0)
		return;
	text = limit_text(limit.rlim_cur);
	if (resource == RLIMIT_NOFILE) {
		free(text);
		text = cli_format("%llu", (unsigned long long)limit.rlim_cur);
	}
	doctor_fact(limit.rlim_cur >= enough ? "ok" : "note", name, "%s, %s", text, purpose);
	if (limit.rlim_cur < enough)
		doctor_mend("%s", remedy);
	free(text);
}

static void check_maps(void)
{
	const char *line = first_line("/proc/sys/vm/max_map_count");
	unsigned long long maps = line ? strtoull(line, NULL, 10) : 0;

	if (!line)
		return;
	doctor_fact(maps >= 65530 ? "ok" : "note", "memory maps", "%llu (vm.max_map_count)", maps);
	if (maps < 65530)
		doctor_mend("very large graphs may need more: sysctl vm.max_map_count=65530");
}

/* Memory is mapped twice for channels whose windows would cross its end, which needs this. */
static void check_shared_memory(void)
{
	int fd = memfd_create("pelton-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	long page = sysconf(_SC_PAGESIZE);
	void *map = MAP_FAILED;
	int r = 0;

	if (fd < 0 || ftruncate(fd, page) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0 ||
	    (map = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
		r = errno;
	if (map != MAP_FAILED)
		munmap(map, (size_t)page);
	if (fd >= 0)
		close(fd);
	if (r == 0) {
		doctor_fact("ok", "shared memory", "memfd with seals, pages of %ld bytes", page);
	} else {
		doctor_fact("MISSING", "shared memory", "cannot make a sealed memfd: %s", strerror(r));
		doctor_mend(
			"let the sandbox allow memfd_create, or raise the limits on open files and file size");
	}
}

static int run_doctor(const struct cli_args *args)
{
	(void)args;
	cli_catch_signals();
	doctor_fact("ok", "version", "pelton " PEL_VERSION);
	check_libraries(check_modules());
	check_graphviz();
	check_xrt();
	doctor_places();
	doctor_devices();
	check_processor();
	check_memory();
	check_limit(RLIMIT_AS, "address space", "for channels (ulimit -v)", (rlim_t)4 << 30,
		    "large channels may not fit: ulimit -v unlimited");
	check_limit(RLIMIT_MEMLOCK, "locked memory", "for devices (ulimit -l)", (rlim_t)1 << 20,
		    "devices may refuse buffers: ulimit -l unlimited");
	check_limit(RLIMIT_NOFILE, "open files", "for channels and ports (ulimit -n)", 256, "ulimit -n 1024");
	check_maps();
	check_shared_memory();
	return cli_interrupted() ? CLI_INTERRUPTED : doctor_missing() ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options_table[] = { { 0 } };

const struct cli_command cli_doctor = {
	"doctor", "", 0, 0, "check this machine and say how to fix what is missing", options_table, run_doctor
};
