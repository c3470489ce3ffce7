-- The logins of a deployment, and its database. Run it before `portway-control-plane migrate`, as an administrator of the
-- server, with psql 15 or newer; again whenever a password is to change. What is there already stays.
--
--   PORTWAY_OWNER_PASSWORD=… PORTWAY_APP_PASSWORD=… PORTWAY_SYSTEM_PASSWORD=… psql -X -f deploy/sql/roles.sql "$ADMIN_URL"
--
-- or as variables: -v owner_password=… -v app_password=… -v system_password=…, which other users of the machine can see.
-- A value that begins with SCRAM-SHA-256$ is stored as it is: then the server never sees the password itself.
--
--   gateway_owner    owns database and tables, migrates, and nothing else
--   gateway_app      the control plane's work in one tenant: bound by row-level security
--   gateway_system   the control plane's work across tenants: has policies of its own, owns nothing
--
-- Other names: -v database=… -v owner=… -v app=… -v system=…
\set ON_ERROR_STOP on
\set QUIET on

\if :{?database}
\else
  \set database gateway
\endif
\if :{?owner}
\else
  \set owner gateway_owner
\endif
\if :{?app}
\else
  \set app gateway_app
\endif
\if :{?system}
\else
  \set system gateway_system
\endif
\if :{?owner_password}
\else
  \getenv owner_password PORTWAY_OWNER_PASSWORD
\endif
\if :{?app_password}
\else
  \getenv app_password PORTWAY_APP_PASSWORD
\endif
\if :{?system_password}
\else
  \getenv system_password PORTWAY_SYSTEM_PASSWORD
\endif
\if :{?owner_password}
\else
  \set owner_password ''
\endif
\if :{?app_password}
\else
  \set app_password ''
\endif
\if :{?system_password}
\else
  \set system_password ''
\endif

-- No default secret: a missing password stops here.
SELECT length(:'owner_password') < 16 OR length(:'app_password') < 16 OR length(:'system_password') < 16 AS weak \gset
\if :weak
  \warn 'roles.sql: set PORTWAY_OWNER_PASSWORD, PORTWAY_APP_PASSWORD and PORTWAY_SYSTEM_PASSWORD, 16 characters or more each'
  \warn '(make one with: openssl rand -hex 24)'
  DO $$ BEGIN RAISE EXCEPTION 'a password is missing or too short'; END $$;
\endif

-- Statements with passwords stay out of the server's log, where this session may say so.
SELECT set_config('log_statement', 'none', false), set_config('log_min_error_statement', 'panic', false)
FROM pg_roles WHERE rolname = current_user AND rolsuper \g /dev/null

-- The group roles that policies name. `migrate` would make them too, but then its login would have to make roles.
SELECT format('CREATE ROLE %I NOLOGIN', wanted) FROM unnest(ARRAY['portway_app', 'portway_system']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec

SELECT format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', wanted)
FROM unnest(ARRAY[:'owner', :'app', :'system']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec

SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', login, password)
FROM (VALUES (:'owner', :'owner_password'), (:'app', :'app_password'), (:'system', :'system_password'))
    AS logins (login, password) \gexec

SELECT format('GRANT %I TO %I', held, login)
FROM (VALUES ('portway_app', :'app'), ('portway_system', :'system')) AS memberships (held, login)
WHERE NOT pg_has_role(login, held, 'MEMBER') \gexec

-- A transaction that somebody forgot holds locks and keeps old rows.
SELECT format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', login, '60s')
FROM unnest(ARRAY[:'app', :'system']) AS login \gexec

-- An administrator who is no superuser makes a database for a role that he or she could become.
SELECT NOT rolsuper AND NOT pg_has_role(current_user, :'owner', 'MEMBER') AS lent FROM pg_roles WHERE rolname = current_user \gset
\if :lent
  GRANT :"owner" TO CURRENT_USER;
\endif
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"owner", :"app", :"system";
\if :lent
  REVOKE :"owner" FROM CURRENT_USER;
\endif

-- Databases that were begun before PostgreSQL 15 let everybody make tables.
SELECT rolsuper AS may_enter FROM pg_roles WHERE rolname = current_user \gset
\if :may_enter
  \connect :"database"
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;
\endif

-- What the control plane will refuse is better seen now: a login that row-level security does not bind.
SELECT string_agg(quote_ident(login), ', ') AS unbound, count(*) > 0 AS refused
FROM (VALUES (:'app', 'portway_system'), (:'system', NULL)) AS logins (login, never)
WHERE EXISTS (
    SELECT FROM pg_roles r
    WHERE pg_has_role(login, r.oid, 'MEMBER')
        AND (r.rolsuper OR r.rolbypassrls OR r.rolname IN (never, :'owner'))
) \gset
\if :refused
  \warn 'roles.sql: these logins may do more than they must (superuser, BYPASSRLS, or member of a role that may):' :unbound
  DO $$ BEGIN RAISE EXCEPTION 'a login is not bound by row-level security'; END $$;
\endif
\echo 'roles.sql: the database' :database 'and the logins' :owner :app 'and' :system 'are ready'
