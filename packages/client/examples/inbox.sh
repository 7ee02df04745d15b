#!/usr/bin/env bash
# Reads the inbox once with curl alone, and acknowledges what it printed: RUTA_URL, RUTA_TOKEN (rt_…).
# Begins where the last acknowledgement left off; waits up to 30 s for something new (WAIT seconds, when set).
set -euo pipefail
authorization="authorization: Bearer $RUTA_TOKEN"
page=$(curl -sS --fail-with-body --retry 5 --max-time 45 -H "$authorization" "$RUTA_URL/v1/inbox?wait=${WAIT:-30}")
printf '%s\n' "$page"
case $page in *'"items":[]'*) exit 0 ;; esac
# Only now that the page is printed: what is not acknowledged comes again.
next=$(printf '%s' "$page" | sed -n 's/.*"next":"\([^"]*\)".*/\1/p')
curl -sS --fail-with-body --retry 5 --max-time 15 -o /dev/null "$RUTA_URL/v1/inbox/ack" \
  -H "$authorization" -H 'content-type: application/json' --data "{\"cursor\":\"$next\"}"
