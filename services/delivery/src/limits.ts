// How much and how long: the bounds of a worker, in one place.

/** Bounds of a worker; times in milliseconds. */
export interface Limits {
  /** One exchange with an endpoint, from connecting to the end of the answer. */
  readonly deadlineMs: number;
  /** Between two signs of life of a worker. */
  readonly beatMs: number;
  /** A worker silent for longer is dead, on the database's clock. */
  readonly expiryMs: number;
  /** Between two looks when nothing wakes the worker, as nothing does when another dies: what that held waits for a look. */
  readonly pollMs: number;
  /** How long a stop waits for running exchanges before it ends them. */
  readonly stopMs: number;
  /** How long an endpoint fails before its institution is told. */
  readonly failingMs: number;
  /** Exchanges at a time with one endpoint, over all workers. */
  readonly perEndpoint: number;
  /** Exchanges at a time of one worker. */
  readonly total: number;
}

/** The bounds in force unless a test needs others. */
export const LIMITS: Limits = {
  deadlineMs: 15_000,
  beatMs: 2_000,
  expiryMs: 8_000,
  pollMs: 2_000,
  stopMs: 2_000,
  failingMs: 300_000,
  perEndpoint: 10,
  total: 100,
};
