-- From here on every row change in the sample is on record, whoever makes it.
-- Run by the migrating login as ftms_owner: only a table's owner may have it watched.

set local role ftms_owner;

select audit.watch('ftms.bookings', entity_type => 'FTMS_BOOKING', mask => array['passenger_email']);
select audit.watch('ftms.sailings', entity_type => 'FTMS_SAILING');
select audit.watch('ftms.routes', entity_type => 'FTMS_ROUTE');

reset role;
