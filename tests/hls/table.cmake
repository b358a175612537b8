# Writes OUTPUT, a C table of the top functions in the folder HLS with the names of their arguments, each with a function that
# calls it, from the sources as COMPILER preprocesses them. Run by cmake -P.
set(includes "")
set(declarations "")
set(calls "")
set(rows "")
file(GLOB sources ${HLS}/*.c)
foreach(source ${sources})
	cmake_path(GET source FILENAME file)
	execute_process(COMMAND ${COMPILER} -E -P ${source} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
	string(REGEX REPLACE "[ \t\n]+" " " text "${text}")
	string(REGEX MATCHALL "void pelton_[a-z0-9_]+ ?\\([^)]*\\)" tops "${text}")
	foreach(top ${tops})
		string(REGEX REPLACE "void (pelton_[a-z0-9_]+) ?\\(([^)]*)\\)" "\\1;\\2" parts "${top}")
		list(GET parts 0 name)
		list(GET parts 1 params)
		string(REPLACE "," ";" params "${params}")
		set(names "")
		set(values "")
		set(number 0)
		foreach(param ${params})
			string(REGEX REPLACE ".*[ *]([a-z0-9_]+) *$" "\\1" argument "${param}")
			list(APPEND names ${argument})
			if(param MATCHES "\\*")
				list(APPEND values "a[${number}].pointer")
			elseif(param MATCHES "float|double")
				string(REGEX REPLACE " *([a-z]+) .*" "\\1" type "${param}")
				list(APPEND values "(${type})a[${number}].real")
			else()
				string(REGEX REPLACE " *([a-z0-9_]+) .*" "\\1" type "${param}")
				list(APPEND values "(${type})a[${number}].integer")
			endif()
			math(EXPR number "${number} + 1")
		endforeach()
		list(JOIN names " " names)
		list(JOIN values ", " values)
		string(APPEND declarations "${top};\n")
		string(APPEND calls "static void call_${name}(const struct pel_harness_arg *a)\n{\n\t${name}(${values});\n}\n")
		string(APPEND rows "\t{ \"${file}\", \"${name}\", \"${names}\", call_${name} },\n")
	endforeach()
endforeach()
file(WRITE ${OUTPUT} "/* Written by tests/hls/table.cmake. */
#include \"hls-table.h\"

${declarations}
${calls}
const struct hls_top hls_tops[] = {
${rows}\t{ 0 },
};
")
