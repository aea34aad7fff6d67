# Reads one JSON object from standard input and prints a line for every value in it: `path TAB type TAB value`, with the
# type s, n or b for a string, a number or a boolean; null, {} and [] print nothing. {"a": [{"b": "c"}]} is
# `a.0.b TAB s TAB c`. A string's value is what stands between its quotes, escapes as they are: so each value is one
# line, and can be printed again between quotes. Exit status 1: it is no JSON object, or a key comes twice.
#
# Time grows with the size, not faster: a request may be large. Any POSIX awk, with LC_ALL=C.
function bad() { wrong = 1; exit 1 }

# Prints the value whose first token is number `at`, and leaves `at` behind it.
function value(path, depth,   isArray, close_, prefix, i) {
    if (depth > 100) bad()
    if (kind[at] == "{" || kind[at] == "[") {
        isArray = kind[at] == "["
        close_ = isArray ? "]" : "}"
        prefix = path == "" ? "" : path "."
        if (kind[++at] == close_) { at++; return }
        for (i = 0; ; i++) {
            if (isArray) {
                value(prefix i, depth + 1)
            } else {
                if (kind[at] != "s" || kind[at + 1] != ":") bad()
                at += 2
                value(prefix text[at - 2], depth + 1)
            }
            if (kind[at] == close_) { at++; return }
            if (kind[at++] != ",") bad()
        }
    }
    if (kind[at] !~ /^[snb]$/ || seen[path]++) bad()
    if (kind[at] != "b" || text[at] != "null") print path "\t" kind[at] "\t" text[at]
    at++
}

BEGIN { RS = "\001" }  # stands in no JSON: the whole input is one record
NR > 1 { bad() }
{ input = $0 }

END {
    if (wrong) exit 1
    # With \\ and \" masked, every quote begins or ends a string: every second piece is one.
    masked = input
    gsub(/\\\\/, "\001\001", masked)
    gsub(/\\"/, "\001\001", masked)
    pieces = split(masked, piece, "\"")
    if (pieces % 2 == 0) exit 1
    for (p = 1; p <= pieces; p++) {
        rest = piece[p]
        start = end + 1
        end = start + length(rest)
        if (p % 2 == 0) {
            if (rest ~ /[\002-\037]/) exit 1
            kind[++n] = "s"
            text[n] = substr(input, start, length(rest))
            gsub(/\\([\/bfnrt]|u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])/, "", rest)
            if (rest ~ /\\/) exit 1
            continue
        }
        while (match(rest, /[^ \t\r\n]/)) {
            rest = substr(rest, RSTART)
            if (match(rest, /^[][{}:,]/)) kind[++n] = substr(rest, 1, 1)
            else if (match(rest, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/)) kind[++n] = "n"
            else if (match(rest, /^(true|false|null)/)) kind[++n] = "b"
            else exit 1
            text[n] = substr(rest, 1, RLENGTH)
            rest = substr(rest, RLENGTH + 1)
        }
    }
    at = 1
    if (kind[1] != "{") exit 1
    value("", 0)
    exit wrong || at != n + 1
}
