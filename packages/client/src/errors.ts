// What can come of an act besides its being taken. They are thrown: an answer that nobody looks at would be a lost referral.

/** A refusal of the hub (RFC 9457): `code` is stable, `field` says where, `remedy` what to do. */
export interface Problem {
  readonly code: string;
  readonly title?: string;
  readonly field?: string;
  readonly detail?: string;
  readonly remedy?: string;
}

/** The hub refused, and will refuse the same again. Nothing was recorded. docs/errors.md of the hub lists the codes. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** Code of the refusal, such as `unknown-service-type`. */
  readonly code: string;

  constructor(status: number, problem: Problem) {
    const where = problem.field === undefined ? "" : ` (${problem.field})`;
    super(
      [`${problem.code}${where}: ${problem.title ?? `status ${status}`}`, problem.remedy].filter(Boolean).join(". "),
    );
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
    this.code = problem.code;
  }
}

/** The refusal of an answer; one without a code, from something between, is told by its status. */
export function refusalOf(status: number, body: Record<string, unknown>): Refused {
  return new Refused(status, { ...body, code: typeof body.code === "string" ? body.code : `status-${status}` });
}

/**
 * The hub did not answer in time, or said "later" for as long as was waited. Whether it recorded the act is not known: send
 * the same data again under the same `webhookId`, and it is recorded once.
 */
export class Unanswered extends Error {
  /** The id to repeat it under; undefined for a read. */
  readonly webhookId: string | undefined;

  constructor(words: string, webhookId?: string) {
    super(webhookId === undefined ? words : `${words}; send it again under webhook-id ${webhookId}`);
    this.name = "Unanswered";
    this.webhookId = webhookId;
  }
}

/** The hub took the act, and its receipt does not hold: keep `answer` and `reason`, and speak to the operators. */
export class ReceiptInvalid extends Error {
  readonly reason: string;
  /** The whole 202 answer. */
  readonly answer: unknown;

  constructor(reason: string, answer: unknown) {
    super(`the act was taken, and its receipt does not hold: ${reason}`);
    this.name = "ReceiptInvalid";
    this.reason = reason;
    this.answer = answer;
  }
}
