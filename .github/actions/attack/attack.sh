#!/usr/bin/env bash
# The action's body, which any other CI can run as well (docs/nightly.md): reads ATTACK_*, leaves record.json,
# summary.md and, of a violation, failing.trace in ATTACK_FOLDER. Exits as `ammeter attack` does.
set -euo pipefail

folder=${ATTACK_FOLDER:-ammeter-attack}
seed=${ATTACK_SEED:-$((${GITHUB_RUN_NUMBER:-0} * 1000000000 + 1))} # a run has no time for so many
mkdir -p "$folder"
rm -f "$folder"/{record.json,summary.md,failing.trace}

ammeter=${ATTACK_AMMETER:-}
if [ -z "$ammeter" ]; then
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
    target=${CARGO_TARGET_DIR:-$root/target}
    # Without the peers of the comparison, which are a third of a cold build.
    cargo build --release --locked --quiet --package ammeter --no-default-features \
        --manifest-path "$root/Cargo.toml" --target-dir "$target"
    ammeter=$target/release/ammeter
fi

flags=(--receiver "${ATTACK_RECEIVER:?which receiver?}" --seed "$seed")
flags+=(--json --markdown "$folder/summary.md" --trace "$folder/failing.trace")
for name in seconds histories shard known; do
    variable=ATTACK_${name^^}
    [ -z "${!variable:-}" ] || flags+=("--$name" "${!variable}")
done
read -ra more <<< "${ATTACK_FLAGS:-}"

status=0
"$ammeter" attack "${flags[@]}" "${more[@]}" > "$folder/record.json" || status=$?
invariant=
if [ -s "$folder/summary.md" ]; then
    tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" < "$folder/summary.md"
    invariant=$(sed -n '1s/.*VIOLATION of \([a-z-]*\)$/\1/p' "$folder/summary.md")
fi
{
    echo "found=$([ -n "$invariant" ] && echo true || echo false)"
    echo "invariant=$invariant"
    echo "folder=$folder"
} >> "${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
