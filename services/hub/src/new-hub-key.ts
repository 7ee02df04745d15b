// A new master or signing key to change over to: put beside the former in the data folder, or answered for an environment.
import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { copyFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSecretKey, generateKeyPair } from "@ruta/proof";
import type { HubKeyKind } from "@ruta/seal";
import { FILES, KeyProblem, previousOf } from "./keys.ts";
import { say } from "./language.ts";

/** A new key as text, as its variable and its file hold it. */
export function newHubKey(kind: HubKeyKind): string {
  return kind === "master" ? randomBytes(32).toString("base64") : encodeSecretKey(generateKeyPair().seed);
}

/** Puts a new key in the place of the one in a data folder, which stays beside it; answers both files. Throws KeyProblem. */
export async function putNewKey(
  data: string,
  kind: HubKeyKind,
  text: string,
): Promise<{ readonly file: string; readonly previous: string }> {
  const file = join(data, FILES[kind]);
  const previous = previousOf(file);
  if (!existsSync(file)) throw new KeyProblem(say`${file} is not there: run \`ruta init\` for this data folder`);
  if (existsSync(previous))
    throw new KeyProblem(
      say`${previous} is there: a key is being changed over; finish that first, and put this file away`,
    );
  const half = `${file}.half`;
  await writeFile(half, `${text}\n`, { mode: 0o600, flush: true });
  // The former is safe under its new name before the new one takes its place: ended in between, both names hold the former.
  await copyFile(file, previous, constants.COPYFILE_EXCL);
  await rename(half, file);
  return { file, previous };
}
