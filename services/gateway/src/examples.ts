// Example bodies for tests: the smallest request, a family, an answer. All persons are invented.

/** The moment of the examples: 2026-11-23 10:00 in Quito. */
export const NOON = Date.parse("2026-11-23T10:00:00-05:00");

/** A referral id of the right form. */
export const REFERRAL = "0123456789abcdefghjkmnpqrs-1";

/** A body whose fields a test may change. */
export type Body = Record<string, unknown> & { data: Record<string, unknown> };

/** The smallest request the door takes. */
export function smallRequest(data: Record<string, unknown> = {}): Body {
  return {
    specversion: "1.0",
    id: "1",
    source: "/example",
    type: "ruta.referral.request",
    data: {
      serviceType: "ALO-FAM",
      priority: "urgent",
      consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-23", evidence: "F-12" },
      ...data,
    },
  };
}

/** A mother with a child; every kind of content, and every reason of absence. */
export function familyRequest(data: Record<string, unknown> = {}): Body {
  return smallRequest({
    number: "A-17",
    reasonCode: "SP",
    performer: "albergue-norte",
    note: "Llamar antes de las 18h.",
    person: {
      ageBand: "18-59",
      sex: "female",
      nationality: ["VEN"],
      papers: { absent: "asked-declined" },
      territory: "parish-calderon",
      accused: ["hotel-centro"],
      identity: {
        name: { given: "Yuleima", family: "Zambrano Quilismal" },
        birthDate: { absent: "unknown" },
        documents: [{ type: "passport", number: "099123456", issuer: "VEN" }],
        contact: { phone: "+593 99 000 0000" },
      },
      narrative: "Llegó a Carcelén con su hija.",
    },
    members: [{ relation: "CHILD", ageBand: "5-11", identity: { name: { given: "Maikelys" } } }],
    ...data,
  });
}

/** An answer to a referral. */
export function answer(act: string, data: Record<string, unknown> = {}): Body {
  return {
    specversion: "1.0",
    id: "2",
    source: "/example",
    type: `ruta.referral.${act}`,
    data: { referral: REFERRAL, worker: "op-7", ...data },
  };
}
