// Splits what came into the pieces that are sealed apart: identity, narrative and routing a person, notes, and the raw body.
import { SectionKind } from "@ruta/events";
import type { ActInput, SupplementData } from "./acts.ts";
import type { PersonInput } from "./person.ts";

/** The ids under which an act is recorded; persons only where the act brings some. */
export interface ActIds {
  readonly caseId: string;
  readonly referralId: string;
  readonly personId?: string;
  readonly memberIds?: readonly string[];
}

/** A piece of content before it is sealed. */
export interface PlainSection {
  /** Person id of whom it speaks, or the case id. */
  readonly subject: string;
  readonly kind: SectionKind;
  readonly keyId: string;
  readonly plaintext: Uint8Array;
}

/** What routing needs of a person; a field left out was not asked. Only the router and the disclosure table read it. */
export type RoutingContent = Pick<
  PersonInput,
  "ageBand" | "sex" | "nationality" | "papers" | "territory" | "languages" | "accused"
>;

/** A narrative section: a person's, or the note that came with an act. */
export type NarrativeContent =
  | { readonly narrative: NonNullable<PersonInput["narrative"]> }
  | { readonly act: string; readonly note: string };

const NEWLINE = 0x0a;

/** Key of a person's content, or of a case's raw bodies and notes; erasing a subject destroys the key of this id. */
export function keyIdOf(subject: string): string {
  return `k-${subject}`;
}

/** The content of an act in pieces, without the raw body. Absent values stay as their reason: unknown is not "not asked". */
export function plainSections({ act, data }: ActInput, ids: ActIds): PlainSection[] {
  const sections: PlainSection[] = [];
  if (act === "request" && ids.personId !== undefined) {
    sections.push(...personSections(ids.personId, data.person ?? {}));
    for (const [i, member] of (data.members ?? []).entries()) {
      const id = ids.memberIds?.[i];
      if (id === undefined) throw new Error("a member has no id");
      sections.push(...personSections(id, member));
    }
  }
  if (act === "supplement") for (const person of described(data)) sections.push(...personSections(person.id, person));
  if (data.note !== undefined)
    sections.push(section(ids.caseId, SectionKind.NARRATIVE, { act, note: data.note } satisfies NarrativeContent));
  return sections;
}

/** The persons that a supplement says more of, principal and members alike. */
function described({ person, members = [] }: SupplementData) {
  return person === undefined ? members : [person, ...members];
}

/** The evidence of what came: one line of JSON with its path, signature headers and salt, then the body byte for byte. */
export function rawSection(
  caseId: string,
  came: { path: string; headers: Readonly<Record<string, string>>; salt: Uint8Array; body: Uint8Array },
): PlainSection {
  const { path, headers, salt, body } = came;
  const head = JSON.stringify({ path, headers, salt: Buffer.from(salt).toString("base64") });
  const plaintext = Buffer.concat([Buffer.from(`${head}\n`, "utf8"), body]);
  return { subject: caseId, kind: SectionKind.RAW, keyId: keyIdOf(caseId), plaintext };
}

/** Salt and body of such evidence. Throws for what is none. */
export function rawOf(plaintext: Uint8Array): { readonly salt: Uint8Array; readonly body: Uint8Array } {
  const end = plaintext.indexOf(NEWLINE);
  const { salt } = JSON.parse(Buffer.from(plaintext.subarray(0, end)).toString("utf8")) as { salt: string };
  return { salt: Buffer.from(salt, "base64"), body: plaintext.subarray(end + 1) };
}

function personSections(personId: string, person: PersonInput): PlainSection[] {
  const { identity, narrative, ageBand, sex, nationality, papers, territory, languages, accused } = person;
  const routing: RoutingContent = { ageBand, sex, nationality, papers, territory, languages, accused };
  const sections: PlainSection[] = [];
  if (identity !== undefined) sections.push(section(personId, SectionKind.IDENTITY, identity));
  if (narrative !== undefined)
    sections.push(section(personId, SectionKind.NARRATIVE, { narrative } satisfies NarrativeContent));
  if (Object.values(routing).some((value) => value !== undefined))
    sections.push(section(personId, SectionKind.ROUTING, routing));
  return sections;
}

function section(subject: string, kind: SectionKind, value: unknown): PlainSection {
  return { subject, kind, keyId: keyIdOf(subject), plaintext: Buffer.from(JSON.stringify(value), "utf8") };
}
