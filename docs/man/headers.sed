# The public headers as Doxygen reads them: their comments are plain ones, and here they become Doxygen's. For sed -E.

# The license is no documentation.
/^\/\* SPDX/d

# All of a header is a group, and so one page: pelton_run(3) is pelton/run.h.
s|^#ifndef PELTON_(.*)_H$|&\n/** @defgroup pelton_\L\1 pelton/\1.h\n@{ */|
$i /** @} */

# A comment after a member belongs to it, any other to what follows. Titles in dashes are for readers of the header.
/^\/\* ---- .* ---- \*\/$/d
s|^(.*[^ \t].*)[ \t]/\*( .*)?$|\1 /**<\2|
s|^([ \t]*)/\*([^*].*)?$|\1/**\2|

# In comments, what would be markup is text, and a line that begins with "Returns" tells the result.
/^[ \t]*(\/\*)?\*/ {
	s|[%#]|\\&|g
	s|<([/a-z])|\\<\1|g
	s|^ \* Returns | * @return |
	# Tables and code are set in by three spaces; Markdown wants more.
	s|^( \*   )([^- ])|\1    \2|
}
/\/\*\*</s|(\/\*\*<.*)<([/a-z])|\1\\<\2|g
s|(/\*\*<?) >|\1 \\>|
