// Opens the routing sections that a batch of commands needs, in one call, and hands each decision those of its own case.
import { SectionKind } from "@ruta/events";
import type { ReferralCommand, Section } from "@ruta/events";
import type { Seal } from "@ruta/seal";
import { parseRouting } from "./routing.ts";
import type { Routing, RoutingFacts } from "./routing.ts";
import type { CaseState } from "./state.ts";

/** Acts that may choose an institution. */
const CHOOSING: ReadonlySet<ReferralCommand["act"]["case"]> = new Set([
  "request",
  "reject",
  "fail",
  "redirect",
  "choose",
  "reroute",
  "ringClock",
]);

/** Acts by which a stage of a roadmap may end, and another begin. */
const ADVANCING: ReadonlySet<ReferralCommand["act"]["case"]> = new Set([
  "cancel",
  "confirmCancellation",
  "complete",
  "markInError",
  "openStage",
  "recordStage",
]);

const NOTHING: Routing = new Map();

function mayChoose({ act }: ReferralCommand, state: CaseState | undefined): boolean {
  return CHOOSING.has(act.case) || (state?.run !== undefined && ADVANCING.has(act.case));
}

/** Answers what choosing may know for a command. */
export type RoutingOf = (command: ReferralCommand, state: CaseState) => Routing;

/** Opens what the commands may need, given their cases before the batch. Other commands are told nothing. */
export async function openRouting(
  seal: Pick<Seal, "openSections">,
  commands: readonly ReferralCommand[],
  cases: ReadonlyMap<string, CaseState>,
): Promise<RoutingOf> {
  const needed = new Map<string, Section>();
  const need = (sections: readonly Section[]) => sections.forEach((section) => needed.set(section.sectionId, section));
  for (const command of commands) {
    // What is supplemented may be needed by a choice later in the same batch.
    if (command.act.case === "supplement") need(routingSections(command));
    // A case that opens in this very batch is not known yet: what its later commands may need came with its request.
    if (!mayChoose(command, cases.get(command.caseId))) continue;
    need(routingSections(command));
    need(cases.get(command.caseId)?.routing ?? []);
  }
  const sections = [...needed.values()];
  const opened = sections.length === 0 ? [] : await seal.openSections(sections);
  const plaintexts = new Map(sections.map((section, i) => [section.sectionId, opened[i]]));

  return (command, state) => {
    if (!mayChoose(command, state)) return NOTHING;
    const own = command.act.case === "request" ? routingSections(command) : state.routing;
    const facts = new Map<string, RoutingFacts>();
    for (const { sectionId, subject } of own) {
      const plaintext = plaintexts.get(sectionId);
      if (!plaintext) return "gone";
      facts.set(subject, parseRouting(plaintext));
    }
    return facts;
  };
}

function routingSections(command: ReferralCommand): Section[] {
  return command.sections.filter(({ kind }) => kind === SectionKind.ROUTING);
}
