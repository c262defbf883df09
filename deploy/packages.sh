# The Debian packages that building and testing needs: one list, sourced by tests/run and deploy/quickstart.
# Usage: . deploy/packages.sh; install_packages    (returns 2, with what to do, when it cannot)

SPATE_PACKAGES="
  g++ cmake ninja-build pkg-config ca-certificates curl python3
  flatbuffers-compiler flatbuffers-compiler-dev libflatbuffers-dev
  libboost1.81-dev libcli11-dev libexpected-dev libsimdjson-dev libyaml-cpp-dev
  librdkafka-dev librocksdb-dev liblz4-dev libxxhash-dev libsodium-dev libutf8proc-dev libjemalloc-dev
  prometheus-cpp-dev libgtest-dev libbenchmark-dev
"

missing_packages() {
  local package
  for package in $SPATE_PACKAGES; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf '%s ' "$package"
  done
}

install_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This script installs packages of Debian 12 and found no apt-get here." >&2
    echo "Run it on Debian 12, or install the equivalents of:" $SPATE_PACKAGES >&2
    return 2
  fi
  local missing as_root=""
  missing=$(missing_packages)
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing and you are neither root nor have sudo. Ask root to run:" >&2
      echo "  apt-get update && apt-get install -y --no-install-recommends $missing" >&2
      return 2
    fi
    as_root="sudo"
  fi
  echo "Installing:" $missing
  # A new machine has stale lists, so update comes first.
  if ! $as_root apt-get update -q ||
     ! $as_root env DEBIAN_FRONTEND=noninteractive \
         apt-get install -q -y --no-install-recommends $missing; then
    echo "apt-get failed; its own message is above. Spate is built on Debian 12 (bookworm);" >&2
    echo "check the network, and that /etc/apt/sources.list names a bookworm mirror." >&2
    return 2
  fi
}

# Jobs for the build: as many as cores, but no more than memory allows (1.5 GiB each).
build_jobs() {
  local cores memory_jobs
  cores=$(nproc)
  memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  [ "${memory_jobs:-1}" -ge 1 ] || memory_jobs=1
  echo $((cores < memory_jobs ? cores : memory_jobs))
}

# A compiler cache is used where there is one, never asked for.
launcher_option() {
  if command -v ccache >/dev/null; then echo "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
}
