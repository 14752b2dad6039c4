"""A Django application, as small as django-pghistory needs one."""
