// Changes sources of the product while Node loads them, in the processes of a test alone: the product has no switch for a fault.
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** One change of a source file: what stands there once, and what stands there instead. */
export interface Edit {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const textOf = (source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string =>
  typeof source === "string" ? source : new TextDecoder().decode(source);

/** From here on in this process these changes are made. Loading throws when what is to be changed does not stand there once. */
export function editSources(edits: readonly Edit[]): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const mine = edits.filter(({ file }) => pathToFileURL(`${ROOT}${file}`).href === url);
      if (mine.length === 0) return loaded;
      const source = mine.reduce((text, { file, find, replace }) => {
        // A fault that is not made would be one that need not be found.
        if (text.split(find).length !== 2) throw new Error(`what is changed does not stand once in ${file}: ${find}`);
        return text.replace(find, () => replace);
      }, textOf(loaded.source));
      return { ...loaded, source };
    },
  });
}
