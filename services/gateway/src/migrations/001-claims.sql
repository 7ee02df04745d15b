-- Claims: one row a request that the door took. Unique by webhook-id, and by the sender's own number of a referral.
create table claim (
  institution text not null,
  webhook_id text not null,
  command_id text not null,
  act text not null,
  case_id text not null,
  referral_id text not null,
  placer_number text,
  received_at timestamptz not null,
  sealed bytea not null, -- the first answer, its salt and its digests, under the key of the case
  primary key (institution, webhook_id)
);

create unique index claim_number on claim (institution, placer_number) where placer_number is not null;
create index claim_case on claim (case_id);

-- Persons an institution may name: from its own receipts, and from referrals it accepted.
create table known_person (
  institution text not null,
  person_id text not null,
  primary key (institution, person_id)
);
