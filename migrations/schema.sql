-- The schema after all migrations, on PostgreSQL. Generated: `cargo xtask gen` rewrites it.

CREATE TABLE account_flows (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    server_id uuid NOT NULL,
    state_sha256 bytea NOT NULL,
    secrets_sealed bytea NOT NULL,
    request_id uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT account_flows_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT account_flows_tenant_id_request_id_fkey FOREIGN KEY (tenant_id, request_id) REFERENCES authorization_requests(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT account_flows_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT account_flows_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX account_flows_expiry ON public.account_flows USING btree (tenant_id, expires_at);
CREATE UNIQUE INDEX account_flows_state ON public.account_flows USING btree (tenant_id, state_sha256);
ALTER TABLE account_flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_flows FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON account_flows FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON account_flows FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON account_flows TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON account_flows TO portway_system;

CREATE TABLE api_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    server_ids jsonb,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    service_account_id uuid,
    successor_id uuid,
    CONSTRAINT api_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT api_keys_owner CHECK (((user_id IS NULL) <> (service_account_id IS NULL))),
    CONSTRAINT api_keys_service_account FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
    CONSTRAINT api_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_service_account ON public.api_keys USING btree (tenant_id, service_account_id, created_at);
CREATE INDEX api_keys_user ON public.api_keys USING btree (tenant_id, user_id, created_at);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON api_keys FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON api_keys FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON api_keys TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON api_keys TO portway_system;

CREATE TABLE audit_events (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    target_kind text NOT NULL,
    target_id uuid,
    body bytea NOT NULL,
    prev_sha256 bytea NOT NULL,
    sha256 bytea NOT NULL,
    chain bigint NOT NULL DEFAULT 1,
    CONSTRAINT audit_events_pkey PRIMARY KEY (tenant_id, seq),
    CONSTRAINT audit_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE INDEX audit_events_action ON public.audit_events USING btree (tenant_id, action, seq);
CREATE INDEX audit_events_actor ON public.audit_events USING btree (tenant_id, actor_id, seq);
CREATE INDEX audit_events_at ON public.audit_events USING btree (tenant_id, at);
CREATE INDEX audit_events_target ON public.audit_events USING btree (tenant_id, target_id, seq);
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON audit_events FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON audit_events FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT INSERT, SELECT ON audit_events TO portway_app;
GRANT INSERT, SELECT ON audit_events TO portway_system;

CREATE TABLE auth_overrides (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    server_id uuid NOT NULL,
    user_id uuid,
    service_account_id uuid,
    upstream_origin text NOT NULL,
    header_names jsonb NOT NULL,
    headers_sealed bytea NOT NULL,
    version bigint NOT NULL,
    set_by uuid,
    set_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT auth_overrides_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT auth_overrides_owner CHECK (((user_id IS NULL) <> (service_account_id IS NULL))),
    CONSTRAINT auth_overrides_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT auth_overrides_tenant_id_service_account_id_fkey FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT auth_overrides_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX auth_overrides_service_account ON public.auth_overrides USING btree (tenant_id, server_id, service_account_id);
CREATE UNIQUE INDEX auth_overrides_user ON public.auth_overrides USING btree (tenant_id, server_id, user_id);
ALTER TABLE auth_overrides ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth_overrides FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON auth_overrides FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON auth_overrides FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON auth_overrides TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON auth_overrides TO portway_system;

CREATE TABLE authorization_codes (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    grant_id uuid NOT NULL,
    code_sha256 bytea NOT NULL,
    redirect_uri text NOT NULL,
    code_challenge text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT authorization_codes_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT authorization_codes_tenant_id_grant_id_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES oauth_grants(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authorization_codes_code ON public.authorization_codes USING btree (tenant_id, code_sha256);
CREATE INDEX authorization_codes_grant ON public.authorization_codes USING btree (tenant_id, grant_id);
ALTER TABLE authorization_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorization_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON authorization_codes FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON authorization_codes FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON authorization_codes TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON authorization_codes TO portway_system;

CREATE TABLE authorization_requests (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    browser_sha256 bytea NOT NULL,
    client_id uuid NOT NULL,
    redirect_uri text NOT NULL,
    state text,
    scope text NOT NULL,
    resource text NOT NULL,
    code_challenge text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    CONSTRAINT authorization_requests_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT authorization_requests_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX authorization_requests_expiry ON public.authorization_requests USING btree (tenant_id, expires_at);
ALTER TABLE authorization_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorization_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON authorization_requests FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON authorization_requests FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON authorization_requests TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON authorization_requests TO portway_system;

CREATE TABLE browser_sessions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    user_agent text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    provider_id uuid,
    provider_sid text,
    id_token_sealed bytea,
    CONSTRAINT browser_sessions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT browser_sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX browser_sessions_token ON public.browser_sessions USING btree (tenant_id, token_sha256);
CREATE INDEX browser_sessions_user ON public.browser_sessions USING btree (tenant_id, user_id);
ALTER TABLE browser_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE browser_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON browser_sessions FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON browser_sessions FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON browser_sessions TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON browser_sessions TO portway_system;

CREATE TABLE call_records (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    principal_kind text NOT NULL,
    principal_id uuid NOT NULL,
    client_name text NOT NULL,
    client_version text NOT NULL,
    client_id text NOT NULL,
    server_id uuid NOT NULL,
    member_id uuid,
    method text NOT NULL,
    target text NOT NULL,
    client_protocol text NOT NULL,
    upstream_protocol text NOT NULL,
    outcome text NOT NULL,
    error_reason text NOT NULL,
    fault text NOT NULL,
    bytes_in bigint NOT NULL,
    bytes_out bigint NOT NULL,
    duration_us bigint NOT NULL,
    upstream_us bigint NOT NULL,
    trace_id text NOT NULL,
    rule_ids jsonb NOT NULL,
    node_id text NOT NULL,
    api_key_id uuid,
    CONSTRAINT call_records_pkey PRIMARY KEY (tenant_id, started_at, id),
    CONSTRAINT call_records_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
) PARTITION BY RANGE (started_at);
CREATE INDEX call_records_client_id ON ONLY public.call_records USING btree (tenant_id, client_id, started_at);
CREATE INDEX call_records_client_name ON ONLY public.call_records USING btree (tenant_id, client_name, started_at);
CREATE INDEX call_records_failed ON ONLY public.call_records USING btree (tenant_id, outcome, started_at) WHERE (outcome <> 'ok'::text);
CREATE INDEX call_records_fault ON ONLY public.call_records USING btree (tenant_id, fault, started_at) WHERE (fault <> 'none'::text);
CREATE INDEX call_records_member ON ONLY public.call_records USING btree (tenant_id, member_id, started_at) WHERE (member_id IS NOT NULL);
CREATE INDEX call_records_principal ON ONLY public.call_records USING btree (tenant_id, principal_id, started_at);
CREATE INDEX call_records_server ON ONLY public.call_records USING btree (tenant_id, server_id, started_at);
CREATE INDEX call_records_server_target ON ONLY public.call_records USING btree (tenant_id, server_id, target, started_at);
CREATE INDEX call_records_target ON ONLY public.call_records USING btree (tenant_id, target, started_at);
ALTER TABLE call_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_records FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON call_records FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON call_records FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON call_records TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON call_records TO portway_system;

CREATE TABLE call_usage (
    tenant_id uuid NOT NULL,
    span text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    server_id uuid NOT NULL,
    callee_id uuid NOT NULL,
    principal_kind text NOT NULL,
    principal_id uuid NOT NULL,
    client_name text NOT NULL,
    method text NOT NULL,
    tool text NOT NULL,
    calls bigint NOT NULL,
    errors bigint NOT NULL,
    refused bigint NOT NULL,
    l00 bigint NOT NULL,
    l01 bigint NOT NULL,
    l02 bigint NOT NULL,
    l03 bigint NOT NULL,
    l04 bigint NOT NULL,
    l05 bigint NOT NULL,
    l06 bigint NOT NULL,
    l07 bigint NOT NULL,
    l08 bigint NOT NULL,
    l09 bigint NOT NULL,
    l10 bigint NOT NULL,
    l11 bigint NOT NULL,
    l12 bigint NOT NULL,
    l13 bigint NOT NULL,
    l14 bigint NOT NULL,
    l15 bigint NOT NULL,
    l16 bigint NOT NULL,
    l17 bigint NOT NULL,
    l18 bigint NOT NULL,
    l19 bigint NOT NULL,
    l20 bigint NOT NULL,
    l21 bigint NOT NULL,
    l22 bigint NOT NULL,
    l23 bigint NOT NULL,
    l24 bigint NOT NULL,
    l25 bigint NOT NULL,
    l26 bigint NOT NULL,
    l27 bigint NOT NULL,
    l28 bigint NOT NULL,
    l29 bigint NOT NULL,
    l30 bigint NOT NULL,
    l31 bigint NOT NULL,
    CONSTRAINT call_usage_pkey PRIMARY KEY (tenant_id, span, bucket, server_id, callee_id, principal_kind, principal_id, client_name, method, tool),
    CONSTRAINT call_usage_span_check CHECK ((span = ANY (ARRAY['hour'::text, 'day'::text]))),
    CONSTRAINT call_usage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE call_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON call_usage FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON call_usage FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON call_usage TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON call_usage TO portway_system;

CREATE TABLE client_secrets (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT client_secrets_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT client_secrets_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_secrets_client ON public.client_secrets USING btree (tenant_id, client_id);
ALTER TABLE client_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON client_secrets FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON client_secrets FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON client_secrets TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON client_secrets TO portway_system;

CREATE TABLE consents (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    client_id uuid NOT NULL,
    server_id uuid NOT NULL,
    redirect_host text NOT NULL,
    scope text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT consents_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT consents_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT consents_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT consents_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX consents_subject ON public.consents USING btree (tenant_id, user_id, client_id, server_id, redirect_host, scope);
ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON consents FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON consents FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON consents TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON consents TO portway_system;

CREATE TABLE data_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kek_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT data_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT data_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON data_keys FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON data_keys FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON data_keys TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON data_keys TO portway_system;

CREATE TABLE deployment (
    id bigint NOT NULL,
    history_id uuid NOT NULL,
    directory_revision bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT deployment_pkey PRIMARY KEY (id),
    CONSTRAINT deployment_id_check CHECK ((id = 1))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON deployment TO portway_system;

CREATE TABLE domains (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    token text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone,
    failing_since timestamp with time zone,
    checked_at timestamp with time zone,
    CONSTRAINT domains_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT domains_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
    CONSTRAINT domains_tenant_id_name_key UNIQUE (tenant_id, name)
);
CREATE INDEX domains_name ON public.domains USING btree (name);
ALTER TABLE domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE domains FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON domains FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON domains FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON domains TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON domains TO portway_system;

CREATE TABLE group_members (
    tenant_id uuid NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    given_by uuid,
    CONSTRAINT group_members_pkey PRIMARY KEY (tenant_id, group_id, user_id),
    CONSTRAINT group_members_tenant_id_group_id_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES groups(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT group_members_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_user ON public.group_members USING btree (tenant_id, user_id);
ALTER TABLE group_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_members FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON group_members FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON group_members FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON group_members TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON group_members TO portway_system;

CREATE TABLE groups (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    display_name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    source text NOT NULL DEFAULT 'local'::text,
    external_id text,
    tenant_role text,
    name_key text NOT NULL DEFAULT ''::text,
    CONSTRAINT groups_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT groups_source_check CHECK ((source = ANY (ARRAY['local'::text, 'scim'::text]))),
    CONSTRAINT groups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
    CONSTRAINT groups_tenant_role_check CHECK ((tenant_role = ANY (ARRAY['admin'::text, 'auditor'::text])))
);
CREATE UNIQUE INDEX groups_name_key ON public.groups USING btree (tenant_id, name_key);
ALTER TABLE groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE groups FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON groups FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON groups FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON groups TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON groups TO portway_system;

CREATE TABLE honoured_statements (
    tenant_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT honoured_statements_pkey PRIMARY KEY (tenant_id, provider_id, sha256),
    CONSTRAINT honoured_statements_tenant_id_provider_id_fkey FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE honoured_statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE honoured_statements FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON honoured_statements FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON honoured_statements FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON honoured_statements TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON honoured_statements TO portway_system;

CREATE TABLE identity_providers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    label text NOT NULL,
    issuer text NOT NULL,
    endpoints jsonb,
    client_id text NOT NULL,
    client_secret_sealed bytea,
    settings jsonb NOT NULL,
    enabled boolean NOT NULL,
    scim_source boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_providers_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT identity_providers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX identity_providers_label ON public.identity_providers USING btree (tenant_id, label);
CREATE UNIQUE INDEX identity_providers_scim_source ON public.identity_providers USING btree (tenant_id) WHERE scim_source;
ALTER TABLE identity_providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON identity_providers FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON identity_providers FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON identity_providers TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON identity_providers TO portway_system;

CREATE TABLE identity_tokens (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    id uuid NOT NULL,
    tokens_sealed bytea NOT NULL,
    version bigint NOT NULL,
    expires_at timestamp with time zone,
    refresh_claimed_until timestamp with time zone,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT identity_tokens_pkey PRIMARY KEY (tenant_id, user_id, provider_id),
    CONSTRAINT identity_tokens_tenant_id_provider_id_fkey FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT identity_tokens_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE identity_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON identity_tokens FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON identity_tokens FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON identity_tokens TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON identity_tokens TO portway_system;

CREATE TABLE invitation_mails (
    tenant_id uuid NOT NULL,
    invitation_id uuid NOT NULL,
    state text NOT NULL,
    link_sealed bytea,
    attempts bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    reason text,
    ended_at timestamp with time zone,
    CONSTRAINT invitation_mails_pkey PRIMARY KEY (tenant_id, invitation_id),
    CONSTRAINT invitation_mails_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text]))),
    CONSTRAINT invitation_mails_tenant_id_invitation_id_fkey FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invitation_mails_due ON public.invitation_mails USING btree (due_at) WHERE (state = 'pending'::text);
ALTER TABLE invitation_mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation_mails FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON invitation_mails FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON invitation_mails FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON invitation_mails TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON invitation_mails TO portway_system;

CREATE TABLE invitations (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_sha256 bytea NOT NULL,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_user_id uuid,
    revoked_at timestamp with time zone,
    CONSTRAINT invitations_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'auditor'::text, 'member'::text]))),
    CONSTRAINT invitations_tenant_id_accepted_user_id_fkey FOREIGN KEY (tenant_id, accepted_user_id) REFERENCES users(tenant_id, id),
    CONSTRAINT invitations_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES users(tenant_id, id),
    CONSTRAINT invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX invitations_token ON public.invitations USING btree (tenant_id, token_sha256);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON invitations FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON invitations FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON invitations TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON invitations TO portway_system;

CREATE TABLE limit_rules (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name_key text NOT NULL,
    spec jsonb NOT NULL,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT limit_rules_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT limit_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX limit_rules_name ON public.limit_rules USING btree (tenant_id, name_key);
ALTER TABLE limit_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE limit_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON limit_rules FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON limit_rules FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON limit_rules TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON limit_rules TO portway_system;

CREATE TABLE local_credentials (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    password_hash text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT local_credentials_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT local_credentials_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE local_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE local_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON local_credentials FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON local_credentials FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON local_credentials TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON local_credentials TO portway_system;

CREATE TABLE node_identities (
    id uuid NOT NULL,
    name text NOT NULL,
    pool text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    draining_since timestamp with time zone,
    CONSTRAINT node_identities_pkey PRIMARY KEY (id),
    CONSTRAINT node_identities_name_key UNIQUE (name),
    CONSTRAINT node_identities_secret_sha256_key UNIQUE (secret_sha256)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON node_identities TO portway_system;

CREATE TABLE oauth_clients (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    redirect_uris jsonb NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    first_authorized_at timestamp with time zone,
    last_used_at timestamp with time zone,
    auth text NOT NULL DEFAULT 'none'::text,
    fetched_at timestamp with time zone,
    blocked_at timestamp with time zone,
    CONSTRAINT oauth_clients_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT oauth_clients_auth_check CHECK ((auth = ANY (ARRAY['none'::text, 'secret'::text]))),
    CONSTRAINT oauth_clients_kind_check CHECK ((kind = ANY (ARRAY['dynamic'::text, 'metadata_document'::text, 'static'::text]))),
    CONSTRAINT oauth_clients_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX oauth_clients_client_id ON public.oauth_clients USING btree (tenant_id, client_id);
ALTER TABLE oauth_clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_clients FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON oauth_clients FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON oauth_clients FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON oauth_clients TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON oauth_clients TO portway_system;

CREATE TABLE oauth_grants (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    client_id uuid NOT NULL,
    server_id uuid NOT NULL,
    session_id uuid NOT NULL,
    resource text NOT NULL,
    scope text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoke_reason text,
    asserted_by uuid,
    CONSTRAINT oauth_grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT oauth_grants_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT oauth_grants_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT oauth_grants_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id) REFERENCES browser_sessions(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT oauth_grants_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_grants_user ON public.oauth_grants USING btree (tenant_id, user_id);
ALTER TABLE oauth_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON oauth_grants FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON oauth_grants FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON oauth_grants TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON oauth_grants TO portway_system;

CREATE TABLE operator_sessions (
    id uuid NOT NULL,
    operator_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT operator_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT operator_sessions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operators(id),
    CONSTRAINT operator_sessions_token_sha256_key UNIQUE (token_sha256)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON operator_sessions TO portway_system;

CREATE TABLE operators (
    id uuid NOT NULL,
    name text NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT operators_pkey PRIMARY KEY (id),
    CONSTRAINT operators_name_key UNIQUE (name),
    CONSTRAINT operators_token_sha256_key UNIQUE (token_sha256)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON operators TO portway_system;

CREATE TABLE outbox (
    tenant_id uuid NOT NULL,
    revision bigint NOT NULL,
    ordinal bigint NOT NULL,
    kind text NOT NULL,
    resource_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, revision, ordinal),
    CONSTRAINT outbox_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON outbox FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON outbox FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON outbox TO portway_system;

CREATE TABLE recovery_codes (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    code_sha256 bytea NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (tenant_id, user_id, code_sha256),
    CONSTRAINT recovery_codes_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES second_factors(tenant_id, user_id) ON DELETE CASCADE
);
ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON recovery_codes FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON recovery_codes FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON recovery_codes TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON recovery_codes TO portway_system;

CREATE TABLE refresh_tokens (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    grant_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    rotated_at timestamp with time zone,
    successor_sealed bytea,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT refresh_tokens_tenant_id_grant_id_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES oauth_grants(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_grant ON public.refresh_tokens USING btree (tenant_id, grant_id);
CREATE UNIQUE INDEX refresh_tokens_token ON public.refresh_tokens USING btree (tenant_id, token_sha256);
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON refresh_tokens FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON refresh_tokens FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON refresh_tokens TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON refresh_tokens TO portway_system;

CREATE TABLE replicas (
    id uuid NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    nodes jsonb,
    CONSTRAINT replicas_pkey PRIMARY KEY (id)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON replicas TO portway_system;

CREATE TABLE revoked_grants (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    forget_after timestamp with time zone NOT NULL,
    CONSTRAINT revoked_grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT revoked_grants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE revoked_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE revoked_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON revoked_grants FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON revoked_grants FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON revoked_grants TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON revoked_grants TO portway_system;

CREATE TABLE scim_groups (
    tenant_id uuid NOT NULL,
    group_id uuid NOT NULL,
    version bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT scim_groups_pkey PRIMARY KEY (tenant_id, group_id),
    CONSTRAINT scim_groups_tenant_id_group_id_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES groups(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE scim_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON scim_groups FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON scim_groups FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_groups TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_groups TO portway_system;

CREATE TABLE scim_requests (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    token_id uuid NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status bigint NOT NULL,
    detail text,
    duration_ms bigint NOT NULL,
    body text,
    CONSTRAINT scim_requests_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT scim_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE scim_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON scim_requests FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON scim_requests FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_requests TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_requests TO portway_system;

CREATE TABLE scim_tokens (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT scim_tokens_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT scim_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE scim_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON scim_tokens FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON scim_tokens FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_tokens TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_tokens TO portway_system;

CREATE TABLE scim_user_emails (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    email text NOT NULL,
    CONSTRAINT scim_user_emails_pkey PRIMARY KEY (tenant_id, user_id, email),
    CONSTRAINT scim_user_emails_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES scim_users(tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX scim_user_emails_email ON public.scim_user_emails USING btree (tenant_id, email);
ALTER TABLE scim_user_emails ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_user_emails FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON scim_user_emails FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON scim_user_emails FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_user_emails TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_user_emails TO portway_system;

CREATE TABLE scim_users (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    version bigint NOT NULL,
    attributes text NOT NULL,
    display_key text,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT scim_users_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT scim_users_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX scim_users_display_key ON public.scim_users USING btree (tenant_id, display_key);
ALTER TABLE scim_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_users FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON scim_users FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON scim_users FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_users TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON scim_users TO portway_system;

CREATE TABLE second_factors (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint,
    failures bigint NOT NULL,
    failed_at timestamp with time zone,
    CONSTRAINT second_factors_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT second_factors_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factors FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON second_factors FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON second_factors FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON second_factors TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON second_factors TO portway_system;

CREATE TABLE server_grants (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    server_id uuid NOT NULL,
    role text NOT NULL,
    subject_kind text NOT NULL,
    user_id uuid,
    group_id uuid,
    service_account_id uuid,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT server_grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT server_grants_check CHECK ((((subject_kind = 'everyone'::text) AND (user_id IS NULL) AND (group_id IS NULL) AND (service_account_id IS NULL)) OR ((subject_kind = 'user'::text) AND (user_id IS NOT NULL) AND (group_id IS NULL) AND (service_account_id IS NULL)) OR ((subject_kind = 'group'::text) AND (user_id IS NULL) AND (group_id IS NOT NULL) AND (service_account_id IS NULL)) OR ((subject_kind = 'service_account'::text) AND (user_id IS NULL) AND (group_id IS NULL) AND (service_account_id IS NOT NULL)))),
    CONSTRAINT server_grants_role_check CHECK ((role = ANY (ARRAY['user'::text, 'manager'::text]))),
    CONSTRAINT server_grants_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES users(tenant_id, id),
    CONSTRAINT server_grants_tenant_id_group_id_fkey FOREIGN KEY (tenant_id, group_id) REFERENCES groups(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT server_grants_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT server_grants_tenant_id_service_account_id_fkey FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT server_grants_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX server_grants_everyone ON public.server_grants USING btree (tenant_id, server_id) WHERE (subject_kind = 'everyone'::text);
CREATE UNIQUE INDEX server_grants_group ON public.server_grants USING btree (tenant_id, server_id, group_id) WHERE (group_id IS NOT NULL);
CREATE UNIQUE INDEX server_grants_service_account ON public.server_grants USING btree (tenant_id, server_id, service_account_id) WHERE (service_account_id IS NOT NULL);
CREATE UNIQUE INDEX server_grants_user ON public.server_grants USING btree (tenant_id, server_id, user_id) WHERE (user_id IS NOT NULL);
ALTER TABLE server_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE server_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON server_grants FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON server_grants FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON server_grants TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON server_grants TO portway_system;

CREATE TABLE server_members (
    tenant_id uuid NOT NULL,
    virtual_id uuid NOT NULL,
    member_id uuid NOT NULL,
    "position" bigint NOT NULL,
    alias text NOT NULL,
    offer jsonb NOT NULL,
    added_by uuid,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT server_members_pkey PRIMARY KEY (tenant_id, virtual_id, member_id),
    CONSTRAINT server_members_not_itself CHECK ((virtual_id <> member_id)),
    CONSTRAINT server_members_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT server_members_tenant_id_virtual_id_fkey FOREIGN KEY (tenant_id, virtual_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX server_members_alias ON public.server_members USING btree (tenant_id, virtual_id, alias);
CREATE INDEX server_members_of ON public.server_members USING btree (tenant_id, member_id);
ALTER TABLE server_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE server_members FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON server_members FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON server_members FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON server_members TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON server_members TO portway_system;

CREATE TABLE servers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    slug text NOT NULL,
    display_name text NOT NULL,
    description text NOT NULL,
    upstream_url text NOT NULL,
    outbound_auth jsonb NOT NULL,
    status text NOT NULL,
    timeout_ms bigint NOT NULL,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind text NOT NULL DEFAULT 'single'::text,
    transport jsonb,
    tool_switches jsonb,
    tags jsonb,
    CONSTRAINT servers_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT servers_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text, 'retired'::text]))),
    CONSTRAINT servers_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES users(tenant_id, id),
    CONSTRAINT servers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX servers_slug ON public.servers USING btree (tenant_id, slug);
ALTER TABLE servers ENABLE ROW LEVEL SECURITY;
ALTER TABLE servers FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON servers FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON servers FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON servers TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON servers TO portway_system;

CREATE TABLE service_accounts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    epoch bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    description text NOT NULL DEFAULT ''::text,
    deactivated_at timestamp with time zone,
    name_key text NOT NULL DEFAULT ''::text,
    credentials_version bigint NOT NULL DEFAULT 0,
    CONSTRAINT service_accounts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT service_accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text]))),
    CONSTRAINT service_accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX service_accounts_name_key ON public.service_accounts USING btree (tenant_id, name_key);
ALTER TABLE service_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON service_accounts FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON service_accounts FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON service_accounts TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON service_accounts TO portway_system;

CREATE TABLE session_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    key_id bigint NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state text NOT NULL DEFAULT 'active'::text,
    retired_at timestamp with time zone,
    CONSTRAINT session_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT session_keys_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'retired'::text]))),
    CONSTRAINT session_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX session_keys_key_id ON public.session_keys USING btree (tenant_id, key_id);
ALTER TABLE session_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON session_keys FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON session_keys FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON session_keys TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON session_keys TO portway_system;

CREATE TABLE shared_credentials (
    tenant_id uuid NOT NULL,
    server_id uuid NOT NULL,
    upstream_origin text NOT NULL,
    headers_sealed bytea NOT NULL,
    version bigint NOT NULL,
    set_by uuid,
    set_at timestamp with time zone NOT NULL,
    CONSTRAINT shared_credentials_pkey PRIMARY KEY (tenant_id, server_id),
    CONSTRAINT shared_credentials_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT shared_credentials_tenant_id_set_by_fkey FOREIGN KEY (tenant_id, set_by) REFERENCES users(tenant_id, id)
);
ALTER TABLE shared_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE shared_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON shared_credentials FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON shared_credentials FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON shared_credentials TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON shared_credentials TO portway_system;

CREATE TABLE sign_in_challenges (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_challenges_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT sign_in_challenges_tenant_id_token_sha256_key UNIQUE (tenant_id, token_sha256),
    CONSTRAINT sign_in_challenges_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE sign_in_challenges ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_challenges FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON sign_in_challenges FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON sign_in_challenges FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_challenges TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_challenges TO portway_system;

CREATE TABLE sign_in_flows (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    state_sha256 bytea NOT NULL,
    browser_sha256 bytea NOT NULL,
    secrets_sealed bytea NOT NULL,
    request_id uuid,
    invitation_id uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT sign_in_flows_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT sign_in_flows_tenant_id_invitation_id_fkey FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT sign_in_flows_tenant_id_provider_id_fkey FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT sign_in_flows_tenant_id_request_id_fkey FOREIGN KEY (tenant_id, request_id) REFERENCES authorization_requests(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sign_in_flows_expiry ON public.sign_in_flows USING btree (tenant_id, expires_at);
CREATE UNIQUE INDEX sign_in_flows_state ON public.sign_in_flows USING btree (tenant_id, state_sha256);
ALTER TABLE sign_in_flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_flows FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON sign_in_flows FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON sign_in_flows FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_flows TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_flows TO portway_system;

CREATE TABLE signing_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    public_jwk jsonb NOT NULL,
    private_sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    activated_at timestamp with time zone,
    retired_at timestamp with time zone,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT signing_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON signing_keys FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON signing_keys FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON signing_keys TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON signing_keys TO portway_system;

CREATE TABLE tenant_heads (
    tenant_id uuid NOT NULL,
    revision bigint NOT NULL,
    audit_seq bigint NOT NULL,
    audit_sha256 bytea NOT NULL,
    CONSTRAINT tenant_heads_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
ALTER TABLE tenant_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON tenant_heads FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON tenant_heads FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON tenant_heads TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON tenant_heads TO portway_system;

CREATE TABLE tenant_sign_ups (
    id uuid NOT NULL,
    email text NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT tenant_sign_ups_pkey PRIMARY KEY (id),
    CONSTRAINT tenant_sign_ups_token_sha256_key UNIQUE (token_sha256)
);
GRANT DELETE, INSERT, SELECT, UPDATE ON tenant_sign_ups TO portway_system;

CREATE TABLE tenants (
    id uuid NOT NULL,
    slug text NOT NULL,
    display_name text NOT NULL,
    status text NOT NULL,
    issuer text NOT NULL,
    gateway_origins jsonb NOT NULL,
    pool text NOT NULL,
    region text NOT NULL,
    settings jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_issuer_key UNIQUE (issuer),
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'deleting'::text])))
);
CREATE INDEX tenants_pool ON public.tenants USING btree (pool);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON tenants FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON tenants FOR ALL TO portway_app USING ((id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON tenants TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON tenants TO portway_system;

CREATE TABLE upstream_clients (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    issuer text,
    server_id uuid,
    client_id text NOT NULL,
    secret_sealed bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT upstream_clients_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT upstream_clients_of CHECK (((issuer IS NULL) <> (server_id IS NULL))),
    CONSTRAINT upstream_clients_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX upstream_clients_issuer ON public.upstream_clients USING btree (tenant_id, issuer);
CREATE UNIQUE INDEX upstream_clients_server ON public.upstream_clients USING btree (tenant_id, server_id);
ALTER TABLE upstream_clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE upstream_clients FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON upstream_clients FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON upstream_clients FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON upstream_clients TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON upstream_clients TO portway_system;

CREATE TABLE user_credentials (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    service_account_id uuid,
    server_id uuid NOT NULL,
    kind text NOT NULL,
    upstream_origin text NOT NULL,
    values_sealed bytea NOT NULL,
    version bigint NOT NULL,
    set_by uuid,
    created_at timestamp with time zone NOT NULL,
    set_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    refused_at timestamp with time zone,
    refreshed_at timestamp with time zone,
    refresh_claimed_until timestamp with time zone,
    scope text NOT NULL,
    CONSTRAINT user_credentials_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT user_credentials_owner CHECK (((user_id IS NULL) <> (service_account_id IS NULL))),
    CONSTRAINT user_credentials_tenant_id_server_id_fkey FOREIGN KEY (tenant_id, server_id) REFERENCES servers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_tenant_id_service_account_id_fkey FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX user_credentials_of_service_account ON public.user_credentials USING btree (tenant_id, service_account_id);
CREATE INDEX user_credentials_of_user ON public.user_credentials USING btree (tenant_id, user_id);
CREATE UNIQUE INDEX user_credentials_service_account ON public.user_credentials USING btree (tenant_id, server_id, service_account_id);
CREATE UNIQUE INDEX user_credentials_user ON public.user_credentials USING btree (tenant_id, server_id, user_id);
ALTER TABLE user_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON user_credentials FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON user_credentials FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON user_credentials TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON user_credentials TO portway_system;

CREATE TABLE user_identities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT user_identities_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT user_identities_tenant_id_provider_id_fkey FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers(tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_identities_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_identities_subject ON public.user_identities USING btree (tenant_id, provider_id, issuer, subject);
CREATE INDEX user_identities_user ON public.user_identities USING btree (tenant_id, user_id);
ALTER TABLE user_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON user_identities FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON user_identities FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON user_identities TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON user_identities TO portway_system;

CREATE TABLE users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_name text NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    epoch bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    assigned_role text NOT NULL DEFAULT 'member'::text,
    source text NOT NULL DEFAULT 'local'::text,
    external_id text,
    credentials_version bigint NOT NULL DEFAULT 0,
    CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_assigned_role_check CHECK ((assigned_role = ANY (ARRAY['owner'::text, 'admin'::text, 'auditor'::text, 'member'::text]))),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'auditor'::text, 'member'::text]))),
    CONSTRAINT users_source_check CHECK ((source = ANY (ARRAY['local'::text, 'jit'::text, 'scim'::text]))),
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text]))),
    CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE UNIQUE INDEX users_external_id ON public.users USING btree (tenant_id, external_id) WHERE (external_id IS NOT NULL);
CREATE UNIQUE INDEX users_user_name ON public.users USING btree (tenant_id, user_name);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON users FOR ALL TO portway_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON users FOR ALL TO portway_app USING ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((tenant_id = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE, INSERT, SELECT, UPDATE ON users TO portway_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON users TO portway_system;

CREATE TABLE call_records_default PARTITION OF call_records DEFAULT;

CREATE OR REPLACE FUNCTION public.portway_drop_call_record_partitions(before date)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
 SET lock_timeout TO '5s'
AS $function$
DECLARE
    part text;
    dropped bigint := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'call_records'::regclass AND c.relname ~ '^call_records_[0-9]{6}$'
        AND (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::date <= before
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $function$
;

CREATE OR REPLACE FUNCTION public.portway_ensure_call_record_partition(month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public'
AS $function$
DECLARE
    first_day date := date_trunc('month', month)::date;
    part text := 'call_records_' || to_char(first_day, 'YYYYMM');
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF call_records FOR VALUES FROM (%L) TO (%L)',
        part, first_day, (first_day + interval '1 month')::date);
END $function$
;
REVOKE ALL ON FUNCTION portway_ensure_call_record_partition(date) FROM PUBLIC;
REVOKE ALL ON FUNCTION portway_drop_call_record_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portway_ensure_call_record_partition(date) TO portway_system;
GRANT EXECUTE ON FUNCTION portway_drop_call_record_partitions(date) TO portway_system;
