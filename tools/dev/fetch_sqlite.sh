#!/bin/sh
# Puts sqlite3.c and sqlite3.h of SQLite 3.53.2 into the folder $1. They come
# inside the npm package better-sqlite3, pinned by version and checksum;
# `npm pack` only downloads its archive, nothing of it is built or run.
set -eu
version=12.11.1
c_sum=60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422
h_sum=9e69a1353a4288450b0d5239ede11fc7f1f4c8e5eb07491fc8317eacb5b7de7e
[ $# -eq 1 ] || { echo "usage: fetch_sqlite.sh FOLDER" >&2; exit 2; }
target=$1
command -v npm >/dev/null || { echo "fetch_sqlite.sh: npm is needed (apt-get install npm)" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "better-sqlite3@$version" >/dev/null
tar xzf better-sqlite3-*.tgz package/deps/sqlite3
cd package/deps/sqlite3
printf '%s  sqlite3.c\n%s  sqlite3.h\n' "$c_sum" "$h_sum" | sha256sum -c --quiet -
mkdir -p "$target"
cp sqlite3.h "$target/sqlite3.h"
cp sqlite3.c "$target/sqlite3.c.part"
mv "$target/sqlite3.c.part" "$target/sqlite3.c"
echo "SQLite $(sed -n 's/^#define SQLITE_VERSION  *"\(.*\)"/\1/p' sqlite3.h) is in $target"
