// Folds the directory's own topic, as every service does: what the log has is what counts.
import { DirectoryFold, TOPICS, decodeRecord } from "@ruta/events";
import type { Directory } from "@ruta/events";
import { follow } from "@ruta/log";
import type { Log, LogLogger } from "@ruta/log";

/** The directory as it follows from the log. */
export interface Folded {
  current(): Directory;
  /** Waits until the fold has what the log has now. */
  caughtUp(): Promise<void>;
  /** Waits until the log has this revision, at most `ms`; false when it takes longer. */
  reached(revision: bigint, ms: number): Promise<boolean>;
  healthy(): boolean;
  stop(): Promise<void>;
}

/** Reads the topic from its start; resolves when everything that was there has been folded. */
export async function foldDirectory(log: Log, logger: LogLogger): Promise<Folded> {
  const fold = new DirectoryFold();
  const waiting = new Set<() => void>();
  const following = await follow(
    log,
    TOPICS.directory,
    (records) => {
      for (const record of records) fold.apply(decodeRecord(TOPICS.directory, record.value));
      for (const look of waiting) look();
    },
    { logger },
  );
  return {
    current: () => fold.current,
    caughtUp: () => following.caughtUp(),
    reached(revision, ms) {
      return new Promise((resolve) => {
        const end = (reached: boolean): void => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(reached);
        };
        const look = (): void => {
          if (fold.current.revision >= revision) end(true);
        };
        const timer = setTimeout(() => end(false), ms);
        waiting.add(look);
        look();
      });
    },
    healthy: () => following.healthy(),
    stop: () => following.stop(),
  };
}
