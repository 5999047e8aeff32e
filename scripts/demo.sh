#!/usr/bin/env bash
# The main job on built-in data: three tasks, several attentions and a baseline without, two seeds each; trained, evaluated, their
# attention maps drawn and scored against known truth, and all of it on one page: runs/demo/index.html.
# Safe to stop and run again: finished runs are kept, unfinished ones go on where they were.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --programs
readonly bin="$PWD/build/${FOVEA_PRESET:-release}/bin" out="${1:-runs/demo}"

# One run: recipe, attention, seed, further keys.
one_run() {
  local recipe="$1" attention="$2" seed="$3" run
  shift 3
  run="$out/$recipe/$attention-seed$seed"
  "$bin/fovea" train "$recipe" "model.attention=$attention" "$@" --seed "$seed" --threads 1 --out "$run" --quiet >/dev/null
  "$bin/fovea" evaluate "$run" --threads 1 --quiet >/dev/null
  if [ "$attention" != none ]; then
    "$bin/fovea" maps "$run" --examples 0-49 --score --format npy,json --threads 1 --out "$run/maps" --quiet >/dev/null
  fi
  echo "  $recipe  $attention  seed $seed"
}
export -f one_run
export bin out

runs() {
  local attention seed
  for seed in 0 1; do
    for attention in bahdanau location-aware luong-dot none; do echo "reverse $attention $seed task.examples=3000 train.epochs=15 train.schedule=cosine"; done
    for attention in bahdanau scaled-dot uniform none; do echo "image-classification $attention $seed task.examples=2000 train.epochs=7"; done
    for attention in learned-query bahdanau scaled-dot none; do echo "text-classification $attention $seed"; done
  done
}

printf '\n== training 24 runs, %s at a time\n' "$(nproc)"
mkdir -p "$out"
# Within a seed the long ones come first, so that the last to finish is a short one; xargs fails when any run does.
runs | xargs -P "$(nproc)" -L 1 bash -ec 'one_run "$@"' one_run

printf '\n'
"$bin/fovea" report "$out"
"$bin/fovea" report "$out" --format html --out "$out/index.html"
printf '\nThe page: %s/index.html\n' "$out"
