// A key of the hub that this process was given and cannot be started with, and why.

/** The kinds of keys that the hub itself has. */
export type HubKeyKind = "master" | "signing";

/** Why a key does not count: the hub has none such, it was retired, or the one to change over from is none of the hub's. */
export type WrongKeyReason = "unknown" | "retired" | "previous-unknown";

/** This process was given a key that is not in force; going on with it would make what is sealed unreadable, or what is signed unproved. */
export class WrongKey extends Error {
  readonly kind: HubKeyKind;
  readonly reason: WrongKeyReason;

  constructor(kind: HubKeyKind, reason: WrongKeyReason) {
    super(`the ${kind} key given is not one of this hub's: ${reason}`);
    this.name = "WrongKey";
    this.kind = kind;
    this.reason = reason;
  }
}
