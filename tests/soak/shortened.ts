// Loaded by Node before a process of a soak: what takes days in the product takes seconds in it.
import { editSources } from "../source-edits.ts";
import { editsFor, isSwept } from "./windows.ts";

const { searchParams } = new URL(import.meta.url);
const without = searchParams.get("without") ?? "";
editSources(editsFor(Number(searchParams.get("day")), isSwept(without) ? without : undefined));
