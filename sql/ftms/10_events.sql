-- What the sample adds to the audit catalogue: its business events and its permissions.
-- Run by the migrating login as audit_owner. Codes are never renamed or reused.

set local role audit_owner;

select audit.define_action('FTMS_BOOKING_CREATED', 'A booking was made.', 'service');
select audit.define_action('FTMS_BOOKING_UPDATED', 'A booking was changed or moved to another sailing.', 'service');
select audit.define_action('FTMS_BOOKING_CANCELLED', 'A booking was cancelled.', 'service');
-- Of the gates at the piers, an application of its own, which hands its events over.
select audit.define_action('FTMS_BOARDING_SCANNED', 'A passenger''s ticket was scanned at the gate.', 'client');

select iam.create_permission('ftms.booking.create', 'Make bookings.');
select iam.create_permission('ftms.booking.read', 'See bookings.');
select iam.create_permission('ftms.booking.update', 'Change bookings and move them to other sailings.');
select iam.create_permission('ftms.booking.cancel', 'Cancel bookings.');

reset role;
