// Whom each basis covers, cell by cell.
import { ConsentBasis, ConsentSchema, InstitutionSchema, InstitutionType, Priority, create } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { covers } from "./consent.ts";

const { EXPLICIT, ASSENT, DUTY, VITAL, NO_PERSONAL_DATA, UNSPECIFIED } = ConsentBasis;
const { EMERGENCY, URGENT } = Priority;

describe("a basis", () => {
  it.each<
    [string, ConsentBasis, { recipients?: string[]; recipientClass?: string }, InstitutionType, Priority, boolean]
  >([
    [
      "explicit consent covers whom it names",
      EXPLICIT,
      { recipients: ["house"] },
      InstitutionType.PRIVATE,
      URGENT,
      true,
    ],
    [
      "explicit consent covers nobody else",
      EXPLICIT,
      { recipients: ["other"] },
      InstitutionType.MUNICIPAL,
      URGENT,
      false,
    ],
    ["explicit consent without anybody covers nobody", EXPLICIT, {}, InstitutionType.MUNICIPAL, EMERGENCY, false],
    ["explicit consent to any covers all", EXPLICIT, { recipientClass: "any" }, InstitutionType.ACADEMIA, URGENT, true],
    [
      "explicit consent to a class covers it",
      EXPLICIT,
      { recipientClass: "civil-society" },
      InstitutionType.CIVIL_SOCIETY,
      URGENT,
      true,
    ],
    [
      "explicit consent to a class covers no other",
      EXPLICIT,
      { recipientClass: "municipal" },
      InstitutionType.PUBLIC,
      URGENT,
      false,
    ],
    [
      "a class and names count together",
      EXPLICIT,
      { recipientClass: "municipal", recipients: ["house"] },
      InstitutionType.PRIVATE,
      URGENT,
      true,
    ],
    [
      "an institution without a type is of no class",
      EXPLICIT,
      { recipientClass: "" },
      InstitutionType.UNSPECIFIED,
      URGENT,
      false,
    ],
    ["assent covers as explicit consent does", ASSENT, { recipients: ["house"] }, InstitutionType.PUBLIC, URGENT, true],
    ["assent covers nobody else", ASSENT, { recipients: ["other"] }, InstitutionType.PUBLIC, EMERGENCY, false],
    ["a duty reaches a municipal duty-holder", DUTY, {}, InstitutionType.MUNICIPAL, URGENT, true],
    ["a duty reaches a national duty-holder", DUTY, { recipients: ["other"] }, InstitutionType.PUBLIC, URGENT, true],
    [
      "a duty reaches no organisation, even one that is named",
      DUTY,
      { recipients: ["house"] },
      InstitutionType.CIVIL_SOCIETY,
      URGENT,
      false,
    ],
    [
      "a duty reaches no private body in an emergency",
      DUTY,
      { recipientClass: "any" },
      InstitutionType.PRIVATE,
      EMERGENCY,
      false,
    ],
    ["vital interest covers anyone in an emergency", VITAL, {}, InstitutionType.PRIVATE, EMERGENCY, true],
    ["vital interest covers only whom it names otherwise", VITAL, {}, InstitutionType.MUNICIPAL, URGENT, false],
    ["vital interest covers whom it names", VITAL, { recipients: ["house"] }, InstitutionType.MUNICIPAL, URGENT, true],
    ["without personal data nobody need be covered", NO_PERSONAL_DATA, {}, InstitutionType.ACADEMIA, URGENT, true],
    [
      "no basis covers nobody",
      UNSPECIFIED,
      { recipients: ["house"], recipientClass: "any" },
      InstitutionType.MUNICIPAL,
      EMERGENCY,
      false,
    ],
  ])("%s", (_, basis, whom, type, priority, expected) => {
    const institution = create(InstitutionSchema, { id: "house", type });
    expect(covers(create(ConsentSchema, { basis, ...whom }), institution, priority)).toBe(expected);
  });
});
