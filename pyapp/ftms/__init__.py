"""FTMS, the ferry transport management system: a small bookings application that uses Indelible like any other."""
