#!/usr/bin/env bash
# One table of what every named attention learns: recall, copy, reverse, a decisive word, a cluttered digit, a planted lag; three seeds,
# beside the baselines none, uniform and frozen-random. A sweep a column (docs/ablation.md), some two hours on two cores in all; stopped, it
# goes on where it was.
#
#   scripts/learning.sh [OUT]      default runs/learning; the table: OUT/table.md
#
# ATTENTIONS (a,b,c) chooses rows, SEEDS replicates; FOVEA names another program.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${FOVEA:-}" ] || scripts/setup.sh --programs
readonly fovea="${FOVEA:-$PWD/build/${FOVEA_PRESET:-release}/bin/fovea}" out="${1:-runs/learning}"
readonly names='import json, sys; print(*[a["name"] for a in json.load(sys.stdin)["attentions"]], sep=",")'
readonly attentions="${ATTENTIONS:-$("$fovea" list attentions --format json | python3 -c "$names")}"

# column NAME RECIPE keys…: every attention on one task. What an attention cannot do is refused before anything runs, and said. A sweep with
# failed cells (exit code 6) is still a column.
failed=0
column() {
  local name="$1" recipe="$2" code=0
  shift 2
  echo "== $name"
  "$fovea" ablate "$recipe" "model.attention=$attentions" "$@" --seeds "${SEEDS:-3}" --tune none --out "$out/$name" >"$out/$name.txt" || code=$?
  [ "$code" = 0 ] || [ "$code" = 6 ] || exit "$code"
  [ "$code" = 0 ] || failed=6
}

mkdir -p "$out"
column recall recall task.context=32 train.epochs=2
column recall-one-layer recall task.context=32 train.epochs=2 model.layers=1
column copy copy task.examples=3000 train.epochs=15 train.schedule=cosine
column reverse reverse task.examples=3000 train.epochs=15 train.schedule=cosine
column decisive-word text-classification train.epochs=5
column digits image-classification task.examples=2000
# A net that sees all columns at each step: the cause is not in the target's own.
column lag series-forecast model=series-transformer task.input_length=48 task.horizon=1 train.epochs=5 train.learning_rate=0.003
python3 scripts/learning_table.py "$fovea" "$out" >"$out/table.md"
printf 'The table: %s/table.md\n' "$out"
exit "$failed"
