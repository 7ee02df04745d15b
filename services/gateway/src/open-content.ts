// Opens sections for a reader; one that does not open, as after a keyring was restored, leaves the others readable.
import type { Section } from "@ruta/events";
import { SealBroken } from "@ruta/seal";
import type { Seal } from "@ruta/seal";

/** The bytes of sections, in order; undefined where the key is gone, or where the bytes do not open: `onBroken` is told of those. */
export async function openContent(
  seal: Pick<Seal, "openSections">,
  sections: readonly Section[],
  onBroken: (section: Section) => void,
): Promise<(Uint8Array | undefined)[]> {
  try {
    return await seal.openSections(sections);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
  }
  const all: (Uint8Array | undefined)[] = [];
  for (const section of sections)
    try {
      all.push(...(await seal.openSections([section])));
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      onBroken(section);
      all.push(undefined);
    }
  return all;
}
