// The words of the hub, each defined once. Where FHIR R4 or HSDS has a word, it is theirs; the rest are ours.

/** A word, what it means, and whose it is. */
export interface Word {
  readonly meaning: string;
  readonly source: "FHIR R4" | "HSDS" | "CloudEvents" | "Standard Webhooks" | "Ruta";
}

const fhir = (meaning: string): Word => ({ meaning, source: "FHIR R4" });
const hsds = (meaning: string): Word => ({ meaning, source: "HSDS" });
const ours = (meaning: string): Word => ({ meaning, source: "Ruta" });

/** Words by their English name, as code and documents use them. */
export const GLOSSARY: Readonly<Record<string, Word>> = {
  // The work
  roadmap: ours("A ruta: the ordered stages by which a person is passed between institutions; versioned data."),
  stage: ours("One step of a roadmap, with a service type and a responsible kind of institution."),
  case: ours("One run of one version of one roadmap for one principal; it holds referrals and has one writer."),
  referral: fhir("One request for one service to one institution (ServiceRequest with its Task)."),
  person: ours("An opaque id of somebody referred; the first request makes it, and its content can be erased."),
  principal: ours("The person whom a case is about."),
  member: ours("Another person of the same household or group, referred together with the principal."),
  household: ours("The principal with the members; it stays together unless a person decides otherwise."),
  requester: fhir("The institution that sends a referral (Task.requester)."),
  performer: fhir("The institution to which a referral is addressed (ServiceRequest.performer)."),
  owner: fhir("The performer that has accepted (Task.owner)."),
  status: fhir("Where a referral stands (Task.status)."),
  "business status": fhir("Where it stands in the words of the field (Task.businessStatus, HL7 BSeR)."),
  priority: fhir("Urgency: emergency, urgent or normal."),
  act: ours("What an institution asks of a referral: request, accept, complete and so on."),
  command: ours("An act as the door recorded it, before it is decided."),
  event: ours("What was decided of a case; its version has no gap."),
  fact: ours("What an event tells."),
  refusal: ours("An expected no, with a code and a remedy; never an exception."),
  expectation: ours("Who is to do what next, until when."),
  clock: ours("A durable timer that appends a command when it is due."),
  opening: hsds("Days and hours at which a service is open (schedule)."),
  "rights alert": ours(
    "A service was refused for nationality, status or papers: whoever controls in the system is told.",
  ),
  preference: ours("A criterion that only ranks: who does not meet it is still a candidate."),
  candidate: ours("An institution that was considered for a referral, with the result of each criterion."),
  criterion: ours("One question of choosing; its result is recorded, never the value it looked at."),
  worklist: ours("Referrals for which nobody is left, and disputed acts: an operator must act."),
  dispute: ours(
    "An institution says that what was recorded on its behalf is not so; an operator upholds or dismisses it.",
  ),
  rehearsal: ours(
    "A referral that only tries the hub out: chosen like a real one, answered by a simulated counterpart, in no figure.",
  ),
  outcome: fhir("How a referral ended, as a code (Task.output)."),
  // Content
  consent: fhir("The basis of a disclosure, whom it covers, its date and the reference of its evidence (Consent)."),
  "clearance class": fhir("How restricted a case is: U, N, R or V (HL7 v3 Confidentiality)."),
  content: ours("What a referral says of persons: sealed, and opened only for those entitled."),
  section: ours("A sealed piece of content: identity, narrative, routing, raw or who told of an act, of one subject."),
  supplement: ours(
    "Content that a party adds later, or puts in the place of a section of its own; what is superseded is shown no more.",
  ),
  subject: ours("Whom a section is about; erasing the subject destroys its key."),
  actor: ours("Who acted: institution, its own opaque reference of the worker, channel, on whose behalf."),
  worker: ours("Who acted inside an institution, by that institution's own opaque reference."),
  receipt: ours("What the hub promised for an act it took, signed."),
  disclosure: ours("What of a referral an institution may see, by role, phase, kind and class."),
  voucher: ours("A code to serve against, for private providers: nothing else is disclosed to them."),
  // The directory
  institution: fhir("A body that sends or receives referrals (Organization; HSDS organization)."),
  service: hsds("What an institution gives, where, and to whom."),
  place: hsds("Where services are given (location); a confidential one has no address anywhere."),
  term: hsds("A code of a taxonomy (taxonomy_term): service types and needs."),
  territory: hsds("A parish, zone, canton or district (service_area); several divisions overlap."),
  competence: ours("What an institution may do by law: service type, territory, legal basis."),
  membership: ours("An institution's place in a network."),
  validity: ours("From when until when an entry counts."),
  revision: ours("All entries that were committed together; the directory switches from one to the next."),
  endpoint: ours("How an institution receives: at its one URL, or by pulling."),
  "institution key": ours("A key by which an institution signs what it sends."),
  "access token": ours("A bearer token by which an institution reads."),
  staff: ours("People who act on the hub itself, each by a key."),
  // The machine
  record: ours("One entry of a topic: key, headers, protobuf value."),
  lane: ours("The deliveries of one case to one institution, in order."),
  inbox: ours("What an institution pulls instead of being posted to: its deliveries, acknowledged by a cursor."),
  attempt: ours("One try to hand an event to an endpoint."),
  breaker: ours(
    "What spares an endpoint that fails: while it is open, one delivery at a time probes, and the others wait.",
  ),
  challenge: ours("Random text that an endpoint must send back before anything of a case goes there: its proof."),
  redrive: ours("Many deliveries sent again for an operator, each under the id that it has."),
  "set aside": ours("A record that two members of staff gave up: left out for good, readable, told to its case."),
  parked: ours("Waiting until an operator acts: a delivery that was given up, or a record that cannot be processed."),
  poison: ours("A record that cannot be processed; it steps aside with what follows it in its case."),
  cause: ours("The record that made an event be, by topic, partition and offset."),
  access: ours("An opening of content or an act of staff, on record before it takes effect."),
  envelope: { meaning: "The JSON event around an act or a delivery.", source: "CloudEvents" },
  "webhook-id": {
    meaning: "Names a webhook for good: the same again is the same webhook.",
    source: "Standard Webhooks",
  },
};
