#!/usr/bin/env bash
# Every script of the project can be called and parses. Usage: scripts_test.sh ROOT
set -euo pipefail
cd "$1"
checked=0
for script in scripts/*.sh .ci/run; do
  [ -x "$script" ] || { echo "$script: not executable" >&2; exit 1; }
  [ "$(head -1 "$script")" = "#!/usr/bin/env bash" ] || { echo "$script: expected #!/usr/bin/env bash" >&2; exit 1; }
  bash -n "$script"
  checked=$((checked + 1))
done
[ "$checked" -ge 5 ] || { echo "expected at least 5 scripts; found $checked" >&2; exit 1; }
echo "$checked scripts parse"
