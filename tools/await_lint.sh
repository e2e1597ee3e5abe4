#!/usr/bin/env bash
# await_lint.sh [FILE…]: finds what g++ 12 compiles wrongly in coroutines (plugin-contract section 6):
# a braced list or a conditional operator in a full expression that also holds co_await or co_yield.
# Without arguments it reads every C++ file of the project. Prints FILE:LINE: what; 1 if there is any.
set -euo pipefail

program='
# Blanks comments, strings and character literals, so that only code is left; lines are kept.
function codeOnly(text,    out, i, c, two, n, close_mark, at) {
    out = ""; n = length(text); i = 1
    while (i <= n) {
        c = substr(text, i, 1); two = substr(text, i, 2)
        if (two == "//") {
            while (i <= n && substr(text, i, 1) != "\n") i++
        } else if (two == "/*") {
            at = index(substr(text, i + 2), "*/"); if (at == 0) at = n
            out = out lineEnds(substr(text, i, at + 3)); i += at + 3
        } else if (two == "R\"" && substr(out, length(out), 1) !~ /[A-Za-z0-9_]/) {
            at = index(substr(text, i), "(")
            close_mark = ")" substr(text, i + 2, at - 3) "\""
            at = index(substr(text, i), close_mark); if (at == 0) at = n
            out = out "\"\"" lineEnds(substr(text, i, at)); i += at - 1 + length(close_mark)
        } else if (c == "\"" || (c == "\x27" && substr(out, length(out), 1) !~ /[A-Za-z0-9_]/)) {
            for (i++; i <= n && substr(text, i, 1) != c; i++) if (substr(text, i, 1) == "\\") i++
            out = out "\"\""; i++
        } else if (c == "\x27") {
            i++  # a digit separator, or the end of a prefixed literal that holds no code
        } else { out = out c; i++ }
    }
    return out
}
function lineEnds(text) { gsub(/[^\n]/, "", text); return text }

# Whether the brace behind `head` (the statement so far) begins a block and not a list.
function opensBlock(head) {
    sub(/[ \t\n]+$/, "", head)
    if (head == "" || head ~ /[;{})\]&:]$/) return 1
    if (head ~ /(^|[^A-Za-z0-9_])(else|do|try|const|noexcept|override|final|mutable|requires|extern|namespace)$/) return 1
    if (head ~ /->[^()=]*$/) return 1
    return head ~ /(^|[^A-Za-z0-9_])(struct|class|union|enum|namespace|concept)[ \t\n][^=();]*$/
}
function report(what) { printf "%s:%d: %s in an expression that awaits\n", file, await_line[depth], what; found = 1 }
function finish() {
    if (awaits[depth] && braces[depth]) report("a braced list")
    if (awaits[depth] && questions[depth]) report("a conditional operator")
    awaits[depth] = braces[depth] = questions[depth] = 0; head[depth] = ""; parens[depth] = 0
}
function start() { awaits[depth] = braces[depth] = questions[depth] = parens[depth] = 0; head[depth] = "" }

function check(code,    i, c, n, line, rest) {
    depth = 0; start(); n = length(code); line = 1; marks = ""
    for (i = 1; i <= n; i++) {
        c = substr(code, i, 1)
        if (c == "\n") line++
        if (c == "#" && head[depth] ~ /(^|\n)[ \t]*$/) {  # a directive is no expression
            while (i <= n && (substr(code, i, 1) != "\n" || substr(code, i - 1, 1) == "\\")) {
                if (substr(code, i, 1) == "\n") line++
                i++
            }
            line++
            continue
        }
        if (c == "c" && substr(head[depth], length(head[depth])) !~ /[A-Za-z0-9_]/ && substr(code, i, 9) ~ /^co_(await|yield)/ &&
            substr(code, i + 8, 1) !~ /[A-Za-z0-9_]/) {
            if (!awaits[depth]) await_line[depth] = line
            awaits[depth] = 1
        }
        if (c == "?") questions[depth] = 1
        else if (c == "(") parens[depth]++
        else if (c == ")") parens[depth]--
        if (c == ";") { finish(); continue }
        if (c == "{") {
            if (opensBlock(head[depth])) {
                marks = marks "b"; depth++; start()
                continue
            }
            marks = marks "l"; braces[depth] = 1
        } else if (c == "}") {
            rest = substr(marks, length(marks)); marks = substr(marks, 1, length(marks) - 1)
            if (rest == "b") {
                finish(); depth--
                # A lambda goes on; any other block ends the statement.
                if (parens[depth] == 0 && substr(code, i + 1) !~ /^[ \t\n]*[,;(.)]/) { finish(); continue }
            }
        }
        head[depth] = head[depth] c
    }
    finish()
}
{ text = text $0 "\n" }
END { check(codeOnly(text)); exit found }
'

files=("$@")
if [ "${#files[@]}" -eq 0 ]; then
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  list=$(tools/tree_files.sh '*.cpp' '*.hpp')
  mapfile -t files < <(grep -v -e '^tests/lint/bad/' -e '^sdk/plugin-api/testing/misuse/' <<<"$list")
fi

found=0
for file in "${files[@]}"; do
  [ -r "$file" ] || { printf '%s: cannot be read\n' "$file" >&2 && found=1 && continue; }
  grep -q -e co_await -e co_yield "$file" || continue
  awk -v file="$file" "$program" "$file" || found=1
done
exit "$found"
