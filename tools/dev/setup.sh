#!/bin/sh
# Installs what Sluice is built with, from Debian's packages: setup.sh [run|all|fuzz]
#   run  what the server needs
#   all  what the tests and benchmarks need, too (the default)
#   fuzz what the fuzzers need: clang 19
# Does nothing, and needs no network, when everything is there.
set -eu
. "$(dirname "$0")/lib.sh"

# Tools, then libraries: the core's, HTTP (Boost, OpenSSL), excerpts of HTML
# (gumbo), thumbs (vips), backups (archive), requests to other servers (libcurl); an allocator.
packages="binutils ca-certificates ccache cmake curl g++ ninja-build pkg-config libabsl-dev tao-pegtl-dev
  libboost-json1.81-dev libboost-program-options1.81-dev libboost-url1.81-dev libboost1.81-dev libssl-dev
  libarchive-dev libcurl4-openssl-dev libgumbo-dev libmimalloc-dev libvips-dev"
case "${1:-all}" in
  run) ;;
  all) packages="$packages git man-db python3 libgtest-dev libgmock-dev libbenchmark-dev libpq-dev postgresql"
    # For the tests of the JavaScript SDK. Debian's npm would collide with one from elsewhere, so each is only
    # installed where there is none; the same below.
    command -v node >/dev/null || packages="$packages nodejs"
    command -v npm >/dev/null || packages="$packages npm"
    # For the pages that mails link to.
    command -v chromedriver >/dev/null || packages="$packages chromium chromium-driver"
    # Brings the mail server and the S3 of the tests.
    python3 -m pip --version >/dev/null 2>&1 || packages="$packages python3-pip" ;;
  fuzz) packages="$packages python3 clang-19 libclang-rt-19-dev llvm-19" ;;
  *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
esac
# Brings the SQLite amalgamation.
command -v npm >/dev/null || [ -e "$root/build/third_party/sqlite3/sqlite3.c" ] || packages="$packages npm"

if ! command -v dpkg-query >/dev/null; then
  say "This is no Debian: install by hand what these packages hold:" $packages
  exit 0
fi
missing=
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  say "All packages are installed"
  exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Run this as root, or install sudo. Missing:$missing" >&2
    exit 1
  fi
  as_root=sudo
  sudo -v
fi
say "Installing with apt-get:$missing"
quietly "$root/build/logs/apt-update.log" $as_root apt-get update
quietly "$root/build/logs/apt-install.log" $as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y --no-install-recommends $missing
say "Packages are installed"
