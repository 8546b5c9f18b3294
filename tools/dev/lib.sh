# Shared by the scripts of this folder: sourced, not run. POSIX shell.

root=$(cd "$(dirname "$0")/../.." && pwd)
started=$(date +%s)

# say TEXT: one line of progress with the time since the start.
say() {
  now=$(($(date +%s) - started))
  printf '[%02d:%02d] %s\n' $((now / 60)) $((now % 60)) "$*"
}

# quietly LOG COMMAND...: runs it with its output in LOG, says every 15 seconds
# that it still runs, and shows the end of LOG when it fails.
quietly() {
  log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  # A shell starts what runs in the background deaf to Ctrl-C.
  trap 'kill "$child" 2>/dev/null; exit 130' INT TERM
  ticks=0
  while kill -0 "$child" 2>/dev/null; do
    sleep 1
    ticks=$((ticks + 1))
    [ $((ticks % 15)) -ne 0 ] || say "  ... $(tail -n 1 "$log" 2>/dev/null | cut -c 1-90)"
  done
  failed=0
  wait "$child" || failed=$?
  trap - INT TERM
  [ "$failed" -ne 0 ] || return 0
  echo "FAILED: $*" >&2
  tail -n 30 "$log" >&2
  return 1
}

cores() { nproc 2>/dev/null || echo 2; }

# The compiler cache, where it is installed.
launcher() {
  if command -v ccache >/dev/null; then
    echo "-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
  fi
}
