// Sealing: identity and narrative leave the door only as ciphertext; destroying a key erases for good.
export { SealBroken } from "./cipher.ts";
export { SEAL_MIGRATIONS, WrongKey, masterFingerprint, openSeal, pinnedMaster } from "./seal.ts";
export type { Seal, SealOptions } from "./seal.ts";
export type { NewKey } from "./keyring.ts";
export { NoKey } from "./sections.ts";
export type { Content } from "./sections.ts";
