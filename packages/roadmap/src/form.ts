// A written roadmap as the message that the directory's topic holds. Pure.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ClockKind,
  ClockSchema,
  ClockStart,
  Confidentiality,
  ConsentBasis,
  Decision,
  Evidence,
  Fallback,
  ProtocolSchema,
  RoadmapSchema,
  SectionKind,
  StageSchema,
  create,
} from "@ruta/events";
import type { Clock, Protocol, Roadmap, Stage } from "@ruta/events";
import type { Written } from "./schema.ts";

type WrittenStage = Written["stages"][number];

const EVIDENCE = { sourced: Evidence.SOURCED, plausible: Evidence.PLAUSIBLE } as const;
const FALLBACKS = {
  next: Fallback.NEXT,
  coordinator: Fallback.COORDINATOR,
  worklist: Fallback.WORKLIST,
} as const;
const BASES = {
  E: ConsentBasis.EXPLICIT,
  A: ConsentBasis.ASSENT,
  O: ConsentBasis.DUTY,
  V: ConsentBasis.VITAL,
  N: ConsentBasis.NO_PERSONAL_DATA,
} as const;
const CLASSES = {
  U: Confidentiality.UNRESTRICTED,
  N: Confidentiality.NORMAL,
  R: Confidentiality.RESTRICTED,
  V: Confidentiality.VERY_RESTRICTED,
} as const;
const STARTS = {
  "stage-opened": ClockStart.STAGE_OPENED,
  accepted: ClockStart.ACCEPTED,
  occurred: ClockStart.OCCURRED,
  notice: ClockStart.NOTICE,
  entry: ClockStart.ENTRY,
} as const;
const KINDS = {
  legal: ClockKind.LEGAL,
  protocol: ClockKind.PROTOCOL,
  clinical: ClockKind.CLINICAL,
  operative: ClockKind.OPERATIVE,
} as const;
const SECTIONS = { identity: SectionKind.IDENTITY, narrative: SectionKind.NARRATIVE } as const;

/** The message of a written roadmap. Days begin at midnight in Quito. */
export function toRoadmap(written: Written): Roadmap {
  const { id, version, title, description, entry = "", sources = [], sdg = [] } = written;
  return create(RoadmapSchema, {
    id,
    version,
    validFrom: midnight(written.valid_from),
    ...(written.valid_until === undefined ? {} : { validUntil: midnight(written.valid_until) }),
    title,
    description,
    entry,
    ...(written.entry_words === undefined ? {} : { entryWords: written.entry_words }),
    sources,
    sdg,
    stages: written.stages.map(toStage),
    protocols: (written.protocols ?? []).map(toProtocol),
  });
}

function midnight(day: string) {
  return timestampFromMs(Date.parse(`${day}T00:00:00-05:00`));
}

function toStage(stage: WrittenStage): Stage {
  const { id, order, action, mandatory, entry = "", skip = "", protocols = [], sdg = [], source = "" } = stage;
  return create(StageSchema, {
    id,
    order,
    action,
    mandatory,
    entry,
    skip,
    ...(stage.entry_words === undefined ? {} : { entryWords: stage.entry_words }),
    ...(stage.skip_words === undefined ? {} : { skipWords: stage.skip_words }),
    protocols,
    sdg,
    source,
    serviceTypes: stage.service_types ?? [],
    institutionTypes: stage.institution_types ?? [],
    institutions: stage.institutions ?? [],
    ...(stage.clock === undefined ? {} : { clock: toClock(stage.clock) }),
    bases: stage.bases.map((basis) => BASES[basis]),
    confidentiality: CLASSES[stage.class],
    decision: stage.decision === "automatic" ? Decision.AUTOMATIC : Decision.PROPOSE,
    ...(stage.automatic_reason === undefined ? {} : { automaticReason: stage.automatic_reason }),
    onDecline: FALLBACKS[stage.on_decline ?? "next"],
    onSilence: FALLBACKS[stage.on_silence ?? "next"],
    onNoCandidate: FALLBACKS[stage.on_no_candidate ?? "worklist"],
    sections: (stage.sections ?? []).map((kind) => SECTIONS[kind]),
    evidence: EVIDENCE[stage.evidence],
  });
}

function toClock(clock: NonNullable<WrittenStage["clock"]>): Clock {
  const { id, start, limit, working_days: workingDays = false, kind, evidence, source = "" } = clock;
  const words = { start: STARTS[start], kind: KINDS[kind], evidence: EVIDENCE[evidence] };
  return create(ClockSchema, { id, limit, workingDays, source, ...words });
}

function toProtocol(protocol: NonNullable<Written["protocols"]>[number]): Protocol {
  const { id, version, title, do_not: doNot, checklist = [], documents, outcome_form: outcomeForm } = protocol;
  return create(ProtocolSchema, {
    id,
    version,
    title,
    do: protocol.do,
    doNot,
    checklist,
    documents,
    outcomeForm,
    evidence: EVIDENCE[protocol.evidence],
    source: protocol.source ?? "",
  });
}
