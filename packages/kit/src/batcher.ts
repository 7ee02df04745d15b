// Micro-batching: single items come in, batches run, each caller gets its own answer.

/** What `batcher` takes. */
export interface BatcherOptions<T, R> {
  /** Most items in a run. */
  readonly maxItems: number;
  /** How long the first item waits for company, in milliseconds. */
  readonly maxWaitMs: number;
  /** Most runs at the same time; 1 when not said: then items gather while a run is under way. */
  readonly concurrency?: number;
  /** Answers one result an item, in order. A throw fails every item of the run. */
  readonly run: (items: readonly T[]) => Promise<readonly R[]>;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** A function that answers for one item what its batch answered for it. */
export function batcher<T, R>(options: BatcherOptions<T, R>): (item: T) => Promise<R> {
  const concurrency = options.concurrency ?? 1;
  let waiting: Waiting<T, R>[] = [];
  let running = 0;
  let timer: NodeJS.Timeout | undefined;

  async function runBatch(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await options.run(batch.map(({ item }) => item));
      if (results.length !== batch.length)
        throw new Error(`a batch of ${batch.length} answered ${results.length} results`);
      batch.forEach(({ resolve }, index) => resolve(results[index] as R));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  function start(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && running < concurrency) {
      const batch = waiting.slice(0, options.maxItems);
      waiting = waiting.slice(options.maxItems);
      running += 1;
      void runBatch(batch).finally(() => {
        running -= 1;
        start();
      });
    }
  }
  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (waiting.length >= options.maxItems) start();
      else timer ??= setTimeout(start, options.maxWaitMs);
    });
}
