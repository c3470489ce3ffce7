-- What the store asks for, one search each: a name in a comment, then the statement on one line. Pages of 50.
-- name: the newest of the last day
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'day' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: the newest of 31 days
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a page in the middle of 31 days
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' AND started_at <= :'middle' AND (started_at < :'middle' OR (started_at = :'middle' AND id < '88888888-0000-7000-8000-000000000000')) ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a person who calls a lot
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND principal_id = '11111111-0000-7000-8000-000000000000' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a person who hardly calls
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND principal_id = '11111111-0000-7000-8000-000000001999' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a person who never called
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND principal_id = '11111111-0000-7000-8000-000000009999' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a busy server, called as such
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' AND server_id = '22222222-0000-7000-8000-000000000000' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: and as a member
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' AND member_id = '33333333-0000-7000-8000-000000000000' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a tool
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND method = 'tools/call' AND target = 'tool-7-3' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a client by name
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND client_name = 'client-19' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a client by id
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND client_id = 'id-399' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: what failed
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND outcome = 'error' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: what a person did with a tool
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND principal_id = '11111111-0000-7000-8000-000000000003' AND method = 'tools/call' AND target = 'tool-7-3' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: what failed on a server
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND outcome = 'error' AND started_at >= :'from' AND started_at < :'to' AND server_id = '22222222-0000-7000-8000-000000000150' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: a server and a tool that it has not: two busy values that never meet
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND method = 'tools/call' AND target = 'tool-1-0' AND started_at >= :'from' AND started_at < :'to' AND server_id = '22222222-0000-7000-8000-000000000000' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: whose fault it was: of nobody yet
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND fault = 'gateway' AND started_at >= :'from' AND started_at < :'to' ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: servers of a manager
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' AND server_id IN ('22222222-0000-7000-8000-000000000100', '22222222-0000-7000-8000-000000000150', '22222222-0000-7000-8000-000000000199') ORDER BY started_at DESC, id DESC LIMIT 51;
-- name: one call by its id
SELECT * FROM call_records WHERE tenant_id = :'tenant' AND id = :'id' AND started_at >= :'id_at'::timestamptz - interval '1 second' AND started_at <= :'id_at'::timestamptz + interval '1 second';
-- name: whether an export is too large
SELECT count(*) FROM (SELECT id FROM call_records WHERE tenant_id = :'tenant' AND started_at >= :'from' AND started_at < :'to' LIMIT 500001) AS few;
