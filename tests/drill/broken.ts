// Loaded by Node before a service of a drill with --break: changes the sources of the log as they are loaded.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { BREAKS, LOG_SOURCES, isBreak } from "./breaks.ts";
import type { Edit } from "./breaks.ts";

const name = new URL(import.meta.url).searchParams.get("break") ?? "";
if (!isBreak(name)) throw new Error(`there is no fault ${name}`);
const edits: readonly Edit[] = BREAKS[name].edits;

const textOf = (source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string =>
  typeof source === "string" ? source : new TextDecoder().decode(source);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = edits.filter(({ file }) => pathToFileURL(`${LOG_SOURCES}${file}`).href === url);
    if (mine.length === 0) return loaded;
    const source = mine.reduce((text, { find, replace }) => {
      // A fault that is not made would be one that the drill need not find.
      if (text.split(find).length !== 2) throw new Error(`what ${name} changes does not stand once in ${url}`);
      return text.replace(find, () => replace);
    }, textOf(loaded.source));
    return { ...loaded, source };
  },
});
