// Real input: the examples of SDOH Clinical Care (STU 2, JSON). File by file, what each becomes and why. BSeR's examples are XML,
// which the door does not take. The examples hold only later states, so the request in the end is derived from them, change by change.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { NOON, REFERRAL, answerTask, bundle } from "./fixtures.ts";
import { isFaulty, readFhir } from "./read.ts";
import type { Known } from "./status.ts";
import { HL7, RUTA } from "./systems.ts";
import type { Json } from "./write.ts";

const FOLDER = ["../../../../shared/data/fhir-sdoh-json/", "../../../../../shared/data/fhir-sdoh-json/"]
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

const read = (name: string): Json => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as Json;
const known: Known = { referral: REFERRAL, role: "performer", status: "accepted" };

function outcome(body: unknown, of?: Known): unknown {
  const first = readFhir(body, { institution: "sender", now: NOON });
  const finished = isFaulty(first) ? first : first.finish(first.tasks.map(() => of));
  if (isFaulty(finished)) return finished.map(({ code, expression }) => `${code} ${expression}`);
  return finished;
}
const leftAlone = (reason: string) => ({ acts: [], left: [{ expression: "Bundle.entry[0].resource", reason }] });

const ACCEPTED = "Task-SDOHCC-TaskReferralManagementOrderFulfillmentAcceptedExample";
const COMPLETED = "Task-SDOHCC-TaskReferralManagementOrderFulfillmentCompletedExample";
const REQUEST = "ServiceRequest-SDOHCC-ServiceRequestActiveFoodPantryApplicationAssistExample";
const PATIENT = "Patient-pat-53234";
const CONSENT = "Consent-SDOHCC-ConsentInformationDisclosureExample";
const PROCEDURE = "Procedure-SDOHCC-ProcedureFoodPantryApplicationAssistanceExample";
const ROLE = "PractitionerRole-SDOHCC-PractitionerRoleDrJanWaterExample";
const PLATFORM = "Organization-SDOHCC-OrganizationCoordinationPlatformExample";
const CONDITION = "Condition-SDOHCC-ConditionFoodInsecurityExample";
const MOTHER = "RelatedPerson-SDOHCC-RelatedPersonMotherExample";

/** What is no Task asks for nothing by itself; what it is read for beside one. */
const BESIDE: Readonly<Record<string, string>> = {
  [REQUEST]: "the focus of a Task: what is asked",
  [PATIENT]: "the person of a request: identity, sealed",
  [CONSENT]: "the basis of a request, once it names whom it covers",
  [PROCEDURE]: "the outcome of a completed Task, by its status and date",
  [ROLE]: "the worker who acts, by its identifier",
  [PLATFORM]: "an intermediary such as this hub: it has no identifier of ours, so it stands for nobody",
  [CONDITION]: "the reason of a request: words and foreign codes, into the sealed note",
  [MOTHER]: "referred together only where the ServiceRequest names her in supportingInfo; a contact is no member",
  "Goal-SDOHCC-GoalFoodSecurityExample": "a record of care, which is not the hub's business",
  "HealthcareService-SDOHCC-HealthcareServiceTelecomAppointmentExample":
    "a service, once it has an id of the directory",
  "Location-SDOHCC-LocationExample": "a place: the directory has its own",
  "Observation-SDOHCC-ObservationAssessmentInadequateFoodIntakeExample": "evidence, where a request gives it as reason",
  "Observation-SDOHCC-ObservationResponseHungerVitalSignQuestion3Example":
    "evidence, where a request gives it as reason",
  "Organization-SDOHCC-OrganizationClinicExample": "a requester, which the signature names already",
  "Organization-SDOHCC-OrganizationPayerExample": "whom the example's consent speaks of; no recipient of ours",
  "Practitioner-SDOHCC-PractitionerDrJanWaterExample": "a worker, where a Task or a role leads to it",
  "Questionnaire-SDOHCC-QuestionnaireHungerVitalSign": "a form, not an answer",
  "QuestionnaireResponse-SDOHCC-QuestionnaireResponseHungerVitalSignExample":
    "evidence, where a request gives it as reason",
};

describe.skipIf(FOLDER === undefined)("the published examples (skipped where they are absent)", () => {
  test("each of them is told here", () => {
    const names = readdirSync(FOLDER!).map((name) => name.replace(/\.json$/, ""));
    expect(names.toSorted()).toEqual([...Object.keys(BESIDE), ACCEPTED, COMPLETED].toSorted());
  });

  test.each(Object.entries(BESIDE))("%s is left alone by itself; it is %s", (name) => {
    expect(outcome(bundle("collection", { one: read(name) }))).toEqual(leftAlone("not-used"));
    expect(outcome(read(name))).toEqual(["fhir-not-taken Resource.resourceType"]);
  });

  test("the accepted Task names no referral of the hub, by an id or a number: refused, since nobody could tell what it answers", () => {
    const body = bundle("collection", { task: read(ACCEPTED), request: read(REQUEST) });
    expect(outcome(body)).toEqual(["fhir-unidentified Bundle.entry[0].resource.identifier"]);
  });

  test("the completed Task too; alone, its focus leads nowhere as well", () => {
    expect(outcome(read(COMPLETED))).toEqual(["fhir-dangling Task.focus"]);
    const body = bundle("collection", { task: read(COMPLETED), request: read(REQUEST), procedure: read(PROCEDURE) });
    expect(outcome(body)).toEqual(["fhir-unidentified Bundle.entry[0].resource.identifier"]);
  });

  /** Derived: with the hub's id, and a worker of the performer as owner in the place of the platform. */
  const answering = (name: string): Json => {
    const { identifier, owner } = answerTask("accepted");
    return { ...read(name), identifier, owner };
  };

  test("derived from the accepted Task, with our id and a worker as owner: accept", () => {
    const body = bundle("transaction", { task: answering(ACCEPTED), request: read(REQUEST) });
    expect(outcome(body, known)).toMatchObject({
      acts: [{ act: "accept", data: { referral: REFERRAL, worker: "op-7" } }],
    });
  });

  test("derived from the completed Task in the same way: complete, served as its Procedure says", () => {
    const parts = { task: answering(COMPLETED), request: read(REQUEST), procedure: read(PROCEDURE) };
    expect(outcome(bundle("transaction", parts), known)).toMatchObject({
      acts: [{ act: "complete", data: { outcomeCode: "served", worker: "op-7" } }],
      left: [],
    });
  });

  describe("a request, derived from the accepted Task", () => {
    /** Requested instead of accepted; owned by the hub under its identifier, since the platform of the example is one. */
    const task = (): Json => ({
      ...read(ACCEPTED),
      status: "requested",
      owner: { identifier: { system: RUTA.institution, value: "hub" } },
    });
    const request = (): Json => ({ ...read(REQUEST), supportingInfo: [{ reference: `Consent/${CONSENT.slice(8)}` }] });
    const parts = () => ({
      task: task(),
      request: request(),
      patient: read(PATIENT),
      role: read(ROLE),
      condition: read(CONDITION),
    });

    test("with its owner left as it was it is refused: who is addressed must not be lost", () => {
      const owned = { ...parts(), task: { ...task(), owner: read(ACCEPTED).owner } };
      const unknown = { ...owned, platform: read(PLATFORM), consent: read(CONSENT) };
      expect(outcome(bundle("collection", unknown))).toEqual(["fhir-dangling Bundle.entry[0].resource.owner"]);
    });

    test("without the Patient it is refused: its subject leads nowhere", () => {
      expect(outcome(bundle("collection", { ...parts(), patient: undefined, consent: read(CONSENT) }))).toEqual([
        "fhir-dangling Bundle.entry[1].resource.subject",
      ]);
    });

    test("becomes a request for food, by the category; the SNOMED code and the Condition go into the sealed note", () => {
      const consent = read(CONSENT);
      const finished = outcome(bundle("transaction", { ...parts(), consent }));
      expect(finished).toMatchObject({
        acts: [
          {
            act: "request",
            time: "2020-09-11T21:56:54.671Z",
            data: {
              serviceType: "ALIM",
              priority: "normal",
              worker: "2424",
              // It covers nobody whom the directory knows: the door will say consent-recipients-required at provision.actor.
              consent: { basis: "E", givenOn: "2021-05-01", evidence: CONSENT.slice(8) },
              person: { sex: "male", ageBand: "18-59", identity: { birthDate: "1987-02-20" } },
            },
            fields: { "data.consent.recipients": "Bundle.entry[5].resource.provision.actor" },
          },
        ],
        left: [],
      });
      const [{ data }] = (finished as { acts: [{ data: Json }] }).acts;
      expect(data).not.toHaveProperty("performer");
      expect(data.note).toContain(
        "Assistance with application for food pantry program (http://snomed.info/sct|467771000124109)",
      );
      expect(data.note).toContain("http://hl7.org/fhir/sid/icd-10-cm|Z59.4");
      // Nothing that stands in clear in a command comes from the words of the examples.
      const { note, person, ...clear } = data;
      expect(note).toBeDefined();
      expect(person).toBeDefined();
      expect(JSON.stringify(clear)).not.toMatch(/abbas|colin|water|pantry|insecurity/i);
    });

    test("with a recipient in the consent it has everything that the door asks for", () => {
      const actor = {
        role: { coding: [{ system: HL7.participation, code: "IRCP" }] },
        reference: { identifier: { system: RUTA.recipientClass, value: "any" } },
      };
      const consent = { ...read(CONSENT), provision: { actor: [actor] } };
      expect(outcome(bundle("transaction", { ...parts(), consent }))).toMatchObject({
        acts: [{ data: { consent: { basis: "E", recipientClass: "any" } } }],
      });
    });
  });
});
