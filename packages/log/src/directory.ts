// The directory as each process follows it from the log: folded into memory, current within milliseconds.
import { DirectoryFold, TOPICS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
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
