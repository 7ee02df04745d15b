// The institutions of a walk: one that serves at once, and what an institution that only sends answers.
import type { Personality } from "@ruta/client/simulator";

/** Answers nothing. */
export const SILENT: Personality = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };

/** Takes, starts and completes without waiting. */
export const HOUSE: Personality = {
  ...SILENT,
  label: "serves at once",
  answers: () => [
    { act: "accept", afterMs: 0 },
    { act: "start", afterMs: 0 },
    { act: "complete", afterMs: 0, data: { outcomeCode: "served" } },
  ],
};
