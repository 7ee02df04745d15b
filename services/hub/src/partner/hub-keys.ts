// The hub's public keys, as it publishes them.
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";

/** The keys of a hub that are in force, as whpk_… texts. Throws CommandError where no hub answers. */
export async function hubKeys(url: string): Promise<string[]> {
  const answer = await fetch(new URL("/v1/keys", url), { signal: AbortSignal.timeout(15_000) }).catch(() => undefined);
  if (!answer?.ok)
    throw new CommandError(say`no hub at ${url}`, EXIT.unreachable, say`start it, or name another with --hub URL`);
  const { keys } = (await answer.json()) as { keys: { whpk: string; until?: string }[] };
  return keys.flatMap(({ whpk, until }) => (until === undefined ? [whpk] : []));
}
