-- name: read_installation
-- Which state of migrations/ and sql/ this database runs; no row before the first migrate.
select digest, version, installed_at from audit.installation;
