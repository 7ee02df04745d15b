// Fault points: named places between effect, commit, relay and mark, where tests stop a process.

/**
 * `effect`: effect, offset and outbox are written, not committed. `commit`: committed, not relayed. `relay`: the log has
 * the records, the outbox still does. `mark`: the outbox is empty again.
 */
export type FaultPoint = "effect" | "commit" | "relay" | "mark";

/** Called at each point; only tests give one. */
export type Faults = (point: FaultPoint) => void | Promise<void>;

/** No faults. */
export const noFaults: Faults = () => {};
