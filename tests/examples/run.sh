#!/usr/bin/env bash
# run.sh INPUT EXPECTED COMMAND...: runs the command with INPUT (lines, written with \n) as its standard input; its
# standard output must be EXPECTED.
set -euo pipefail
diff <(printf "$2\n") <(printf "$1\n" | "${@:3}")
