// A process of the bench beside this one: started with a file, told its jobs, each answered once.
import { fork } from "node:child_process";

/** What a child answers. */
type Reply<T> = { readonly id: number; readonly answer: T } | { readonly id: number; readonly error: string };

/** A running child. */
export interface Child {
  /** Has a job done and answers what came of it; rejects with the child's own words. */
  ask<T>(job: object): Promise<T>;
  stop(): Promise<void>;
}

/** Starts a TypeScript file that calls `serve`; it ends with this process. */
export function startChild(file: URL, execArgv: readonly string[] = []): Child {
  const child = fork(file, { execArgv: [...execArgv], stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  child.on("message", (reply: Reply<unknown>) => {
    const one = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("error" in reply) one?.reject(new Error(reply.error));
    else one?.resolve(reply.answer);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const one of waiting.values()) one.reject(new Error(`${file.pathname} ended with ${signal ?? code}`));
      resolve();
    });
  });
  return {
    ask<T>(job: object): Promise<T> {
      const one = Promise.withResolvers<unknown>();
      next += 1;
      waiting.set(next, one);
      child.send({ id: next, job });
      return one.promise as Promise<T>;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The child's side: does the jobs it is told, and ends when its parent is gone. */
export function serve(handle: (job: never) => Promise<unknown>): void {
  process.on("message", ({ id, job }: { id: number; job: never }) => {
    handle(job).then(
      (answer) => process.send?.({ id, answer: answer ?? null }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once("disconnect", () => process.exit(0));
  process.once("SIGTERM", () => process.exit(0));
  process.on("SIGINT", () => {}); // a terminal's Ctrl-C is for the parent, which ends this one in order
}
