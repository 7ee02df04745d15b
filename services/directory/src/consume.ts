// Folds the directory's own topic, as every service does: what the log has is what counts.
import { DirectoryFold, TOPICS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { follow } from "@ruta/log";
import type { Log } from "@ruta/log";

/** The directory as it follows from the log. */
export interface Folded {
  current(): Directory;
  /** Waits until the fold has what the log has now. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads the topic from its start; resolves when everything that was there has been folded. */
export async function foldDirectory(log: Log): Promise<Folded> {
  const fold = new DirectoryFold();
  const following = await follow(log, TOPICS.directory, (records) => {
    for (const record of records) fold.apply(decodeRecord(TOPICS.directory, record.value));
  });
  await following.reachedEnd;
  return { current: () => fold.current, caughtUp: () => following.caughtUp(), stop: () => following.stop() };
}
