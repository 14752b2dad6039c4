-- Identity and access are themselves under capture: a change made around the functions is on record all the same.

select audit.watch('iam.users', entity_type => 'IAM_USER_ROW');
select audit.watch('iam.credentials', entity_type => 'IAM_CREDENTIAL_ROW', mask => array['salt', 'verifier']);
select audit.watch('iam.roles', entity_type => 'IAM_ROLE_ROW');
select audit.watch('iam.permissions', entity_type => 'IAM_PERMISSION_ROW');
select audit.watch('iam.role_permissions', entity_type => 'IAM_ROLE_PERMISSION_ROW');
select audit.watch('iam.user_roles', entity_type => 'IAM_USER_ROLE_ROW');
select audit.watch('iam.policy', entity_type => 'IAM_POLICY_ROW');
select audit.watch('iam.service_accounts', entity_type => 'IAM_ACCOUNT_ROW');
select audit.watch('iam.api_keys', entity_type => 'IAM_KEY_ROW', mask => array['key_digest'], skip => array['last_used_at']);
select audit.watch('iam.scopes', entity_type => 'IAM_SCOPE_ROW');
