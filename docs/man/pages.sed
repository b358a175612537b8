# Completes the pages of section 3 that Doxygen has written. For sed -E.

# What headers.sed made of "
s|\xEE\x80\x80|\\(dq|g
# A line that begins with ' would be a request, and be lost.
s|^'|\\(aq|
