// The book of a fuzz: what was answered how often, what was found wrong, what was taken, and the referrals made on the way.
import type { Answer } from "./answers.ts";
import { codeOf } from "./judge.ts";
import type { Outcome } from "./line.ts";
import type { Plan } from "./plan.ts";
import type { Sent } from "./recorded.ts";
import type { World } from "./world.ts";

/** What was found wrong. */
export interface Finding {
  /** The same words for the same fault. */
  readonly what: string;
  /** The first request that shows it: its number under the seed, its route and what was done. None for what is seen afterwards. */
  readonly n?: number;
  readonly route?: string;
  readonly attack?: string;
  readonly times: number;
}

/** What was counted. */
export interface Counts {
  readonly statuses: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
  readonly attacks: Readonly<Record<string, number>>;
  readonly answered: Readonly<Record<string, number>>;
  /** Acts of the fuzz that were answered 202. */
  readonly accepted: number;
}

/** Most referrals that are remembered to act on. */
const REMEMBERED = 200;

/** What an answer of the door says of what it took. */
interface Taken {
  readonly case?: string;
  readonly referral?: string;
  readonly receipt?: { readonly institution: string; readonly webhookId: string };
}

const TAKES = /^POST \/v1\/in\/:institution(\/fhir)?$/;

/** A finding in words; `seed` makes its request again. */
export function inWords({ what, n, route, attack, times }: Finding, seed: number): string {
  return n === undefined
    ? `found: ${what}`
    : `found: ${what}: ${route}, ${attack}, ${times} ×; again with --seed ${seed} --only ${n}`;
}

/** Opens a book with what the set-up sent; `onFirst` is told when something is found that was not found before. */
export function openBook(world: World, onFirst: (finding: Finding) => void) {
  const counts = { statuses: {}, codes: {}, attacks: {}, answered: {} } as Record<
    "statuses" | "codes" | "attacks" | "answered",
    Record<string, number>
  >;
  const findings = new Map<string, { finding: Omit<Finding, "times">; times: number }>();
  const taken = new Map<string, string[]>();
  const open = new Set<string>();
  const made = new Map<string, string[]>();
  let accepted = 0;
  for (const { institution, webhookId, caseId } of world.sent) taken.set(`${institution} ${webhookId}`, [caseId]);

  const count = (in_: Record<string, number>, name: string): void => void (in_[name] = (in_[name] ?? 0) + 1);

  function note(what: string, plan?: Plan): void {
    const at = plan && { n: plan.n, route: `${plan.target.method} ${plan.target.url}`, attack: plan.attack };
    const key = `${what} ${at?.route ?? ""}`;
    const known = findings.get(key);
    if (known) known.times += 1;
    else {
      findings.set(key, { finding: { what, ...at }, times: 1 });
      onFirst({ what, ...at, times: 1 });
    }
  }

  /** `asked` is where the route records acts; a path that was bent to another route is known by the receipt alone. */
  function take(plan: Plan, asked: string, { body }: Answer): void {
    accepted += 1;
    const { case: caseId, referral, receipt } = JSON.parse(body) as Taken;
    const key = receipt === undefined ? asked : `${receipt.institution} ${receipt.webhookId}`;
    taken.set(key, [...(taken.get(key) ?? []), ...(caseId === undefined ? [] : [caseId])]);
    if (referral === undefined) return;
    const mine = made.get(plan.as) ?? [];
    mine.push(referral);
    if (mine.length > REMEMBERED) mine.shift();
    made.set(plan.as, mine);
  }

  return {
    made: made as ReadonlyMap<string, readonly string[]>,
    note,

    /** Whatever becomes of it, this may be recorded: nobody will read the answer. */
    mayBeTaken: (key: string): void => void open.add(key),

    /** Enters what came of a plan; `key` is institution and webhook-id where the route records acts. */
    enter(plan: Plan, key: string, { answers }: Outcome, faults: readonly string[]): void {
      const route = `${plan.target.method} ${plan.target.url}`;
      count(counts.attacks, plan.attack);
      if (answers.length === 0) count(counts.statuses, "none");
      for (const answer of answers) {
        const { status } = answer;
        count(counts.statuses, String(status));
        count(counts.answered, `${route} ${String(status)[0]}xx`);
        const code = status >= 400 ? codeOf(answer) : undefined;
        if (code !== undefined) count(counts.codes, code);
        if (status === 202 && (TAKES.test(route) || answer.body.includes('"receipt"'))) take(plan, key, answer);
        // It may have been recorded before the answer, or be on its way.
        else if (!plan.refused && (status === 503 || code === "still-running")) open.add(key);
      }
      for (const fault of faults) note(fault, plan);
    },

    sent: (): Sent => ({ taken, open }),
    counts: (): Counts => ({ ...counts, accepted }),
    findings: (): Finding[] => [...findings.values()].map(({ finding, times }) => ({ ...finding, times })),
  };
}
