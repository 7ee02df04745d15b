// What each FHIR route takes and says of itself in the OpenAPI description.
import { z } from "zod";
import { door as eventDoor } from "./routes.ts";

const resource = z.looseObject({ resourceType: z.string() });
const outcome = resource.meta({
  id: "OperationOutcome",
  description: "A refusal in FHIR; details.coding is a code of /docs/errors",
});

/** POST /v1/in/{institution}/fhir. */
export const door = {
  ...eventDoor,
  schema: {
    ...eventDoor.schema,
    summary: "Send acts as FHIR R4",
    description:
      "A Bundle (transaction, message, collection) or one Task with what it contains, at most 256 KiB, signed by Standard Webhooks (v1 or v1a). Each Task of code fulfill becomes one act, all or none: the first stands under the webhook-id, the others under webhook-id#2, #3 … The answer is a Parameters resource with a receipt for each act, and says what was left alone.",
    body: resource.meta({ id: "FhirBody", description: "application/fhir+json" }),
    response: { 200: resource, 202: resource, "4xx": outcome, "5xx": outcome },
  },
};

/** GET /fhir/metadata. */
export const metadata = {
  schema: {
    summary: "Read the CapabilityStatement",
    description: "What is taken and given in FHIR R4.",
    response: { 200: resource },
  },
};
