// The roadmaps that come with the product: one file each.
import { readFileSync, readdirSync } from "node:fs";
import type { Roadmap } from "@ruta/events";
import { readRoadmap } from "./files.ts";

/** The folder that they lie in. */
export const SHIPPED = new URL("../rutas/", import.meta.url);

/** All of them by id. Throws where one is not right: they are tested with the product. */
export function shippedRoadmaps(): Roadmap[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith(".yaml"))
    .toSorted()
    .map((name) => {
      const read = readRoadmap(name, readFileSync(new URL(name, SHIPPED), "utf8"));
      if (!read.ok) throw new Error(read.problems.map(String).join("\n"));
      return read.roadmap;
    });
}
