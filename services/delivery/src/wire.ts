// What the wire shows of an exchange: where it went, over which TLS, and when name, connection and answer were there. No content,
// and of the URL neither path nor query.
import { createHash } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { fingerprint, publicKeyOf } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import type { buildConnector } from "undici";

/** What is known of one exchange; times in whole milliseconds from its start, at least 1, and 0 for what did not happen in it. */
export interface Wire {
  /** Scheme, host and port; empty when the URL could not be read. */
  readonly origin: string;
  /** Address that was reached; empty when none was. */
  readonly remoteAddress: string;
  /** Such as TLSv1.3; empty without TLS. */
  readonly tlsVersion: string;
  readonly resolvedMs: number;
  readonly connectedMs: number;
  readonly firstByteMs: number;
  /** Keys that signed: `hub:` and the beginning of a public key's fingerprint, or the beginning of a secret's SHA-256. */
  readonly keyIds: readonly string[];
}

/** An exchange that is being watched. */
export interface Watch {
  /** The answer begins. */
  answered(): void;
  /** Ends it. `error` is what it failed with, if it did. */
  end(error?: unknown): Pick<Wire, "remoteAddress" | "tlsVersion" | "resolvedMs" | "connectedMs" | "firstByteMs">;
}

/** Watches connections and exchanges of one sender. */
export interface Tap {
  /** The connector to use: it goes where the given one goes. */
  readonly connect: buildConnector.connector;
  /** Watches the exchange of a webhook-id, which is under way once at a time. */
  watch(id: string): Watch;
  close(): void;
}

/** When a connection was there, on the clock of `performance`. */
interface Milestones {
  resolved?: number;
  opened?: number;
}

/** A request that has left, and on what. */
interface Left {
  readonly socket: Socket;
  readonly remoteAddress: string;
  readonly tlsVersion: string;
}

const SENDS = "undici:client:sendHeaders";
const ID = /\r\nwebhook-id: ([^\r]+)\r\n/i;
const HEX = 8;

/** Names a key without telling it. */
export function keyIdOf(key: SigningKey): string {
  if (key.scheme === "v1a") return `hub:${fingerprint(publicKeyOf(key.seed)).slice(0, HEX)}`;
  return createHash("sha256").update(key.secret).digest("hex").slice(0, HEX);
}

/** Watches what goes through `connect`. Close it with its sender: it listens to all that this process sends. */
export function openTap(connect: buildConnector.connector): Tap {
  // By socket, and by error for what never was a connection.
  const milestones = new WeakMap<object, Milestones>();
  const under = new Map<string, Left | undefined>();

  // The library tells on which connection a request leaves here and nowhere else.
  function leaves(message: unknown): void {
    const { headers, socket } = message as { readonly headers: string; readonly socket: Socket };
    const id = ID.exec(headers)?.[1];
    if (id === undefined || !under.has(id)) return;
    // Read now: a connection that has ended has no address any more.
    under.set(id, { socket, remoteAddress: socket.remoteAddress ?? "", tlsVersion: tlsVersionOf(socket) });
  }
  subscribe(SENDS, leaves);

  return {
    connect(options, callback) {
      const seen: Milestones = {};
      // Typed as nothing, it answers the socket, which alone tells when its name was resolved.
      const begun = connect(options, (...outcome) => {
        const [error, socket] = outcome;
        if (socket) seen.opened = performance.now();
        milestones.set(socket ?? error, seen);
        callback(...outcome);
      }) as unknown as Socket | undefined;
      begun?.once("lookup", () => {
        seen.resolved = performance.now();
      });
    },
    watch(id) {
      const began = performance.now();
      const since = (at: number | undefined): number => (at === undefined ? 0 : Math.max(Math.ceil(at - began), 0));
      let answered: number | undefined;
      under.set(id, undefined);
      return {
        answered() {
          answered = performance.now();
        },
        end(error) {
          const left = under.get(id);
          under.delete(id);
          const seen = milestones.get(left?.socket ?? (error instanceof Error ? error : {}));
          return {
            remoteAddress: left?.remoteAddress ?? "",
            tlsVersion: left?.tlsVersion ?? "",
            resolvedMs: since(seen?.resolved),
            connectedMs: since(seen?.opened),
            firstByteMs: since(answered),
          };
        },
      };
    },
    close: () => void unsubscribe(SENDS, leaves),
  };
}

function tlsVersionOf(socket: Socket): string {
  if (!("getProtocol" in socket)) return "";
  return (socket as Socket & { getProtocol(): string | null }).getProtocol() ?? "";
}
