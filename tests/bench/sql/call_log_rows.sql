-- Ten million calls of one month: nine million of one tenant, the rest of nine others. Busy people, servers, tools and
-- clients have most of them, as it is; three of a hundred calls fail.
SELECT setseed(0.42);

INSERT INTO tenants (id, slug, display_name, status, issuer, gateway_origins, pool, region, settings, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'tenant-' || n, 'Tenant ' || n, 'active', 'https://auth.example/' || n,
    '[]', 'default', '', '{}', now(), now()
FROM generate_series(0, 9) AS n;

INSERT INTO call_records (tenant_id, id, started_at, principal_kind, principal_id, client_name, client_version, client_id,
    server_id, member_id, method, target, client_protocol, upstream_protocol, outcome, error_reason, fault, bytes_in, bytes_out,
    duration_us, upstream_us, trace_id, rule_ids, node_id)
SELECT
    ('00000000-0000-7000-8000-00000000000' || CASE WHEN n % 10 = 0 THEN 1 + (n / 10) % 9 ELSE 0 END)::uuid,
    -- The time in milliseconds, then randomness: UUIDv7.
    encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) || '\x7000'::bytea
        || substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')::uuid,
    at, 'user', ('11111111-0000-7000-8000-' || lpad(floor(2000 * power(a, 3))::text, 12, '0'))::uuid,
    'client-' || floor(20 * power(b, 2)), '1.' || n % 30, 'id-' || floor(400 * power(b, 2)),
    ('22222222-0000-7000-8000-' || lpad(floor(200 * power(c, 3))::text, 12, '0'))::uuid,
    CASE WHEN c < 0.3 THEN ('33333333-0000-7000-8000-' || lpad(floor(200 * power(d, 3))::text, 12, '0'))::uuid END,
    CASE WHEN d < 0.8 THEN 'tools/call' ELSE 'tools/list' END,
    CASE WHEN d < 0.8 THEN 'tool-' || floor(200 * power(c, 3)) || '-' || floor(40 * power(e, 2)) ELSE '' END,
    '2025-11-25', '2025-11-25',
    CASE WHEN f < 0.97 THEN 'ok' WHEN f < 0.98 THEN 'tool_error' WHEN f < 0.99 THEN 'error' WHEN f < 0.998 THEN 'refused' ELSE 'cancelled' END,
    CASE WHEN f BETWEEN 0.98 AND 0.99 THEN 'upstream.unavailable' ELSE '' END,
    CASE WHEN f < 0.98 THEN 'none' WHEN f < 0.99 THEN 'upstream' ELSE 'client' END,
    (100 + 2000 * a)::bigint, (100 + 20000 * b)::bigint, (1000 + 500000 * power(e, 4))::bigint, (500 + 400000 * power(e, 4))::bigint,
    md5(n::text), '[]', 'node-' || n % 3
FROM (
    SELECT n, now() - interval '31 days' * ((10000000 - n) / 10000000.0) AS at,
        random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f
    FROM generate_series(1, 10000000) AS n
) AS calls;
