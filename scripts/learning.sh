#!/usr/bin/env bash
# One table of what every named attention learns: recall, copy, reverse, a decisive word, a cluttered digit, a planted lag; three seeds,
# beside the baselines none, uniform and frozen-random. Some two hours on two cores; stopped, it goes on where it was.
#
#   scripts/learning.sh [OUT]      default runs/learning; each score in OUT/scores.csv as it comes, the table in OUT/table.md
#
# What docs/learning.csv holds already is not run again when it is copied to OUT/scores.csv first. JOBS: runs at a time (the cores).
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${BIN:-}" ] || scripts/setup.sh --programs
readonly bin="${BIN:-$PWD/build/${FOVEA_PRESET:-release}/bin}" out="${1:-runs/learning}"

# One run: name of the column, recipe, attention, seed, further keys. What an attention cannot do is refused with exit code 2: noted.
one_run() {
  local column="$1" recipe="$2" attention="$3" seed="$4" run said code=0
  shift 4
  run="$out/$column/$attention-seed$seed" said="$out/$column/$attention-$seed.err"
  if grep -q "^$column,$attention,\($seed,\|,refused\)" "$out/scores.csv"; then return 0; fi
  "$bin/fovea" train "$recipe" "model.attention=$attention" "$@" --seed "$seed" --threads 1 --out "$run" --quiet >/dev/null 2>"$said" || code=$?
  if [ "$code" = 2 ] && [ ! -e "$run" ]; then
    echo "$column,$attention,,refused" >>"$out/scores.csv"
    return 0
  fi
  [ "$code" = 0 ] || { cat "$said" >&2; return 1; }
  "$bin/fovea" evaluate "$run" --threads 1 --quiet >/dev/null
  python3 scripts/learning_table.py --score "$run" "$column" "$attention" "$seed" | tee -a "$out/scores.csv"
  rm -rf "$run/checkpoints" "$said"  # the score is what is kept; the run itself can be made again
}
export -f one_run
export bin out

runs() {
  local attention seed
  for seed in 0 1 2; do
    for attention in $("$bin/fovea" list attentions --format json | python3 -c 'import json, sys; print(*[a["name"] for a in json.load(sys.stdin)["attentions"]])'); do
      echo "recall recall $attention $seed task.context=32 train.epochs=2"
      # One layer is there to fail: one seed of all, three of the one that two layers are measured by.
      if [ "$seed" = 0 ] || [ "$attention" = multi-head ]; then
        echo "recall-one-layer recall $attention $seed task.context=32 train.epochs=2 model.layers=1"
      fi
      echo "copy copy $attention $seed task.examples=3000 train.epochs=15 train.schedule=cosine"
      echo "reverse reverse $attention $seed task.examples=3000 train.epochs=15 train.schedule=cosine"
      echo "decisive-word text-classification $attention $seed train.epochs=5"
      echo "digits image-classification $attention $seed task.examples=2000"
      # A net that sees all columns at each step: the cause is not in the target's own.
      echo "lag series-forecast $attention $seed model=series-transformer task.input_length=48 task.horizon=1 train.epochs=5 train.learning_rate=0.003"
    done
  done
}

for column in recall recall-one-layer copy reverse decisive-word digits lag; do mkdir -p "$out/$column"; done
touch "$out/scores.csv"
# xargs goes on when one run fails and fails at the end.
runs | xargs -P "${JOBS:-$(nproc)}" -L 1 bash -ec 'one_run "$@"' one_run
python3 scripts/learning_table.py "$out/scores.csv" > "$out/table.md"
printf 'The table: %s/table.md\n' "$out"
