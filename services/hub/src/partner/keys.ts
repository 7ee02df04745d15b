// Keys of institutions in files, as they were handed out: one line, whsec_… or whsk_….
import { readFile } from "node:fs/promises";
import { decodeSecret, decodeSecretKey } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";

/** The text of a key file. Throws CommandError when there is none. */
export async function keyText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new CommandError(say`no key at ${path}`, EXIT.usage, say`give the institution's key file with --key`);
  });
  return text.trim();
}

/** The signing key in a file. Throws CommandError when there is none. */
export async function signingKeyIn(path: string): Promise<SigningKey> {
  const text = await keyText(path);
  const seed = decodeSecretKey(text);
  if (seed) return { scheme: "v1a", seed };
  const secret = decodeSecret(text);
  if (secret) return { scheme: "v1", secret };
  throw new CommandError(say`${path} holds neither whsec_… nor whsk_…`, EXIT.usage);
}
