// How a simulated institution behaves: what it answers to a referral and after how long, and how its server treats the hub.

/** One answer: the act, its own fields, and how long after the step before, in milliseconds. */
export interface Answer {
  readonly act: string;
  readonly afterMs: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A way to behave. */
export interface Personality {
  /** In the words of a timeline. */
  readonly label: string;
  /** What it answers to a referral that is sent to it; `now` dates appointments. */
  answers(now: number): readonly Answer[];
  /** How long its server takes to say 200. */
  readonly replyAfterMs: number;
  /** How long its server is down after the hub first knocks; 0 when it never is. */
  readonly downForMs: number;
  /** Sends each of its answers once more under the same webhook-id, as after an answer of the hub that got lost. */
  readonly sendsTwice?: boolean;
}

const inTwoDays = (now: number): string => new Date(now + 2 * 86_400_000).toISOString();
const prompt: Personality = {
  label: "prompt",
  answers: () => [
    { act: "receive", afterMs: 50 },
    { act: "accept", afterMs: 250, data: { number: "EXP-1" } },
    { act: "start", afterMs: 300 },
    { act: "complete", afterMs: 400, data: { outcomeCode: "served", note: "Atención realizada según lo acordado." } },
  ],
  replyAfterMs: 0,
  downForMs: 0,
};

/** The personalities by name. */
export const PERSONALITIES = {
  prompt,
  "by-appointment": {
    ...prompt,
    label: "by appointment",
    answers: (now) => [
      { act: "accept", afterMs: 250 },
      { act: "schedule", afterMs: 300, data: { appointmentAt: inTwoDays(now) } },
      { act: "complete", afterMs: 700, data: { outcomeCode: "served" } },
    ],
  },
  slow: {
    ...prompt,
    label: "slow",
    replyAfterMs: 1_200,
    answers: (now) => prompt.answers(now).map((answer) => ({ ...answer, afterMs: answer.afterMs * 4 })),
  },
  refusing: {
    ...prompt,
    label: "refuses",
    answers: () => [
      { act: "reject", afterMs: 300, data: { reasonCode: "no-capacity", note: "No quedan habitaciones esta semana." } },
    ],
  },
  down: { ...prompt, label: "down at first", downForMs: 3_500 },
  duplicating: { ...prompt, label: "says everything twice", sendsTwice: true },
  "out-of-order": {
    ...prompt,
    label: "answers out of order",
    // It says that it began before it said that it accepts: the hub refuses that act, and it says it again in order.
    answers: () => [
      { act: "start", afterMs: 100 },
      { act: "accept", afterMs: 300 },
      { act: "start", afterMs: 300 },
      {
        act: "complete",
        afterMs: 400,
        data: { outcomeCode: "partly-served", note: "Queda pendiente una segunda cita." },
      },
    ],
  },
  silent: { ...prompt, label: "never answers", answers: () => [] },
} as const satisfies Readonly<Record<string, Personality>>;
