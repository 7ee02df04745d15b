// Which of the simulator's personalities each invented institution of the demonstration has.
import { PERSONALITIES as BY_NAME } from "@ruta/client/simulator";
import type { Personality } from "@ruta/client/simulator";

/** The six institutions of the demonstration. */
export const PERSONALITIES: Readonly<Record<string, Personality>> = {
  "centro-achupalla": BY_NAME.prompt,
  "posada-frailejon-azul": BY_NAME["by-appointment"],
  "hogar-tres-totoras": BY_NAME.slow,
  "hostal-sombrero-de-paja": BY_NAME.refusing,
  "red-mashua-dulce": BY_NAME.down,
  "consultorio-lumbre-andina": BY_NAME["out-of-order"],
};
