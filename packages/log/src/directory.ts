// The directory as each process follows it from the log: folded into memory, current within milliseconds.
import { DirectoryFold, TOPICS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { TryAgain } from "./errors.ts";
import { follow } from "./follow.ts";
import type { Log, LogLogger } from "./port.ts";

/** The directory as it follows from the log. */
export interface FollowedDirectory {
  /** The last committed revision. */
  current(): Directory;
  /** Waits until the fold has what the log has now. */
  caughtUp(): Promise<void>;
  /** Whether the topic can be read and folded. */
  healthy(): boolean;
  stop(): Promise<void>;
}

/** Reads the directory's topic from its start; resolves when everything that was there has been folded. */
export async function followDirectory(
  log: Log,
  options: { readonly logger?: LogLogger } = {},
): Promise<FollowedDirectory> {
  const fold = new DirectoryFold();
  const take = (records: Parameters<Parameters<typeof follow>[2]>[0]): void => {
    for (const record of records) fold.apply(decodeRecord(TOPICS.directory, record.value));
  };
  const following = await follow(log, TOPICS.directory, take, options);
  return { ...following, current: () => fold.current };
}

/**
 * Waits until the directory has the newest revision that these messages were made under; throws TryAgain when it is not in
 * the log yet. Nothing is decided under an older directory than the one it was validated under.
 */
export async function reachRevision(
  directory: Pick<FollowedDirectory, "current" | "caughtUp">,
  messages: readonly { readonly directoryRevision: bigint }[],
): Promise<void> {
  const behind = (): boolean =>
    messages.some(({ directoryRevision }) => directoryRevision > directory.current().revision);
  if (!behind()) return;
  await directory.caughtUp();
  if (behind()) throw new TryAgain("the directory is older than the one a record was made under");
}
