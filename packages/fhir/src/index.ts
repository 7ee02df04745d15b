// FHIR R4 in and out: referrals as Task and ServiceRequest, by the profiles of SDOH Clinical Care. Pure.
export { capabilityStatement } from "./capability.ts";
export type { Fault, FaultCode, Left } from "./faults.ts";
export { outcomeOf, takenOf } from "./outcome.ts";
export type { Issue } from "./outcome.ts";
export { MAX_ACTS, isFaulty, readFhir } from "./read.ts";
export type { ReadAct, ReadBody, ReadTask } from "./read.ts";
export type { Known } from "./status.ts";
export { bundleOf } from "./write.ts";
export type { Json, Picture, Told } from "./write.ts";
