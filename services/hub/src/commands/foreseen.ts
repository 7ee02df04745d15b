// What the router says that an act of staff leads to, as lines for people.

/** An answer of the router's acts. */
export interface Foreseen {
  readonly foreseen: readonly { readonly fact: string; readonly referral: string; readonly performer?: string }[];
}

/** One line for each event that follows. */
export function followed({ foreseen }: Foreseen): string[] {
  return foreseen.map(
    ({ fact, referral, performer }) => `  ${referral}  ${fact}${performer === undefined ? "" : `  ${performer}`}`,
  );
}
