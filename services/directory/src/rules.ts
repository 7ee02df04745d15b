// Rules of single kinds of entries: reserved ids, secret places, endpoints, and keys that must tell one holder from another.
import { isIP } from "node:net";
import { toBinary } from "@bufbuild/protobuf";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { DeliveryMode, MAX_RECORD_BYTES, RESERVED_INSTITUTIONS, SignatureScheme } from "@ruta/events";
import type { EntryKind } from "@ruta/events";
import { ENTRY_SCHEMAS, idOf } from "./form.ts";
import { Problem } from "@ruta/kit/written";
import { labelOf, problemAt } from "./whole.ts";
import type { Located, Whole } from "./whole.ts";

/** What the hub that is being set up allows. */
export interface Rules {
  /** Development only: endpoints may be plain http on this machine. */
  readonly allowLoopback: boolean;
}

const LOOPBACK = /^(localhost\.?|.*\.localhost\.?|127(\.\d{1,3}){3}|\[::1\])$/;
/** Ports on which an endpoint may be served; the URL leaves 443 out. */
const PORTS: ReadonlySet<string> = new Set(["", "8443"]);

/** Every new place and endpoint, and every key, that breaks a rule of its own. What stands was checked when it came. */
export function checkRules(whole: Whole, rules: Rules): Problem[] {
  return [
    ...reserved(whole),
    ...places(whole),
    ...endpoints(whole, rules),
    ...sharedKeys(whole, "institutionKey"),
    ...sharedKeys(whole, "staff"),
  ];
}

function reserved(whole: Whole): Problem[] {
  return whole
    .added("institution")
    .filter(({ id }) => RESERVED_INSTITUTIONS.has(id))
    .map((placed) =>
      problemAt("institution", placed, "id", "is kept for what the hub does itself", "choose another id"),
    );
}

function places(whole: Whole): Problem[] {
  return whole
    .all("place")
    .flatMap((placed) =>
      placed.value.confidential && placed.value.address !== ""
        ? [
            problemAt(
              "place",
              placed,
              "address",
              "stands on a confidential place",
              "take the address out, here and from the file's history",
            ),
          ]
        : [],
    );
}

function endpoints(whole: Whole, rules: Rules): Problem[] {
  return whole.added("endpoint").flatMap((placed) => {
    const { url, scheme, wrappedSecret, mode } = placed.value;
    if (mode === DeliveryMode.INBOX)
      return url === ""
        ? []
        : [problemAt("endpoint", placed, "url", "is not used by an inbox", "leave it out, or give mode: webhook")];
    const problems: Problem[] = [];
    for (const field of ["url", "scheme"] as const)
      if (!placed.value[field])
        problems.push(problemAt("endpoint", placed, field, "is missing", `give a ${field}, or mode: inbox`));
    const wrong = url === "" ? undefined : urlFault(url, rules);
    if (wrong)
      problems.push(
        problemAt(
          "endpoint",
          placed,
          "url",
          wrong,
          `give an https URL that the institution serves to the internet${wrong === HERE ? "; to try it, start the hub with RUTA_ALLOW_LOOPBACK=1" : ""}`,
        ),
      );
    if (scheme === SignatureScheme.V1 && wrappedSecret.length === 0)
      problems.push(
        problemAt(
          "endpoint",
          placed,
          "scheme",
          "is v1 without a shared secret",
          "use v1a here, or register it by the admin route, which makes the secret",
        ),
      );
    return problems;
  });
}

const HERE = "points at this machine";

/** What is wrong with an endpoint's URL; undefined when nothing is. */
function urlFault(url: string, { allowLoopback }: Rules): string | undefined {
  if (!URL.canParse(url) || /\s/.test(url)) return "is not a URL";
  const { protocol, username, password, hash, hostname, port } = new URL(url);
  if (username !== "" || password !== "") return "carries user info";
  if (hash !== "" || url.endsWith("#")) return "carries a fragment";
  if (LOOPBACK.test(hostname)) {
    if (!allowLoopback) return HERE;
    return protocol === "https:" || protocol === "http:" ? undefined : "is not http or https";
  }
  if (protocol !== "https:") return "is not https";
  // Whatever range it is of: no certificate is worth its name there. Delivery judges the addresses of a name when it connects.
  if (isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0) return "names an address instead of a host";
  if (!allowLoopback && !PORTS.has(port)) return "has another port than 443 or 8443";
  return undefined;
}

/** What the record of an entry adds to its bytes: revision, field number, length. */
const RECORD_MARGIN = 64;

/** Every new entry that would not fit a record of the log. */
export function checkSizes(located: readonly Located[]): Problem[] {
  return located.flatMap(({ entry, at }) => {
    const bytes = toBinary(ENTRY_SCHEMAS[entry.case] as DescMessage, entry.value as Message).length;
    if (bytes <= MAX_RECORD_BYTES - RECORD_MARGIN) return [];
    const message = `is ${bytes} bytes long, more than a record holds`;
    return [
      new Problem(
        at,
        labelOf(entry.case, idOf(entry)),
        "",
        message,
        "name larger territories instead of many small ones",
      ),
    ];
  });
}

/** A key that two hold says nothing about who signed. */
function sharedKeys(whole: Whole, kind: "institutionKey" | "staff"): Problem[] {
  const holders = new Map<string, string>();
  const holderOf = (placed: { readonly id: string; readonly value: object }): string =>
    kind === "staff" ? placed.id : (placed.value as { readonly institution: string }).institution;
  return whole.all<EntryKind>(kind).flatMap((placed) => {
    const { publicKey } = placed.value as { readonly publicKey: Uint8Array };
    if (publicKey.length === 0) return [];
    const text = Buffer.from(publicKey).toString("base64");
    const other = holders.get(text);
    holders.set(text, holderOf(placed));
    if (other === undefined || other === holderOf(placed)) return [];
    return [
      problemAt(
        kind,
        placed,
        "public_key",
        `is held by ${other} already`,
        "make a new pair: each holder has keys of its own",
      ),
    ];
  });
}
