# Converts the plain comments of the public headers to Doxygen comments. For sed -E.

# The license is not documentation.
/^\/\* SPDX/d

# A comment that starts with a title in dashes describes the group. The hold space has the name of the group.
/^#ifndef PELTON_.*_H$/ {
	h
	x
	s|^#ifndef PELTON_(.*)_H$|\L\1|
	x
}
/^\/\* ---- .* ----$/ {
	G
	s|^.*\n(.*)$|/** @} */\n/** @addtogroup pelton_\1\n * @{\n *|
}

# Each header is a group, and therefore one page: pelton_run(3) is pelton/run.h.
s|^#ifndef PELTON_(.*)_H$|&\n/** @defgroup pelton_\L\1 pelton/\1.h\n@{ */|
$i /** @} */

# A comment after a member belongs to the member, any other comment to what follows. Titles in dashes are only for readers of the header.
/^\/\* ---- .* ---- \*\/$/d
s|^(.*[^ \t].*)[ \t]/\*( .*)?$|\1 /**<\2|
s|^([ \t]*)/\*([^*].*)?$|\1/**\2|

# Escape markup in comments. A line that begins with "Returns" describes the result.
/^[ \t]*(\/\*)?\*/ {
	s|[%#]|\\&|g
	s|<([/a-z])|\\<\1|g
	s|^ \* Returns | * @return |
	# Tables and code are indented by three spaces or a tab; Markdown needs more spaces.
	s|^( \*   )([^- ])|\1    \2|
	s|^ \*\t| *     |
}
/\/\*\*</s|(\/\*\*<.*)<([/a-z])|\1\\<\2|g
s|(/\*\*<?) >|\1 \\>|
s|^([ \t]*\*[ \t]*)>|\1\\>|

# Doxygen describes only structs that have a definition. Those that are only declared have a page, too: it says who may use them, and how.
s|^(struct pel_[a-z0-9_]+);$|\1 { };|

# Doxygen writes ' for ". So pages.sed makes a " of this character, which is in no header, when the page is complete.
s|"|\xEE\x80\x80|g
