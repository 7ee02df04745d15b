// The guard of what goes out: public addresses only, checked for every resolved address at the moment of connecting, and the
// socket is bound to what was checked, so that a name that changes its answer gains nothing.
import { lookup as resolve } from "node:dns";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";

/** What may be reached. */
export interface GuardRules {
  /** Development only: loopback may be reached, also by plain http. */
  readonly allowLoopback: boolean;
}

/** An address, or the form of a URL, to which nothing is sent. The message names neither. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly code = "address-refused";
}

/** How names become addresses: `dns.lookup`, or a test's. */
export type Resolver = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3"); // RFC 4291: all that is assigned for the public

/** Whether an address is of the public internet: unicast, and in no range that is private, local, mapped, translated or reserved. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST);
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Whether a checked socket may go there; plain http leaves this machine never. */
function mayReach(address: string, protocol: string, { allowLoopback }: GuardRules): boolean {
  if (allowLoopback && isLoopback(address)) return true;
  return protocol === "https:" && isPublic(address);
}

/** Ports of https that an institution may serve on: any other is as likely another service of its host. */
const PORTS: ReadonlySet<string> = new Set(["", "443", "8443"]);

/** The URL to send to. Throws AddressRefused for what is neither https nor, where that is allowed, http on loopback. */
export function checkedUrl(text: string, { allowLoopback }: GuardRules): URL {
  if (!URL.canParse(text)) throw new AddressRefused("an endpoint's URL cannot be read");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw new AddressRefused("an endpoint's URL carries user info");
  if (url.protocol !== "https:" && !(allowLoopback && url.protocol === "http:"))
    throw new AddressRefused("an endpoint's URL is not https");
  if (!allowLoopback && !PORTS.has(url.port)) throw new AddressRefused("an endpoint's URL has an unusual port");
  return url;
}

const system: Resolver = (hostname, callback) => resolve(hostname, { all: true, verbatim: true }, callback);

/** A look-up that refuses when any one of the addresses is refused; the socket connects to what it answers, nothing else. */
function guardedLookup(protocol: string, rules: GuardRules, resolver: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, (error, addresses) => {
      if (error) return callback(error, "");
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => !mayReach(address, protocol, rules)))
        return callback(new AddressRefused("a name resolves to an address that is not public"), "");
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** A connector for undici that goes only where the guard allows. `timeoutMs` is for connecting, TLS included. */
export function guardedConnector(
  rules: GuardRules & { readonly timeoutMs: number; readonly resolver?: Resolver },
): buildConnector.connector {
  const { timeoutMs, resolver = system } = rules;
  const connectors = new Map(
    ["http:", "https:"].map((protocol) => {
      const lookup = guardedLookup(protocol, rules, resolver);
      return [protocol, buildConnector({ timeout: timeoutMs, allowH2: false, port: 0, lookup })];
    }),
  );
  return (options, callback) => {
    const connect = connectors.get(options.protocol);
    const host = options.hostname.replace(/^\[(.*)\]$/, "$1");
    // No look-up is made for an address.
    if (!connect || (isIP(host) !== 0 && !mayReach(host, options.protocol, rules)))
      return callback(new AddressRefused("an endpoint is at an address that is not public"), null);
    return connect({ ...options, hostname: host }, callback);
  };
}
