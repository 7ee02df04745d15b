-- The view of referrals, folded from the events: what lists need in columns, the events themselves for everything else.
create table case_event (
  case_id text not null,
  version bigint not null,
  referral_id text not null,
  event bytea not null, -- ruta.referral.v1.ReferralEvent; content in it is sealed
  primary key (case_id, version)
);

create table referral (
  referral_id text primary key,
  case_id text not null,
  requester text not null,
  performer text not null,
  status smallint not null,
  business_status smallint not null,
  priority smallint not null,
  confidentiality smallint not null,
  service_type text not null,
  placer_number text not null,
  persons text[] not null,
  changed_at timestamptz not null
) with (fillfactor = 80);

create index referral_requester on referral (requester, changed_at, referral_id);
create index referral_performer on referral (performer, changed_at, referral_id) where performer <> '';
