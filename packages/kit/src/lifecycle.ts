// A process's life: start, run until told to stop, finish what was begun within five seconds, exit with a code that tells.
import closeWithGrace from "close-with-grace";

/** Something that runs and can be stopped. */
export interface Running {
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 5_000;

/** Stops several things one after another; failures do not keep the next from stopping and come together at the end. */
export async function stopAll(steps: readonly { readonly name: string; stop(): Promise<void> }[]): Promise<void> {
  const failures: Error[] = [];
  for (const { name, stop } of steps)
    await stop().catch((error: unknown) => failures.push(new Error(`${name} did not stop`, { cause: error })));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join(", "));
}

/**
 * Starts and waits for SIGTERM, SIGINT, an unexpected error, or the end of the parent that holds the channel of a forked
 * process; then stops, also when it comes while the start is under way. Resolves when stopped; an unexpected error makes
 * the exit code 1. A second signal ends the process at once. Rejects when the start fails.
 */
export async function runService(options: {
  readonly start: () => Promise<Running>;
  readonly onFailure?: (error: unknown) => void;
}): Promise<void> {
  const fail = (error: unknown): void => {
    process.exitCode = 1;
    options.onFailure?.(error);
  };
  await new Promise<void>((resolve, reject) => {
    let starting: Promise<Running> | undefined;
    // First of all: a signal that comes before this would end the process as if it had no shell.
    const closing = closeWithGrace({ delay: STOP_LIMIT_MS, logger: false }, async ({ err }) => {
      if (err) fail(err);
      const running = await starting?.catch(() => undefined);
      await running?.stop().catch(fail);
      resolve();
    });
    // A forked process has `send` for good, and is told only once that its parent is gone: perhaps before it listens.
    if (process.send && !process.connected) {
      closing.uninstall();
      return resolve();
    }
    const orphaned = (): void => closing.close();
    if (process.connected) process.once("disconnect", orphaned);
    starting = options.start();
    starting.catch((error: unknown) => {
      closing.uninstall();
      // Who listens to the parent's channel is kept alive by it.
      process.off("disconnect", orphaned);
      reject(error);
    });
  });
}
