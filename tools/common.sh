# shellcheck shell=bash
# Shared by ./dev and tools/*.sh: steps with progress, and the packages of Debian 12.
# Sourced, not run. The caller sets HUB_ROOT.

started_s=$SECONDS
step_number=0
step_count=1

# beginSteps COUNT: what the [n/COUNT] of `step` counts to.
beginSteps() {
  step_number=0
  step_count=$1
}

# step TEXT: one progress line with the time since the start.
step() {
  step_number=$((step_number + 1))
  local elapsed_s=$((SECONDS - started_s))
  printf '[%d/%d] %s (%d:%02d)\n' "$step_number" "$step_count" "$1" \
    $((elapsed_s / 60)) $((elapsed_s % 60))
}

fail() {
  printf 'dev: %s\n' "$1" >&2
  exit 1
}

# The packages of a list file, comments left out.
packagesOf() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"
}

# Of the packages on standard input, those that are not installed.
missingPackages() {
  local package
  while read -r package; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s\n' "$package"
  done
}

# Runs a command as root; apt-get waits up to five minutes for another apt-get to end.
asRoot() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "packages are missing and there is neither root nor sudo: $*"
  fi
}

# ensurePackages LIST...: installs what is missing, and says nothing if nothing is.
ensurePackages() {
  command -v dpkg-query >/dev/null || fail "this script knows Debian 12 packages only: see $1"
  local missing
  missing=$(cat "$@" | packagesOf /dev/stdin | missingPackages)
  [ -n "$missing" ] || return 0
  printf '      installing: %s\n' "$(printf '%s' "$missing" | tr '\n' ' ')"
  local log
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! { asRoot env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update &&
    asRoot env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
      install --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "apt-get could not install the packages above"
  fi
  rm -f "$log"
}

# Compile and test jobs at once: HUB_JOBS, else one per core, but one per 2 GiB of memory at most
# (a file that includes Beast needs about 1.5 GiB).
jobs() {
  if [ -n "${HUB_JOBS:-}" ]; then
    printf '%s\n' "$HUB_JOBS"
    return
  fi
  awk -v cores="$(nproc)" '/^MemTotal:/ {
    most = int($2 / (2 * 1024 * 1024)); if (most < 1) most = 1
    print (cores < most ? cores : most) }' /proc/meminfo
}

# buildPreset PRESET [TARGET...]: configures and builds; ninja shows its own progress.
buildPreset() {
  local preset=$1
  shift
  case "$preset" in dev | release | asan | tsan | clang) ;;
    *) fail "unknown preset '$preset': dev, release, asan, tsan or clang" ;;
  esac
  local log="$HUB_ROOT/build/$preset/configure.log"
  mkdir -p "$HUB_ROOT/build/$preset"
  if ! (cd "$HUB_ROOT" && cmake --preset "$preset") >"$log" 2>&1; then
    cat "$log" >&2
    fail "the configuration of preset $preset failed"
  fi
  ninja -C "$HUB_ROOT/build/$preset" -j "$(jobs)" "$@"
}
