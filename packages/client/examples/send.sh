#!/usr/bin/env bash
# Sends a CloudEvents file, signed by a shared secret, with curl and openssl alone: RUTA_URL, RUTA_INSTITUTION, RUTA_KEY (whsec_…).
# The same id sends the same act again: send.sh FILE [ID]
set -euo pipefail
file=$1
id=${2:-msg_$(openssl rand -hex 16)}
time=$(date +%s)
secret=$(printf %s "${RUTA_KEY#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$({ printf '%s.%s.' "$id" "$time"; cat "$file"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary | openssl base64 -A)
# No answer, or "later": the same bytes under the same id, as Retry-After says.
curl -sS --fail-with-body --retry 5 --max-time 15 "$RUTA_URL/v1/in/$RUTA_INSTITUTION" --data-binary "@$file" \
  -H 'content-type: application/cloudevents+json' \
  -H "webhook-id: $id" -H "webhook-timestamp: $time" -H "webhook-signature: v1,$signature"
