// What is said to whoever starts a process with a key that is not the hub's, or not any more.
import type { WrongKey } from "@ruta/seal";
import { say } from "./language.ts";

/** What is wrong, and what to do. */
export function wrongKeyLines({ kind, reason }: WrongKey): string[] {
  const variable = kind === "master" ? "RUTA_MASTER_KEY" : "RUTA_SIGNING_KEY";
  const name = kind === "master" ? say`master key` : say`signing key`;
  const previous = `${variable}_PREVIOUS`;
  switch (reason) {
    case "unknown":
      return [
        say`this hub was started with another ${name} than the one in ${variable}, which it does not know`,
        say`give it the key that it has; to change it over, set ${variable} to the new one and ${previous} to the one before`,
      ];
    case "retired":
      return [
        say`the ${name} in ${variable} was retired: another has taken its place`,
        say`give it that one; \`ruta hub-keys list\` shows which is in force, where a process of the hub runs`,
      ];
    case "previous-unknown":
      return [
        say`the ${name} in ${previous} is none that this hub has or had`,
        say`set it to the key that was in ${variable} before, or unset it`,
      ];
    // no default
  }
}
