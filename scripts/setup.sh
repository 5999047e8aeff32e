#!/usr/bin/env bash
# Takes a fresh Debian or Ubuntu machine to a built fovea. Safe to run again: each step is skipped when it is already done.
#
#   scripts/setup.sh             packages, LibTorch, configure, build
#   scripts/setup.sh --programs  the same without building the tests
#   scripts/setup.sh --no-build  everything but configure and build
#
# LIBTORCH=DIR or Torch_DIR=DIR names an unpacked LibTorch of your own; otherwise a virtual environment in .venv gets the pinned wheel.
# FOVEA_PRESET (release by default) is the CMake preset that is configured and built; CXX=g++ (any compiler) names one of your own,
# otherwise it is clang, which compiles LibTorch's headers three times as fast, or g++ where there is no clang.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly torch_version=2.13.0 sentencepiece_version=0.2.1
readonly preset="${FOVEA_PRESET:-release}" mode="${1:-}"
# What the build, the programs and the tests need; environment.md says what each is for.
readonly packages=(build-essential cmake ninja-build ccache mold pkg-config git python3 python3-venv
  nlohmann-json3-dev libcli11-dev catch2 libpango1.0-dev libpng-dev libturbojpeg0-dev libwebp-dev libzip-dev libarchive-dev
  zlib1g-dev libssl-dev libutf8proc-dev libboost-math-dev libgloo-dev curl
  fonts-dejavu-core fonts-noto-cjk poppler-utils)

say() { printf '\n== %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "setup.sh: installing packages needs root or sudo: $*" >&2; return 1; fi
}

install_packages() {
  command -v apt-get >/dev/null || { echo "setup.sh: no apt-get here; install what environment.md lists, then run again" >&2; return 0; }
  local missing=() name
  for name in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_torch() {
  if [ -n "${LIBTORCH:-}${Torch_DIR:-}" ]; then say "LibTorch: the one you named"; return 0; fi
  if [ "$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("torch").split("+")[0])' 2>/dev/null)" != "$torch_version" ]; then
    say "installing the torch==$torch_version wheel into .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "torch==$torch_version"
  fi
}

# A wheel that was built with CUDA (the Python index's own one is) is found by CMake beside the toolkit it was made with alone: from the
# same index, with the names that a linker looks for.
install_cuda_toolkit() {
  if [ -n "${LIBTORCH:-}${Torch_DIR:-}${CUDA_HOME:-}${CUDA_PATH:-}" ]; then return 0; fi
  local site cuda toolkit library name
  site="$(echo .venv/lib/python3*/site-packages)"
  cuda="$(sed -n "s/^cuda.*= '\([0-9.]*\)'.*/\1/p" "$site/torch/version.py")"
  [ -n "$cuda" ] || return 0
  if [ "${cuda%%.*}" -lt 13 ]; then
    echo "setup.sh: the wheel was built with CUDA $cuda, whose toolkit is not installed here: install it and set CUDA_HOME" >&2
    return 1
  fi
  toolkit="$site/nvidia/cu${cuda%%.*}"
  if [ ! -x "$toolkit/bin/nvcc" ]; then
    say "the wheel was built with CUDA $cuda: installing that toolkit's compiler into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "nvidia-cuda-nvcc==$cuda.*" "nvidia-cuda-crt==$cuda.*" \
      "nvidia-cuda-cccl==$cuda.*" "nvidia-nvvm==$cuda.*"
  fi
  ln -sfn lib "$toolkit/lib64"
  for library in "$toolkit"/lib/*.so.*; do
    name="$(basename "$library")"
    ln -sf "$name" "$toolkit/lib/${name%%.so.*}.so"
  done
}

# Independent references for the tests; the programs need none of them.
install_oracles() {
  [ -x .venv/bin/python ] || python3 -m venv .venv
  if ! .venv/bin/python -c 'import jiwer, numpy, rouge_score, sacrebleu, safetensors, scipy, sklearn' 2>/dev/null; then
    say "installing the tests' references into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check numpy scipy scikit-learn safetensors sacrebleu rouge-score jiwer
  fi
}

# Static, from its source archive: the shared library defines a flag that LibTorch's also has, in another size.
install_sentencepiece() {
  local prefix=.venv/sentencepiece work source
  [ "$(cat "$prefix/VERSION" 2>/dev/null)" != "$sentencepiece_version" ] || return 0
  say "building sentencepiece $sentencepiece_version into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  work="$(mktemp -d)"
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d "$work" "sentencepiece==$sentencepiece_version"
  tar -xzf "$work"/sentencepiece-*.tar.gz -C "$work"
  source="$(echo "$work"/sentencepiece-*/sentencepiece)"
  # g++: clang needs many minutes for its table of normalization rules.
  CXX=g++ CC=gcc cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSPM_ENABLE_SHARED=OFF -DSPM_ENABLE_TCMALLOC=OFF \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_CXX_VISIBILITY_PRESET=hidden >/dev/null
  cmake --build "$work/build" --target sentencepiece-static sentencepiece_train-static >/dev/null
  mkdir -p "$prefix/lib" "$prefix/include"
  cp "$work"/build/src/libsentencepiece.a "$work"/build/src/libsentencepiece_train.a "$prefix/lib"
  cp "$source"/src/sentencepiece_processor.h "$source"/src/sentencepiece_trainer.h "$prefix/include"
  rm -rf "$work"
  echo "$sentencepiece_version" > "$prefix/VERSION"
}

# A build folder keeps the compiler it began with.
choose_compiler() {
  [ -z "${CXX:-}" ] || return 0
  local name
  if ! command -v clang++-16 >/dev/null && command -v apt-get >/dev/null; then
    say "installing clang-16"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clang-16 libclang-rt-16-dev >/dev/null ||
      echo "setup.sh: no clang-16 here; building with g++, which takes three times as long" >&2
  fi
  for name in clang++-16 clang++-17 clang++-18; do
    if command -v "$name" >/dev/null; then export CXX="$name" CC="${name/++/}"; return 0; fi
  done
}

install_packages
choose_compiler
install_torch
install_cuda_toolkit
install_sentencepiece
[ "$mode" = --programs ] || install_oracles
if [ "$mode" != --no-build ]; then
  say "configuring and building (preset $preset)"
  cmake --preset "$preset"
  target=all
  [ "$mode" = --programs ] && target=programs
  cmake --build --preset "$preset" --target "$target"
  say "built: build/$preset/bin"
fi
