// Whom the basis of a disclosure covers (domain §4 and §5): asked of every recipient, each time one is chosen.
import { ConsentBasis, InstitutionType, Priority } from "@ruta/events";
import type { Consent, Institution } from "@ruta/events";

/** Institution types in the words of a consent's recipient class. */
const CLASS_WORDS: Readonly<Record<InstitutionType, string>> = {
  [InstitutionType.UNSPECIFIED]: "",
  [InstitutionType.MUNICIPAL]: "municipal",
  [InstitutionType.PUBLIC]: "public",
  [InstitutionType.PRIVATE]: "private",
  [InstitutionType.CIVIL_SOCIETY]: "civil-society",
  [InstitutionType.INTERNATIONAL]: "international",
  [InstitutionType.ACADEMIA]: "academia",
};

/** True for those on whom the duties of the law fall: municipal and national public institutions. */
export function isDutyHolder(institution: Institution): boolean {
  return institution.type === InstitutionType.MUNICIPAL || institution.type === InstitutionType.PUBLIC;
}

/**
 * Whether the basis lets this institution receive the referral.
 * E and A: those named and those of the class agreed to. O: a duty to report needs no consent, and reaches duty-holders only, whoever
 * else is named. V: anyone while the referral is an emergency; otherwise as E. N: anyone, since no personal data is disclosed.
 */
export function covers(consent: Consent, institution: Institution, priority: Priority): boolean {
  switch (consent.basis) {
    case ConsentBasis.EXPLICIT:
    case ConsentBasis.ASSENT:
      return isNamed(consent, institution);
    case ConsentBasis.DUTY:
      return isDutyHolder(institution);
    case ConsentBasis.VITAL:
      return priority === Priority.EMERGENCY || isNamed(consent, institution);
    case ConsentBasis.NO_PERSONAL_DATA:
      return true;
    default:
      return false;
  }
}

function isNamed({ recipients, recipientClass }: Consent, { id, type }: Institution): boolean {
  if (recipients.includes(id) || recipientClass === "any") return true;
  return recipientClass !== "" && recipientClass === CLASS_WORDS[type];
}
