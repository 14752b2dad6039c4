-- The sample's state: routes (reference data), sailings (seats taken on one departure), bookings.
-- Constraints carry the rules; the application turns their names into answers.
-- sql/ftms/00_roles.sql has made the roles and the schema before this runs.

set local role ftms_owner;

create table ftms.routes (
  code text
    constraint routes_pkey primary key
    constraint routes_code_format check (code ~ '^[A-Z]{3}-[A-Z]{3}$'),
  name text not null,
  capacity integer not null
    constraint routes_capacity_positive check (capacity > 0),
  seat_fare numeric(10, 2) not null
    constraint routes_seat_fare_positive check (seat_fare >= 0)
);
comment on table ftms.routes is 'Where the ferries go, how many seats they have and what a seat costs.';

create table ftms.sailings (
  route text not null
    constraint sailings_route_fkey references ftms.routes,
  departs_at timestamptz not null,
  capacity integer not null,
  seats_taken integer not null default 0,
  constraint sailings_pkey primary key (route, departs_at),
  constraint sailings_within_capacity check (seats_taken between 0 and capacity)
);
comment on table ftms.sailings is 'One departure; opened by its first booking.';

create table ftms.bookings (
  id bigint generated always as identity
    constraint bookings_pkey primary key,
  reference text not null default 'FT-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 10))
    constraint bookings_reference_key unique
    constraint bookings_reference_format check (reference ~ '^FT-[0-9A-F]{10}$'),
  passenger_name text not null
    constraint bookings_passenger_name_short check (length(passenger_name) between 1 and 200),
  passenger_email text not null
    constraint bookings_passenger_email_format check (passenger_email ~ '^[^@\s]+@[^@\s]+$'),
  route text not null,
  departs_at timestamptz not null,
  seats integer not null
    constraint bookings_seats_sane check (seats between 1 and 50),
  fare numeric(10, 2) not null
    constraint bookings_fare_positive check (fare >= 0),
  status text not null default 'draft'
    constraint bookings_status_known check (status in ('draft', 'confirmed', 'cancelled')),
  notes text,
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint bookings_sailing_fkey foreign key (route, departs_at) references ftms.sailings,
  constraint bookings_cancelled_has_time check ((status = 'cancelled') = (cancelled_at is not null)),
  constraint bookings_cancelled_before_departure check (cancelled_at < departs_at)
);
create index bookings_sailing_idx on ftms.bookings (route, departs_at);
comment on table ftms.bookings is 'Seats on a sailing: draft, then confirmed, either of them cancelled; never deleted.';

insert into ftms.routes (code, name, capacity, seat_fare) values
  ('ROS-DUN', 'Rosslare to Dunkirk', 400, 89.00),
  ('HOL-DUB', 'Holyhead to Dublin', 250, 42.50),
  ('OBN-CST', 'Oban to Castlebay', 40, 17.25);

reset role;
