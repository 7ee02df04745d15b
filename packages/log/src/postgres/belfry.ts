// The bells of a process by what they listen to: which readers a notice of new records wakes.
import type { Bell } from "../bell.ts";

/** The bells of a process by what they listen to. */
export interface Belfry {
  /** Rings `bell` when one of these topics has new records; answers how to end that. */
  hang(bell: Bell, topicIds: readonly number[]): () => void;
  /** Rings for these topics; for all when none is named. */
  ring(topicIds?: readonly number[]): void;
}

/** A belfry without bells. */
export function createBelfry(): Belfry {
  const hung = new Map<Bell, readonly number[]>();
  return {
    hang(bell, topicIds) {
      hung.set(bell, topicIds);
      return () => hung.delete(bell);
    },
    ring(topicIds) {
      for (const [bell, listens] of hung) {
        if (!topicIds || listens.some((id) => topicIds.includes(id))) bell.ring();
      }
    },
  };
}
