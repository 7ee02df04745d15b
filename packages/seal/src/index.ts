// Sealing: identity and narrative leave the door only as ciphertext; destroying a key erases for good.
export { SealBroken } from "./cipher.ts";
export { SEAL_MIGRATIONS, openSeal } from "./seal.ts";
export type { Seal, SealOptions } from "./seal.ts";
export { masterFingerprint, mastersOf } from "./hub-keys.ts";
export type { Given, HubKey, NotRetired, PublicKey } from "./hub-keys.ts";
export { WrongKey } from "./wrong-key.ts";
export type { HubKeyKind, WrongKeyReason } from "./wrong-key.ts";
export type { NewKey } from "./keyring.ts";
export { NoKey } from "./sections.ts";
export type { Content } from "./sections.ts";
