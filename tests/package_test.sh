#!/usr/bin/env bash
# Goal: the Debian packages please lintian, install into a root of their own, and what is in them works from there: the
# programs, find_package, pkg-config and crashwright_discover_scenarios.
# usage: package_test.sh BUILD SOURCE
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cpack --config "$build/CPackConfig.cmake" -B "$folder/packages" > "$folder/cpack.log" 2>&1 || {
  cat "$folder/cpack.log"
  exit 1
}
packages=("$folder"/packages/*.deb)
echo "packages: ${packages[*]##*/}"
[ ${#packages[@]} = 2 ] || exit 1
if command -v lintian > /dev/null; then
  lintian --allow-root --fail-on error --tag-display-limit 0 "${packages[@]}"
else
  echo "no lintian here: the packages were not judged"
fi

root=$folder/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
dpkg --root="$root" --force-depends --force-not-root --force-bad-path --install "${packages[@]}" \
  > "$folder/dpkg.log" 2>&1 || {
  cat "$folder/dpkg.log"
  exit 1
}
dpkg --root="$root" --verify crashwright libcrashwright-dev
for file in usr/share/man/man1/crashwright.1.gz usr/share/man/man1/crashwright-run.1.gz \
  usr/share/bash-completion/completions/crashwright usr/share/zsh/vendor-completions/_crashwright \
  usr/share/fish/vendor_completions.d/crashwright.fish usr/share/crashwright/scenarios/memory; do
  [ -e "$root/$file" ] || { echo "the package lacks $file"; exit 1; }
done

# The installed programs, away from every source: the stock scenarios are found by themselves.
export PATH=$root/usr/bin:$PATH
cd "$folder"
crashwright run --filter "null dereference" --build release --allow-skipped > "$folder/run.log" || {
  cat "$folder/run.log"
  exit 1
}
grep -E "passed in|passed, .* in" "$folder/run.log"

# The kit, by pkg-config.
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(find "$root/usr/lib" -name pkgconfig -type d)
read -r -a flags <<< "$(pkg-config --define-variable=prefix="$root/usr" --cflags --libs crashwright)"
c++ -std=c++20 "$source/tests/consumer/main.cc" -o "$folder/by_pkg_config" "${flags[@]}"
mkdir "$folder/places"
"$folder/by_pkg_config" "$folder/places" > "$folder/points"
grep -q "^consumer.send_order" "$folder/points"

# The kit, and scenarios as tests, by find_package.
cmake -S "$source/tests/discovery" -B "$folder/discovery" -DCMAKE_PREFIX_PATH="$root/usr" \
  -DCMAKE_CXX_COMPILER_LAUNCHER= > "$folder/cmake.log" || { cat "$folder/cmake.log"; exit 1; }
cd "$folder/discovery"
cmake --build . > build.log
ctest -N > tests.txt
grep -q 'crash\.dies-and-recovers\.release' tests.txt
status=0
ctest > ctest.log || status=$?
tail -n 20 ctest.log
[ "$status" != 0 ]
grep -q 'crash.never-reached.release .*Failed' ctest.log
grep -q 'crash.dies-and-recovers.release .*Passed' ctest.log
