-- The example fleet as rows, with the table of the control plane (the columns that matter for the catalogs, and their neighbours).
-- The same rows as a file: warehouses.yaml. Safe to run again.
BEGIN;

CREATE TABLE IF NOT EXISTS duckgres_managed_warehouses (
  org_id varchar(255) PRIMARY KEY,
  state varchar(32),
  status_message varchar(1024),
  iceberg_enabled boolean DEFAULT false,
  iceberg_backend varchar(32) DEFAULT 'lakekeeper',
  iceberg_namespace varchar(255),
  iceberg_region varchar(64),
  iceberg_lakekeeper_endpoint varchar(512),
  iceberg_lakekeeper_warehouse varchar(128),
  iceberg_lakekeeper_client_id varchar(128),
  iceberg_lakekeeper_o_auth2_server_uri varchar(512),
  iceberg_lakekeeper_client_credentials_namespace varchar(255),
  iceberg_lakekeeper_client_credentials_name varchar(255),
  iceberg_lakekeeper_client_credentials_key varchar(255),
  iceberg_state varchar(32),
  metadata_store_kind varchar(64),
  metadata_store_endpoint varchar(512),
  metadata_store_port bigint,
  metadata_store_database_name varchar(255),
  metadata_store_username varchar(255),
  metadata_store_password_aws_secret varchar(255),
  data_store_kind varchar(32),
  data_store_bucket_name varchar(255),
  data_store_region varchar(64),
  pgbouncer_enabled boolean DEFAULT false,
  ducklake_enabled boolean DEFAULT false,
  duckling_name varchar(255) NOT NULL,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now()
);

INSERT INTO duckgres_managed_warehouses (
  org_id, state, iceberg_enabled, iceberg_backend,
  iceberg_lakekeeper_endpoint, iceberg_lakekeeper_warehouse,
  metadata_store_kind, metadata_store_endpoint, metadata_store_port, metadata_store_database_name, metadata_store_username,
  data_store_kind, data_store_bucket_name, data_store_region, duckling_name
) VALUES
  -- Postgres of its own, bucket of the platform.
  ('acme', 'ready', true, 'lakekeeper',
   NULL, NULL,
   'external', 'acme.cluster-c0ffee.eu-central-1.rds.amazonaws.com', 5432, 'postgres', 'postgres',
   's3bucket', 'posthog-duckling-acme-prod', 'eu-central-1', 'acme'),

  -- A database on the shared cluster; what the row lacks comes from the platform's settings.
  ('globex', 'provisioning', true, 'lakekeeper',
   NULL, NULL,
   'cnpg-shard', NULL, NULL, NULL, NULL,
   's3bucket', 'posthog-duckling-globex-prod', NULL, 'globex'),

  -- An S3-compatible store of the org's own, with static keys.
  ('initech', 'ready', true, 'lakekeeper',
   NULL, NULL,
   'external', 'postgres.initech.example.com', 6432, 'postgres', 'admin',
   'external', 'initech-lake', 'local', 'initech'),

  -- A UUID: one character too long with its hyphens, so the name in Kubernetes loses them.
  ('018d351a-9ff7-0000-eaff-4628875ad045', 'ready', true, 'lakekeeper',
   NULL, NULL,
   'cnpg-shard', NULL, NULL, NULL, NULL,
   's3bucket', 'posthog-duckling-018d351a9ff70000eaff4628875ad045-prod', NULL, '018d351a-9ff7-0000-eaff-4628875ad045'),

  -- Not a name in Kubernetes: sanitised, with a hash.
  ('hooli_labs', 'ready', true, 'lakekeeper',
   NULL, NULL,
   'cnpg-shard', NULL, NULL, NULL, NULL,
   's3bucket', 'posthog-duckling-hooli-labs-prod', NULL, 'hooli-labs'),

  -- Registered: stays rendered, whatever its state, and keeps the names that it has.
  ('umbrella', 'failed', true, 'lakekeeper',
   'http://lakekeeper-umbrella-corp.lakekeeper.svc:8181/catalog', 'org-umbrella',
   'external', 'umbrella.cluster-c0ffee.eu-central-1.rds.amazonaws.com', 5432, 'postgres', 'postgres',
   's3bucket', 'posthog-duckling-umbrella-prod', 'us-east-1', 'umbrella'),

  -- Iceberg is off: skipped.
  ('vandelay', 'ready', false, 'lakekeeper',
   NULL, NULL,
   'cnpg-shard', NULL, NULL, NULL, NULL,
   's3bucket', 'posthog-duckling-vandelay-prod', NULL, 'vandelay'),

  -- Broken: a URL where a host belongs, and a bucket that cannot be. Rejected, and nobody else with it.
  ('wonka', 'ready', true, 'lakekeeper',
   NULL, NULL,
   'external', 'postgres.wonka.example.com:5432', NULL, NULL, NULL,
   's3bucket', 'Golden_Tickets', NULL, 'wonka')
ON CONFLICT (org_id) DO NOTHING;

COMMIT;
