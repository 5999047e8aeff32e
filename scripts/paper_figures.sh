#!/usr/bin/env bash
# One set of figures for a paper in two columns, from three trained runs of the recipes multi30k, fashion-mnist-vit and etth1-patch: an alignment,
# a rollout on a picture, all heads by their entropy, and where a forecast looks. As PDF and PNG, each as wide as it is printed.
#
#   scripts/paper_figures.sh TRANSLATION PICTURE SERIES OUT
#
# SENTENCE, IMAGE and WINDOW choose the test examples; FOVEA names another program.
set -euo pipefail
[ $# -eq 4 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
readonly translation="$1" picture="$2" series="$3" out="$4" sentence="${SENTENCE:-12}" image="${IMAGE:-1}" window="${WINDOW:-100}"
readonly fovea="${FOVEA:-$(cd "$(dirname "$0")/.." && pwd)/build/${FOVEA_PRESET:-release}/bin/fovea}"

# figure NAME EXAMPLE STEM RUN options…: one figure of a call as OUT/NAME.pdf and .png; the others stay in OUT/all.
figure() {
  local name="$1" example="$2" stem="$3" ending
  shift 3
  "$fovea" maps "$@" --examples "$example" --format pdf,png --threads 1 --quiet --out "$out/all/$name"
  for ending in pdf png; do cp "$out/all/$name/test-$example/$stem.$ending" "$out/$name.$ending"; done
}

figure alignment "$sentence" decoder.2.cross "$translation" --layers decoder.2.cross --merge-subwords --mean-only
figure picture "$image" encoder.rollout "$picture" --through rollout
figure heads "$image" atlas "$picture" --atlas-by normalised_entropy --width two-columns
figure forecast "$window" encoder.2.self.6 "$series" --layers encoder.2.self --mean --width two-columns
echo "$out: alignment, picture, heads, forecast (.pdf, .png)"
