// Content negotiation of a referral: JSON of our own, or FHIR R4. Pure.

/** The form to answer in. */
export type Form = "json" | "fhir";

const OWN: ReadonlySet<string> = new Set(["application/json", "application/*", "*/*"]);
const FHIR = "application/fhir+json";
/** Longest header that is read; longer ones are nobody's. */
const MAX_LENGTH = 1_000;

/** The form that an Accept header asks for (RFC 9110 §12.5.1); undefined when it takes neither. */
export function formOf(accept: string | undefined): Form | undefined {
  if (accept === undefined || accept.trim() === "") return "json";
  if (accept.length > MAX_LENGTH) return undefined;
  let best: { form: Form; quality: number } | undefined;
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const form = type === FHIR && isR4(value("fhirversion")) ? "fhir" : OWN.has(type) ? "json" : undefined;
    const quality = Number(value("q") ?? "1");
    if (form && quality > 0 && quality > (best?.quality ?? 0)) best = { form, quality };
  }
  return best?.form;
}

function isR4(version: string | undefined): boolean {
  return version === undefined || /^"?4\.0(\.1)?"?$/.test(version);
}
