// SIGINT and SIGTERM as a signal that work can end at, in order.

/** Aborted by the first SIGINT or SIGTERM from now on; a second one ends the process as usual. */
export function stoppedBySignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return stop;
}
