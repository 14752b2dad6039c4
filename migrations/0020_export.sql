-- The log leaves the database: the codes of that, and who may have it over HTTP.

insert into audit.actions (code, origin, description) values
  ('AUDIT_LOG_EXPORTED', 'service', 'Events of the log were exported or forwarded; attempted: that began.');

insert into iam.permissions (permission, description) values
  ('audit.event.export', 'Export events of the audit log.');
