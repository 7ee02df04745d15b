// What each act carries: generated from the schemas of the door, never edited. `npm test -- --project unit act-types -u`

/** The basis of the disclosure (E explicit consent, A assent, O duty to report, V vital interest, N no personal data) and whom it covers: recipients, recipientClass, or both */
export interface Consent {
  readonly basis: "E" | "A" | "O" | "V" | "N";
  readonly recipients?: ReadonlyArray<string>;
  readonly recipientClass?: "any" | "municipal" | "public" | "private" | "civil-society" | "international" | "academia";
  readonly givenOn: string;
  readonly evidence: string;
}

/** A person of the case, by the id that the receipt or the content shows */
export interface KnownPerson {
  readonly id: string;
  readonly ageBand?: "0-4" | "5-11" | "12-17" | "18-59" | "60+" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly sex?: "male" | "female" | "other" | "unknown" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly nationality?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly papers?: "none" | "expired" | "in-process" | "valid" | "identity-card" | "passport" | "visa" | "asylum-certificate" | "refugee-card" | "other" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly territory?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Languages in which the person can be served, ISO 639-3: what choosing looks at */
  readonly languages?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Institutions that must never be chosen */
  readonly accused?: ReadonlyArray<string>;
  readonly identity?: {
    readonly name?: {
      readonly given?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly family?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly chosen?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly birthDate?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly genderIdentity?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly documents?: ReadonlyArray<{
      readonly type: string;
      readonly number: string;
      readonly issuer?: string;
    }> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly contact?: {
      readonly phone?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly email?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly address?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      /** How and when it is safe to reach the person */
      readonly safe?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly languages?: ReadonlyArray<string> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
  } | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly narrative?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
}

/** relation: HL7 v3 RoleCode such as CHILD, SPS, MTH */
export interface Member {
  readonly relation?: string;
  /** A person of an earlier receipt or case of yours */
  readonly id?: string;
  readonly ageBand?: "0-4" | "5-11" | "12-17" | "18-59" | "60+" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly sex?: "male" | "female" | "other" | "unknown" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly nationality?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly papers?: "none" | "expired" | "in-process" | "valid" | "identity-card" | "passport" | "visa" | "asylum-certificate" | "refugee-card" | "other" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly territory?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Languages in which the person can be served, ISO 639-3: what choosing looks at */
  readonly languages?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Institutions that must never be chosen */
  readonly accused?: ReadonlyArray<string>;
  readonly identity?: {
    readonly name?: {
      readonly given?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly family?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly chosen?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly birthDate?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly genderIdentity?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly documents?: ReadonlyArray<{
      readonly type: string;
      readonly number: string;
      readonly issuer?: string;
    }> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly contact?: {
      readonly phone?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly email?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly address?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      /** How and when it is safe to reach the person */
      readonly safe?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly languages?: ReadonlyArray<string> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
  } | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly narrative?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
}

export interface Person {
  /** A person of an earlier receipt or case of yours */
  readonly id?: string;
  readonly ageBand?: "0-4" | "5-11" | "12-17" | "18-59" | "60+" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly sex?: "male" | "female" | "other" | "unknown" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly nationality?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly papers?: "none" | "expired" | "in-process" | "valid" | "identity-card" | "passport" | "visa" | "asylum-certificate" | "refugee-card" | "other" | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly territory?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Languages in which the person can be served, ISO 639-3: what choosing looks at */
  readonly languages?: ReadonlyArray<string> | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  /** Institutions that must never be chosen */
  readonly accused?: ReadonlyArray<string>;
  readonly identity?: {
    readonly name?: {
      readonly given?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly family?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly chosen?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly birthDate?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly genderIdentity?: string | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly documents?: ReadonlyArray<{
      readonly type: string;
      readonly number: string;
      readonly issuer?: string;
    }> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly contact?: {
      readonly phone?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly email?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      readonly address?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
      /** How and when it is safe to reach the person */
      readonly safe?: string | {
        readonly absent: "unknown" | "asked-declined" | "not-asked";
      };
    } | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
    readonly languages?: ReadonlyArray<string> | {
      readonly absent: "unknown" | "asked-declined" | "not-asked";
    };
  } | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
  readonly narrative?: string | {
    readonly absent: "unknown" | "asked-declined" | "not-asked";
  };
}

/** The data of each act, by the last word of its type `ruta.referral.<act>`. */
export interface ActData {
  readonly "request": {
    readonly serviceType: string;
    readonly priority: "emergency" | "urgent" | "normal";
    readonly performer?: string;
    readonly service?: string;
    readonly reasonCode?: string;
    readonly confidentiality?: "U" | "N" | "R" | "V";
    /** Your own number of the referral; never a document number */
    readonly number?: string;
    readonly basedOn?: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker?: string;
    readonly consent: Consent;
    readonly person?: Person;
    readonly members?: ReadonlyArray<Member>;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** Roadmap (ruta) that the case runs from here on, such as R12; left out: this one referral is all there is */
    readonly roadmap?: string;
    /** propose: you are sent candidates with the result of each criterion, and your worker chooses; automatic: the hub chooses. Left out: what the stage of the roadmap says, and without a roadmap automatic */
    readonly decision?: "propose" | "automatic";
    /** Stage of the roadmap that is asked for; left out: the first that serviceType serves */
    readonly stage?: string;
    /** Makes it a rehearsal: chosen like a real one, sent to nobody, in no figure. A simulated counterpart serves it (complete), rejects it so that the next candidate serves (reject), or never answers (silent) */
    readonly rehearsal?: "complete" | "reject" | "silent";
  };
  readonly "receive": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "accept": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** Your own number of the referral; never a document number */
    readonly number?: string;
    readonly expectedAt?: string;
  };
  readonly "reject": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "no-capacity" | "not-eligible" | "out-of-territory" | "wrong-service" | "duplicate" | "refused-by-status" | "other";
  };
  readonly "schedule": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly appointmentAt: string;
  };
  readonly "no-show": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "cancel-appointment": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode?: "person-request" | "institution" | "other";
  };
  readonly "report": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "start": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "hold": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "waitlist" | "documents" | "person-request" | "other";
  };
  readonly "resume": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "cancel": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "person-withdrew" | "no-longer-needed" | "served-elsewhere" | "other";
  };
  readonly "confirm-cancellation": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "complete": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly outcomeCode: "served" | "partly-served" | "referred-onward" | "not-eligible" | "no-capacity" | "waitlisted" | "person-declined" | "no-show" | "unreachable" | "duplicate" | "refused-by-status";
    readonly reachedAt?: string;
  };
  readonly "fail": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "no-capacity" | "not-eligible" | "out-of-territory" | "wrong-service" | "duplicate" | "refused-by-status" | "other" | "person-unreachable";
  };
  readonly "mark-in-error": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "wrong-person" | "duplicate" | "test" | "other";
  };
  readonly "redirect": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly performer?: string;
    readonly consent: Consent;
  };
  readonly "acknowledge": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
  };
  readonly "dispute": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** The id of the event that told you of the act */
    readonly event: string;
    readonly reasonCode: "not-said" | "said-otherwise" | "other";
  };
  readonly "supplement": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly person?: KnownPerson;
    readonly members?: ReadonlyArray<KnownPerson>;
    /** Ids of sections that you sent and that no longer hold, as GET of the content shows them. Each goes as a whole: say again what still holds of it */
    readonly supersedes?: ReadonlyArray<string>;
  };
  readonly "acknowledge-supplement": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** The id of the ruta.referral.supplement you were told of */
    readonly event: string;
  };
  readonly "choose": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** The institution that you choose of those proposed */
    readonly performer: string;
    readonly service?: string;
    readonly reasonCode: "first-proposed" | "closer" | "known-to-person" | "person-prefers" | "other";
  };
  readonly "open-stage": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** Stage of the case's roadmap to begin; referral is any of the case */
    readonly stage: string;
    readonly performer?: string;
    readonly consent?: Consent;
  };
  readonly "record-stage": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    /** Stage of the case's roadmap that ended without a referral */
    readonly stage: string;
    readonly outcomeCode: "served" | "partly-served" | "referred-onward" | "not-eligible" | "no-capacity" | "waitlisted" | "person-declined" | "no-show" | "unreachable" | "duplicate" | "refused-by-status" | "not-needed";
  };
  readonly "close-case": {
    readonly referral: string;
    /** Your own opaque reference of the worker who acts; never a name or a document number */
    readonly worker: string;
    /** Free text; sealed, and read only by those entitled */
    readonly note?: string;
    readonly reasonCode: "person-withdrew" | "left-territory" | "unreachable" | "served-elsewhere" | "other";
  };
}

/** Every status of a referral (FHIR R4 Task.status, as far as the lifecycle has them). */
export type Status = "requested" | "received" | "accepted" | "rejected" | "in-progress" | "on-hold" | "cancelled" | "completed" | "failed" | "entered-in-error";
