#!/usr/bin/env bash
# Verifies a received webhook by the endpoint's secret, RUTA_SECRET (whsec_…), with openssl alone; exit 0 when it holds:
# verify.sh WEBHOOK-ID WEBHOOK-TIMESTAMP WEBHOOK-SIGNATURE < the raw body
set -euo pipefail
id=$1 time=$2 given=$3
age=$(($(date +%s) - time))
if [ "$age" -gt 300 ] || [ "$age" -lt -300 ]; then
  echo "the timestamp is more than 300 s away" >&2
  exit 1
fi
secret=$(printf %s "${RUTA_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$time"; cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary | openssl base64 -A)
for one in $given; do # several while secrets change
  if [ "$one" = "v1,$expected" ]; then
    echo "the signature holds"
    exit 0
  fi
done
echo "the signature does not hold" >&2
exit 1
