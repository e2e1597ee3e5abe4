# shellcheck shell=bash
# Sourced, not run: a child that ends with its script.

# runChild COMMAND...: runs it and gives its exit code. When the script is told to end, the child and
# what it started end first; they are found by their process group, which is the child's own.
runChild() {
  setsid "$@" &
  child=$!
  trap 'endChild 143' TERM
  trap 'endChild 130' INT
  trap 'endChild 129' HUP
  local code=0
  wait "$child" || code=$?
  trap - TERM INT HUP
  return "$code"
}

# endChild CODE: the group gets ten seconds to end in order.
endChild() {
  trap '' TERM INT HUP
  local tries=0
  kill -TERM -- "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null || true
  while kill -0 -- "-$child" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL -- "-$child" 2>/dev/null || true
  exit "$1"
}
