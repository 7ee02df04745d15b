// The first lines that an institution pastes: reading with its token, and trying a signed referral with curl and openssl. Pure.

/** Where what is shown once was kept: paths, which lines name instead of what is in there. */
export interface KeptFiles {
  readonly token: string;
  readonly key: string;
}

/** What the lines are made of. */
export interface FirstLines {
  /** Where the hub is. */
  readonly url: string;
  readonly institution: string;
  readonly token: string;
  /** Its shared secret; without one (a key pair of its own) no line signs. */
  readonly secret: string | undefined;
  /** A service type that the directory has; without one there is nothing to refer to. */
  readonly serviceType: string | undefined;
  /** The day in Quito, YYYY-MM-DD. */
  readonly today: string;
  /** With files, no line holds a secret. */
  readonly files?: KeptFiles | undefined;
}

/** A word as a shell takes it, whatever it holds. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Reads the institution's referrals. */
function readLine({ url, token, files }: FirstLines): string {
  const bearer = files ? `"authorization: Bearer $(cat ${quoted(files.token)})"` : `'authorization: Bearer ${token}'`;
  return `curl -sS -H ${bearer} ${url}/v1/referrals`;
}

/** Asks what would become of a referral that names no person. Without `/check` in it, it is sent. */
function tryLines({ url, institution, secret, serviceType, today, files }: FirstLines): string | undefined {
  if (secret === undefined || serviceType === undefined) return undefined;
  const consent = { basis: "N", recipientClass: "any", givenOn: today, evidence: "first-line" };
  const data = { serviceType, priority: "normal", consent };
  const body = JSON.stringify({
    specversion: "1.0",
    id: "1",
    source: `/${institution}`,
    type: "ruta.referral.request",
    data,
  });
  const hex = files
    ? `$(sed 's/^whsec_//' ${quoted(files.key)} | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')`
    : Buffer.from(secret.slice("whsec_".length), "base64").toString("hex");
  return [
    `id=msg_$(openssl rand -hex 16) time=$(date +%s) body='${body}'`,
    `signature=$(printf '%s.%s.%s' "$id" "$time" "$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:${hex}" -binary | openssl base64 -A)`,
    `curl -sS ${url}/v1/in/${institution}/check -H 'content-type: application/cloudevents+json' -H "webhook-id: $id" \\`,
    `  -H "webhook-timestamp: $time" -H "webhook-signature: v1,$signature" --data-binary "$body"`,
  ].join("\n");
}

/** The lines, each of which works when it is pasted into a shell. */
export function firstLines(of: FirstLines): { readonly read: string; readonly try?: string } {
  const lines = tryLines(of);
  return { read: readLine(of), ...(lines === undefined ? {} : { try: lines }) };
}
