-- Rehearsals stand in the view like referrals, marked: institutions see them, figures leave them out.
alter table referral add column rehearsal boolean not null default false;
