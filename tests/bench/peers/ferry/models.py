"""The bookings as a user of django-pghistory declares them; the table itself is everybody's."""

import os

import pghistory
from django.db import models

LEVEL = {"row": pghistory.Row, "statement": pghistory.Statement}[os.environ["PEER_LEVEL"]]


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), level=LEVEL)
class Booking(models.Model):
    """All ten columns are tracked, with the context as by default: a foreign key to pghistory's own table."""

    id = models.BigAutoField(primary_key=True)
    reference = models.TextField()
    passenger = models.TextField()
    email = models.TextField()
    route = models.TextField()
    departs_at = models.DateTimeField()
    seats = models.IntegerField()
    fare = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        """Django is not to make the table."""

        db_table = "bookings"
        managed = False
