-- name: read_installation
-- Which state of migrations/ and sql/ this database runs; no row before the first migrate.
select digest, version, installed_at from audit.installation;

-- name: verdict_lag
-- How much of the write-ahead log waits to be drained and what else may be written; no row where refusals are not kept.
select slot, waiting_bytes, waiting_seconds, safe_bytes, failover from audit.verdict_lag();
