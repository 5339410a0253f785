#!/usr/bin/env bash
# Annotates, comments once (and updates that comment), and ends with the exit code that --fail-on asks for.
set -euo pipefail

read -r -a files <<< "$DSPLAN_FILES"
cluster=()
if [ -n "${DSPLAN_CLUSTER:-}" ]; then cluster=(--cluster "$DSPLAN_CLUSTER"); fi
dsplan=${DSPLAN:-dsplan}

code=0
$dsplan check "${files[@]}" ${cluster[@]+"${cluster[@]}"} --fail-on "${DSPLAN_FAIL_ON:-error}" -o github || code=$?
if [ "$code" != 0 ] && [ "$code" != 4 ]; then exit "$code"; fi

text=$(mktemp)
trap 'rm -f "$text"' EXIT
$dsplan check "${files[@]}" ${cluster[@]+"${cluster[@]}"} --fail-on never -o markdown > "$text"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$text" >> "$GITHUB_STEP_SUMMARY"; fi
if [ "${DSPLAN_COMMENT:-true}" = true ]; then $dsplan comment "$text" --name "dsplan check"; fi
exit "$code"
