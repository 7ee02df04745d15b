-- What operators look for: of whom an act is expected until when, and what changed lately.
alter table referral
  add column expected_institution text not null default '',
  add column expected_until timestamptz;

create index referral_changed on referral (changed_at, referral_id);
create index referral_expected on referral (expected_until, referral_id) where expected_until is not null;
-- Statuses that can still go on: requested, received, accepted, in progress, on hold (ruta.referral.v1.Status).
create index referral_open on referral (status) where status in (1, 2, 3, 5, 6);
