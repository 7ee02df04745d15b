// Loaded by Node before a service of a drill with --break: changes the sources of the log as they are loaded.
import { editSources } from "../source-edits.ts";
import { BREAKS, LOG_SOURCES, isBreak } from "./breaks.ts";

const name = new URL(import.meta.url).searchParams.get("break") ?? "";
if (!isBreak(name)) throw new Error(`there is no fault ${name}`);
editSources(BREAKS[name].edits.map((edit) => ({ ...edit, file: `${LOG_SOURCES}${edit.file}` })));
