// The live timeline: what the hub decides, one readable line an event, with the reason where there is one.
import { PERSONALITIES } from "./personality.ts";

/** An event as the gateway's watch tells it. */
export interface Watched {
  readonly at: string;
  readonly fact: string;
  readonly referral: string;
  readonly actor: string;
  readonly requester: string;
  readonly performer: string;
  readonly status: string;
  readonly detail: string;
  readonly serviceType?: string;
  readonly priority?: string;
  readonly attempts?: number;
}

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const dim = paint(2);
const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  requested: paint(36),
  addressed: paint(34),
  accepted: paint(32),
  completed: paint(32),
  rejected: paint(31),
  failed: paint(31),
  refused: paint(33),
  undeliverable: paint(31),
  worklisted: paint(35),
  returned: paint(35),
};
const RETURNED: Readonly<Record<string, string>> = {
  "consent-does-not-cover": "who could take it is not covered by the consent",
  "addressed-not-usable": "the institution that was named cannot take it",
};
/** A delivery at the first try is nothing new, and would drown the rest. */
const isQuiet = ({ fact, attempts = 1 }: Watched): boolean => fact === "delivered" && attempts <= 1;

/** Names things as a reader knows them: short numbers for referrals, names for institutions. */
export function createTimeline(
  names: ReadonlyMap<string, string>,
  print: (line: string) => void,
): (event: Watched) => void {
  const numbers = new Map<string, number>();
  const name = (id: string): string => {
    const label = PERSONALITIES[id]?.label;
    return `${names.get(id) ?? id}${label ? dim(` (${label})`) : ""}`;
  };
  function short(referral: string): string {
    const [caseId = "", ordinal = ""] = referral.split("-");
    if (!numbers.has(caseId)) numbers.set(caseId, numbers.size + 1);
    return `#${String(numbers.get(caseId)).padStart(2, "0")}${ordinal === "1" ? "  " : `.${ordinal}`}`;
  }
  function words(event: Watched): string {
    const why = event.detail ? `: ${event.detail}` : "";
    switch (event.fact) {
      case "requested":
        return `${name(event.requester)} asks for ${event.serviceType ?? "a service"}${event.priority ? `, ${event.priority}` : ""}`;
      case "addressed":
        return `goes to ${name(event.performer)}${why}`;
      case "worklisted":
        return `nobody is left, an operator must act${why}`;
      case "returned":
        return `back to ${name(event.requester)}, who must choose: ${RETURNED[event.detail] ?? event.detail}`;
      case "refused":
        return `the hub refuses an act of ${name(event.actor)}${why}`;
      case "delivered":
        return `${name(event.detail)} is reached at try ${event.attempts}`;
      case "delivery-late":
      case "undeliverable":
        return `${name(event.performer)} cannot be reached${why}`;
      default:
        return `${event.fact.replaceAll("-", " ")} by ${name(event.actor)}${why}`;
    }
  }
  return (event) => {
    if (isQuiet(event)) return;
    const tint = COLOURS[event.fact] ?? ((text: string) => text);
    print(`${dim(event.at.slice(11, 19))} ${short(event.referral)} ${tint(event.fact.padEnd(14))} ${words(event)}`);
  };
}
