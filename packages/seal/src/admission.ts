// Which keys a process may be started with: those in force, and a new one beside one of them, which thereby comes into force. Pure.
import { WrongKey } from "./wrong-key.ts";
import type { HubKeyKind } from "./wrong-key.ts";

/** Fingerprints of what a process was given of one kind: the key, and the one that it takes the place of while they change over. */
export interface Held {
  readonly current: string;
  readonly previous?: string | undefined;
}

/** A key of the hub that is known, and whether it counts. */
export interface Known {
  readonly fingerprint: string;
  readonly retired: boolean;
}

/** What follows for a process that may start. */
export interface Admission {
  /** Of the given ones those that count, the current one first. */
  readonly inForce: readonly string[];
  /** The current one comes into force by this start. */
  readonly isNew: boolean;
}

/** Decides over the keys of one kind; `known` holds the first one already. Throws WrongKey. */
export function admit(kind: HubKeyKind, { current, previous }: Held, known: readonly Known[]): Admission {
  const stateOf = (fingerprint: string): "in-force" | "retired" | "unknown" => {
    const found = known.find((key) => key.fingerprint === fingerprint);
    if (!found) return "unknown";
    return found.retired ? "retired" : "in-force";
  };
  const now = stateOf(current);
  const before = previous === undefined ? undefined : stateOf(previous);
  if (now === "retired") throw new WrongKey(kind, "retired");
  if (before === "unknown") throw new WrongKey(kind, "previous-unknown");
  // A new key is vouched for by one in force that its bearer has too.
  if (now === "unknown" && before !== "in-force") throw new WrongKey(kind, "unknown");
  return {
    inForce: [current, ...(previous !== undefined && previous !== current && before === "in-force" ? [previous] : [])],
    isNew: now === "unknown",
  };
}
