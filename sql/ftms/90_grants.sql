-- The sample's whole privilege matrix, from nothing. Bookings are cancelled, never deleted: no DELETE here.
-- Run by the migrating login as ftms_owner.

set local role ftms_owner;

revoke all on schema ftms from public;
revoke all on all tables in schema ftms from public, ftms_app;

grant usage on schema ftms to ftms_app;
grant select on ftms.routes to ftms_app;
grant select, insert, update (seats_taken) on ftms.sailings to ftms_app;
grant select, insert on ftms.bookings to ftms_app;
grant update (passenger_name, passenger_email, route, departs_at, seats, fare, status, notes, cancelled_at, updated_at)
  on ftms.bookings to ftms_app;

reset role;
