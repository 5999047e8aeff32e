#!/usr/bin/env bash
# The study of docs/ablation.md: seven attentions on SST-2 and on TREC, four on Fashion-MNIST and four on ETTh1, five seeds each, as a sweep
# a data set; about an hour on two cores in all. Stopped, it goes on where it was; on finished cells it prints the tables.
#
#   scripts/study.sh DATA [OUT]      DATA: the folder of the data sets; OUT: runs/study
#
# JOBS: cells at a time (as many as there are cores); FOVEA names another program.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/study.sh DATA [OUT]" >&2; exit 2; }
[ -n "${FOVEA:-}" ] || scripts/setup.sh --programs
readonly fovea="${FOVEA:-$PWD/build/${FOVEA_PRESET:-release}/bin/fovea}" data="$1" out="${2:-runs/study}"
readonly text=none,uniform,learned-query,bahdanau,luong-general,scaled-dot,multi-head

# study RECIPE attentions keys…: a sweep with failed cells (exit code 6) still has its table.
failed=0
study() {
  local recipe="$1" attentions="$2" code=0
  shift 2
  printf '\n== %s\n' "$recipe"
  "$fovea" ablate "$recipe" "task.root=$data" "model.attention=$attentions" "$@" --seeds 5 --jobs "${JOBS:-$(nproc)}" \
    --baseline attention=none --out "$out/$recipe" || code=$?
  [ "$code" = 0 ] || [ "$code" = 6 ] || exit "$code"
  [ "$code" = 0 ] || failed=6
}

mkdir -p "$out"
# Smaller than the recipes, so that two learning rates fit in: the better one on validation is each variant's.
readonly rates=train.learning_rate=0.001,0.003
study trec "$text" "$rates" model.width=64 model.hidden=64 train.epochs=8
study etth1-patch none,uniform,scaled-dot,multi-head train.learning_rate=0.0003,0.001 train.epochs=3
study fashion-mnist none,uniform,bahdanau,multi-head "$rates" model.channels=[8,16,32] train.epochs=1
study sst2 "$text" "$rates" model.width=64 model.hidden=64 train.epochs=5
exit "$failed"
