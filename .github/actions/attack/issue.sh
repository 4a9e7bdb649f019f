#!/usr/bin/env bash
# One open issue for each broken invariant: opens it, or adds tonight's summary. Needs gh and GH_TOKEN.
set -euo pipefail

title="ammeter: violation of ${ATTACK_INVARIANT:?}"
open=$(gh issue list --state open --search "in:title \"$title\"" --json number,title \
    --jq "map(select(.title == \"$title\")) | .[0].number // empty")
if [ -n "$open" ]; then
    gh issue comment "$open" --body-file "${ATTACK_FOLDER:?}/summary.md"
else
    gh issue create --title "$title" --body-file "${ATTACK_FOLDER:?}/summary.md"
fi
