#!/usr/bin/env bash
# Builds and runs every test. Arguments go to ctest: scripts/test.sh -R mask
set -euo pipefail
cd "$(dirname "$0")/.."
readonly preset="${FOVEA_PRESET:-release}"
scripts/setup.sh
# Two programs at a time, each on one thread: the tests agree with any number, and two cores are then both busy.
OMP_NUM_THREADS=1 ctest --preset "$preset" --parallel "$(nproc)" "$@"
